"""Run the suite of a contract on one table of rows and say of every row whether it may pass.

An expectation that raised is our defect, not bad data: judging raises too. No suite, or
no expectation that ran, is a refusal as well: nothing passes unjudged.
"""

from __future__ import annotations

import hashlib
import importlib
from collections import defaultdict
from datetime import datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from expectations.building import LENGTH, Claim, Subject
from ingest.contracts import Contract, Type
from ingest.errors import PartsbayError
from ingest.readers.typed import LINE_NUMBER, Reasons
from ingest.verdicts import SAMPLE_COUNT, CheckOutcome, Verdict

# Up to this many different values, a text column is worth coding before it is judged.
_FEW = 4096


class JudgingError(PartsbayError):
    """The rows could not be judged: a defect of ours, so nothing is stored."""


def judge(table: pa.Table, contract: Contract, received_at: datetime) -> Verdict:
    """The verdict on rows of a contract that were received at a moment; see ``ingest.verdicts``."""
    module = _module(contract)
    present = tuple(name for name in table.column_names if name != LINE_NUMBER)
    suite = getattr(module, f"{contract.kind}_suite")(Subject(contract, present, received_at))
    results = _validate(_frame(table, contract, module.CLAIMS), suite)
    if len(results) == 0 or len(results) != len(suite.expectations):
        raise JudgingError(
            "NOTHING_JUDGED",
            f"{len(results)} of {len(suite.expectations)} expectations on {contract.kind} ran; nothing passes",
            "Mend the suite; the batch waits and can be processed again.",
        )
    bad: Reasons = defaultdict(list)
    outcomes = tuple(_outcome(one, table, bad) for one in results)
    return Verdict(_without(table, bad), dict(bad), outcomes, _rule_version(contract, outcomes))


def warm_up() -> None:
    """Import Great Expectations and make its context now rather than with the first table."""
    _batch_definition()


def _module(contract: Contract) -> Any:
    try:
        return importlib.import_module(f"expectations.{contract.kind}")
    except ModuleNotFoundError as error:
        raise JudgingError(
            "NO_SUITE",
            f"there is no suite for {contract.kind}; nothing passes",
            f"Write expectations/{contract.kind}.py.",
        ) from error


@lru_cache(maxsize=1)
def _batch_definition() -> Any:
    """One context and one batch definition per process: making them costs more than judging a small file."""
    import os

    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return (
        context.data_sources.add_pandas("rows").add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    )


def _validate(frame: Any, suite: Any) -> list[Any]:
    """The result of every expectation of the suite; those that some row fails name their rows.

    Naming rows costs several times as much as counting them, so it is asked only where rows failed.
    """
    import great_expectations as gx

    batch = _batch_definition().get_batch({"dataframe": frame})
    results = _run(batch, suite, "BASIC")
    failed = {place for place, one in enumerate(results) if one.result.get("unexpected_count")}
    if failed:
        again = [expectation for expectation in suite.expectations if expectation.meta["place"] in failed]
        for one in _run(batch, gx.ExpectationSuite(name=suite.name, expectations=again), "COMPLETE"):
            results[one.expectation_config.meta["place"]] = one
    return results


def _run(batch: Any, suite: Any, result_format: str) -> list[Any]:
    asked = {"result_format": result_format, "partial_unexpected_count": 0, "return_unexpected_index_query": False}
    results = list(batch.validate(suite, result_format=asked).results)
    for one in results:
        if message := _raised(one.exception_info):
            raise JudgingError(
                "EXPECTATION_RAISED",
                f"{one.expectation_config.type} on {one.expectation_config.kwargs.get('column')} raised: {message}",
                "This is a defect of the suite, not of the data; the batch waits.",
            )
    # They come back grouped by column; ours go by the suite's own order.
    return sorted(results, key=lambda one: one.expectation_config.meta["place"])


def _raised(info: Any) -> str | None:
    """What an expectation raised, in either shape in which it is reported."""
    parts = [info] if "raised_exception" in info else list(info.values())
    return next((part["exception_message"] for part in parts if part.get("raised_exception")), None)


