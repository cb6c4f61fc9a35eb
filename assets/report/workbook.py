"""The workbook: the same lines as the page, with every column, for those who go on in Excel."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from assets.report.data import DEMAND_CLASSES, FLAGS, OUTCOMES, STATUSES, grouped, is_to_order, plain, status_of
from ingest.reporting import ReportData

# Column → (header, width). First what a planner reads, then every number that led to the quantity.
COLUMNS: dict[str, tuple[str, int]] = {
    "status": ("Status", 15),
    "garage_code": ("Garage", 10),
    "garage_name": ("Garage name", 20),
    "brand_code": ("Brand", 12),
    "part_number": ("Part number", 18),
    "description": ("Description", 36),
    "supplier_code": ("Supplier", 12),
    "supplier_name": ("Supplier name", 24),
    "supplier_part_number": ("Supplier's part number", 18),
    "outcome": ("Outcome", 16),
    "proposed_quantity": ("Suggested", 11),
    "base_uom_code": ("Unit", 7),
    "pack_count": ("Packs", 8),
    "unit_price_amount": ("Unit price", 12),
    "line_amount": ("Line value", 13),
    "currency_code": ("Currency", 9),
    "days_to_stock_out": ("Days to stock-out", 11),
    "stock_out_on": ("Runs out on", 12),
    "on_hand_quantity": ("On hand", 10),
    "held_quantity": ("Held", 9),
    "nonsellable_quantity": ("Not sellable", 10),
    "reserved_quantity": ("Reserved", 10),
    "backordered_quantity": ("Backordered", 11),
    "sellable_quantity": ("Sellable", 10),
    "available_raw_quantity": ("Available", 10),
    "on_order_quantity": ("On order", 10),
    "inventory_position_quantity": ("Inventory position", 11),
    "safety_stock_quantity": ("Safety stock", 11),
    "reorder_point_quantity": ("Reorder point", 11),
    "order_up_to_quantity": ("Order up to", 11),
    "raw_quantity": ("Needed", 10),
    "minimum_order_quantity": ("Minimum order", 11),
    "pack_quantity": ("Pack", 9),
    "order_multiple_quantity": ("Order multiple", 11),
    "maximum_order_quantity": ("Maximum order", 11),
    "maximum_on_hand_quantity": ("Maximum on hand", 11),
    "max_rule_code": ("Maximum rule", 11),
    "demand_class": ("Demand", 13),
    "method_code": ("Method", 16),
    "policy_code": ("Policy", 12),
    "daily_mean_quantity": ("Daily mean", 11),
    "daily_sd_quantity": ("Daily spread", 11),
    "history_days": ("History days", 10),
    "no_data_days": ("Days without stock", 11),
    "lead_time_days": ("Lead time days", 11),
    "lead_time_sd_days": ("Lead time spread", 11),
    "review_days": ("Review days", 10),
    "service_level_pct": ("Service level %", 10),
    "z_value": ("z", 8),
    "cover_days": ("Cover days", 10),
    "category_code": ("Category", 14),
    "stocking_class_code": ("Stocking class", 9),
    "criticality_code": ("Criticality", 13),
    "flags": ("Flags", 22),
    "explanation": ("Why", 70),
    "as_of_at": ("Data as of (UTC)", 18),
    "proposal_id": ("Proposal", 38),
}

GROUPS = {
    "By supplier": ("Supplier", "supplier_code", "supplier_name", "Garage", "garage_code", "garage_name"),
    "By garage": ("Garage", "garage_code", "garage_name", "Supplier", "supplier_code", "supplier_name"),
}
GROUP_HEADERS = ("Lines", "Quantity", "Value", "Currency", "Stocked out", "Will run out")
TABLE_STYLE = "Table Style Light 1"


def render_workbook(data: ReportData) -> bytes:
    """The workbook as bytes; the same data gives the same bytes. Text stays text, whatever it starts with."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(buffer, options) as workbook:
        workbook.set_properties({"title": "Replenishment", "created": _naive(data.facts.published_at)})
        formats = _formats(workbook)
        _write_lines(workbook.add_worksheet("Lines"), data.lines, formats)
        for name, columns in GROUPS.items():
            _write_groups(workbook.add_worksheet(name), data.lines, columns, formats)
        _write_legend(workbook.add_worksheet("Legend"), data, formats)
    return buffer.getvalue()


def _formats(workbook: xlsxwriter.Workbook) -> dict[str, Any]:
    return {
        # General shows 4 as 4 and 2.5 as 2.5: no trailing zeros.
        "number": workbook.add_format({"num_format": "General", "valign": "top"}),
        "amount": workbook.add_format({"num_format": "#,##0.00", "valign": "top"}),
        "date": workbook.add_format({"num_format": "yyyy-mm-dd", "valign": "top"}),
        "moment": workbook.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"}),
        # "@" tells Excel that 007 and =1 were meant as text, also after an edit.
        "text": workbook.add_format({"num_format": "@", "valign": "top"}),
        "header": workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "wrapped": workbook.add_format({"text_wrap": True, "valign": "top"}),
    }


