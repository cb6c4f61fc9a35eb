"""Parquet files: flat columns of text, numbers, dates, moments and truth values as text, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.readers.columnar.reading import Options, no_envelope, records_of, rows_of
from ingest.readers.limits import Limits
from ingest.readers.records import Raw, Records

__all__ = ["IS_CANONICAL", "Options", "raw_rows", "read_envelope", "read_records"]

IS_CANONICAL = False
read_envelope = no_envelope


def read_records(path: Path, kind: str, options: Options, limits: Limits) -> Iterator[Records]:
    """Yield the rows; raise ``FileFault`` for a damaged file, or a column whose type is no plain value."""
    yield from records_of("parquet", path, options, limits)


def raw_rows(path: Path, kind: str, options: Options, limits: Limits, numbers: Iterable[int]) -> dict[int, Raw]:
    """Rows by number, as one line of CSV each."""
    return rows_of("parquet", path, options, limits, numbers)
