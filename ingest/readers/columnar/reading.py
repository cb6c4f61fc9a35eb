"""What Parquet and Arrow files have in common for their callers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, Field

from ingest.readers.apart.process import Frame, frames
from ingest.readers.columnar.worker import Plan
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Envelope, Raw, Records


class Options(BaseModel, extra="forbid", frozen=True):
    """What a profile may say about a file of columns."""

    columns: tuple[str, ...] = Field((), description="The columns to read; all, which must then be of plain types.")
    decimal: Literal[".", ","] = Field(".", description="The sign that numbers are given with, as in the profile.")

    def informed_by(self, profile: Any) -> Options:
        """The same, and the decimal sign of the profile: its texts and its numbers are then read alike."""
        return self.model_copy(update={"decimal": profile.numbers.decimal})


def records_of(format_name: str, path: Path, options: Options, limits: Limits) -> Iterator[Records]:
    """Yield the rows batch by batch, numbered from 1."""
    for frame in _frames(format_name, path, options, limits, None):
        numbers, stream = frame.buffers
        with pa.ipc.open_stream(pa.py_buffer(stream)) as reader:
            table = reader.read_all()
        count = table.num_rows
        bad = {int(number): words for number, words in frame.said["bad"].items()}
        ascending = pa.Array.from_buffers(pa.int64(), count, [None, pa.py_buffer(numbers)])
        yield Records(table, ascending, bad, frame.said["size"])


def rows_of(format_name: str, path: Path, options: Options, limits: Limits, numbers: Iterable[int]) -> dict[int, Raw]:
    """Rows by number as one line of CSV each; a second reading."""
    wanted = tuple(sorted(set(numbers)))
    if not wanted:
        return {}
    shown = (frame.said["shown"] for frame in _frames(format_name, path, options, limits, wanted))
    longest = limits.raw_characters_of_each(len(wanted))
    return {number: Raw.cut(text, place, longest) for number, text, place in shown}


def no_envelope(path: Path, options: Options, limits: Limits) -> Envelope:
    """Nothing: columns say nothing of their file."""
    return Envelope()


def _frames(
    format_name: str, path: Path, options: Options, limits: Limits, wanted: tuple[int, ...] | None
) -> Iterator[Frame]:
    if path.stat().st_size == 0:
        raise FileFault("EMPTY_FILE", "the file is empty", "Send the file again, with its content.")
    plan = Plan(str(path.resolve()), format_name, limits, options.columns, options.decimal, wanted)
    yield from frames("ingest.readers.columnar.worker", plan.as_json(), limits)
