"""What a judge says of a table of rows. Judging itself lives above this room; the words for it live here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from ingest.contracts import Contract
from ingest.readers.typed import Reasons


@dataclass(frozen=True)
class CheckOutcome:
    """One expectation on one batch: how many rows it saw, how many failed, and a few of those."""

    check_name: str
    column_name: str | None
    severity: str
    evaluated_count: int
    failed_count: int
    is_success: bool
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The good rows, the reasons against every other row by line number, and what each expectation found."""

    good_rows: pa.Table
    bad_rows: Reasons
    results: tuple[CheckOutcome, ...]
    rule_version: str

    @property
    def failures(self) -> tuple[str, ...]:
        """Names of the critical expectations that some row failed."""
        return tuple(r.check_name for r in self.results if r.severity == "critical" and not r.is_success)

    @property
    def warnings(self) -> tuple[CheckOutcome, ...]:
        """Expectations that failed without stopping any row."""
        return tuple(r for r in self.results if r.severity != "critical" and not r.is_success)


# Judges a table of contract columns and line numbers that was received at a moment.
Judge = Callable[[pa.Table, Contract, datetime], Verdict]

SAMPLE_COUNT = 20


def merged(outcomes: list[CheckOutcome], more: tuple[CheckOutcome, ...]) -> list[CheckOutcome]:
    """The outcomes of a batch that was judged in parts, as if it had been judged at once."""
    if not outcomes:
        return list(more)
    return [_merge(one, other) for one, other in zip(outcomes, more, strict=True)]


def _merge(one: CheckOutcome, other: CheckOutcome) -> CheckOutcome:
    evaluated = one.evaluated_count + other.evaluated_count
    failed = one.failed_count + other.failed_count
    samples = (one.details.get("samples", []) + other.details.get("samples", []))[:SAMPLE_COUNT]
    mostly = one.details.get("mostly", 1.0)
    return CheckOutcome(
        one.check_name,
        one.column_name,
        one.severity,
        evaluated,
        failed,
        failed <= evaluated * (1 - mostly),
        {**one.details, "samples": samples},
    )
