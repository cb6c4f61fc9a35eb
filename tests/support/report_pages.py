"""Made-up rows of the report's pages in sections, for tests that look at them."""

from __future__ import annotations

from datetime import date
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
        "ordered_quantity", "received_quantity", "received_pct", "first_sent_on", "price_risen_count",
        "price_fallen_count", "price_drift_pct", "price_from_on", "rejected_batch_count", "row_count",
        "quarantined_row_count", "quarantined_pct", "due_feed_count", "on_time_feed_count", "punctual_pct",
    ))  # fmt: skip
    row |= {"supplier_code": code, "supplier_name": name, "quoted_lead_time_days": Decimal(5)}
    row |= dict.fromkeys(("observation_count", "late_line_count", "price_count", "batch_count"), 0)
    return row | DAYS | other


SCORECARD = [
    scored("S1", "Supplier One", observed_lead_time_days=Decimal("6.5"), observed_lead_time_sd_days=Decimal("1.5"),
           observation_count=20, promised_quantity=Decimal(400), on_time_quantity=Decimal(310),
           on_time_pct=Decimal("77.5"), ordered_quantity=Decimal(380), received_quantity=Decimal(361),
           received_pct=Decimal(95), late_line_count=3, first_sent_on=date(2025, 11, 5), price_count=2400,
           price_risen_count=312, price_fallen_count=40, price_drift_pct=Decimal("2.4"),
           price_from_on=date(2025, 3, 31), batch_count=365, rejected_batch_count=2, row_count=1_204_000,
           quarantined_row_count=1810, quarantined_pct=Decimal("0.15"), due_feed_count=365, on_time_feed_count=350,
           punctual_pct=Decimal("95.9")),
    scored("S2", "Supplier Two", observed_lead_time_days=Decimal("4"), observation_count=1,
           first_sent_on=date(2026, 1, 9), price_count=10, price_risen_count=0, price_fallen_count=4,
           price_drift_pct=Decimal("-1.1"), price_from_on=date(2025, 6, 1)),
    scored("S3", "Supplier Three"),
]  # fmt: skip
