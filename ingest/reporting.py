"""What the replenishment report reads: the report relations, and the facts that say how far to trust them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.string import TextLoader

from ingest.check_results import count_checks
from ingest.errors import PartsbayError
from ingest.freshness import HasProfiles, partner_freshness
from ingest.garage_inventory.limits import limits_in_force
from ingest.gone import GONE_SQL
from ingest.planning.signing import workbook_secret
from ingest.report_editions import editions_before

RELATIONS = ("reports.rpt_replenishment_lines", "reports.rpt_replenishment_history")

# Below the point, and nothing is proposed.
WITHOUT_LINE = "outcome_code not in ('PROPOSED', 'COVERED')"

NEEDS = "marts.fct_replenishment_needs"

# Further pages of the report, each of one relation; one that is not built is left out.
PAGES = {
    "excess": (
        "reports.rpt_excess",
        "order by greatest(excess_amount, dead_amount) desc nulls last, garage_code, part_id",
    ),
    "upcoming": ("reports.rpt_upcoming_needs", "order by order_by_on, stock_out_on nulls last, garage_code, part_id"),
    "order_groups": (
        "reports.rpt_order_groups",
        "order by order_by_at nulls last, supplier_code, garage_code, currency_code",
    ),
    "purchase_orders": (
        "reports.rpt_purchase_orders",
        "order by expected_on nulls first, document_number, document_line",
    ),
    # The groups as they stand on the page, in each the furthest below its target first.
    "service": (
        "reports.rpt_service_levels",
        "order by array_position(array['NETWORK', 'CLASS', 'GARAGE', 'SUPPLIER'], group_code),"
        " member_code = 'OTHER', gap_pct nulls last, member_code",
    ),
    "scorecard": ("reports.rpt_supplier_scorecard", "order by supplier_name, supplier_code"),
    "service_targets": (
        "reports.rpt_service_targets",
        "order by array_position(array['MATRIX', 'CLASS_DEFAULT', 'SEGMENT', 'GARAGE'], set_by_code), class_code,"
        " criticality_code, service_level_pct",
    ),
    "stocking_policies": ("reports.rpt_stocking_policies", "order by place_number"),
    "stocking_rules": (
        "reports.rpt_stocking_rules",
        "order by garage_code nulls first, is_of_single_parts, policy_name, rule_code",
    ),
    "settings": ("reports.rpt_settings", "order by place_number"),
    "supplier_terms": ("marts.dim_suppliers", "where is_active order by supplier_name, supplier_code"),
    "kpis": ("reports.rpt_kpis", "order by place_number, kpi_code"),
    "needs": (NEEDS, f"where {WITHOUT_LINE} order by garage_code, part_id"),
    "accuracy": ("reports.rpt_forecast_accuracy", "order by demand_class_code, method_code <> 'CHOSEN', method_code"),
}
INBOUND = "intermediate.int_supply_due"

# Every column that the models have: what one of them lacks is left out of the report.
LINES_SQL = """
    select * from reports.rpt_replenishment_lines
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

# A proposal that the run of the report found as it was has an older revision.
REVISIONS_SQL = """
    select distinct on (proposal_id)
        proposal_id, revision_number,
        case when as_of_at = %(as_of_at)s then change_code else 'SAME' end as change_code
    from replenishment.proposals
    order by proposal_id, revision_number desc
"""

# The first day on which an act no longer counts is its until_on. An OVERRIDE stands beside the approval of what it
# made of the line: of the two the approval is the news.
ACTS_SQL = """
    select
        force.proposal_id, acts.revision_number, acts.act_code, acts.quantity as act_quantity,
        acts.until_on as act_until_on, acts.reason as act_reason, acts.actor as act_actor, acts.event_at as act_at,
        acts.recorded_at as act_recorded_at
    from replenishment.planner_acts_in_force as force
    left join lateral (
        select approvals.act_id
        from replenishment.planner_acts as approvals
        where force.act_code = 'OVERRIDE'
            and approvals.proposal_id = force.proposal_id
            and approvals.act_code = 'APPROVE'
            and approvals.event_at >= force.event_at
            and approvals.revision_number = (
                select max(revision_number) from replenishment.proposals
                where proposals.proposal_id = force.proposal_id
            )
            and not exists (
                select from replenishment.planner_acts as undoing where undoing.undoes_act_id = approvals.act_id
            )
        order by approvals.event_at desc, approvals.recorded_at desc, approvals.act_id desc
        limit 1
    ) as approved on true
    inner join replenishment.planner_acts as acts on acts.act_id = coalesce(approved.act_id, force.act_id)
    where acts.until_on is null or acts.until_on > (%(as_of_at)s at time zone 'UTC')::date
"""

