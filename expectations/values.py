"""Great Expectations on values: what a suite says of each value of a column, asked once and then known.

Every expectation of ours says true or false of one value, whatever row it stands in, so a
million rows with forty currencies between them hold forty questions, and the next file
asks only about what is new in it. Columns of many values are judged row by row.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.frames import Columns
from ingest.errors import PartsbayError

# Values remembered per rule, before all are forgotten.
_REMEMBERED = 200_000
# What each rule said of values so far: to be there, or to be positive, means the same in every column and every file.
_KNOWN: dict[tuple[str, str], dict[Any, bool]] = {}


class JudgingError(PartsbayError):
    """The rows could not be judged: a defect of ours, so nothing is stored."""


@dataclass(frozen=True, eq=False)
class Question:
    """One expectation of a suite, and what its rule said of values so far: whether each fails it."""

    place: int
    expectation: Any
    kind: str
    column: str
    severity: str
    reason: str
    kwargs: dict[str, Any]
    failed: dict[Any, bool]

    @property
    def is_about_presence(self) -> bool:
        return self.kind == "expect_column_values_to_not_be_null"


def questions_of(suite: Any) -> list[Question]:
    """The expectations of a suite in its order; those of one rule know the same."""
    found = []
    for place, expectation in enumerate(suite.expectations):
        configuration = expectation.configuration
        hidden = ("batch_id", "column", "result_format")
        kwargs = {name: value for name, value in configuration.kwargs.items() if name not in hidden}
        severity = str(getattr(configuration.severity, "value", configuration.severity))
        expectation.meta["place"] = place
        found.append(
            Question(
                place,
                expectation,
                configuration.type,
                configuration.kwargs["column"],
                severity,
                expectation.meta["reason"],
                kwargs,
                _KNOWN.setdefault((configuration.type, repr(sorted(kwargs.items()))), {}),
            )
        )
    return found


def failing_rows(questions: list[Question], columns: Columns) -> list[np.ndarray]:
    """For each question the rows that fail it, in their order."""
    by_row = [
        q for q in questions if not q.is_about_presence and q.column in columns and columns.values(q.column) is None
    ]
    by_value = [question for question in questions if question not in by_row]
    for presence in (True, False):
        _ask([q for q in by_value if q.is_about_presence is presence], columns)
    found = {question.place: _failing(question, columns) for question in by_value}
    return [rows for _, rows in sorted((found | _judged_by_row(by_row, columns)).items())]


def _values(question: Question, columns: Columns) -> pa.Array:
    if question.column not in columns:
        return pa.nulls(1)
    return columns.presence(question.column) if question.is_about_presence else columns.values(question.column)


def _ask(questions: list[Question], columns: Columns) -> None:
    """Learn what is new among the values: one frame with a column of new values for each column that has some."""
    for question in questions:
        if len(question.failed) > _REMEMBERED:
            question.failed.clear()
    new: dict[str, dict[Any, None]] = {}
    asked, coming = [], defaultdict(set)
    for question in questions:
        # About a column that nobody made nothing is known, whatever its rule said of others: asking raises.
        is_made = question.column in columns
        known = question.failed.keys() | coming[id(question.failed)] if is_made else ()
        fresh = [v for v in _values(question, columns).to_pylist() if v not in known]
        if fresh:
            asked.append(question)
            coming[id(question.failed)].update(fresh)
            new.setdefault(question.column, {}).update(dict.fromkeys(fresh))
    if not asked:
        return
    frame = _frame({name: list(values) for name, values in new.items() if name in columns})
    for question, failing in zip(asked, run(frame, [q.expectation for q in asked], "COMPLETE"), strict=True):
        values = list(new[question.column])
        bad = set(failing)
        question.failed.update({value: row in bad for row, value in enumerate(values)})


def _frame(new: dict[str, list]) -> Any:
    """The values side by side; a short column repeats its first value, which changes no answer about the others."""
    import pandas as pd

    length = max(map(len, new.values()), default=1)
    columns = {name: values + values[:1] * (length - len(values)) for name, values in new.items()}
    return pd.DataFrame({name: _series(values) for name, values in columns.items()}, index=range(length))


def _series(values: list) -> Any:
    import pandas as pd

    is_number = any(isinstance(value, float) for value in values)
    return pd.Series(values, dtype="float64" if is_number else "object")


def _failing(question: Question, columns: Columns) -> np.ndarray:
    failing = [value for value in _values(question, columns).to_pylist() if question.failed[value]]
    if not failing:
        return np.empty(0, np.int64)
    if question.is_about_presence:
        return columns.missing(question.column).to_numpy()
    rows = columns.rows(question.column)
    return pc.indices_nonzero(pc.is_in(rows, pa.array(failing, rows.type))).to_numpy()


def _judged_by_row(questions: list[Question], columns: Columns) -> dict[int, np.ndarray]:
    """Rows are named only where some fail: naming them costs several times as much as counting them."""
    if not questions:
        return {}
    import pandas as pd

    frame = pd.DataFrame({q.column: columns.rows(q.column).to_pandas() for q in questions}, copy=False)
    counts = run(frame, [q.expectation for q in questions], "BASIC")
    found = {q.place: np.empty(0, np.int64) for q in questions}
    failed = [q for q, count in zip(questions, counts, strict=True) if count]
    if failed:
        for question, rows in zip(failed, run(frame, [q.expectation for q in failed], "COMPLETE"), strict=True):
            found[question.place] = np.array(sorted(rows), np.int64)
    return found


def run(frame: Any, expectations: list[Any], result_format: str) -> list[Any]:
    """What fails each expectation on a frame: the number of rows for BASIC, the rows for COMPLETE."""
    import great_expectations as gx

    batch = batch_definition().get_batch({"dataframe": frame})
    asked = {"result_format": result_format, "partial_unexpected_count": 0, "return_unexpected_index_query": False}
    suite = gx.ExpectationSuite(name="rows", expectations=expectations)
    results = list(batch.validate(suite, result_format=asked).results)
    for one in results:
        if message := _raised(one.exception_info):
            raise JudgingError(
                "EXPECTATION_RAISED",
                f"{one.expectation_config.type} on {one.expectation_config.kwargs.get('column')} raised: {message}",
                "This is a defect of the suite, not of the data; the batch waits.",
            )
    if len(results) != len(expectations):
        raise nothing_judged(len(results), len(expectations))
    # They come back grouped by column; ours go by the suite's own order.
    results.sort(key=lambda one: one.expectation_config.meta["place"])
    if result_format == "BASIC":
        return [one.result.get("unexpected_count") or 0 for one in results]
    return [one.result.get("unexpected_index_list") or [] for one in results]


def nothing_judged(ran: int, asked: int) -> JudgingError:
    """Some expectation did not run, or there is none."""
    return JudgingError(
        "NOTHING_JUDGED",
        f"{ran} of {asked} expectations ran; nothing passes",
        "Mend the suite; the batch waits and can be processed again.",
    )


@lru_cache(maxsize=1)
def batch_definition() -> Any:
    """One context and one batch definition per process: making them costs more than judging a small file."""
    import os

    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    rows = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
    # Its million objects stay as long as the process: looking through them again and again costs more than judging.
    gc.collect()
    gc.freeze()
    return rows.add_batch_definition_whole_dataframe("all")


def _raised(info: Any) -> str | None:
    """What an expectation raised, in either shape in which it is reported."""
    parts = [info] if "raised_exception" in info else list(info.values())
    return next((part["exception_message"] for part in parts if part.get("raised_exception")), None)