def _write_lines(sheet, lines: list[dict[str, Any]], formats: dict[str, Any]) -> None:
    headers = [header for header, _ in COLUMNS.values()]
    for column, (_, width) in enumerate(COLUMNS.values()):
        sheet.set_column(column, column, width)
    for row, line in enumerate(lines, start=1):
        values = {
            **line,
            "status": STATUSES[status_of(line)][0],
            "outcome": OUTCOMES.get(line["outcome_code"], line["outcome_code"]),
            "demand_class": DEMAND_CLASSES.get(line["demand_class_code"], (line["demand_class_code"],))[0],
        }
        for column, name in enumerate(COLUMNS):
            _write(sheet, row, column, values[name], formats, is_amount=name.endswith("_amount"))
    _make_table(sheet, "Lines", headers, len(lines), formats)
    sheet.freeze_panes(1, 5)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(0)


def _write_groups(sheet, lines: list[dict[str, Any]], columns: tuple[str, ...], formats: dict[str, Any]) -> None:
    """What to order by two dimensions and currency; amounts of different currencies never meet in a cell."""
    first, first_code, first_name, second, second_code, second_name = columns
    headers = [first, f"{first} name", second, f"{second} name", *GROUP_HEADERS]
    groups = grouped(lines, first_code, first_name, second_code, second_name, "currency_code")
    for row, (key, members) in enumerate(groups, start=1):
        statuses = [status_of(line) for line in members]
        value = sum((line["line_amount"] or Decimal(0) for line in members), Decimal(0))
        quantity = sum((line["proposed_quantity"] for line in members), Decimal(0))
        for column, text in enumerate(key[:4]):
            _write(sheet, row, column, text, formats)
        for column, number in enumerate((len(members), quantity), start=4):
            _write(sheet, row, column, number, formats)
        _write(sheet, row, 6, value, formats, is_amount=True)
        _write(sheet, row, 7, key[4], formats)
        _write(sheet, row, 8, statuses.count("out"), formats)
        _write(sheet, row, 9, statuses.count("late"), formats)
    for column, width in enumerate((12, 26, 12, 26, 8, 11, 14, 9, 12, 12)):
        sheet.set_column(column, column, width)
    _make_table(sheet, f"By{first}", headers, len(groups), formats)
    sheet.freeze_panes(1, 2)


def _make_table(sheet, name: str, headers: list[str], count: int, formats: dict[str, Any]) -> None:
    """A real Excel table over rows that are already there; a table must have at least one row."""
    columns = [{"header": header, "header_format": formats["header"]} for header in headers]
    options = {"name": name, "columns": columns, "style": TABLE_STYLE, "autofilter": True}
    sheet.add_table(0, 0, max(count, 1), len(headers) - 1, options)


def _write_legend(sheet, data: ReportData, formats: dict[str, Any]) -> None:
    facts = data.facts
    entries: list[tuple[str, Any]] = [
        ("Data as of (UTC)", facts.as_of_at),
        ("Made at (UTC)", facts.published_at),
        ("Generation", facts.generation_id),
        ("Lines", len(data.lines)),
        ("Lines to order", sum(map(is_to_order, data.lines))),
        ("Batches", facts.batch_count),
        ("Batches held", facts.batches_held),
        ("Batches rejected", facts.batches_rejected),
        ("Rows read", facts.rows_read),
        ("Rows accepted", facts.rows_accepted),
        ("Rows quarantined", facts.rows_quarantined),
        ("Checks passed", facts.checks_passed),
        ("Checks failed", facts.checks_failed),
        ("", None),
    ]
    for title, words in (("Status", STATUSES), ("Demand", DEMAND_CLASSES)):
        entries += [(title, None), *words.values(), ("", None)]
    entries += [("Flags", None), *FLAGS.items(), ("", None), ("Words", None)]
    entries += [
        ("Inventory position", "Sellable, less reserved and backordered, plus on order."),
        ("Reorder point", "Demand over lead time and review, plus safety stock; at or below it a line appears here."),
        ("Order up to", "Where the inventory position stands after the order."),
        ("Suggested", "Needed quantity raised to the minimum order and to whole packs, then held to the maximum."),
        ("Line value", "Suggested times unit price, in the supplier's currency."),
    ]
    for row, (name, value) in enumerate(entries):
        is_title = value is None
        sheet.write_string(row, 0, name, formats["header"] if is_title else formats["text"])
        if isinstance(value, str):
            sheet.write_string(row, 1, value, formats["wrapped"])
        elif not is_title:
            _write(sheet, row, 1, value, formats)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)


def _write(sheet, row: int, column: int, value: Any, formats: dict[str, Any], is_amount: bool = False) -> None:
    if value is None:
        return
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, _naive(value), formats["moment"])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), formats["date"])
    elif isinstance(value, Decimal | int | float):
        number = plain(value)
        if number is not None:
            sheet.write_number(row, column, number, formats["amount" if is_amount else "number"])
    else:
        sheet.write_string(row, column, str(value), formats["text"])


def _naive(moment: datetime) -> datetime:
    """UTC without its zone: a cell cannot carry one, so the header says it."""
    return moment.astimezone(UTC).replace(tzinfo=None)
