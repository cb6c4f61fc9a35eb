"""What the replenishment report reads: the report relations, and the facts that say how far to trust them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from ingest.errors import PartsbayError

RELATIONS = ("reports.rpt_replenishment_lines", "reports.rpt_replenishment_history")

LINES_SQL = """
    select
        proposal_id::text as proposal_id, garage_code, garage_name, part_id::text as part_id, brand_code, part_number,
        description, category_code, stocking_class_code, criticality_code, base_uom_code, line_type_code, outcome_code,
        demand_class_code, method_code, policy_code,
        on_hand_quantity, held_quantity, nonsellable_quantity, reserved_quantity, backordered_quantity,
        sellable_quantity, available_raw_quantity, on_order_quantity, inventory_position_quantity,
        daily_mean_quantity, daily_sd_quantity, history_days, no_data_days,
        lead_time_days, lead_time_sd_days, review_days, service_level_pct, z_value,
        safety_stock_quantity, reorder_point_quantity, order_up_to_quantity, cover_days, raw_quantity,
        minimum_order_quantity, pack_quantity, order_multiple_quantity, maximum_order_quantity,
        maximum_on_hand_quantity, max_rule_code, proposed_quantity, pack_count, flags,
        supplier_code, supplier_name, supplier_part_number, unit_price_amount, currency_code, line_amount,
        days_to_stock_out, stock_out_on, explanation, as_of_at
    from reports.rpt_replenishment_lines
    order by garage_code, brand_code, part_number, proposal_id
"""

# One row per line instead of one per month: 36 times fewer rows cross the wire.
HISTORY_SQL = """
    select
        garage_code,
        part_id::text as part_id,
        array_agg(month_on order by month_on) as months,
        array_agg(demand_quantity::float8 order by month_on) as demand_quantities,
        array_agg(closing_stock_quantity::float8 order by month_on) as closing_stock_quantities
    from reports.rpt_replenishment_history
    group by garage_code, part_id
"""

GENERATION_SQL = """
    select generation_id::text as generation_id, as_of_at, published_at
    from ingest.generations
    order by published_at desc, generation_id desc
    limit 1
"""

BATCHES_SQL = """
    select
        count(*) as batch_count,
        count(*) filter (where state = 'ACCEPTED') as batches_accepted,
        count(*) filter (where state = 'ACCEPTED_WITH_QUARANTINE') as batches_with_quarantine,
        count(*) filter (where state = 'HELD') as batches_held,
        count(*) filter (where state = 'REJECTED') as batches_rejected,
        count(*) filter (where state = 'LANDED') as batches_waiting,
        coalesce(sum(rows_read), 0)::bigint as rows_read,
        coalesce(sum(rows_accepted), 0)::bigint as rows_accepted,
        coalesce(sum(rows_duplicate), 0)::bigint as rows_duplicate,
        coalesce(sum(rows_quarantined), 0)::bigint as rows_quarantined,
        coalesce(sum(rows_held), 0)::bigint as rows_held,
        max(received_at) as last_received_at
    from ingest.batches
"""

# The newest result of each check counts: a check that was red and is green again is green.
CHECKS_SQL = """
    with newest as (
        select distinct on (asset_name, check_name, column_name) is_success
        from ingest.check_results
        order by asset_name, check_name, column_name, checked_at desc, check_result_id desc
    )
    select
        count(*) filter (where is_success) as checks_passed,
        count(*) filter (where not is_success) as checks_failed
    from newest
"""


@dataclass(frozen=True)
class Facts:
    """How far to trust the report: as of when, from which generation, and what was left out on the way in."""

    as_of_at: datetime
    generation_id: str
    published_at: datetime
    batch_count: int = 0
    batches_accepted: int = 0
    batches_with_quarantine: int = 0
    batches_held: int = 0
    batches_rejected: int = 0
    batches_waiting: int = 0
    rows_read: int = 0
    rows_accepted: int = 0
    rows_duplicate: int = 0
    rows_quarantined: int = 0
    rows_held: int = 0
    last_received_at: datetime | None = None
    checks_passed: int = 0
    checks_failed: int = 0


@dataclass(frozen=True)
class Series:
    """Monthly history of one garage and part: demand, and stock at the end of the month."""

    garage_code: str
    part_id: str
    months: list[date]
    demand_quantities: list[float | None]
    closing_stock_quantities: list[float | None]


@dataclass(frozen=True)
class ReportData:
    """Everything that a report shows: facts, lines in a fixed order, and the series by (garage_code, part_id)."""

    facts: Facts
    lines: list[dict[str, Any]]
    history: dict[tuple[str, str], Series] = field(default_factory=dict)


def read_report(connection: psycopg.Connection) -> ReportData:
    """Read lines, history and facts of the newest generation, all of one moment.

    Without the report relations or without a published generation there is nothing
    to report: that raises, and says what to run.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        _refuse_without_models(connection)
        return ReportData(
            facts=_facts(connection),
            lines=connection.cursor(row_factory=dict_row).execute(LINES_SQL).fetchall(),
            history={
                (series.garage_code, series.part_id): series
                for series in connection.cursor(row_factory=class_row(Series)).execute(HISTORY_SQL)
            },
        )


def _refuse_without_models(connection: psycopg.Connection) -> None:
    for relation in RELATIONS:
        (found,) = connection.execute("select to_regclass(%s)", (relation,)).fetchone()
        if found is None:
            raise _nothing_yet(f"There is nothing to report yet: {relation} was never built.")


def _facts(connection: psycopg.Connection) -> Facts:
    cursor = connection.cursor(row_factory=dict_row)
    generation = cursor.execute(GENERATION_SQL).fetchone()
    if generation is None:
        raise _nothing_yet("There is nothing to report yet: no generation of the models was published.")
    batches = cursor.execute(BATCHES_SQL).fetchone()
    checks = cursor.execute(CHECKS_SQL).fetchone()
    return Facts(**generation, **batches, **checks)


def _nothing_yet(message: str) -> PartsbayError:
    return PartsbayError("nothing_to_report", message, "Run `partsbay run` first.")
