"""The models on a small network in a real database: figures by hand, the as-of, the queue."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row

from ingest.forecasts import read_demand_series
from ingest.replenishment import ProposalChanges, store_proposals
from tests.support import network
from tests.support.dbt import Dbt
from tests.support.network import AS_OF
from tests.support.refill import compute

SELECT_PROPOSALS = """
    select proposals.*, parts.part_number as number
    from marts.fct_replenishment_proposals as proposals
    join marts.dim_parts as parts using (part_id)
"""
MARTS = (
    "dim_parts", "dim_garages", "dim_suppliers", "dim_supersessions", "fct_stated_supersessions",
    "dim_stocking_policies", "dim_stocking_rules", "dim_dates", "fct_stock_movements",
    "fct_stock_positions", "fct_stock_cells", "fct_stock_counts", "fct_count_events", "fct_transfers",
    "fct_stock_adjustments", "fct_reservations", "fct_quality_holds", "fct_quality_hold_events",
    "fct_recalled_stock", "fct_stock_daily", "fct_demand",
    "fct_demand_network", "fct_demand_outliers",
    "fct_available_to_promise", "fct_lead_times", "fct_feed_deliveries", "fct_feed_batches", "fct_supplier_offers",
    "fct_forecast_accuracy",
    "fct_replenishment_proposals", "fct_purchase_orders", "fct_reorder_points", "fct_excess_stock",
    "fct_replenishment_needs",
)  # fmt: skip
REPORTS = (
    "replenishment_lines", "replenishment_history", "order_groups", "purchase_orders", "excess", "forecast_accuracy",
    "kpis", "upcoming_needs", "service_levels", "supplier_scorecard",
    "service_targets", "stocking_policies", "stocking_rules", "settings",
)  # fmt: skip


def proposals(url: str) -> dict[str, dict]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return {row["number"]: row for row in connection.execute(SELECT_PROPOSALS)}


def fingerprints(url: str) -> dict[str, str]:
    """One hash of all rows per mart and report; the audit, which tells of everything that was written, has others."""
    tables = [f"marts.{name}" for name in MARTS]
    tables += [f"reports.rpt_{name}" for name in REPORTS]
    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(
                f"select count(*) || ' ' || md5(string_agg(rows::text, ',' order by rows::text)) from {table} as rows"
            ).fetchone()[0]
            for table in tables
        }


def test_all_data_tests_and_unit_tests_pass_without_a_warning(computed):
    results = Dbt(computed.pipeline)("test", as_of=AS_OF.isoformat())
    assert set(results.values()) == {"pass"}
    assert len(results) >= 90


def test_a_smooth_mover_is_proposed_with_figures_worked_out_by_hand(computed):
    line = proposals(computed.pipeline)["P1"]
    # 12 counted, 3 held, 2 reserved.
    stock = ("on_hand_quantity", "held_quantity", "sellable_quantity", "reserved_quantity")
    assert [line[name] for name in stock] == [12, 3, 9, 2]
    assert line["inventory_position_quantity"] == 7
    # 4 every day of the 365 before: no spread of demand, so only that of the lead time counts.
    assert (line["demand_class_code"], line["method_code"]) == ("SMOOTH", "MOVING_AVERAGE")
    assert (line["daily_mean_quantity"], line["daily_sd_quantity"]) == (4, 0)
    assert (line["history_days"], line["no_data_days"]) == (365, 0)
    # 1.644854 x sqrt(4^2 x 1.5^2) = 9.869; s = ceil(20 + 9.869); S = 30 + ceil(EOQ 68.352).
    assert line["safety_stock_quantity"] == Decimal("9.869")
    assert (line["reorder_point_quantity"], line["order_up_to_quantity"]) == (30, 99)
    # 99 - 7 = 92, in packs of 12: 96, at the price from 50 on.
    assert (line["raw_quantity"], line["proposed_quantity"], line["pack_count"]) == (92, 96, 8)
    assert (line["supplier_code"], line["unit_price_amount"], line["line_amount"]) == ("S1", 8, 768)
    assert (line["outcome_code"], line["flags"]) == ("PROPOSED", "")
    # 12 - 3 - 2 = 7 last one day at 4 a day.
    assert (line["days_to_stock_out"], line["stock_out_on"]) == (1, date(2002, 4, 2))


def test_a_slow_mover_takes_its_mean_from_the_stored_forecast(computed):
    line = proposals(computed.pipeline)["P2"]
    with psycopg.connect(computed.pipeline, row_factory=dict_row) as connection:
        stored = connection.execute(
            "select * from replenishment.forecasts where part_id = %s", [line["part_id"]]
        ).fetchone()
    assert line["demand_class_code"] == "INTERMITTENT"
    assert line["method_code"] == stored["method_code"] == "ADIDA"
    assert line["daily_mean_quantity"] == stored["daily_mean_quantity"]
    # Three months apart: 0.01095 a day. The distribution expects 0.0645 in five days, P(0) = 0.941 < 0.95: s 1, S 2.
    assert float(line["daily_mean_quantity"]) == pytest.approx(1 / 3 / 30.4375, rel=0.01)
    assert (line["reorder_point_quantity"], line["order_up_to_quantity"], line["proposed_quantity"]) == (1, 2, 2)


def test_a_part_below_its_reorder_point_without_an_offer_has_a_row_that_says_so(computed):
    line = proposals(computed.pipeline)["P3"]
    assert (line["outcome_code"], line["proposed_quantity"], line["supplier_code"]) == ("NO_OFFER", 0, None)
    assert "DEFAULT_LEAD_TIME" in line["flags"]
    assert line["explanation"].startswith("Nothing proposed, no supplier has a valid offer")


def test_parts_without_need_have_no_row(computed):
    assert set(proposals(computed.pipeline)) == {"P1", "P2", "P3"}


def test_the_history_report_has_36_months_for_every_line(computed):
    with psycopg.connect(computed.pipeline) as connection:
        counts = connection.execute(
            "select count(*), min(month_on), max(month_on) from reports.rpt_replenishment_history group by part_id"
        ).fetchall()
        march = connection.execute(
            """
            select history.demand_quantity, history.closing_stock_quantity
            from reports.rpt_replenishment_history as history
            join marts.dim_parts using (part_id)
            where part_number = 'P1' and month_on in ('2002-02-01', '2002-03-01') order by month_on
            """
        ).fetchall()
    assert set(counts) == {(36, date(1999, 4, 1), date(2002, 3, 1))}
    # 10,000 less 4 a day from 26 February 2001 to 28 February 2002, then counted to 12 in the evening of 31 March.
    assert march == [(112, 10_000 - 4 * 368), (124, 12)]


def test_a_days_stock_follows_count_and_movements(computed):
    with psycopg.connect(computed.pipeline) as connection:
        total, demanded = connection.execute(
            "select sum(closing_stock_quantity) filter (where stock_on = '2002-03-31'),"
            " (select sum(demand_quantity) from marts.fct_demand)"
            " from marts.fct_stock_daily"
        ).fetchone()
    assert total == 12 + 0 + 1
    assert demanded == 2 * 399 * 4 + 12


def test_marts_are_documented_in_the_database(computed):
    with psycopg.connect(computed.pipeline) as connection:
        (comment,) = connection.execute(
            "select col_description('marts.fct_demand'::regclass, ordinal_position) from information_schema.columns"
            " where table_schema = 'marts' and table_name = 'fct_demand' and column_name = 'demand_quantity'"
        ).fetchone()
    assert comment.startswith("Clean demand (F7)")


def test_the_pipeline_may_not_build_outside_its_four_schemas(computed):
    with psycopg.connect(computed.pipeline) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("create table catalogue.of_dbt (n integer)")


def send_later_data(connection: psycopg.Connection) -> None:
    """Something of every kind that happens after the 1st of April."""
    later = AS_OF + timedelta(days=2)
    for number in ("P1", "P2", "P4"):
        network.use(connection, number, 7, later)
    network.use(connection, "P1", 3, later, usage_type="LOST_SALE", garage="G2")
    network.count(connection, "P1", 500, later)
    network.reservation(connection, "R1", 2, "RELEASED", "P1", 2, later)
    network.hold(connection, "H1", 2, "RELEASED", "P1", 3, later)
    network.offer(connection, "P1", unit_price_amount=1, stated_at=later)
    network.offer(connection, "P3", unit_price_amount=1, stated_at=later)
    network.part(connection, "P1", valid_from_at=later, stocking_class_code="D", description="Renamed")
    network.part(connection, "P9", valid_from_at=later)
    network.garage(connection, "G1", valid_from_at=later, garage_name="Moved")
    network.supplier(connection, valid_from_at=later, is_active=False)
    network.supersession(connection, "P2", "P4", valid_from_at=later)


def test_a_past_day_computes_the_same_before_and_after_later_data_arrived(network_stores):
    before = fingerprints(network_stores.pipeline)
    with psycopg.connect(network_stores.owner) as connection:
        send_later_data(connection)

    compute(network_stores.pipeline, AS_OF + timedelta(days=40))
    later = fingerprints(network_stores.pipeline)
    # Both days lie in one year, so the calendar is the same; and nobody moves, adjusts, orders, recalls or asks to
    # count anything, no rule of stocking is stated, no feed has a calendar, every part that is used is at its point
    # already, and settings are those of the models.
    same = [
        "marts.dim_stocking_rules", "marts.dim_dates", "marts.fct_count_events", "marts.fct_transfers",
        "marts.fct_stock_adjustments", "marts.fct_recalled_stock", "marts.fct_feed_deliveries",
        "marts.fct_purchase_orders", "reports.rpt_purchase_orders", "reports.rpt_upcoming_needs",
        "reports.rpt_stocking_rules", "reports.rpt_settings",
    ]  # fmt: skip
    assert [table for table in before if before[table] == later[table]] == same

    compute(network_stores.pipeline, AS_OF)
    assert fingerprints(network_stores.pipeline) == before


def test_forecasts_are_stored_once_for_a_series(network_stores):
    with psycopg.connect(network_stores.pipeline) as connection:
        count = connection.execute("select count(*) from replenishment.forecasts").fetchone()[0]
        assert count == 3
        assert read_demand_series(connection).num_rows == 0
        everything = connection.execute("select max(sequence_number) from audit.records").fetchone()

    # A day later, in the same month, every series is what it was.
    compute(network_stores.pipeline, AS_OF + timedelta(days=1))
    with psycopg.connect(network_stores.pipeline) as connection:
        assert connection.execute("select count(*) from replenishment.forecasts").fetchone()[0] == count
        assert connection.execute("select max(sequence_number) from audit.records").fetchone() == everything


def test_late_demand_makes_a_new_forecast_beside_the_old_one(network_stores):
    with psycopg.connect(network_stores.owner) as connection:
        network.use(connection, "P2", 5, datetime(2002, 2, 14, tzinfo=UTC))
    compute(network_stores.pipeline, AS_OF)
    with psycopg.connect(network_stores.pipeline, row_factory=dict_row) as connection:
        rows = connection.execute(
            "select * from replenishment.forecasts where part_id = catalogue.part_id('BRND', 'P2') order by recorded_at"
        ).fetchall()
    assert [row["as_of_on"] for row in rows] == [date(2002, 4, 1)] * 2
    assert rows[0]["history_hash"] != rows[1]["history_hash"]
    line = proposals(network_stores.pipeline)["P2"]
    assert (line["method_code"], line["daily_mean_quantity"]) == (
        rows[1]["method_code"],
        rows[1]["daily_mean_quantity"],
    )


def test_a_second_run_on_the_same_input_queues_nothing(network_stores):
    with psycopg.connect(network_stores.pipeline) as connection:
        assert store_proposals(connection, "run-1", AS_OF) == ProposalChanges(new=3)
        recorded = connection.execute("select count(*) from audit.records").fetchone()
    with psycopg.connect(network_stores.pipeline) as connection:
        assert store_proposals(connection, "run-2", AS_OF) == ProposalChanges(same=3)
        assert connection.execute("select count(*) from replenishment.proposals").fetchone() == (3,)
        assert connection.execute("select count(*) from replenishment.messages").fetchone() == (3,)
        assert connection.execute("select count(*) from audit.records").fetchone() == recorded
        assert connection.execute("select count(*) from audit.breaches()").fetchone() == (0,)


def test_a_revision_carries_every_number_and_one_message(network_stores):
    with psycopg.connect(network_stores.pipeline, row_factory=dict_row) as connection:
        store_proposals(connection, "run-1", AS_OF)
        revision = connection.execute(
            "select * from replenishment.proposals where part_id = catalogue.part_id('BRND', 'P1')"
        ).fetchone()
        message = connection.execute(
            "select * from replenishment.messages where deduplication_key = %s", [f"{revision['proposal_id']}:1"]
        ).fetchone()
        mart = connection.execute("select * from marts.fct_replenishment_proposals limit 0")
        columns = {column.name for column in mart.description}
    assert set(revision["explanation"]) == columns - {"as_of_at"}
    assert (revision["change_code"], revision["status_code"], revision["quantity"]) == ("NEW", "PROPOSED", 96)
    assert message["payload"]["quantity"] == 96
    assert (message["topic_code"], message["status_code"]) == ("replenishment.proposal", "READY")


def test_only_what_changed_gets_a_revision(network_stores):
    with psycopg.connect(network_stores.pipeline) as connection:
        store_proposals(connection, "run-1", AS_OF)
    with psycopg.connect(network_stores.owner) as connection:
        # P1 was cheaper all along, P3 was counted again and is plentiful.
        network.offer(connection, "P1", break_quantity=50, unit_price_amount=7, pack_quantity=12,
                      minimum_order_quantity=10, stated_at=datetime(2002, 3, 2, tzinfo=UTC))  # fmt: skip
        network.count(connection, "P3", 5000, datetime(2002, 3, 31, 21, tzinfo=UTC))
    compute(network_stores.pipeline, AS_OF)
    with psycopg.connect(network_stores.pipeline) as connection:
        assert store_proposals(connection, "run-2", AS_OF) == ProposalChanges(changed=1, gone=1, same=1)
        revisions = connection.execute(
            "select revision_number, change_code, status_code, unit_price_amount, quantity"
            " from replenishment.proposals where revision_number = 2 order by change_code"
        ).fetchall()
        assert revisions == [(2, "CHANGED", "PROPOSED", 7, 96), (2, "GONE", "WITHDRAWN", None, 0)]
        assert connection.execute("select count(*) from replenishment.messages").fetchone() == (4,)
        # What is gone stays gone without being said again.
        assert store_proposals(connection, "run-3", AS_OF) == ProposalChanges(same=2)


def test_the_past_may_be_computed_but_is_not_queued_again(network_stores):
    with psycopg.connect(network_stores.pipeline) as connection:
        store_proposals(connection, "run-1", AS_OF)
        assert store_proposals(connection, "run-2", AS_OF - timedelta(days=1)) == ProposalChanges(is_past=True)
        assert connection.execute("select count(*) from replenishment.proposals").fetchone() == (3,)


def test_an_as_of_that_is_no_moment_is_refused_and_never_reaches_the_database(computed):
    with pytest.raises(AssertionError, match="isoformat"):
        Dbt(computed.pipeline)(
            "build", "--select", "stg_catalogue__garages", as_of="2002-04-01'; drop schema marts cascade; --"
        )
    with psycopg.connect(computed.pipeline) as connection:
        assert connection.execute("select count(*) from marts.dim_garages").fetchone() == (2,)
