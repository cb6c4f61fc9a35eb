"""Lines that an earlier file of the same sender brought already, byte for byte: known without typing or judging them.

The same bytes under the same header, read by the same profile, are the same row; where that
row was stored, sending it again is a duplicate (F19). So the raw file is compared with the
newest one before it, and only the other lines are read, from a copy that holds nothing else.
Lines are compared as bytes, where they stand and nearby: a line that moved far is read like
any other, which costs time and changes nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.rows import class_row

from ingest.batches import Batch
from ingest.landing import stored_path
from ingest.profiles.model import Profile
from ingest.raw_lines import Lines, Window, lines_of, read_ahead
from ingest.readers.dialect import Options
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import FindRaw, Raw, Records
from ingest.reading import Aside

# Smaller files are read faster than compared.
_LEAST_BYTES = 1024 * 1024
# The header and what may stand before it are always read.
_FIRST_LINES = 250

_EARLIER = """
select batches.batch_id, sha256, rule_version, stated_at, column_names, array(
    select line_number from ingest.quarantined_rows where quarantined_rows.batch_id = batches.batch_id
) as bad_lines
from ingest.batches
where source_code = %(source_code)s and kind = %(kind)s and batch_id <> %(batch_id)s
    and state in ('ACCEPTED', 'ACCEPTED_WITH_QUARANTINE') and format_code = 'delimited'
    and profile_version = %(profile_version)s and received_at <= %(received_at)s
    and rows_held = 0 and rows_accepted + rows_duplicate > 0
    and controls = '{}' and submission_code is distinct from 'FULL'
    and rows_quarantined <= (
        select count(*) from ingest.quarantined_rows where quarantined_rows.batch_id = batches.batch_id
    )
order by received_at desc, finished_at desc
limit 1
"""


@dataclass(frozen=True)
class Earlier:
    """The newest file before, as it was stored."""

    batch_id: UUID
    sha256: str
    rule_version: str
    stated_at: datetime
    column_names: list[str]
    bad_lines: list[int]


@dataclass
class Shortened:
    """A file without its known lines: where it is, which line of the whole file each of its lines is."""

    path: Path
    numbers: np.ndarray
    known_count: int
    earlier: Earlier
    _is_first: bool = True

    def amend(self, records: Records) -> tuple[Records, Aside]:
        """Records with the line numbers of the whole file; the known lines are said to be duplicates, once."""
        lines = self.numbers[records.numbers.to_numpy(zero_copy_only=False) - 1]
        bad = {int(self.numbers[line - 1]): reasons for line, reasons in records.bad.items()}
        aside = Aside(duplicate_count=self.known_count if self._is_first else 0)
        self._is_first = False
        find_raw = partial(self._raw_rows, records.raw_rows) if records.raw_rows else None
        return Records(records.texts, pa.array(lines, pa.int64()), bad, records.unpacked_bytes, find_raw), aside

    def _raw_rows(self, find_raw: FindRaw, numbers: Iterable[int]) -> dict[int, Raw]:
        """Rows as sent, by their lines in the whole file."""
        wanted = np.array(sorted(numbers), np.int64)
        found = find_raw((np.searchsorted(self.numbers, wanted) + 1).tolist())
        lines = {line: int(self.numbers[line - 1]) for line in found}
        return {lines[line]: replace(raw, place=f"line {lines[line]}") for line, raw in found.items()}

    def is_proved(self, column_names: tuple[str, ...], rule_version: str, latest_at: datetime | None) -> bool:
        """Whether the rows that were read confirm it: same header, same rules, and nothing newer among the known."""
        earlier = self.earlier
        return (
            list(column_names) == earlier.column_names
            and rule_version == earlier.rule_version
            and latest_at is not None
            and latest_at >= earlier.stated_at
        )


@contextmanager
def without_known_lines(
    cursor: psycopg.Cursor, landing: Path, batch: Batch, profile: Profile, limits: Limits
) -> Iterator[Shortened | None]:
    """The file of a batch without the lines that are known, as long as the context lasts; None where none can be."""
    earlier = _earlier(cursor, landing, batch, profile)
    if earlier is None:
        yield None
        return
    with tempfile.NamedTemporaryFile(dir=landing, prefix=".shortened-") as rest:
        paths = (stored_path(landing, sha256) for sha256 in (batch.sha256, earlier.sha256))
        try:
            numbers, known_count = _write_rest(rest, *paths, earlier, profile.options_for("delimited"), limits)
        except FileFault:
            # What is wrong with it, and where, the reading of the whole file says.
            known_count = 0
        yield Shortened(Path(rest.name), numbers, known_count, earlier) if known_count else None


def _earlier(cursor: psycopg.Cursor, landing: Path, batch: Batch, profile: Profile) -> Earlier | None:
    options = profile.options_for("delimited")
    is_plain = options == Options(delimiter=options.delimiter, quote=options.quote)
    if batch.byte_count < _LEAST_BYTES or batch.state != "LANDED" or batch.controls or not is_plain:
        return None
    values = {
        "source_code": batch.source_code,
        "kind": batch.kind,
        "batch_id": batch.batch_id,
        "received_at": batch.received_at,
        "profile_version": profile.version,
    }
    found = cursor.connection.cursor(row_factory=class_row(Earlier)).execute(_EARLIER, values).fetchone()
    return found if found and stored_path(landing, found.sha256).is_file() else None


def _write_rest(
    rest, path: Path, earlier_path: Path, earlier: Earlier, options: Options, limits: Limits
) -> tuple[np.ndarray, int]:
    """Write the lines that are not known; the number of each in the whole file, and how many are known."""
    numbers, known_count = [], 0
    with (
        read_ahead(lines_of(earlier_path, options, limits)) as before,
        read_ahead(lines_of(path, options, limits)) as now,
    ):
        window = Window(before, np.array(sorted(earlier.bad_lines), np.int64))
        for lines in now:
            is_known = _known(lines, window, options)
            known_count += int(is_known.sum())
            numbers.append(np.flatnonzero(~is_known) + lines.first_line)
            rest.write(b"".join(lines.texts.filter(pa.array(~is_known)).to_pylist()))
    rest.flush()
    return np.concatenate(numbers) if numbers else np.empty(0, np.int64), known_count


def _known(lines: Lines, window: Window, options: Options) -> np.ndarray:
    """Which lines are among those of the earlier file around the same place."""
    count = len(lines.texts)
    if not lines.is_one_row_a_line:
        return np.zeros(count, bool)
    is_known = window.holds(lines)
    is_known[: max(0, _FIRST_LINES - lines.first_line + 1)] = False
    # A file whose every line is known must not look like one without a line.
    is_known[-1] = False
    if is_known.any():
        signs = "".join(f"\\x{ord(sign):02x}" for sign in (options.delimiter, options.quote) if sign)
        is_blank = pc.match_substring_regex(lines.texts, f"^[\\s{signs}]*$")
        is_known &= ~is_blank.to_numpy(zero_copy_only=False)
    return is_known