def _frame(table: pa.Table, contract: Contract, claims: tuple[Claim, ...]) -> Any:
    """The rows as columns that are judged fast: coded words, lengths and floats, beside the exact table.

    A float of at most 14 digits lies on the same side of 0 and 1 as the decimal it stands for.
    """
    import pandas as pd

    columns: dict[str, Any] = {}
    for column in contract.columns:
        if column.name not in table.column_names:
            continue
        values = _whole(table[column.name])
        if column.type is Type.TEXT:
            columns[column.name] = _coded(values)
            if column.maximum_length and not column.allowed:
                columns[column.name + LENGTH] = _numbers(pc.utf8_length(values))
        elif column.type in (Type.BOOLEAN, Type.DATE):
            columns[column.name] = _coded(pc.cast(values, pa.string()))
        elif column.type is Type.TIMESTAMP:
            columns[column.name] = values.to_pandas()
        else:
            columns[column.name] = _numbers(values)
    for claim in claims:
        columns[claim.name] = _whole(claim.holds(*(_values(table, contract, n) for n in claim.columns))).to_pandas()
    # Copied, so that columns of one type lie together: each expectation then filters a few blocks, not every column.
    return pd.DataFrame(columns, copy=True)


def _values(table: pa.Table, contract: Contract, name: str) -> pa.Array:
    """A column, or what its absence says: the default or nothing."""
    if name in table.column_names:
        return _whole(table[name])
    column = contract.column(name)
    nothing = pa.nulls(table.num_rows, column.type.value)
    return (
        nothing if column.default is None else pc.fill_null(nothing, pa.scalar(column.default).cast(column.type.value))
    )


def _whole(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    return (
        values.chunk(0) if values.num_chunks == 1 else pa.concat_arrays(values.chunks) if values.chunks else pa.nulls(0)
    )


def _numbers(values: pa.Array) -> Any:
    return pc.cast(values, pa.float64(), safe=False).to_pandas()


def _coded(values: pa.Array) -> Any:
    import pandas as pd

    # A look at the first values spares coding a column of part numbers for nothing.
    if len(values[: 2 * _FEW].unique()) <= _FEW:
        coded = values.dictionary_encode()
        if len(coded.dictionary) <= _FEW:
            return coded.to_pandas()
    # Only whether there is a value matters here, and its length stands beside it.
    return pd.Series(pc.if_else(pc.is_valid(values), 1.0, pa.scalar(None, pa.float64())).to_pandas())


def _outcome(one: Any, table: pa.Table, bad: Reasons) -> CheckOutcome:
    """What one expectation found; the rows it stops are noted in ``bad`` with the reason in words."""
    configuration, found = one.expectation_config, one.result
    severity = str(getattr(configuration.severity, "value", configuration.severity))
    rows = found.get("unexpected_index_list") or []
    reason = configuration.meta["reason"]
    lines = table[LINE_NUMBER]
    samples = [_said(reason, table, row) | {"line_number": lines[row].as_py()} for row in rows[:SAMPLE_COUNT]]
    if severity == "critical":
        for row in rows:
            bad[lines[row].as_py()].append(_said(reason, table, row)["reason"])
    evaluated = int(found.get("element_count", 0))
    kwargs = {k: v for k, v in configuration.kwargs.items() if k not in ("batch_id", "column", "result_format")}
    return CheckOutcome(
        check_name=configuration.type,
        column_name=configuration.kwargs.get("column"),
        severity=severity,
        evaluated_count=evaluated,
        failed_count=len(rows),
        is_success=not rows,
        details={"kwargs": _plain(kwargs), "samples": samples, "reason": reason},
    )


def _said(reason: str, table: pa.Table, row: int) -> dict[str, str]:
    values: dict[str, Any] = {}
    for name in table.column_names:
        if "{" + name in reason:
            value = table[name][row].as_py()
            values[name] = str(value)[:80]
            values[name + LENGTH] = len(value) if isinstance(value, str) else 0
    return {"reason": reason.format(**values)}


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


def _without(table: pa.Table, bad: Reasons) -> pa.Table:
    if not bad:
        return table
    return table.filter(pc.invert(pc.is_in(table[LINE_NUMBER], pa.array(list(bad), pa.int64()))))


def _rule_version(contract: Contract, outcomes: tuple[CheckOutcome, ...]) -> str:
    """Twelve letters that change when the contract or a rule does."""
    rules = [
        (o.check_name, o.column_name, o.severity, o.details["reason"].split(", after the file")[0]) for o in outcomes
    ]
    return hashlib.sha256(repr((contract, rules)).encode()).hexdigest()[:12]
