"""Workbooks (.xlsx, .xlsb, .xls, .ods): the rows of every fitting sheet as text, exactly as they are stored.

Opened in a process of its own with caps on memory and time. A row with an error value, a merged
cell, or a part number that a spreadsheet turned into a number is a bad row that names the cell.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, Field

from ingest.contracts import CONTRACTS, Type
from ingest.readers.apart.process import Frame, frames
from ingest.readers.broken import BROKEN
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Envelope, Raw, Records
from ingest.readers.workbook.plan import Plan

IS_CANONICAL = False
_IDENTIFIERS = frozenset(
    {
        "part_number",
        "supplier_part_number",
        "superseded_by_part_number",
        "replaced_by_part_number",
        "other_part_number",
        "gtin",
        "lot_number",
    }
)
_OLD_CONTAINER = b"\xd0\xcf\x11\xe0"
_OLD_STREAMS = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")


class Options(BaseModel, extra="forbid", frozen=True):
    """What a profile may say about a workbook; columns are named as the header names them."""

    sheets: tuple[str, ...] = Field((), description="Names or patterns (* ?) of the sheets to read; all that fit.")
    header_row: int | None = Field(None, ge=1, le=1_048_576, description="Row of the header; None searches for it.")
    header_rows: int = Field(1, ge=1, le=5, description="How many rows the header takes; their words are joined.")
    header_columns: tuple[str, ...] = Field(
        (), description="Names that the header row has: how it is found, and which sheets fit."
    )
    header_search_rows: int = Field(50, ge=1, le=1000, description="How many rows are searched for the header.")
    footer_rows: int = Field(0, ge=0, le=1000, description="Last rows of each sheet that are no rows of the table.")
    identifier_columns: tuple[str, ...] = Field(
        (), description="Columns of part numbers, GTINs and lots, beside those with such a name."
    )
    numeric_identifiers: Literal["accept", "refuse"] = Field(
        "accept",
        description="A number in such a column: accept it as digits where it is whole and has at most fifteen"
        " (zeros before it are lost unless its format shows them), or refuse every number.",
    )
    date_columns: tuple[str, ...] = Field(
        (), description="Columns whose bare numbers count days in the workbook's epoch (1900 or 1904)."
    )
    decimal: Literal[".", ","] = Field(".", description="The sign that numbers are given with, as in the profile.")
    merged_cells: Literal["refuse", "first"] = Field(
        "refuse", description="A row with a merged cell is refused, or read with the value in the first cell alone."
    )
    significant_digits: Literal[15, 17] = Field(
        17,
        description="17 gives a fraction as it is stored, 15 as spreadsheets show it: 0.3, not 0.30000000000000004.",
    )

    def informed_by(self, profile: Any) -> Options:
        """The same, and what the profile's mapping says of the columns; what these options say themselves stays.

        So a profile names its columns once: part numbers, dates, the header and the decimal sign follow.
        """
        contract = CONTRACTS[profile.kind]
        named = {name: tuple(n for n in names if not n.isdigit()) for name, names in profile.columns.items()}
        dated = {c.name for c in contract.columns if c.type in (Type.DATE, Type.TIMESTAMP)}
        sure = [names[0] for name, names in named.items() if len(names) == 1 and name in contract.required_names]
        return self.model_copy(
            update={
                "header_columns": self.header_columns or tuple(sure),
                "identifier_columns": self.identifier_columns + _names_of(named, _IDENTIFIERS),
                "date_columns": self.date_columns + _names_of(named, dated),
                "decimal": profile.numbers.decimal,
            }
        )


def _names_of(named: Mapping[str, tuple[str, ...]], wanted: Collection[str]) -> tuple[str, ...]:
    return tuple(name for canonical, names in named.items() if canonical in wanted for name in names)


def read_records(path: Path, kind: str, options: Options, limits: Limits) -> Iterator[Records]:
    """Yield the rows of every fitting sheet; raise ``FileFault`` where the workbook cannot be read.

    A number is the row of the sheet, plus ten million for each sheet read before it.
    """
    for frame in _frames(path, kind, options, limits, None):
        yield _as_records(frame)


def raw_rows(path: Path, kind: str, options: Options, limits: Limits, numbers: Iterable[int]) -> dict[int, Raw]:
    """Rows by number as one line of CSV each, with their sheet and row; a second reading."""
    wanted = tuple(sorted(set(numbers)))
    if not wanted:
        return {}
    shown = (frame.said["shown"] for frame in _frames(path, kind, options, limits, wanted))
    longest = limits.raw_characters_of_each(len(wanted))
    return {number: Raw.cut(text, place, longest) for number, text, place in shown}


def read_envelope(path: Path, options: Options, limits: Limits) -> Envelope:
    """Nothing: a workbook says nothing of itself as a whole."""
    return Envelope()


def suffix_of(path: Path) -> str:
    """The ending that the content of a workbook calls for, whatever its name; raises where it is no workbook."""
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise FileFault("EMPTY_FILE", "the file is empty", "Send the file again, with its content.")
    if start.startswith((_OLD_CONTAINER, *_OLD_STREAMS)):
        return ".xls"
    try:
        with zipfile.ZipFile(path) as package:
            names = set(package.namelist())
    except BROKEN as error:
        words = f"the file is no workbook that can be opened ({error})"
        raise FileFault("DAMAGED_WORKBOOK", words, "Send the whole file again, as .xlsx.") from None
    if "xl/workbook.bin" in names:
        return ".xlsb"
    return ".ods" if "content.xml" in names else ".xlsx"


def _frames(path: Path, kind: str, options: Options, limits: Limits, wanted: tuple[int, ...] | None) -> Iterator[Frame]:
    suffix = suffix_of(path)
    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        # The reader of cells goes by the ending of a name, and a stored file may have any name.
        link = Path(folder) / f"workbook{suffix}"
        link.symlink_to(path.resolve())
        plan = Plan(str(link), suffix, _required(kind), limits, **options.model_dump(), wanted=wanted)
        yield from frames("ingest.readers.workbook.worker", plan.as_json(), limits)


def _required(kind: str) -> tuple[tuple[str, ...], ...]:
    """What the header of a kind has at least, or of any kind, most names first; who sends is told by the channel."""
    contracts = (CONTRACTS[kind],) if kind in CONTRACTS else CONTRACTS.values()
    names = (tuple(n for n in contract.required_names if n != "supplier_code") for contract in contracts)
    return tuple(sorted(names, key=len, reverse=True))


def _as_records(frame: Frame) -> Records:
    said, buffers = frame.said, [pa.py_buffer(buffer) for buffer in frame.buffers]
    count = said["rows"]
    columns = [
        pa.StringArray.from_buffers(count, offsets, data)
        for offsets, data in zip(buffers[1::2], buffers[2::2], strict=True)
    ]
    numbers = pa.Array.from_buffers(pa.int64(), count, [None, buffers[0]])
    bad = {int(number): words for number, words in said["bad"].items()}
    return Records(pa.table(columns, names=said["names"]), numbers, bad, said["size"])
