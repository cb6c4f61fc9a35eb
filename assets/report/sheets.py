"""The other sheets of the workbook: summary, groups, further pages, legend, and what the file says of itself."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from assets.report.data import grouped, is_to_order, reasons
from assets.report.document import Document, moment_of
from assets.report.words import COLUMN_MEANINGS, DEMAND_CLASSES, FLAGS, MEANINGS, METHODS, OUTCOMES, REASONS, STATUSES

GROUP_HEADERS = ("Lines", "Quantity", "Value", "Currency", "Stocked out", "Will run out")
TABLE_STYLE = "Table Style Light 1"
# What stands in no name of a column.
HEADINGS = {
    "abc_code": "Value class",
    "affected_quantity": "Units",
    "available_raw_quantity": "Available",
    "kpi_code": "Figure",
    "raw_amount": "Needed amount",
    "raw_quantity": "Needed",
}
# Codes that planners read as words.
WORDED = {
    "outcome_code": OUTCOMES,
    "method_code": METHODS,
    "demand_class_code": {code: name for code, (name, _) in DEMAND_CLASSES.items()},
}
Formats = dict[str, Any]


def write_summary(sheet, document: Document, lines: list[dict[str, Any]], formats: Formats) -> None:
    """How far to trust the report, and what needs somebody, by reason."""
    facts, figures = document["facts"], document["figures"]
    sheet.write_string(0, 0, "Replenishment", formats["title"])
    entries = [
        ("Data as of (UTC)", moment_of(facts["as_of_at"])),
        ("Made at (UTC)", moment_of(facts["published_at"])),
        ("Generation", facts["generation_id"]),
        ("Lines", figures["lines"]),
        ("Need you today", figures["needs_you"]),
        ("Stocked out", figures["stocked_out"]),
        ("Will run out before a delivery", figures["runs_out_first"]),
        ("Lines to order or to move", figures["to_order"]),
        ("Of these to move between garages", sum(map(_is_move, lines))),
        ("Without an offer", figures["no_offer"]),
        *((f"Order value {currency}", value) for currency, value in figures["order_value"].items()),
        *((f"At risk {currency}", value) for currency, value in figures["at_risk"].items()),
        *((f"Excess {currency}", value) for currency, value in figures["excess"].items()),
        *((f"Dead stock {currency}", value) for currency, value in figures["dead"].items()),
        ("Feeds late", len(facts["late_feeds"])),
        ("Batches", facts["batch_count"]),
        ("Batches held", facts["batches_held"]),
        ("Batches rejected", facts["batches_rejected"]),
        ("Rows read", facts["rows_read"]),
        ("Rows accepted", facts["rows_accepted"]),
        ("Rows quarantined", facts["rows_quarantined"]),
        ("Checks of files and models passed", facts["checks_passed"]),
        ("Checks of files and models failed", facts["checks_failed"]),
    ]
    for row, (name, value) in enumerate(entries, start=2):
        sheet.write_string(row, 0, name, formats["text"])
        write_cell(sheet, row, 1, "", value, formats, is_amount=isinstance(value, float))
    row = len(entries) + 3
    for column, name in enumerate(("Needs you today, because", "Lines", "At risk")):
        sheet.write_string(row, column, name, formats["header"])
    for code, count, values in reasons(lines):
        row += 1
        sheet.write_string(row, 0, REASONS.get(code, (code,))[0], formats["text"])
        sheet.write_number(row, 1, count, formats["number"])
        sheet.write_string(row, 2, " + ".join(f"{value:,.2f} {currency}" for currency, value in values.items()))
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 38)


def _is_move(line: dict[str, Any]) -> bool:
    return line["line_type_code"] == "TRANSFER" and is_to_order(line)


def write_groups(sheet, lines: list[dict[str, Any]], columns: tuple[str, ...], formats: Formats) -> None:
    """What to order by two dimensions and currency; amounts of different currencies never meet in a cell."""
    first, first_code, first_name, second, second_code, second_name = columns
    headers = [first, f"{first} name", second, f"{second} name", *GROUP_HEADERS]
    # What comes from another garage comes from no supplier.
    named = [line | {"supplier_name": line["supplier_name"] or "Other garages"} for line in lines]
    groups = grouped(named, first_code, first_name, second_code, second_name, "currency_code")
    for row, (key, members) in enumerate(groups, start=1):
        statuses = [line["status"] for line in members]
        for column, text in enumerate(key[:4]):
            write_cell(sheet, row, column, "", text, formats)
        sheet.write_number(row, 4, len(members), formats["number"])
        sheet.write_number(row, 5, sum(line["proposed_quantity"] for line in members), formats["number"])
        sheet.write_number(row, 6, round(sum(line["line_amount"] or 0 for line in members), 4), formats["amount"])
        write_cell(sheet, row, 7, "", key[4], formats)
        sheet.write_number(row, 8, statuses.count("out"), formats["number"])
        sheet.write_number(row, 9, statuses.count("late"), formats["number"])
    for column, width in enumerate((12, 26, 12, 26, 8, 11, 14, 9, 12, 12)):
        sheet.set_column(column, column, width)
    make_table(sheet, f"By{first}", [(header, "header") for header in headers], len(groups), formats)
    sheet.freeze_panes(1, 2)


def write_page(sheet, table_name: str, table: dict[str, list], formats: Formats) -> None:
    """A further page as it is, a column each, with what a person reads; ids and nested values stay in the document."""
    rows, columns = table["rows"], table["columns"]
    # Few columns hold anything but plain values: only those are put into words, and codes that have some.
    nested = [place for place in range(len(columns)) if any(type(row[place]) in (list, dict) for row in rows)]
    worded = {place: [parts_in_words(row[place]) for row in rows] for place in nested}
    for place, name in enumerate(columns):
        if name in WORDED:
            worded[place] = [WORDED[name].get(row[place], row[place]) for row in rows]
        elif name == "action_code":
            worded[place] = [row[place] and row[place].replace("_", " ").capitalize() for row in rows]
    left_out = {place for place, values in worded.items() if any(isinstance(value, dict | list) for value in values)}
    kept = [
        (n, name) for n, name in enumerate(columns) if n not in left_out and not name.endswith(("_id", "place_number"))
    ]
    for column, (place, name) in enumerate(kept):
        write_column(sheet, column, name, worded.get(place) or [row[place] for row in rows], formats)
    headers = [(heading(name), "header") for _, name in kept]
    sheet.set_column(0, max(len(kept) - 1, 0), 16)
    make_table(sheet, table_name, headers, len(rows), formats)
    sheet.freeze_panes(1, 0)


def parts_in_words(value: Any) -> Any:
    """A list of parts as text: P3 x 4, P4 x 6; anything else as it is."""
    if isinstance(value, list) and all(isinstance(one, dict) and "part_number" in one for one in value):
        return ", ".join(f"{one['part_number']} x {one['quantity']:g}" for one in value) or None
    return value


def heading(name: str) -> str:
    """The name of a column as words: excess_amount is Excess amount."""
    if name in HEADINGS:
        return HEADINGS[name]
    words = name.removesuffix("_quantity").removesuffix("_code").removeprefix("is_").replace("_", " ")
    return words[:1].upper() + words[1:]


def make_table(sheet, name: str, headers: list[tuple[str, str]], count: int, formats: Formats) -> None:
    """A real Excel table over rows that are already there; a table must have at least one row."""
    columns = [{"header": header, "header_format": formats[kind]} for header, kind in headers]
    options = {"name": name, "columns": columns, "style": TABLE_STYLE, "autofilter": True}
    sheet.add_table(0, 0, max(count, 1), len(headers) - 1, options)


def write_legend(sheet, titles: dict[str, str], formats: Formats) -> None:
    """What the words of the workbook mean; ``titles`` are those of the sheets of further pages."""
    entries: list[tuple[str, str | None]] = [
        ("How to decide", None),
        ("Decision", "Choose per line and save; `partsbay decide FILE.xlsx` reads the file back. Sort, filter and"
         " delete rows as you like: each row carries its own key. Changes of other columns are ignored and told."),
        ("APPROVE", "Order it, as suggested or with the final quantity."),
        ("OVERRIDE", "Suggest the final quantity instead, until the day in Snooze until, or for 30 days."),
        ("FIRM", "Order the final quantity and leave the line alone until then."),
        ("SNOOZE", "Put it off until a day; a stock-out wakes it up earlier."),
        ("REJECT", "Do not order it."),
        ("A line of your own", "What is not suggested is ordered, too: add a line with garage, brand, part number,"
         " APPROVE or FIRM, final quantity and reason."),
        ("", None),
    ]  # fmt: skip
    for title, words in (("Status", STATUSES), ("Why look", REASONS), ("Demand", DEMAND_CLASSES)):
        entries += [(title, None), *words.values(), ("", None)]
    entries += [("Flags", None), *FLAGS.items(), ("", None), ("Words", None), *MEANINGS.items()]
    for page, columns in COLUMN_MEANINGS.items():
        meanings = ((heading(name), meaning) for name, (_, meaning) in columns.items())
        entries += [("", None), (titles[page], None), *meanings]
    for row, (name, meaning) in enumerate(entries):
        sheet.write_string(row, 0, name, formats["text" if meaning else "header"])
        if meaning:
            sheet.write_string(row, 1, meaning, formats["wrapped"])
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)


def write_meta(sheet, document: Document, formats: Formats) -> None:
    """What `partsbay decide` knows the file by; people never need it."""
    for row, (name, value) in enumerate(document["meta"]):
        sheet.write_string(row, 0, name, formats["text"])
        sheet.write_string(row, 1, value, formats["text"])
    sheet.very_hidden()


_DAY_ZERO = date(1899, 12, 30)


def write_column(sheet, column: int, name: str, values: list[Any], formats: Formats) -> None:
    """The values of a column from the second row on; what is nothing leaves its cell empty."""
    is_amount, is_day, is_text = name.endswith("_amount"), name.endswith("_on"), not name.endswith(("_on", "_at"))
    number, text, day = formats["amount" if is_amount else "number"], formats["text"], formats["date"]
    write_number, write_string = sheet.write_number, sheet.write_string
    # Days are few and met often: each is counted once.
    days: dict[str, int] = {}
    for row, value in enumerate(values, start=1):
        kind = type(value)
        if value is None:
            continue
        if kind is int or kind is float:
            write_number(row, column, value, number)
        elif kind is str and is_text:
            write_string(row, column, value, text)
        elif kind is str and is_day and len(value) == 10:
            if value not in days:
                days[value] = (date.fromisoformat(value) - _DAY_ZERO).days
            write_number(row, column, days[value], day)
        else:
            write_cell(sheet, row, column, name, value, formats, is_amount)


def write_cell(sheet, row: int, column: int, name: str, value: Any, formats: Formats, is_amount: bool = False) -> None:
    """A value as the kind of cell that it is; days and moments of the document are text, of names in _on and _at."""
    if isinstance(value, str):
        if name.endswith("_on"):
            sheet.write_datetime(row, column, datetime.fromisoformat(value), formats["date"])
        elif name.endswith("_at") and "T" in value:
            sheet.write_datetime(row, column, naive(moment_of(value)), formats["moment"])
        else:
            sheet.write_string(row, column, value, formats["text"])
    elif isinstance(value, bool):
        sheet.write_string(row, column, "yes" if value else "no", formats["text"])
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, naive(value), formats["moment"])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), formats["date"])
    elif isinstance(value, dict | list):
        sheet.write_string(row, column, str(value), formats["text"])
    else:
        sheet.write_number(row, column, value, formats["amount" if is_amount else "number"])


def naive(moment: datetime) -> datetime:
    """UTC without its zone: a cell cannot carry one, so the header says it."""
    return moment.astimezone(UTC).replace(tzinfo=None)
