"""The workbook: the lines of the page with every column, to decide in and to go on with in Excel."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from assets.report.cells import PlainWorksheet
from assets.report.data import outcome_of
from assets.report.document import Document, moment_of, rows_of
from assets.report.sheets import (
    make_table,
    naive,
    write_column,
    write_groups,
    write_legend,
    write_meta,
    write_page,
    write_summary,
)
from assets.report.words import ACTS, CHANGES, DEMAND_CLASSES, LINE_TYPES, OUTCOMES, REASONS, STATUSES
from assets.report.workbook_columns import (
    COLUMNS,
    DECIDED,
    DECISIONS,
    HIDDEN,
    MANY_LINES,
    OPTIONAL,
    REASON_EXAMPLES,
    TO_DECIDE,
)

GROUPS = {
    "By supplier": ("Supplier", "supplier_code", "supplier_name", "Garage", "garage_code", "garage_name"),
    "By garage": ("Garage", "garage_code", "garage_name", "Supplier", "supplier_code", "supplier_name"),
}
PAGES = {
    "excess": "Excess",
    "upcoming": "Coming up",
    "order_groups": "Orders",
    "purchase_orders": "On order",
    "needs": "Why nothing",
    "gone": "Gone",
    "accuracy": "Forecast accuracy",
    "service": "Service level",
    "scorecard": "Suppliers",
    "service_targets": "Service targets",
    "stocking_policies": "Stocking policies",
    "stocking_rules": "Stocking rules",
    "settings": "Settings",
    "supplier_terms": "Supplier terms",
    "approval_limits": "Approval limits",
    "kpis": "KPIs",
}
# Status, garage, brand and part number stay in sight.
FROZEN_COLUMNS = 4


def render_workbook(document: Document) -> bytes:
    """The workbook as bytes; the same document gives the same bytes. Text stays text, whatever it starts with."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "remove_timezone": True,
    }
    lines = list(rows_of(document))
    with xlsxwriter.Workbook(buffer, options) as workbook:
        created = naive(moment_of(document["facts"]["published_at"]))
        workbook.set_properties({"title": "Replenishment", "created": created})
        formats = _formats(workbook)
        _write_lines(workbook.add_worksheet("Lines", PlainWorksheet), lines, formats)
        write_summary(workbook.add_worksheet("Summary"), document, lines, formats)
        for name, columns in GROUPS.items():
            write_groups(workbook.add_worksheet(name), lines, columns, formats)
        for page, name in PAGES.items():
            if document["pages"].get(page, {}).get("rows"):
                write_page(
                    workbook.add_worksheet(name, PlainWorksheet),
                    name.replace(" ", ""),
                    document["pages"][page],
                    formats,
                )
        write_legend(workbook.add_worksheet("Legend"), PAGES, formats)
        write_meta(workbook.add_worksheet("_meta"), document, formats)
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
        "decided": workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#FFF2CC"}),
        "to_decide": workbook.add_format({"valign": "top", "bg_color": "#FFFBEF"}),
        "to_decide_date": workbook.add_format({"valign": "top", "bg_color": "#FFFBEF", "num_format": "yyyy-mm-dd"}),
        "wrapped": workbook.add_format({"text_wrap": True, "valign": "top"}),
        "title": workbook.add_format({"bold": True, "font_size": 16}),
    }


def _write_lines(sheet, lines: list[dict[str, Any]], formats: dict[str, Any]) -> None:
    for line in lines:
        _add_words(line)
    wanted = COLUMNS if len(lines) <= MANY_LINES else TO_DECIDE
    columns = [name for name in wanted if name not in OPTIONAL or any(line.get(name) is not None for line in lines)]
    place = {name: column for column, name in enumerate(columns)}
    for name, column in place.items():
        kind = {"snooze_until": "to_decide_date"}.get(name, "to_decide") if name in DECIDED else None
        options = {"hidden": True} if name in HIDDEN else {}
        sheet.set_column(column, column, COLUMNS[name][1], formats[kind] if kind else None, options)
    for name, column in place.items():
        if name not in DECIDED:
            write_column(sheet, column, name, [line.get(name) for line in lines], formats)
    headers = [(COLUMNS[name][0], "decided" if name in DECIDED else "header") for name in columns]
    make_table(sheet, "Lines", headers, len(lines), formats)
    sheet.freeze_panes(1, FROZEN_COLUMNS)
    _validate(sheet, place, max(len(lines), 1))
    for name in ("line_amount", "risk_amount"):
        letter = xl_col_to_name(place[name])
        bar = {"type": "data_bar", "bar_color": "#9CC9CF"}
        sheet.conditional_format(f"{letter}2:{letter}{max(len(lines), 1) + 1}", bar)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(0)


def _add_words(line: dict[str, Any]) -> None:
    """The words of the codes of a line, beside them."""
    line["status_word"] = STATUSES[line["status"]][0]
    line["reason_word"] = REASONS.get(line["reason_code"], (line["reason_code"],))[0]
    line["outcome"] = OUTCOMES.get(outcome_of(line), line["outcome_code"])
    line["line_type_word"] = LINE_TYPES.get(line["line_type_code"], line["line_type_code"])
    line["demand_class"] = DEMAND_CLASSES.get(line["demand_class_code"], (line["demand_class_code"],))[0]
    line["change_word"] = CHANGES.get(line.get("change_code"))
    if line.get("act_code"):
        line["act_word"] = ACTS.get(line["act_code"], line["act_code"])


def _validate(sheet, place: dict[str, int], count: int) -> None:
    """What may be entered: Excel asks on the spot for what `partsbay decide` would refuse."""
    rules = {
        "decision": {
            "validate": "list",
            "source": list(DECISIONS),
            "error_title": "Not a decision",
            "error_message": f"Choose one of {', '.join(DECISIONS)}, or leave the cell empty.",
        },
        "final_quantity": {
            "validate": "integer",
            "criteria": ">=",
            "value": 0,
            "input_title": "Final quantity",
            "input_message": "Base units. Empty: as suggested. Needed for OVERRIDE and FIRM.",
            "error_title": "Not a quantity",
            "error_message": "A whole number that is not below zero.",
        },
        "snooze_until": {
            "validate": "date",
            "criteria": ">=",
            "value": datetime(2000, 1, 1),
            "input_title": "Snooze until",
            "input_message": "The day on which the line comes back; also the end of REJECT, OVERRIDE and FIRM.",
            "error_title": "Not a day",
            "error_message": "A day, as 2026-12-24.",
        },
        # Suggestions: any other words are as good.
        "decision_reason": {"validate": "list", "source": list(REASON_EXAMPLES), "show_error": False},
    }
    for name, rule in rules.items():
        sheet.data_validation(1, place[name], count, place[name], rule)
