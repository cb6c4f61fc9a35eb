"""Which format a file has, by its content, and the module that reads it. Names and extensions are not believed."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType

from ingest.readers.edi.recognition import edi_format
from ingest.readers.limits import FileFault, Limits

_LIST_OF_OBJECTS = re.compile(r'"\s*:\s*\[\s*\{')
# Format → module, imported when a file has it: each brings a library of its own.
FORMATS = {
    "delimited": "ingest.readers.delimited",
    "spreadsheet": "ingest.readers.spreadsheet",
    "json": "ingest.readers.json_document",
    "jsonl": "ingest.readers.json_lines",
    "parquet": "ingest.readers.parquet",
    "arrow": "ingest.readers.arrow",
    "x12": "ingest.readers.edi.x12",
    "edifact": "ingest.readers.edi.edifact",
    "pies": "ingest.readers.pies",
}
_SPREADSHEET_PARTS = (b"[Content_Types].xml", b"xl/", b"mimetypeapplication/vnd.oasis", b"_rels/", b"docProps/")
_START_BYTES = 4096
_LIST_BYTES = 64 * 1024


def module_of(format_code: str) -> ModuleType:
    """The module that reads a format; see ``ingest.readers.records`` for what it offers."""
    return importlib.import_module(FORMATS[format_code])


def recognise_format(path: Path, limits: Limits | None = None) -> str:
    """The format of a file by its first bytes; text that is nothing else is delimited.

    Raises ``FileFault`` for what can never be read as rows: an empty file, a PDF, an archive of several files.
    """
    limits = limits or Limits()
    with Path(path).open("rb") as file:
        start = file.read(_START_BYTES)
    if not start:
        raise FileFault("EMPTY_FILE", "the file is empty: not even a header", "Send the file again, with its content.")
    if found := _by_magic(start):
        return found
    if start.startswith(b"PK\x03\x04") and _is_package(path):
        return "spreadsheet"
    if not start.startswith((b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd")):
        return _of_text(start)
    from ingest.readers.unpacking import opened

    with opened(path, limits) as unpacked:
        return _of_text(unpacked.read(_START_BYTES))


def _by_magic(start: bytes) -> str | None:
    """Formats with a signature of their own; packed text has none of them yet."""
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "spreadsheet"
    if start.startswith(b"PK\x03\x04") and any(part in start for part in _SPREADSHEET_PARTS):
        return "spreadsheet"
    if start.startswith(b"%PDF"):
        raise FileFault("NOT_DELIMITED", "the file is a PDF", "Send the data itself, as CSV or a spreadsheet.", 1)
    return None


def _is_package(path: Path) -> bool:
    """Whether a zip file lists the part that every workbook has, wherever in the file that part is."""
    with Path(path).open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - _LIST_BYTES))
        return b"[Content_Types].xml" in file.read()


def _of_text(start: bytes) -> str:
    if found := edi_format(start):
        return found
    text = _as_text(start).lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return "pies"
    if text.startswith(("{", "[")):
        return _json_or_lines(text)
    return "delimited"


def _as_text(start: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if start.startswith(mark):
            return start[2:].decode(encoding, errors="replace")
    return start.decode("utf-8", errors="replace")


def _json_or_lines(text: str) -> str:
    """One object to a line is JSON lines; everything else that begins like JSON is a document.

    A single line that holds a list of objects is a document, as programs write it without line ends.
    """
    if text.startswith("["):
        return "json"
    first, _, rest = text.partition("\n")
    is_whole = first.rstrip().endswith("}") and first.count("{") == first.count("}")
    if not rest.strip() and _LIST_OF_OBJECTS.search(first):
        return "json"
    return "jsonl" if is_whole and (not rest.strip() or rest.lstrip().startswith("{")) else "json"
