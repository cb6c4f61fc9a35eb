"""What a profile does to a file, without storing anything: rows good and bad with reasons, totals, first rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.contracts import CONTRACTS, Contract, Type
from ingest.profiles.envelopes import as_canonical_envelope, given_columns
from ingest.profiles.model import Profile
from ingest.readers.formats import recognise_format
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Envelope
from ingest.readers.typed import LINE_NUMBER, Reasons
from ingest.reading import Chunk, Reading
from ingest.verdicts import Judge

SAMPLE_ROWS = 10
_MOST_EXAMPLES = 20


@dataclass
class Trial:
    """The outcome of a trial; ``fault`` is what ended it before the end of the file."""

    format: str = ""
    rows_read: int = 0
    rows_good: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    sample: list[dict[str, Any]] = field(default_factory=list)
    totals: dict[str, Decimal] = field(default_factory=dict)
    column_names: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    envelope: Envelope = field(default_factory=Envelope)
    fault: FileFault | None = None

    @property
    def rows_bad(self) -> int:
        return self.rows_read - self.rows_good

    def as_dict(self) -> dict[str, Any]:
        """For programs: one JSON document."""
        fault = self.fault
        return {
            "format": self.format,
            "rows_read": self.rows_read,
            "rows_good": self.rows_good,
            "rows_bad": self.rows_bad,
            "reasons": dict(self.reasons),
            "examples": self.examples,
            "sample": self.sample,
            "totals": self.totals,
            "columns": list(self.column_names),
            "warnings": self.warnings,
            "envelope": {name: value for name, value in vars(self.envelope).items() if value},
            "fault": {"code": fault.code, "message": fault.message, "mend": fault.mend} if fault else None,
        }


def try_profile(
    path: Path,
    profile: Profile,
    source_code: str,
    limits: Limits | None = None,
    most_rows: int | None = None,
    fills: Mapping[str, str] | None = None,
    judge: Judge | None = None,
    file_name: str | None = None,
) -> Trial:
    """Read the file as the platform would, up to ``most_rows``; a fault of the file is an outcome, never raised."""
    trial, limits, contract = Trial(), limits or Limits(), CONTRACTS[profile.kind]
    now = datetime.now(UTC)
    try:
        trial.format = profile.format or recognise_format(path, limits)
        reading = Reading(path, contract, profile, trial.format, limits)
        trial.envelope = as_canonical_envelope(reading.envelope(), profile, file_name or path.name)
        given = given_columns(trial.envelope, profile, contract, source_code, now)
        reading.constants = {**(fills or {}), **given}
        for chunk in reading.chunks():
            _take(trial, chunk, contract, reading, judge, now)
            if most_rows and trial.rows_read >= most_rows:
                break
        trial.column_names = reading.column_names
        _check_counts(trial, profile, is_whole=not most_rows)
    except FileFault as fault:
        trial.fault = fault
    return trial


def _take(trial: Trial, chunk: Chunk, contract: Contract, reading: Reading, judge: Judge | None, now: datetime) -> None:
    bad, good = dict(chunk.bad), chunk.table
    if judge:
        verdict = judge(chunk.table, contract, now)
        bad |= verdict.bad_rows
        good = verdict.good_rows
        trial.warnings += [
            f"{one.check_name} on {one.column_name}: {one.failed_count} rows" for one in verdict.warnings
        ]
    else:
        lacking = _lacking(good, contract, reading.constants)
        bad |= lacking
        good = good.filter(pc.invert(pc.is_in(good[LINE_NUMBER], pa.array(list(lacking), pa.int64()))))
    trial.rows_read += chunk.row_count
    trial.rows_good += good.num_rows
    for words in bad.values():
        trial.reasons.update({word.split(":")[0] for word in words})
    room = _MOST_EXAMPLES - len(trial.examples)
    worst = dict(sorted(bad.items())[: max(room, 0)])
    raw = reading.raw(worst) if worst else {}
    trial.examples += [
        {"place": raw[number].place, "reasons": words, "raw": raw[number].text[:500]} for number, words in worst.items()
    ]
    trial.sample += good.slice(0, SAMPLE_ROWS - len(trial.sample)).to_pylist()
    _add_totals(trial.totals, good, contract)


def _lacking(table: pa.Table, contract: Contract, constants: Mapping[str, str]) -> Reasons:
    """Rows without a value that their kind needs; what the whole file lacks is told once, not of every row."""
    reasons: Reasons = {}
    for column in contract.columns:
        if column.required and column.name in table.column_names and constants.get(column.name) != "":
            empty = pc.indices_nonzero(pc.is_null(table[column.name]))
            for number in table[LINE_NUMBER].take(empty).to_pylist():
                reasons.setdefault(number, []).append(f"MISSING_KEY: {column.name} has no value")
    return reasons


def _add_totals(totals: dict[str, Decimal], table: pa.Table, contract: Contract) -> None:
    for name in table.column_names:
        if name != LINE_NUMBER and contract.column(name).type in (Type.QUANTITY, Type.AMOUNT):
            added = pc.sum(pc.cast(table[name], pa.decimal128(38, 4))).as_py()
            totals[name] = totals.get(name, Decimal(0)) + (added or Decimal(0))


def _check_counts(trial: Trial, profile: Profile, is_whole: bool) -> None:
    counts = trial.envelope.row_counts
    declared = counts.get(profile.kind, counts.get(""))
    if is_whole and declared is not None and declared != trial.rows_read:
        trial.warnings.append(f"the file declares {declared} rows and has {trial.rows_read}")
