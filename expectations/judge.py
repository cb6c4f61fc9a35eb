"""Run the suite of a contract on one table of rows and say of every row whether it may pass.

An expectation that raised is our defect, not bad data: judging raises too. No suite, or
no expectation that ran, is a refusal as well: nothing passes unjudged.
"""

from __future__ import annotations

import hashlib
import importlib
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa

from expectations.building import LENGTH, Claim, Subject
from expectations.frames import Columns
from expectations.values import JudgingError, Question, batch_definition, failing_rows, nothing_judged, questions_of
from ingest.contracts import Contract
from ingest.readers.typed import LINE_NUMBER, Reasons
from ingest.verdicts import SAMPLE_COUNT, CheckOutcome, Verdict

# What is known of values is shared by all who judge in this process.
_ONE_AT_A_TIME = Lock()


def judge(table: pa.Table, contract: Contract, received_at: datetime) -> Verdict:
    """The verdict on rows of a contract that were received at a moment; see ``ingest.verdicts``."""
    module = _module(contract)
    present = tuple(name for name in table.column_names if name != LINE_NUMBER)
    questions = _questions(getattr(module, f"{contract.kind}_suite"), module.CLAIMS, contract, present)
    with _ONE_AT_A_TIME:
        failing = failing_rows(questions, Columns(table, contract, module.CLAIMS, received_at))
    bad: Reasons = defaultdict(list)
    is_good = np.ones(table.num_rows, bool)
    outcomes = []
    for question, rows in zip(questions, failing, strict=True):
        reasons = _Reasons(question, table, rows, received_at)
        if question.severity == "critical":
            is_good[rows] = False
            for line, reason in reasons.all():
                bad[line].append(reason)
        outcomes.append(_outcome(question, table.num_rows, rows, reasons))
    good_rows = table if is_good.all() else table.filter(pa.array(is_good))
    return Verdict(good_rows, dict(bad), tuple(outcomes), _rule_version(contract, questions))


def warm_up() -> None:
    """Import Great Expectations and make its context now rather than with the first table."""
    batch_definition()


def _module(contract: Contract) -> Any:
    try:
        return importlib.import_module(f"expectations.{contract.kind}")
    except ModuleNotFoundError as error:
        raise JudgingError(
            "NO_SUITE",
            f"there is no suite for {contract.kind}; nothing passes",
            f"Write expectations/{contract.kind}.py.",
        ) from error


@lru_cache(maxsize=256)
def _questions(
    suite: Callable[[Subject], Any], claims: tuple[Claim, ...], contract: Contract, present: tuple[str, ...]
) -> list[Question]:
    """The suite of a contract for files with these columns, and what it said of values before."""
    found = questions_of(suite(Subject(contract, present)))
    if not found:
        raise nothing_judged(0, 0)
    return found


class _Reasons:
    """The reasons against the rows that fail one expectation, in words."""

    def __init__(self, question: Question, table: pa.Table, rows: np.ndarray, received_at: datetime):
        names = [name for name in table.column_names if "{" + name in question.reason]
        self._values = table.select([LINE_NUMBER, *names]).take(pa.array(rows)) if len(rows) else None
        self._names, self._reason, self._received_at = names, question.reason, received_at

    def all(self, limit: int | None = None) -> list[tuple[int, str]]:
        """Line number and reason, in the order of the rows."""
        if self._values is None:
            return []
        values = self._values if limit is None else self._values.slice(0, limit)
        lines, *columns = (column.to_pylist() for column in values.columns)
        if not columns:
            return [(line, self._said({})) for line in lines]
        rows = zip(*columns, strict=True)
        return [
            (line, self._said(dict(zip(self._names, row, strict=True)))) for line, row in zip(lines, rows, strict=True)
        ]

    def _said(self, values: dict[str, Any]) -> str:
        lengths = {name + LENGTH: len(value) if isinstance(value, str) else 0 for name, value in values.items()}
        shown = {name: str(value)[:80] for name, value in values.items()}
        return self._reason.format(**shown, **lengths, received_at=self._received_at)


def _outcome(question: Question, row_count: int, rows: np.ndarray, reasons: _Reasons) -> CheckOutcome:
    samples = [{"reason": reason, "line_number": line} for line, reason in reasons.all(SAMPLE_COUNT)]
    return CheckOutcome(
        check_name=question.kind,
        column_name=question.column,
        severity=question.severity,
        evaluated_count=row_count,
        failed_count=len(rows),
        is_success=not len(rows),
        details={"kwargs": _plain(question.kwargs), "samples": samples, "reason": question.reason},
    )


def _plain(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Values that JSON can hold; long lists shortened, for they stand in the code."""
    plain = {}
    for name, value in kwargs.items():
        if isinstance(value, list):
            plain[name] = [str(item) for item in value[:50]]
        elif value is None or isinstance(value, bool | int | float | str):
            plain[name] = value
        else:
            plain[name] = str(value)
    return plain


@lru_cache(maxsize=256)
def _version(contract: Contract, rules: tuple[tuple[str, str, str, str], ...]) -> str:
    return hashlib.sha256(repr((contract, list(rules))).encode()).hexdigest()[:12]


def _rule_version(contract: Contract, questions: list[Question]) -> str:
    """Twelve letters that change when the contract or a rule does."""
    return _version(contract, tuple((q.kind, q.column, q.severity, q.reason) for q in questions))
