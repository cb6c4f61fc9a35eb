"""Orders as a table, for partners without EDI: delimited text or a workbook, every text harmless in a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ingest.exports import csv_bytes, neutral
from ingest.orders.document import Line, Order, number, refused
from ingest.profiles.orders import Orders

_WIDTHS = {"description": 40, "garage_name": 24, "part_number": 22, "supplier_part_number": 22}
_CODES = ("purchase_order_number", "ship_to_code", "part_number", "supplier_part_number", "brand_code", "garage_code")


def write_csv(orders: Sequence[Order], settings: Orders, control_number: int, made_at: datetime) -> bytes:
    """The bytes of a delimited file; its number is in its name alone."""
    options = settings.csv

    def written(value: Any) -> str:
        if isinstance(value, Decimal):
            return number(value).replace(".", options.decimal)
        return value.strftime(options.date_format) if isinstance(value, date) else str(value or "")

    columns = options.columns
    rows = [
        [_encodable(written(values[name]), name, values, options.encoding) for name in columns]
        for values in _rows(orders, settings)
    ]
    head, body = ([*columns.values()], rows) if options.header else (rows[0], rows[1:])
    return csv_bytes(head, body, options.delimiter, encoding=options.encoding)


def _encodable(text: str, name: str, values: dict[str, Any], encoding: str) -> str:
    """Codes are refused where a sign of theirs cannot be said; words are written with an escape."""
    if name not in _CODES:
        # In one line: not every system reads a line end within quotes.
        return " ".join(text.split())
    place = f"order {values['purchase_order_number']} line {values['line_number']}"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        words = f"{name} is {text!r}, which {encoding} cannot say"
        raise refused(place, words, "Write encoding: utf-8 into the profile.") from None
    if neutral(text) != text:
        words = f"{name} is {text!r}, which a spreadsheet program would take for a formula"
        raise refused(place, words, "Write format: xlsx into the orders section of the profile.")
    return text


def write_xlsx(orders: Sequence[Order], settings: Orders, control_number: int, made_at: datetime) -> bytes:
    """The bytes of a workbook: codes are text cells, numbers are numbers, and no cell is a formula."""
    import xlsxwriter

    target, columns = io.BytesIO(), settings.xlsx.columns
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": made_at.replace(tzinfo=None, microsecond=0), "title": "Purchase orders"})
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    text = book.add_format({"num_format": "@"})
    sheet = book.add_worksheet(settings.xlsx.sheet)
    sheet.freeze_panes(1, 0)
    for place, (name, title) in enumerate(columns.items()):
        sheet.write_string(0, place, title, bold)
        sheet.set_column(place, place, _WIDTHS.get(name, 14))
    for row, values in enumerate(_rows(orders, settings), 1):
        for place, value in enumerate(values[name] for name in columns):
            if isinstance(value, Decimal | int):
                sheet.write_number(row, place, value)
            elif isinstance(value, date):
                sheet.write_datetime(row, place, datetime(value.year, value.month, value.day), day)
            elif value:
                sheet.write_string(row, place, value, text)
    book.close()
    return target.getvalue()


def _rows(orders: Sequence[Order], settings: Orders) -> list[dict[str, Any]]:
    return [_row(order, line, settings) for order in orders for line in order.lines]


def _row(order: Order, line: Line, settings: Orders) -> dict[str, Any]:
    quantity, unit, price = line.as_ordered(settings)
    return {
        "purchase_order_number": order.purchase_order_number,
        "line_number": line.line_number,
        "order_type_code": order.order_type_code,
        "ordered_on": order.created_at.date(),
        "garage_code": order.garage_code,
        "garage_name": order.garage_name,
        "ship_to_code": order.ship_to(settings),
        "buyer_code": settings.buyer_code,
        "brand_code": line.brand_code,
        "part_number": line.part_number,
        "supplier_part_number": line.supplier_part_number,
        "description": line.description,
        "quantity": quantity,
        "uom_code": unit,
        "pack_quantity": line.pack_quantity,
        "pack_count": line.quantity / line.pack_quantity,
        "unit_price_amount": price,
        "currency_code": order.currency_code,
        "need_by_on": line.need_by_on,
    }
