"""What .xlsx sheets say beside their values: errors, formulas without a result, numbers shown with leading zeros."""

from __future__ import annotations

import posixpath
import re
from xml.parsers import expat

from ingest.readers.workbook.archive import Package, damaged
from ingest.readers.workbook.cells import place_of
from ingest.readers.workbook.notes import NO_RESULT, BookNotes, Notes

_TAG = rb"(?:[\w.-]+:)?"
# A formula followed by no value.
_WITHOUT_RESULT = re.compile(
    rb"(?:</" + _TAG + rb"f>|<" + _TAG + rb"f(?:\s[^<>]*)?/>)\s*"
    rb"(?:</" + _TAG + rb"c>|<" + _TAG + rb"v\s*/>|<" + _TAG + rb"v>\s*</)"
)
_OVERLAP = 512


def note_package(package: Package) -> BookNotes:
    """Read every part once: count it, and note what the reader of cells leaves out."""
    book = BookNotes(is_1904=False)
    unread = dict.fromkeys(package.parts())
    main = _main_part(package)
    sheets = _sheets(package, main, book)
    padded = _padded_styles(package, main)
    for position, name in enumerate(sheets):
        if name in unread:
            del unread[name]
            if _is_worth_a_look(package, name, bool(padded)):
                _note_sheet(package, name, padded, book.sheet(position))
    for name in unread:
        for _ in package.chunks(name):
            pass
    return book


def _is_worth_a_look(package: Package, name: str, always: bool) -> bool:
    tail, found = b"", always
    for chunk in package.chunks(name):
        found = found or _has_marks(tail + chunk)
        tail = chunk[-_OVERLAP:]
    return found


def _has_marks(data: bytes) -> bool:
    """Whether an error cell or a formula without a result may stand here; no is sure."""
    if b'"e"' in data or b"'e'" in data:
        return True
    return (b"<f" in data or b":f" in data) and _WITHOUT_RESULT.search(data) is not None


def _relations(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """Relation id → type and target part."""
    folder, name = posixpath.split(part)
    relations_part = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            target = posixpath.normpath(posixpath.join("/" + folder, attributes.get("Target", ""))).lstrip("/")
            found[attributes.get("Id", "")] = attributes.get("Type", "").rpartition("/")[2], target

    if relations_part in package.names:
        parse(package, relations_part, start)
    return found


def _main_part(package: Package) -> str:
    targets = [target for kind, target in _relations(package, "").values() if kind == "officeDocument"]
    return targets[0] if targets and targets[0] in package.names else "xl/workbook.xml"


def _sheets(package: Package, main: str, book: BookNotes) -> list[str]:
    """The parts of the sheets in the order of the workbook."""
    targets, ids = _relations(package, main), []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "workbookPr":
            book.is_1904 = attributes.get("date1904", "0").lower() in ("1", "true")
        elif tag == "sheet":
            ids.append(next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), ""))

    if main in package.names:
        parse(package, main, start)
    return [targets.get(identity, ("", ""))[1] for identity in ids]


def _padded_styles(package: Package, main: str) -> dict[str, int]:
    """Style number → digits, for the styles that fill a number up with zeros: 00000."""
    formats: dict[str, int] = {}
    styles: list[str] = []
    inside: list[bool] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt" and re.fullmatch("0{2,15}", attributes.get("formatCode", "")):
            formats[attributes.get("numFmtId", "")] = len(attributes["formatCode"])
        elif tag == "cellXfs":
            inside.append(True)
        elif tag == "xf" and inside:
            styles.append(attributes.get("numFmtId", ""))

    def end(tag: str) -> None:
        if tag == "cellXfs":
            inside.clear()

    for kind, target in _relations(package, main).values():
        if kind == "styles" and target in package.names:
            parse(package, target, start, end)
    return {str(number): formats[style] for number, style in enumerate(styles) if style in formats}


def _note_sheet(package: Package, name: str, padded: dict[str, int], notes: Notes) -> None:
    row, column = -1, -1
    cell: dict[str, str] = {}
    has_formula, in_value, value = False, False, ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, cell, has_formula, in_value, value
        if tag == "c":
            place = place_of(attributes.get("r", ""))
            row, column = place or (row, column + 1)
            cell, has_formula, value = attributes, False, ""
        elif tag == "row":
            said = attributes.get("r", "")
            row, column = int(said) - 1 if said.isdigit() else row + 1, -1
        elif tag == "f":
            has_formula = True
        elif tag == "v":
            in_value = True

    def text(data: str) -> None:
        nonlocal value
        if in_value:
            value += data

    def end(tag: str) -> None:
        nonlocal in_value
        if tag == "v":
            in_value = False
        elif tag == "c":
            kind = cell.get("t", "n")
            if kind == "e":
                notes.note_wrong(row, column, f"{value or '#ERROR'}, an error value")
            elif has_formula and not value.strip() and kind == "n":
                notes.note_wrong(row, column, NO_RESULT)
            elif kind == "n" and cell.get("s") in padded:
                notes.shown_digits[(row, column)] = padded[cell["s"]]

    parse(package, name, start, end, text)


def parse(package: Package, name: str, start, end=None, text=None) -> None:
    """Walk through one part; handlers get names without their namespace's prefix."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    if end:
        parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    if text:
        parser.CharacterDataHandler = text
    try:
        for chunk in package.chunks(name):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise damaged(f"'{name}' is not well-formed ({error})") from None
