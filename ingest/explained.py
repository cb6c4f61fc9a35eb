"""Why a garage is to order a part, or why not: every number of the last run from the shelf to the lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.errors import SettingsError
from ingest.forecast_shown import factor_words
from ingest.planning.acts import planner_acts

Row = dict[str, Any]

# The part of the position, its column, and whether it adds or takes away (F6).
_POSITION = (
    ("on hand", "on_hand_quantity", 1), ("held for quality", "held_quantity", -1),
    ("not sellable", "nonsellable_quantity", -1), ("on order", "inbound_order_quantity", 1),
    ("of that due too late to count", "late_supply_quantity", -1),
    ("coming from other garages", "inbound_transfer_quantity", 1),
    ("promised to others", "outbound_transfer_quantity", -1), ("reserved", "reserved_quantity", -1),
    ("waited for", "backordered_quantity", -1),
)  # fmt: skip
STEPS = {
    "NEEDED": "needed", "TRANSFERRED": "left after transfers", "MINIMUM_ORDER": "at least the minimum order",
    "PACKS": "in whole packs", "MAXIMUM": "held against the maximum", "DONOR_EXCESS": "what the other garage can spare",
    "RETURNABLE": "what its supplier takes back",
    "OVERRIDDEN": "set by a planner", "FIRM": "kept firm by a planner", "SNOOZED": "put off by a planner",
    "REJECTED": "refused by a planner", "NO_OFFER": "no supplier offers it", "NOT_ORDERABLE": "not to be ordered",
    "DO_NOT_STOCK": "not stocked", "EXCEEDS_MAX_SKIPPED": "over the maximum", "COVERED": "covered",
}  # fmt: skip

# Quantities are kept to the thousandth.
_ROUNDED = Decimal("0.0005")

_PLANNED = "select planned_part_id, path from intermediate.int_parts_planned where part_id = %s order by 1"
_NEED = "select * from marts.fct_replenishment_needs where garage_code = %(garage_code)s and part_id = %(part_id)s"
# What of it is in the store since which run; a proposal of this run whose revision is older is the same as before.
_LINES = """
    select lines.*, latest.revision_number,
        case
            when latest.as_of_at = lines.as_of_at then latest.change_code
            when latest.proposal_id is not null then 'SAME'
        end as change_code
    from marts.fct_replenishment_proposals as lines
    left join lateral (
        select * from replenishment.proposals
        where proposals.proposal_id = lines.proposal_id
        order by revision_number desc
        limit 1
    ) as latest on true
    where lines.garage_code = %(garage_code)s and lines.part_id = %(part_id)s
    order by lines.line_type_code, lines.from_garage_code
"""
_GONE = """
    select latest.proposal_id, latest.line_type_code, latest.as_of_at, before.quantity
    from (
        select distinct on (proposal_id) * from replenishment.proposals
        where garage_code = %(garage_code)s and part_id = %(part_id)s
        order by proposal_id, revision_number desc
    ) as latest
    left join replenishment.proposals as before
        on before.proposal_id = latest.proposal_id and before.revision_number = latest.revision_number - 1
    where latest.change_code = 'GONE' and latest.as_of_at = %(as_of_at)s
    order by latest.line_type_code, latest.proposal_id
"""


def explained(connection: psycopg.Connection, garage_code: str, part_id: UUID) -> list[Row]:
    """What the last run says of a part in a garage; of the parts that replace it, where it is replaced."""
    with connection.cursor(row_factory=dict_row) as cursor:
        built = cursor.execute("select to_regclass('marts.fct_replenishment_needs') is not null as is_built").fetchone()
        if not built["is_built"]:
            raise SettingsError("NO_MODELS", "Nothing was worked out yet", "Run partsbay run.")
        planned = cursor.execute(_PLANNED, [part_id]).fetchall()
        wanted = planned or [{"planned_part_id": part_id, "path": None}]
        found = [_explained(connection, cursor, garage_code, one["planned_part_id"], one["path"]) for one in wanted]
    if not (known := [one for one in found if one]):
        words = f"Garage {garage_code} has no stock of the part, no demand and nothing on the way"
        raise SettingsError("NOT_LOOKED_AT", words, "Choose a garage that knows it: partsbay stock show PART.")
    return known


def _explained(
    connection: psycopg.Connection, cursor: psycopg.Cursor, garage_code: str, part_id: UUID, path: str | None
) -> Row | None:
    given = {"garage_code": garage_code, "part_id": part_id}
    need = cursor.execute(_NEED, given).fetchone()
    if need is None:
        return None
    lines = cursor.execute(_LINES, given).fetchall()
    return {
        "path": path,
        "need": need,
        "position": position_of(need),
        "reorder": reorder_of(need),
        "lines": lines,
        "gone": cursor.execute(_GONE, {**given, "as_of_at": need["as_of_at"]}).fetchall(),
        "acts": planner_acts(connection, garage_code, part_id, limit=5),
    }


def position_of(need: Row) -> list[tuple[str, Decimal]]:
    """The signed parts of the inventory position, which add up to it; what is nothing is left out."""
    parts = [(words, sign * need[column]) for words, column, sign in _POSITION]
    # Sellable stock is never below zero, whatever the books say (F2).
    shelf = need["on_hand_quantity"] - need["held_quantity"] - need["nonsellable_quantity"]
    parts.insert(3, ("below zero, taken as zero", need["sellable_quantity"] - shelf))
    kept = [(words, quantity) for words, quantity in parts if quantity or words == "on hand"]
    return [*kept, ("inventory position", need["inventory_position_quantity"])]


def reorder_of(need: Row) -> list[tuple[str, Decimal]]:
    """The parts of the reorder point, which add up to it, and the level that is ordered up to (F9 to F11)."""
    demand, safety = need["lead_time_demand_quantity"], need["safety_stock_quantity"]
    point = need["reorder_point_quantity"]
    days = need["lead_time_days"] + need["review_days"]
    rate = need["daily_mean_quantity"]
    factors = factor_words(need)
    usual = factors and f"{need['base_mean_quantity'].normalize():f}{factors}"
    words = f"{rate.normalize():f} a day{usual and f' ({usual})'}"
    # Slow demand is expected by its distribution, which is drawn to the network; the mean of the forecast may differ.
    if days and abs(demand - rate * days) > _ROUNDED:
        drawn = round(demand / days, 6).normalize()
        forecast = f"{round(rate, 6).normalize():f}{usual and f' = {usual}'}"
        words = f"{drawn:f} a day (forecast {forecast}, drawn to the network)"
    return [
        (f"demand of {days.normalize():f} days at {words}", demand),
        (f"safety stock for {need['service_level_pct'].normalize():f} % service", safety),
        ("up to whole units", point - demand - safety),
        ("reorder point", point),
        ("order up to", need["order_up_to_quantity"]),
    ]