INBOUND_SQL = """
    select due.garage_code, due.part_id, due.due_on, due.quantity, due.source_code, due.is_confirmed
    from intermediate.int_supply_due as due
    inner join (select distinct garage_code, part_id from reports.rpt_replenishment_lines) as lines
        using (garage_code, part_id)
    order by due.garage_code, due.part_id, due.due_on, due.source_code
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
    feeds_expected: int = 0
    # Supplier or garage, kind and how late, in words.
    late_feeds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Series:
    """Monthly history of one garage and part: demand, and stock at the end of the month."""

    garage_code: str
    part_id: str
    months: list[date]
    demand_quantities: list[float | None]
    closing_stock_quantities: list[float | None]


Row = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class ReportData:
    """Everything that a report shows: facts, lines in a fixed order, and what belongs to a (garage_code, part_id).

    ``pages`` are the rows of further relations by name, ``revisions`` the newest revision of each proposal in the
    store, ``trend`` the figures of the editions before this one, the oldest first.
    """

    facts: Facts
    lines: list[Row]
    history: dict[Key, Series] = field(default_factory=dict)
    inbound: dict[Key, list[Row]] = field(default_factory=dict)
    pages: dict[str, list[Row]] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    trend: list[Row] = field(default_factory=list)
    # What the lines of the workbook are signed with; never shown.
    secret: bytes | None = field(default=None, repr=False)


def read_report(connection: psycopg.Connection, profiles: HasProfiles = ()) -> ReportData:
    """Read lines, history and facts of the newest generation, all of one moment.

    Without the report relations or without a published generation there is nothing
    to report: that raises, and says what to run. ``profiles`` say which feeds are due.
    """
    with connection.transaction():
        # Made when the first report is written, so not within what only reads.
        secret = workbook_secret(connection)
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        _refuse_without_models(connection)
        facts = _facts(connection, profiles)
        lines = _rows(connection, LINES_SQL)
        revisions = {row["proposal_id"]: row for row in _rows(connection, REVISIONS_SQL, {"as_of_at": facts.as_of_at})}
        for line in lines:
            line["change_code"] = revisions.get(line["proposal_id"], {}).get("change_code")
        _tell_acts(lines, _rows(connection, ACTS_SQL, {"as_of_at": facts.as_of_at}), revisions, facts.published_at)
        return ReportData(
            facts=facts,
            lines=lines,
            history={
                (series.garage_code, series.part_id): series
                for series in connection.cursor(row_factory=class_row(Series)).execute(HISTORY_SQL)
            },
            inbound=_inbound(connection),
            pages=_pages(connection, facts.as_of_at),
            revisions={proposal_id: row["revision_number"] for proposal_id, row in revisions.items()},
            trend=editions_before(connection, facts.generation_id),
            secret=secret,
        )


def _rows(connection: psycopg.Connection, statement: str, values: Row | None = None) -> list[Row]:
    cursor = connection.cursor(row_factory=dict_row)
    # An id is only ever compared and shown: text is enough, and thrice as fast.
    cursor.adapters.register_loader("uuid", TextLoader)
    return cursor.execute(statement, values).fetchall()


def _is_there(connection: psycopg.Connection, relation: str) -> bool:
    (found,) = connection.execute("select to_regclass(%s)", (relation,)).fetchone()
    return found is not None


def _pages(connection: psycopg.Connection, as_of_at: datetime) -> dict[str, list[Row]]:
    pages = {
        name: _rows(connection, f"select * from {relation} {rest}")
        for name, (relation, rest) in PAGES.items()
        if _is_there(connection, relation)
    }
    pages["approval_limits"] = limits_in_force(connection, as_of_at)
    if _is_there(connection, NEEDS):
        pages["gone"] = _rows(connection, GONE_SQL, {"as_of_at": as_of_at})
    return pages


def _tell_acts(lines: list[Row], acts: list[Row], revisions: dict[str, Row], published_at: datetime) -> None:
    """What planners decided, on the lines that it is about.

    An approval is of what was proposed then: what is proposed anew is approved by nobody. A snooze or refusal that
    stock did not last for is over.
    """
    by_proposal = {act.pop("proposal_id"): act for act in acts}
    for line in lines:
        act = dict(by_proposal.get(line["proposal_id"], {}))
        revision = act.pop("revision_number", None)
        is_of_before = act.get("act_code") == "APPROVE" and revision < revisions[line["proposal_id"]]["revision_number"]
        is_over = (
            act.get("act_code") in ("SNOOZE", "REJECT")
            and line.get("status_code") == "WOKEN"
            and act["act_recorded_at"] <= published_at
        )
        if act and not is_of_before and not is_over:
            line |= act


def _inbound(connection: psycopg.Connection) -> dict[Key, list[Row]]:
    due: dict[Key, list[Row]] = {}
    if _is_there(connection, INBOUND):
        for row in _rows(connection, INBOUND_SQL):
            due.setdefault((row.pop("garage_code"), row.pop("part_id")), []).append(row)
    return due


def _refuse_without_models(connection: psycopg.Connection) -> None:
    for relation in RELATIONS:
        if not _is_there(connection, relation):
            raise _nothing_yet(f"There is nothing to report yet: {relation} was never built.")


def _facts(connection: psycopg.Connection, profiles: HasProfiles) -> Facts:
    cursor = connection.cursor(row_factory=dict_row)
    generation = cursor.execute(GENERATION_SQL).fetchone()
    if generation is None:
        raise _nothing_yet("There is nothing to report yet: no generation of the models was published.")
    batches = cursor.execute(BATCHES_SQL).fetchone()
    checks = {f"checks_{state}": count for state, count in count_checks(connection).items()}
    feeds = [feed for feed in partner_freshness(connection, profiles, generation["published_at"]) if feed.state]
    late = tuple(str(feed) for feed in feeds if feed.is_late)
    return Facts(**generation, **batches, **checks, feeds_expected=len(feeds), late_feeds=late)


def _nothing_yet(message: str) -> PartsbayError:
    return PartsbayError("nothing_to_report", message, "Run `partsbay run` first.")
