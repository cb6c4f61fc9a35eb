"""PIES 7.2 and 8.0 (and the 6 and 7 before them): articles, prices and interchanges of one XML file, streamed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pydantic import BaseModel, Field

from ingest.readers import pies_items
from ingest.readers.limits import FileFault, Limits
from ingest.readers.other_xml import check_root
from ingest.readers.pies_items import Context, Row
from ingest.readers.records import Envelope, Raw, Reasons, Records
from ingest.readers.unpacking import opened
from ingest.readers.xml_stream import Node, Unit, XmlStream

IS_CANONICAL = True

_UNITS = (("PIES", "Header"), ("PIES", "PriceSheets", "PriceSheet"), ("PIES", "Items", "Item"), ("PIES", "Trailer"))
# Parts of an item that no kind, or not this one, asks for: a third of the work, or all of it.
_NEVER_NEEDED = frozenset(("ProductAttributes", "DigitalAssets", "Kits", "MarketingCopy"))
_NOT_NEEDED = {
    "supplier_catalogue": frozenset(("Prices", "PartInterchangeInfo")),
    "supplier_price": frozenset(("Descriptions", "PartInterchangeInfo")),
    "supplier_interchange": frozenset(("Descriptions", "Prices", "Packages", "ExtendedInformation")),
}
_ROWS: dict[str, tuple[tuple[str, ...], Callable[[Node, Context], Iterator[Row]]]] = {
    "supplier_catalogue": (pies_items.ARTICLE_COLUMNS, pies_items.article),
    "supplier_price": (pies_items.PRICE_COLUMNS, pies_items.prices),
    "supplier_interchange": (pies_items.INTERCHANGE_COLUMNS, pies_items.interchanges),
}
# Elements that show that a file carries a kind.
_SIGNS = {
    "supplier_price": ("Pricing",),
    "supplier_interchange": ("PartInterchange",),
    "supplier_catalogue": ("Description", "Package", "ExtendedProductInformation", "ItemLevelGTIN"),
}
_DELETED_ITEM = rb'<(?:[\w.-]+:)?Item\s[^>]*MaintenanceType\s*=\s*["\']D["\']'
_ROWS_AT_ONCE = 10_000
_MOST_PRICE_SHEETS = 10_000
_LOOK_BYTES = 1024 * 1024
_TAIL_BYTES = 16 * 1024
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")


class Options(BaseModel, extra="forbid", frozen=True):
    """What a profile may say about a partner's PIES files."""

    language: str = Field("EN", description="Language of the descriptions to take, where there are several.")
    description_codes: tuple[str, ...] = Field(("DES", "SHO", "EXT"), description="Descriptions to take, best first.")
    price_types: dict[str, str] = Field({}, description="The partner's own PriceType codes in our price types.")
    vehicle_maker_brands: tuple[str, ...] = Field((), description="Brands whose interchanges are OE numbers.")
    replaced_by_codes: tuple[str, ...] = Field(("PTS", "REN"), description="EXPI codes of the successor's number.")
    shelf_life_codes: tuple[str, ...] = Field((), description="EXPI codes of the shelf life in days.")
    returnable_codes: tuple[str, ...] = Field((), description="EXPI codes of the Y/N mark that the part may go back.")


def read_records(path: Path, kind: str, options: Options, limits: Limits) -> Iterator[Records]:
    """The rows of one kind; raises ``FileFault`` for what is no PIES, ends early or has another number of items."""
    columns, _ = _rows_of(kind)
    rows, taken, given, row_count = [], 0, 0, 0
    for number, row, unit, _ in _walk(path, kind, options, limits, with_source=False):
        # The values alone: the elements behind them are dropped with their item.
        rows.append((number, row.values, row.reasons))
        taken, row_count = unit.bytes_read, row_count + 1
        if row_count > limits.row_count:
            raise FileFault("TOO_LARGE", f"the file has more than {limits.row_count} rows", "Send it in several files.")
        if len(rows) == _ROWS_AT_ONCE or taken - given >= limits.block_bytes:
            yield _records(columns, rows, taken - given)
            rows, given = [], taken
    if rows:
        yield _records(columns, rows, taken - given)
    if not row_count:
        raise FileFault("HEADER_ONLY", f"the file has no row of kind {kind}", "Send the file again, with its items.", 1)


def raw_rows(path: Path, kind: str, options: Options, limits: Limits, numbers: Iterable[int]) -> dict[int, Raw]:
    """The elements of these rows as they were sent."""
    wanted, found = set(numbers), {}
    longest = limits.raw_characters_of_each(len(wanted))
    for number, row, unit, place in _walk(path, kind, options, limits, with_source=True) if wanted else ():
        if number in wanted:
            text = unit.text_of(row.node, place.encoding)[: limits.line_bytes]
            shown = f"/PIES/Items/Item[{place.item_count}]{row.path} (line {place.line})"
            found[number] = Raw.cut(text, shown, longest)
            if len(found) == len(wanted):
                break
    return found


def read_envelope(path: Path, options: Options, limits: Limits) -> Envelope:
    """What the header says, and the trailer, without parsing what lies between."""
    header = _header(path, options, limits)
    signs, tail = _look(path, limits)
    stated_at = _date(_tail_value(tail, "TransactionDate")) or _date(header.header_value("BlanketEffectiveDate"))
    submission = header.header_value("SubmissionType")
    count = _tail_value(tail, "ItemCount")
    kinds = tuple(kind for kind in _ROWS if kind in signs)
    return Envelope(
        kinds=kinds or ("supplier_catalogue",),
        document_number=next(iter(header.price_sheets), None),
        sender=header.header_value("ParentAAIAID", "ParentID", "BrandOwnerAAIAID", "BrandOwnerID", "BrandOwnerDUNS"),
        receiver=header.header_value("BuyerDuns"),
        submission=submission if submission in ("FULL", "UPDATE") else None,
        stated_at=stated_at,
        currency_code=header.header_value("CurrencyCode"),
        row_counts={"supplier_catalogue": int(count)} if count and count.isdecimal() and len(count) < 10 else {},
    )


