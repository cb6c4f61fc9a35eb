"""Made-up rows of the report's pages in sections, for tests that look at them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
DAYS = {"from_on": date(2025, 3, 31), "to_on": date(2026, 3, 30)}


def served(
    group: str, member: str, target: str | None, reached: str | None, asked: int = 100, lost: int = 0, **other
) -> Row:
    """A row of the service level: what was missed is lost, unless said otherwise."""
    gap = None if target is None or reached is None else Decimal(reached) - Decimal(target)
    row = {
        "group_code": group, "member_code": member, "member_name": None, "part_count": 12,
        "in_stock_pct": Decimal("91.67"), "target_pct": target and Decimal(target),
        "reached_pct": reached and Decimal(reached), "gap_pct": gap, "asked_part_count": 10, "below_target_count": 3,
        "asked_quantity": Decimal(asked), "lost_sale_quantity": Decimal(lost), "emergency_buy_quantity": Decimal(0),
        "waited_quantity": Decimal(0),
    }  # fmt: skip
    return row | DAYS | other


SERVICE = [
    served("NETWORK", "STOCKED", "96.4", "93.2", asked=12500, lost=610, emergency_buy_quantity=Decimal(140),
           waited_quantity=Decimal(100), asked_part_count=410, below_target_count=96),
    served("NETWORK", "OTHER", None, "40", asked=25, lost=15, below_target_count=None, in_stock_pct=None),
    served("CLASS", "BY", "95", "78.5", asked=2000, lost=430),
    served("CLASS", "AX", "98", "97.1", asked=9500, lost=276),
    served("CLASS", "CZ", "90", "96.7", asked=1000, lost=33),
    served("CLASS", "CX", None, None, asked=0, asked_part_count=0, below_target_count=0),
    served("GARAGE", "G01", "96.4", "93.2", asked=12500, lost=850, member_name="Garage North"),
    served("SUPPLIER", "S1", "96.8", "92.9", asked=11000, lost=781, member_name="Supplier One"),
    served("SUPPLIER", "-", "94", "95", asked=1500, lost=69),
]  # fmt: skip


def scored(code: str, name: str, **other) -> Row:
    """A row of the scorecard of a supplier of which nothing is known yet."""
    row: Row = dict.fromkeys((
        "observed_lead_time_days", "observed_lead_time_sd_days", "promised_quantity", "on_time_quantity", "on_time_pct",
        "moved_line_count", "ordered_quantity", "received_quantity", "received_pct", "first_sent_on",
        "price_risen_count", "price_fallen_count", "price_drift_pct", "price_from_on", "rejected_batch_count",
        "row_count", "quarantined_row_count", "quarantined_pct", "due_feed_count", "on_time_feed_count", "punctual_pct",
    ))  # fmt: skip
    row |= {"supplier_code": code, "supplier_name": name, "quoted_lead_time_days": Decimal(5)}
    row |= dict.fromkeys(("observation_count", "late_line_count", "price_count", "batch_count"), 0)
    return row | DAYS | other


SCORECARD = [
    scored("S1", "Supplier One", observed_lead_time_days=Decimal("6.5"), observed_lead_time_sd_days=Decimal("1.5"),
           observation_count=20, promised_quantity=Decimal(400), on_time_quantity=Decimal(310),
           on_time_pct=Decimal("77.5"), moved_line_count=12, ordered_quantity=Decimal(380),
           received_quantity=Decimal(361), received_pct=Decimal(95), late_line_count=3,
           first_sent_on=date(2025, 11, 5), price_count=2400, price_risen_count=312, price_fallen_count=40,
           price_drift_pct=Decimal("2.4"), price_from_on=date(2025, 3, 31), batch_count=365, rejected_batch_count=2,
           row_count=1_204_000, quarantined_row_count=1810, quarantined_pct=Decimal("0.15"), due_feed_count=365,
           on_time_feed_count=350, punctual_pct=Decimal("95.9")),
    scored("S2", "Supplier Two", observed_lead_time_days=Decimal("4"), observation_count=1, moved_line_count=0,
           first_sent_on=date(2026, 1, 9), price_count=10, price_risen_count=0, price_fallen_count=4,
           price_drift_pct=Decimal("-1.1"), price_from_on=date(2025, 6, 1)),
    scored("S3", "Supplier Three"),
]  # fmt: skip


def rule(**said) -> Row:
    row: Row = dict.fromkeys((
        "garage_code", "garage_name", "policy_name", "category_code", "brand_code", "criticality_code",
        "stocking_class_code", "policy_code", "service_level_pct", "minimum_quantity", "maximum_quantity",
        "cover_days", "maximum_cover_days", "review_days", "max_rule_code", "is_do_not_stock", "actor",
    ))  # fmt: skip
    row |= {"is_of_single_parts": False, "rule_count": 1, "known_from_at": datetime(2026, 1, 9, 8, tzinfo=UTC)}
    return row | said


def target(set_by: str, class_code: str, criticality: str, level: int, parts: int) -> Row:
    return {
        "set_by_code": set_by, "class_code": class_code, "criticality_code": criticality,
        "service_level_pct": Decimal(level), "part_count": parts,
    }  # fmt: skip


def setting(code: str, group: str, name: str, value: str, unit: str, set_by: str = "VARIABLE") -> Row:
    return {
        "setting_code": code, "group_code": group, "name": name, "value": Decimal(value), "unit_code": unit,
        "description": "What it is taken of.", "set_by_code": set_by, "place_number": 1,
    }  # fmt: skip


SETTINGS = {
    "settings": [
        setting("a_below_share", "CLASSES", "A parts make the first", "80", "PCT"),
        setting("adi", "CLASSES", "Smooth or erratic below an interval of", "1.32", "MONTHS", "FIXED"),
        setting("upcoming_days", "HORIZON", "Coming up within", "30", "DAYS"),
    ],
    "service_targets": [
        target("MATRIX", "AX", "SAFETY", 99, 40), target("MATRIX", "AX", "COMFORT", 95, 310),
        target("MATRIX", "CZ", "COMFORT", 90, 1204), target("CLASS_DEFAULT", "C", "COMFORT", 90, 77),
        target("SEGMENT", "-", "COMFORT", 97, 20), target("SEGMENT", "-", "COMFORT", 98, 1),
    ],
    "stocking_policies": [
        {"stocking_class_code": "A", "criticality_code": "SAFETY", "policy_code": "MIN_MAX", "cover_days": 14,
         "maximum_cover_days": 180, "max_rule_code": "UP", "review_days": None, "holding_rate_pct": Decimal(25),
         "set_by_code": "CLASS_DEFAULT", "part_count": 350, "place_number": 1},
        {"stocking_class_code": "C", "criticality_code": "COMFORT", "policy_code": "NO_STOCK", "cover_days": 0,
         "maximum_cover_days": 365, "max_rule_code": "SKIP", "review_days": 7, "holding_rate_pct": Decimal(25),
         "set_by_code": "GARAGE", "part_count": 12, "place_number": 2},
    ],
    "stocking_rules": [
        rule(rule_code="a", policy_name="Brakes", category_code="BRAKES", brand_code="BOSC", actor="ann",
             service_level_pct=Decimal(98), review_days=7, part_count=21),
        rule(rule_code="PARTS-G01", garage_code="G01", garage_name="Garage North", is_of_single_parts=True,
             rule_count=312, part_count=310),
    ],
    "supplier_terms": [
        {"supplier_code": "S1", "supplier_name": "Supplier One", "review_days": 7, "lead_time_days": Decimal(5),
         "lead_time_sd_days": Decimal("1.5"), "order_weekdays": "1 3", "cut_off_at": time(16),
         "agreed_minimum_amount": Decimal(100), "free_freight_amount": Decimal(250), "return_days": 30,
         "terms_currency_code": "EUR"},
        {"supplier_code": "S2", "supplier_name": "Supplier Two", "review_days": 0, "lead_time_days": Decimal(2),
         "lead_time_sd_days": None, "order_weekdays": None, "cut_off_at": None, "agreed_minimum_amount": None,
         "free_freight_amount": None, "return_days": None, "terms_currency_code": None},
    ],
    "approval_limits": [
        {"garage_code": None, "adjustment_reason_code": None, "valid_from_at": None, "limit_amount": Decimal(1000),
         "limit_pct": None, "minimum_quantity": Decimal(0)},
        {"garage_code": "G01", "adjustment_reason_code": "STOLEN", "limit_amount": Decimal(0),
         "valid_from_at": datetime(2026, 2, 1, tzinfo=UTC), "limit_pct": Decimal(5), "minimum_quantity": Decimal(2)},
    ],
}  # fmt: skip
PAGES = {"service": SERVICE, "scorecard": SCORECARD, **SETTINGS}
