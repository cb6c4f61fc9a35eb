"""What the report says: the status of each line, the sums, and the compact document that the page reads."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ingest.reporting import Facts, ReportData

# Worst first. Code → (word, what it means).
STATUSES: dict[str, tuple[str, str]] = {
    "out": ("Stocked out", "Nothing is free to use: on hand less held, reserved and unsellable is zero or less."),
    "late": ("Will run out", "Stock will run out before a delivery ordered today could arrive."),
    "due": ("Reorder", "At or below the reorder point; a delivery ordered today arrives in time."),
}

OUTCOMES: dict[str, str] = {
    "PROPOSED": "To order",
    "NO_OFFER": "No offer",
    "DO_NOT_STOCK": "Not stocked",
    "NOT_ORDERABLE": "Not orderable",
    "EXCEEDS_MAX_SKIPPED": "Over the maximum",
}

DEMAND_CLASSES: dict[str, tuple[str, str]] = {
    "SMOOTH": ("Smooth", "Sold nearly every month, in similar quantities."),
    "ERRATIC": ("Erratic", "Sold nearly every month, in very different quantities."),
    "INTERMITTENT": ("Intermittent", "Months without a sale in between, similar quantities."),
    "LUMPY": ("Lumpy", "Months without a sale in between, very different quantities."),
    "NEW": ("New", "Less than 90 days of history."),
    "NONE": ("No demand", "No demand in the history."),
}

FLAGS: dict[str, str] = {
    "EXCEEDS_MAX": "More than the maximum",
    "BELOW_NEED": "Less than needed",
    "OVERCOMMITTED": "More reserved than there is",
    "NEGATIVE_STOCK": "Stock on the books is below zero",
    "SPECIAL_ORDER": "Special order only",
    "NO_FORECAST": "No forecast, mean of the history instead",
    "DEFAULT_LEAD_TIME": "Lead time assumed, no supplier stated one",
}

# What the page gets of each line; the workbook gets every column.
PAGE_COLUMNS = (
    "proposal_id", "garage_code", "brand_code", "part_number", "description", "category_code", "stocking_class_code",
    "criticality_code", "base_uom_code", "outcome_code", "demand_class_code", "method_code", "policy_code",
    "on_hand_quantity", "held_quantity", "nonsellable_quantity", "reserved_quantity", "backordered_quantity",
    "sellable_quantity", "available_raw_quantity", "on_order_quantity", "inventory_position_quantity",
    "daily_mean_quantity", "daily_sd_quantity", "history_days", "no_data_days", "lead_time_days", "lead_time_sd_days",
    "review_days", "service_level_pct", "z_value", "safety_stock_quantity", "reorder_point_quantity",
    "order_up_to_quantity", "cover_days", "raw_quantity", "minimum_order_quantity", "pack_quantity",
    "order_multiple_quantity", "maximum_order_quantity", "maximum_on_hand_quantity", "max_rule_code",
    "proposed_quantity", "pack_count", "flags", "supplier_code", "supplier_part_number", "unit_price_amount",
    "currency_code", "line_amount", "days_to_stock_out", "stock_out_on", "explanation",
)  # fmt: skip


def status_of(line: dict[str, Any]) -> str:
    """The status code of a line; the worst that applies wins."""
    if (line["available_raw_quantity"] or 0) <= 0:
        return "out"
    days, lead_time = line["days_to_stock_out"], line["lead_time_days"]
    if days is not None and lead_time is not None and days < lead_time:
        return "late"
    return "due"


def is_to_order(line: dict[str, Any]) -> bool:
    return line["outcome_code"] == "PROPOSED" and (line["proposed_quantity"] or 0) > 0


def order_value(lines: list[dict[str, Any]]) -> dict[str, Decimal]:
    """Value of the lines to order by currency; currencies are never added up."""
    values: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if is_to_order(line) and line["line_amount"] is not None:
            values[line["currency_code"] or ""] += line["line_amount"]
    return dict(sorted(values.items()))


def summarise(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of the tiles, which are also what the command prints."""
    statuses = [status_of(line) for line in lines]
    return {
        "lines": len(lines),
        "stocked_out": statuses.count("out"),
        "runs_out_first": statuses.count("late"),
        "to_order": sum(is_to_order(line) for line in lines),
        "no_offer": sum(line["outcome_code"] == "NO_OFFER" for line in lines),
        "order_value": order_value(lines),
    }


def grouped(lines: list[dict[str, Any]], *columns: str) -> list[tuple[tuple, list[dict[str, Any]]]]:
    """Lines to order by the values of some columns, in the order of those values."""
    groups: dict[tuple, list] = defaultdict(list)
    for line in filter(is_to_order, lines):
        groups[tuple(line[column] or "" for column in columns)].append(line)
    return sorted(groups.items(), key=lambda item: item[0])


def page_document(data: ReportData) -> dict[str, Any]:
    """Everything the page knows: columns once, rows as lists, series on one axis of months."""
    months = sorted({month for series in data.history.values() for month in series.months})
    position = {month: index for index, month in enumerate(months)}
    return {
        "facts": {name: plain(value) for name, value in asdict(data.facts).items()},
        "statuses": STATUSES,
        "outcomes": OUTCOMES,
        "classes": DEMAND_CLASSES,
        "flags": FLAGS,
        "garages": {line["garage_code"]: line["garage_name"] for line in data.lines},
        "suppliers": {line["supplier_code"]: line["supplier_name"] for line in data.lines if line["supplier_code"]},
        "columns": ["status", *PAGE_COLUMNS],
        "rows": [[status_of(line), *(plain(line[name]) for name in PAGE_COLUMNS)] for line in data.lines],
        "months": [month.isoformat() for month in months],
        "history": [_series(data, line, position) for line in data.lines],
    }


def _series(data: ReportData, line: dict[str, Any], position: dict[date, int]) -> list | None:
    """[first month, demand…, closing stock…] of a line, gaps as null; None without history."""
    series = data.history.get((line["garage_code"], line["part_id"]))
    if series is None or not series.months:
        return None
    places = [position[month] for month in series.months]
    first, count = places[0], places[-1] - places[0] + 1
    demand: list = [None] * count
    closing: list = [None] * count
    for place, sold, left in zip(places, series.demand_quantities, series.closing_stock_quantities, strict=True):
        demand[place - first] = plain(sold)
        closing[place - first] = plain(left)
    return [first, demand, closing]


def plain(value: Any) -> Any:
    """A value as JSON carries it: exact quantities as the shortest number, moments as ISO text in UTC."""
    if isinstance(value, Decimal | float):
        if value != value:
            return None
        return int(value) if value == int(value) else float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


def file_stem(facts: Facts) -> str:
    """``replenishment-2026-11-22-1f0c9a2e``: the day the data is of, and the random end of the generation's id."""
    day = facts.as_of_at.astimezone(UTC).date().isoformat()
    return f"replenishment-{day}-{facts.generation_id.replace('-', '')[-8:]}"
