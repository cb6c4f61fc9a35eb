"""What the report says of a line: its status, why somebody should look at it, and what is at risk."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from assets.report.words import REASONS

Line = dict[str, Any]
Money = dict[str, Decimal]


def status_of(line: Line) -> str:
    """The status code of a line; the worst that applies wins."""
    if line.get("line_type_code") == "RETURN_EXCESS":
        return "excess"
    free = line["available_raw_quantity"] or 0
    if free <= 0 and line.get("review_reason_code") != "DATA_PROBLEM":
        return "out"
    days, lead_time = line["days_to_stock_out"], line["lead_time_days"]
    if days is not None and lead_time is not None and days < lead_time:
        return "late"
    return _status_in_time(line)


def _status_in_time(line: Line) -> str:
    if line.get("review_reason_code") == "DATA_PROBLEM" or "NEGATIVE_STOCK" in (line["flags"] or ""):
        return "data"
    point, position = line["reorder_point_quantity"], line["inventory_position_quantity"]
    if point is None or position is None:
        return "due"
    if position > point:
        return "ok"
    return "held" if position + (line["held_quantity"] or 0) > point else "due"


def reason_of(line: Line) -> str:
    """Why somebody should look at the line; ROUTINE when nobody needs to."""
    given = line.get("review_reason_code")
    if given:
        return given
    if (line["backordered_quantity"] or 0) > 0:
        return "VOR_WAITING"
    if line["outcome_code"] == "NO_OFFER":
        return "NO_OFFER"
    by_status = {"out": "STOCKED_OUT", "late": "RUNS_OUT", "data": "DATA_PROBLEM", "held": "HELD"}
    return by_status.get(status_of(line), "ROUTINE")


def needs_somebody(line: Line) -> bool:
    """Whether the line is on the list of today: it has a reason, and no planner has put it aside or approved it."""
    if line.get("status_code") in ("SNOOZED", "REJECTED", "FIRM", "APPROVED"):
        return False
    return line.get("act_code") not in ("APPROVE", "SNOOZE", "REJECT", "FIRM") and reason_of(line) != "ROUTINE"


def risk_of(line: Line) -> Decimal | None:
    """Value at risk, in the currency of the line: what would go unserved until a delivery could arrive."""
    if line.get("risk_amount") is not None:
        return Decimal(line["risk_amount"])
    price = line["unit_price_amount"]
    if price is None or line.get("line_type_code") == "RETURN_EXCESS":
        return None
    wanted = _exact(line["daily_mean_quantity"]) * _exact(line["lead_time_days"])
    free = max(_exact(line["available_raw_quantity"]), Decimal(0))
    missing = max(wanted - free, Decimal(0)) + _exact(line["backordered_quantity"])
    return (missing * Decimal(price)).quantize(Decimal("0.01"))


def _exact(value: Any) -> Decimal:
    return Decimal(str(value or 0))


def outcome_of(line: Line) -> str:
    """The outcome as people meet it: what is proposed is to be ordered, or to go back to a supplier."""
    is_return = line["outcome_code"] == "PROPOSED" and line.get("line_type_code") == "RETURN_EXCESS"
    return "TO_RETURN" if is_return else line["outcome_code"]


def is_to_order(line: Line) -> bool:
    return outcome_of(line) == "PROPOSED" and (line["proposed_quantity"] or 0) > 0


def order_value(lines: list[Line]) -> Money:
    """Value of the lines to order by currency; currencies are never added up."""
    return _sums((line["currency_code"], line["line_amount"]) for line in lines if is_to_order(line))


def _sums(pairs) -> Money:
    values: Money = defaultdict(Decimal)
    for currency, amount in pairs:
        if amount is not None:
            values[currency or ""] += _exact(amount)
    return dict(sorted(values.items()))


def summarise(lines: list[Line], excess: list[Line] = ()) -> dict[str, Any]:
    """The figures of the tiles, which the command prints and each edition keeps."""
    statuses = [status_of(line) for line in lines]
    waiting = [line for line in lines if needs_somebody(line)]
    return {
        "lines": len(lines),
        "stocked_out": statuses.count("out"),
        "runs_out_first": statuses.count("late"),
        "needs_you": len(waiting),
        "at_risk": _sums((line["currency_code"], risk_of(line)) for line in waiting),
        "to_order": sum(is_to_order(line) for line in lines),
        "no_offer": sum(line["outcome_code"] == "NO_OFFER" for line in lines),
        "order_value": order_value(lines),
        "excess": _sums((row.get("currency_code"), row.get("excess_amount")) for row in excess),
        "dead": _sums((row.get("currency_code"), row.get("dead_amount")) for row in excess if row.get("is_dead")),
    }


def reasons(lines: list[Line]) -> list[tuple[str, int, dict[str, float]]]:
    """What needs somebody, of the lines of a document: reason, lines and value at risk, the most urgent first."""
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line["is_waiting"]:
            groups[line["reason_code"]].append(line)
    order = list(REASONS)
    urgency = {code: (order.index(code) if code in order else len(order), code) for code in groups}
    return [
        (code, len(groups[code]), {currency: float(value) for currency, value in _risks(groups[code]).items()})
        for code in sorted(groups, key=urgency.__getitem__)
    ]


def _risks(lines: list[Line]) -> Money:
    return _sums((line["currency_code"], _given(line["risk_amount"])) for line in lines)


def _given(value: Any) -> Decimal | None:
    return None if value is None else _exact(value)


def grouped(lines: list[Line], *columns: str) -> list[tuple[tuple, list[Line]]]:
    """Lines to order by the values of some columns, in the order of those values."""
    groups: dict[tuple, list] = defaultdict(list)
    for line in filter(is_to_order, lines):
        groups[tuple(line[column] or "" for column in columns)].append(line)
    return sorted(groups.items(), key=lambda item: item[0])


def plain(value: Any) -> Any:
    """A value as JSON carries it: exact quantities as the shortest number, moments as ISO text in UTC."""
    if isinstance(value, Decimal | float):
        number = float(value)
        if number != number:
            return None
        # Beyond what a float holds exactly, an exact quantity stays exact.
        return int(value) if number.is_integer() and int(value) == value else number
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


def file_stem(as_of_at: datetime, generation_id: str) -> str:
    """``replenishment-2026-11-22-1f0c9a2e``: the day the data is of, and the random end of the generation's id."""
    day = as_of_at.astimezone(UTC).date().isoformat()
    return f"replenishment-{day}-{generation_id.replace('-', '')[-8:]}"
