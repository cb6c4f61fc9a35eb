"""Made-up lines of a report: seeded, so that the same call gives the same lines."""

from __future__ import annotations

import calendar
import math
import random
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ingest.reporting import Facts, Series

AS_OF = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
GARAGES = {"G01": "Harbour Road", "G02": "Mill Lane", "G03": "Old Station", "G04": "Westgate", "G05": "Airport South"}
SUPPLIERS = {"NORD": "Nordteile", "ALPS": "Alpine Brakes", "MERI": "Meridian Parts", "TWIN": "Twin Rivers Supply"}
WORDS = ("Brake pad set", "Oil filter", "Wiper blade", "Clutch kit", "Timing belt", "Air filter", "Spark plug",
         "Wheel bearing", "Control arm", "Radiator hose", "Battery 70 Ah", "Cabin filter")  # fmt: skip
BRANDS = ("VELOX", "KORD", "BRAKO", "FILTRA")


def facts(**changes) -> Facts:
    values = {
        "as_of_at": AS_OF, "generation_id": "0195f3a0-7c11-7d3e-8a51-4b2c9d1e0f7a",
        "published_at": datetime(2026, 4, 1, 4, 12, 7, tzinfo=UTC), "batch_count": 64, "batches_accepted": 60,
        "batches_with_quarantine": 4, "rows_read": 1_204_311, "rows_accepted": 1_203_107, "rows_quarantined": 1_204,
        "checks_passed": 212, "checks_failed": 2,
    }  # fmt: skip
    return Facts(**{**values, **changes})


def line(number: int = 1, **changes) -> dict:
    """One good line; the same number gives the same line."""
    chance = random.Random(number)
    garage = chance.choice(list(GARAGES))
    supplier = chance.choice(list(SUPPLIERS))
    mean = round(chance.uniform(0.01, 2.5), 6)
    lead, review, cover = chance.choice((1, 3, 5, 12)), chance.choice((0, 7)), 14
    safety = round(1.645 * math.sqrt(mean * (lead + review)), 3)
    reorder = math.ceil(mean * (lead + review) + safety)
    up_to = reorder + math.ceil(mean * cover)
    on_hand = chance.randint(0, reorder)
    held = min(on_hand, chance.choice((0, 0, 0, 1)))
    reserved = min(on_hand - held, chance.choice((0, 0, 1, 2)))
    on_order = min(reorder - on_hand, chance.choice((0, 0, 2)))
    position = on_hand - held - reserved + on_order
    raw = up_to - position
    minimum, pack = chance.choice((1, 1, 5)), chance.choice((1, 1, 4, 10))
    proposed = math.ceil(max(raw, minimum) / pack) * pack
    price = Decimal(chance.randint(150, 24000)) / 100
    free = on_hand - held - reserved
    lasts = round(max(0, free) / mean, 1)
    part = f"{chance.choice('ABCX')}{chance.randint(0, 99):02d}-{number:05d}"
    values = {
        "proposal_id": str(uuid.UUID(int=number)),
        "garage_code": garage,
        "garage_name": GARAGES[garage],
        "part_id": str(uuid.UUID(int=10_000_000 + number)),
        "brand_code": chance.choice(BRANDS),
        "part_number": part,
        "description": f"{chance.choice(WORDS)}, {chance.choice(('front', 'rear', 'left', 'right'))}",
        "category_code": "WEAR",
        "stocking_class_code": chance.choice("ABC"),
        "criticality_code": "IMMOBILISING",
        "line_type_code": "BUY",
        "outcome_code": "PROPOSED",
        "demand_class_code": chance.choice(("SMOOTH", "ERRATIC", "LUMPY")),
        "method_code": "CROSTON_SBA",
        "policy_code": "MIN_MAX",
        "on_hand_quantity": on_hand,
        "held_quantity": held,
        "nonsellable_quantity": 0,
        "backordered_quantity": 0,
        "base_uom_code": "EA",
        "reserved_quantity": reserved,
        "sellable_quantity": on_hand - held,
        "available_raw_quantity": free,
        "on_order_quantity": on_order,
        "inventory_position_quantity": position,
        "daily_mean_quantity": mean,
        "daily_sd_quantity": round(mean * 1.3, 6),
        "history_days": 1096,
        "no_data_days": chance.choice((0, 12)),
        "lead_time_days": lead,
        "lead_time_sd_days": 0.5,
        "review_days": review,
        "service_level_pct": 95,
        "z_value": 1.6449,
        "safety_stock_quantity": safety,
        "reorder_point_quantity": reorder,
        "order_up_to_quantity": up_to,
        "cover_days": cover,
        "holding_rate_pct": 25,
        "raw_quantity": raw,
        "minimum_order_quantity": minimum,
        "pack_quantity": pack,
        "order_multiple_quantity": 1,
        "maximum_order_quantity": None,
        "maximum_on_hand_quantity": None,
        "max_rule_code": None,
        "proposed_quantity": proposed,
        "pack_count": proposed // pack,
        "flags": "",
        "supplier_code": supplier,
        "supplier_name": SUPPLIERS[supplier],
        "supplier_part_number": f"S{number}",
        "unit_price_amount": price,
        "currency_code": "EUR",
        "line_amount": price * proposed,
        "days_to_stock_out": lasts,
        "stock_out_on": AS_OF.date() + timedelta(days=int(lasts)),
        "explanation": f"Order {proposed}: {raw} are needed to reach {up_to}; the position is {position}, "
        f"at or below the reorder point of {reorder}.",
        "as_of_at": AS_OF,
    }
    values |= changes
    return {
        name: Decimal(str(value)).quantize(Decimal("0.001"))
        if name.endswith("_quantity") and value is not None
        else value
        for name, value in values.items()
    }


