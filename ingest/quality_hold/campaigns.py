"""Recall campaigns: what was found, where it still is, and whom to call back; and which holds are automatic."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ingest.audit import attribute
from ingest.errors import PartsbayError
from ingest.refusals import refusals
from ingest.retries import retried

CALLS = ("NOTIFIED", "ACKNOWLEDGED", "DONE", "UNREACHABLE")
AUTOMATIC = ("EXPIRED", "EXPIRY_NEAR", "COUNT_DISPUTE", "FIRST_DELIVERY", "FEED_QUALITY", "LIFE_CYCLE")
_CELLS = """
select states.hold_number, states.garage_code, parts.brand_code, parts.part_number, states.condition_code,
    states.lot_number, states.placed_quantity, states.open_quantity, states.verdict_code, states.due_at
from quality_hold.hold_states as states
left join lateral (
    select brand_code, part_number from catalogue.parts
    where parts.part_id = states.part_id
    order by valid_from_at desc, revision_number desc
    limit 1
) as parts on true
where states.campaign_number = %s
order by states.garage_code, parts.brand_code, parts.part_number, states.lot_number
"""
_AUTOMATIC = """
select distinct on (rules.automatic_code, rules.garage_code, rules.supplier_code, rules.category_code)
    rules.automatic_code, rules.garage_code, rules.supplier_code, rules.category_code,
    nullif(rules.valid_from_at, '-infinity') as stated_from_at, rules.is_on, rules.warning_days,
    rules.holds_whole_cell, rules.severity_code
from quality_hold.automatic_rules_in_use as rules
where rules.valid_from_at <= now()
order by rules.automatic_code, rules.garage_code, rules.supplier_code, rules.category_code,
    rules.valid_from_at desc, rules.recorded_at desc
"""
_SET = """
insert into quality_hold.automatic_rules (
    automatic_code, garage_code, supplier_code, category_code, valid_from_at, is_on, warning_days, holds_whole_cell,
    severity_code, reason, source_code, actor
)
values (
    %(automatic_code)s, %(garage_code)s, %(supplier_code)s, %(category_code)s, %(valid_from_at)s, %(is_on)s,
    %(warning_days)s, %(holds_whole_cell)s, %(severity_code)s, %(reason)s, 'partsbay', %(actor)s
)
"""


def campaign(connection: psycopg.Connection, campaign_number: str) -> dict[str, Any]:
    """Where a campaign is: its progress, its cells, open orders that may bring more, and jobs to call back."""
    with connection.cursor(row_factory=dict_row) as cursor:
        progress = cursor.execute(
            "select * from quality_hold.campaign_progress where campaign_number = %s", (campaign_number,)
        ).fetchone()
        if progress is None:
            words = f"there is no campaign {campaign_number}"
            raise PartsbayError("NO_CAMPAIGN", words, "Place its first hold with partsbay hold place --campaign.")
        cells = cursor.execute(_CELLS, (campaign_number,)).fetchall()
        orders = cursor.execute(
            "select * from quality_hold.campaign_orders where campaign_number = %s"
            " order by stage_code desc, expected_on nulls last, document_number, document_line",
            (campaign_number,),
        ).fetchall()
        jobs = cursor.execute(
            "select * from quality_hold.campaign_jobs where campaign_number = %s"
            " order by is_certain desc, fitted_at, garage_code, work_order_number, work_order_line",
            (campaign_number,),
        ).fetchall()
    return {"progress": progress, "cells": cells, "orders": orders, "jobs": jobs}


def call_back(
    connection: psycopg.Connection,
    campaign_number: str,
    garage_code: str,
    work_order_number: str,
    work_order_line: str,
    event_type_code: str,
    actor: str,
    note: str | None = None,
    evidence_ref: str | None = None,
) -> dict[str, Any]:
    """Note how far calling back a job is, by one of ``CALLS``; the same again changes nothing."""
    values = (campaign_number, garage_code, work_order_number, work_order_line, event_type_code, actor, note)

    def work() -> dict[str, Any]:
        with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(
                "select * from quality_hold.call_back(%s, %s, %s, %s, %s, %s, %s, %s)", (*values, evidence_ref)
            ).fetchone()

    with refusals():
        return retried(work)


def automatic_rules(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """What holds stock by itself: of each segment the newest statement; a default holds from no moment."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_AUTOMATIC).fetchall()


def set_automatic_rule(
    connection: psycopg.Connection,
    automatic_code: str,
    is_on: bool,
    reason: str,
    actor: str,
    garage_code: str = "",
    supplier_code: str = "",
    category_code: str = "",
    warning_days: int = 30,
    holds_whole_cell: bool = False,
    severity_code: str = "MEDIUM",
    valid_from_at: datetime | None = None,
) -> None:
    """State whether one of ``AUTOMATIC`` holds stock from now on; an empty segment is any."""
    values = {**locals(), "valid_from_at": valid_from_at or datetime.now(UTC)}
    del values["connection"]
    with connection.transaction(), connection.cursor() as cursor:
        attribute(cursor, actor, reason)
        cursor.execute(_SET, values)