def _rows_of(kind: str) -> tuple[tuple[str, ...], Callable[[Node, Context], Iterator[Row]]]:
    if kind not in _ROWS:
        carried = ", ".join(_ROWS)
        raise FileFault("WRONG_KIND", f"a PIES file carries no {kind}", f"Land it as auto or one of: {carried}.", 1)
    return _ROWS[kind]


@dataclass
class _Place:
    """Where the walk is: the item of the file, its line, and the encoding of the text."""

    item_count: int = 0
    line: int = 1
    encoding: str = "utf-8"


def _walk(
    path: Path, kind: str, options: Options, limits: Limits, with_source: bool
) -> Iterator[tuple[int, Row, Unit, _Place]]:
    """Every row of a kind with its number, in the order of the file; checks the number of items at the end."""
    _, rows_of = _rows_of(kind)
    context, place, number = Context(options), _Place(), 0
    declared = None
    with opened(path, limits) as file:
        stream = XmlStream(file, limits, _UNITS, _NEVER_NEEDED | _NOT_NEEDED[kind], check_root)
        for unit in stream.records(with_source):
            if unit.node.name == "Item":
                place.item_count, place.line, place.encoding = place.item_count + 1, unit.node.line, stream.encoding
                for row in rows_of(unit.node, context):
                    number += 1
                    yield number, row, unit, place
            elif unit.node.name == "Trailer":
                declared = unit.node.value("ItemCount")
            else:
                _note(context, unit.node)
    _check_count(declared, place.item_count)


def _note(context: Context, node: Node) -> None:
    if node.name == "Header":
        context.header = node
        _check_version(node)
    elif (number := node.value("PriceSheetNumber")) and len(context.price_sheets) < _MOST_PRICE_SHEETS:
        context.price_sheets[number] = node


def _check_version(header: Node) -> None:
    version = header.value("PIESVersion")
    if version and version[:1] not in "678":
        words = f"line {header.line}: the file is PIES {version[:10]}, and 6, 7 and 8 are read"
        raise FileFault("UNKNOWN_VERSION", words, "Send PIES 7.2 or 8.0.", header.line)


def _check_count(declared: str | None, counted: int) -> None:
    if declared and (not declared.isdecimal() or int(declared[:20]) != counted):
        words = f"the trailer declares {declared[:20]} items, {counted} were read"
        raise FileFault("CONTROL_TOTAL", words, "A part may be missing: send the whole file again.")


def _records(columns: tuple[str, ...], rows: list[tuple[int, tuple, tuple]], taken: int) -> Records:
    bad: Reasons = {number: list(reasons) for number, _, reasons in rows if reasons}
    good = [(number, values) for number, values, reasons in rows if not reasons]
    values = list(zip(*(values for _, values in good), strict=True)) or [()] * len(columns)
    texts = pa.table([pa.array(column, pa.string()) for column in values], names=list(columns))
    return Records(texts, pa.array([number for number, _ in good], pa.int64()), bad, taken)


def _header(path: Path, options: Options, limits: Limits) -> Context:
    """Header and price sheets; the first item ends the reading."""
    context = Context(options)
    with opened(path, limits) as file:
        for unit in XmlStream(file, limits, _UNITS, _NEVER_NEEDED, check_root).records():
            if unit.node.name in ("Item", "Trailer"):
                break
            _note(context, unit.node)
    return context


def _look(path: Path, limits: Limits) -> tuple[set[str], str]:
    """Which kinds the file carries by the elements in it, and its end as text: one quick pass over the bytes."""
    found, tail, encoding = set(), b"", None
    with opened(path, limits) as file:
        while data := file.read(_LOOK_BYTES):
            encoding = encoding or _wide_encoding(data)
            # Tags may lie across two reads.
            data, tail = tail + data, (tail + data)[-_TAIL_BYTES:]
            text = data.decode(encoding, errors="ignore").encode() if encoding else data
            found |= {kind for kind in _SIGNS if kind not in found and _shows(text, kind)}
    return found, tail.decode(encoding or "utf-8", errors="replace")


def _wide_encoding(start: bytes) -> str | None:
    if start.startswith((b"\xff\xfe", b"<\x00")):
        return "utf-16-le"
    return "utf-16-be" if start.startswith((b"\xfe\xff", b"\x00<")) else None


def _shows(data: bytes, kind: str) -> bool:
    for name in _SIGNS[kind]:
        if name.encode() in data and re.search(rb"<(?:[\w.-]+:)?" + name.encode() + rb"[\s>/]", data):
            return True
    return kind == "supplier_catalogue" and re.search(_DELETED_ITEM, data) is not None


def _tail_value(tail: str, name: str) -> str | None:
    """The last such element in the trailer of the file."""
    found = re.findall(rf"<(?:[\w.-]+:)?{name}>\s*([^<]{{1,40}}?)\s*<", tail[max(0, tail.rfind("Trailer>") - 4000) :])
    return found[-1] if found else None


def _date(text: str | None) -> str | None:
    return text if text and _DATE.fullmatch(text) else None