def without_offer(number: int) -> dict:
    nothing = dict.fromkeys(
        ("supplier_code", "supplier_name", "supplier_part_number", "unit_price_amount", "currency_code", "line_amount",
         "pack_count", "minimum_order_quantity", "pack_quantity", "order_multiple_quantity")
    )  # fmt: skip
    return line(number, outcome_code="NO_OFFER", proposed_quantity=0, **nothing)


def series(of: dict, month_count: int = 36) -> Series:
    chance = random.Random(of["part_id"])
    months = [date(2023 + index // 12, index % 12 + 1, 1) for index in range(3, 39)][-month_count:]
    sold, closing, stock = [], [], 12.0
    for month in months:
        expected = float(of["daily_mean_quantity"]) * calendar.monthrange(month.year, month.month)[1]
        quantity = float(max(0, round(chance.gauss(expected, expected * 0.6))))
        stock = max(0.0, stock - quantity) + (round(expected * 1.4) if stock < expected else 0)
        sold.append(quantity)
        closing.append(stock)
    closing[-1] = float(of["on_hand_quantity"])
    return Series(of["garage_code"], of["part_id"], months, sold, closing)


def lines_of(count: int) -> list[dict]:
    """So many lines: one in 25 without an offer, one in 40 in a second currency."""
    lines = [without_offer(number) if number % 25 == 0 else line(number) for number in range(1, count + 1)]
    for number, made in enumerate(lines):
        if number % 40 == 7 and made["currency_code"]:
            made["currency_code"] = "GBP"
    return lines


def history_of(lines: list[dict]) -> dict[tuple[str, str], Series]:
    """The months of each line, but for one in 50 without any."""
    return {
        (made["garage_code"], made["part_id"]): series(made) for number, made in enumerate(lines) if number % 50 != 49
    }


def upcoming_of(lines: list[dict]) -> list[dict]:
    """A row of the page of what comes up for each line, one to thirty days ahead."""
    return [
        {
            "garage_code": made["garage_code"], "brand_code": made["brand_code"], "part_number": f"U{number:06d}",
            "description": made["description"], "supplier_code": made["supplier_code"],
            "order_by_on": AS_OF.date() + timedelta(days=1 + number % 30),
            "stock_out_on": AS_OF.date() + timedelta(days=5 + number % 40),
            "inventory_position_quantity": made["order_up_to_quantity"], "currency_code": "EUR",
            "reorder_point_quantity": made["reorder_point_quantity"], "raw_quantity": made["raw_quantity"],
            "raw_amount": made["raw_quantity"] * 9, "daily_mean_quantity": made["daily_mean_quantity"],
        }
        for number, made in enumerate(lines)
    ]  # fmt: skip


def excess_of(lines: list[dict]) -> list[dict]:
    """A row of the page of excess for each line."""
    return [
        {
            "garage_code": made["garage_code"], "brand_code": made["brand_code"], "part_number": made["part_number"],
            "description": made["description"], "currency_code": "EUR", "excess_quantity": made["order_up_to_quantity"],
            "excess_amount": made["order_up_to_quantity"] * 9, "action_code": "MOVE", "to_garage_code": "G02",
            "is_dead": False, "last_demand_on": AS_OF.date(),
        }
        for made in lines
    ]  # fmt: skip
