"""How much a file may ask of us, and the error that ends the reading of one."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from ingest.errors import PartsbayError

MEBIBYTE = 1024 * 1024
# What a person reads in one line of a report.
_LONGEST_MESSAGE = 800
_LEAST_RAW_CHARACTERS = 2000


@dataclass(frozen=True)
class Limits:
    """Caps that are counted while reading, never taken from what a file says of itself."""

    row_count: int = 20_000_000
    column_count: int = 500
    field_bytes: int = 64 * 1024
    line_bytes: int = MEBIBYTE
    unpacked_bytes: int = 8 * 1024 * MEBIBYTE
    # A ratio means something only once there is enough to divide.
    unpacked_ratio: int = 200
    ratio_counts_from_bytes: int = 64 * MEBIBYTE
    block_bytes: int = 16 * MEBIBYTE
    # EDI: smaller blocks, because each becomes a list of segments.
    edi_block_bytes: int = 4 * MEBIBYTE
    segment_bytes: int = 64 * 1024
    element_count: int = 1000
    message_count: int = 200_000
    # A zip file holds one file; folders and what a Mac adds are counted too.
    archive_entries: int = 50
    # XML: elements inside each other, attributes of one element, elements of one record.
    xml_depth: int = 64
    xml_attributes: int = 64
    xml_record_elements: int = 100_000
    # A workbook, Parquet or Arrow file is opened in a process of its own, which ends at these.
    process_memory_bytes: int = 1024 * MEBIBYTE
    process_seconds: int = 120
    workbook_parts: int = 10_000
    # How deep a JSON record nests.
    json_depth: int = 64
    # One row group of Parquet, unpacked.
    row_group_bytes: int = 512 * MEBIBYTE
    # The text that is kept of all bad rows of one batch; the file itself is kept whole.
    raw_characters: int = 128 * MEBIBYTE

    def raw_characters_of_each(self, row_count: int) -> int:
        """How much text is kept of each of so many bad rows: the whole row, unless rows are many and huge."""
        return max(_LEAST_RAW_CHARACTERS, self.raw_characters // max(1, row_count))


def limits_from(text: str) -> Limits:
    """The limits with other values, as a setting writes them: ``row_count=1000000, process_seconds=60``."""
    names = [field.name for field in fields(Limits)]
    given: dict[str, int] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        name, _, value = map(str.strip, pair.partition("="))
        if name not in names:
            raise ValueError(f"there is no limit '{name[:40]}'; there are {', '.join(names)}")
        if not re.fullmatch(r"[1-9][0-9]{0,15}", value):
            raise ValueError(f"{name} needs a whole number above 0, such as {name}={getattr(Limits, name)}")
        given[name] = int(value)
    return Limits(**given)


class FileFault(PartsbayError):
    """The file as a whole cannot be read: nothing of it is stored.

    ``line_number`` and ``raw`` point at the place where reading stopped, where there is one.
    """

    def __init__(self, code: str, message: str, mend: str, line_number: int | None = None, raw: str | None = None):
        super().__init__(code, _one_line(message), mend)
        self.line_number = line_number
        self.raw = raw


def _one_line(text: str) -> str:
    """Messages quote what was sent: nothing in it may end the line or speak to a terminal."""
    shown = text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return shown if len(shown) <= _LONGEST_MESSAGE else shown[: _LONGEST_MESSAGE - 1] + "…"


def as_escaped_text(data: bytes, limit: int = 2000) -> str:
    """Bytes as text that any terminal and any database can hold."""
    return data[:limit].decode("utf-8", errors="backslashreplace").replace("\x00", "\\x00")
