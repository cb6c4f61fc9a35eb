"""Forecasts in the models: what planners add to them, what is shown of them, what is stored of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
from psycopg.rows import dict_row
from typer.testing import CliRunner

from assets.forecasting import forecast
from ingest.errors import PartsbayError
from ingest.forecast_shown import shown_forecast
from ingest.forecasts import read_demand_series, store_forecasts
from orchestration.cli.app import app
from tests.support.network import AS_OF, supplier, uplift, use
from tests.support.refill import compute

POINT = """
    select points.*
    from intermediate.int_reorder_points as points
    join marts.dim_parts as parts using (part_id)
    where garage_code = 'G1' and parts.part_number = 'P1'
"""
MARCH = datetime(2002, 3, 1, tzinfo=UTC)


def point(url: str) -> dict:
    """How much P1 is to be had of in G1: 4 a day are usual."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(POINT).fetchone()


def expect(stores, percent: int, first: date, last: date, said_at: datetime = MARCH) -> None:
    with psycopg.connect(stores.pipeline) as connection:
        uplift(connection, percent, first, last, garage_code="G1", event_at=said_at)


def test_what_planners_expect_is_in_the_rate_of_the_next_run_and_not_in_one_of_before(network_stores):
    before = point(network_stores.pipeline)
    expect(network_stores, 50, date(2002, 4, 1), date(2002, 4, 2))
    expect(network_stores, 50, date(2002, 4, 1), date(2002, 4, 15), datetime(2002, 4, 2, tzinfo=UTC))
    compute(network_stores.pipeline, AS_OF)
    after = point(network_stores.pipeline)
    # Half more for two of the five days until a delivery; what was said the day after was not known.
    assert after["uplift_factor"] == Decimal("1.2")
    assert after["daily_mean_quantity"] == before["daily_mean_quantity"] * Decimal("1.2") == Decimal("4.8")
    with psycopg.connect(network_stores.pipeline) as connection:
        # The series are what they were: nothing is forecast anew.
        assert read_demand_series(connection).num_rows == 0


def test_a_long_lead_time_hears_of_a_campaign_that_a_short_one_need_not_know_of(network_stores):
    """Twice as much from the 6th of May on: in 35 days, that is for 25 of 60, and not within 5."""
    usual = point(network_stores.pipeline)
    expect(network_stores, 100, date(2002, 5, 6), date(2002, 6, 30))
    compute(network_stores.pipeline, AS_OF)
    columns = ("daily_mean_quantity", "reorder_point_quantity", "order_up_to_quantity")
    assert [point(network_stores.pipeline)[name] for name in columns] == [usual[name] for name in columns]
    with psycopg.connect(network_stores.owner) as connection:
        supplier(connection, lead_time_days=60, lead_time_sd_days=0, valid_from_at=MARCH)
    compute(network_stores.pipeline, AS_OF)
    # 4 a day for 35 days and 8 for 25; demand never varied, so there is nothing else to keep for. The lot is as before.
    found = point(network_stores.pipeline)
    assert (found["lead_time_days"], found["reorder_point_quantity"]) == (60, 340)
    levels = ("order_up_to_quantity", "maximum_on_hand_quantity")
    assert [found[name] - 340 for name in levels] == [usual[name] - usual["reorder_point_quantity"] for name in levels]
    # One that begins on the day after changes nothing.
    expect(network_stores, 100, date(2002, 5, 31), date(2002, 6, 30))
    compute(network_stores.pipeline, AS_OF)
    assert point(network_stores.pipeline) == found


def test_a_week_without_demand_lowers_the_point_and_gives_nothing_away(network_stores):
    """P1 is not asked for until a delivery; what is there is used up after that."""
    usual = point(network_stores.pipeline)
    expect(network_stores, -100, date(2002, 4, 1), date(2002, 4, 7))
    compute(network_stores.pipeline, AS_OF)
    found = point(network_stores.pipeline)
    assert (found["daily_mean_quantity"], found["reorder_point_quantity"]) == (0, 0)
    assert found["order_up_to_quantity"] == usual["order_up_to_quantity"] - usual["reorder_point_quantity"] == 69
    # 180 days at 4.
    assert found["maximum_on_hand_quantity"] == 720


def test_the_days_that_a_rate_is_of_are_told_with_it(network_stores, server, tmp_path, monkeypatch):
    expect(network_stores, 50, date(2002, 4, 1), date(2002, 4, 2))
    compute(network_stores.pipeline, AS_OF)
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(network_stores.name))
    told = CliRunner().invoke(app, ["forecast", "show", "BRND:P1", "--garage", "G1"]).stdout
    assert "4.8 a day in the 5 days until an order is there, that is 4 × 1.2 by planners." in told
    told = " ".join(CliRunner().invoke(app, ["explain", "G1", "BRND:P1"]).stdout.split())
    assert "demand of 5 days at 4.8 a day (4 × 1.2 by planners)" in told
    assert "24 expected in 5 days with × 1.2 by planners + " in told


def test_a_forecast_is_shown_with_its_history_its_methods_and_the_reason_of_the_choice(computed):
    with psycopg.connect(computed.pipeline) as connection:
        part_id = connection.execute("select part_id from marts.dim_parts where part_number = 'P2'").fetchone()[0]
        found = shown_forecast(connection, part_id, "G1")
        missing = None
        try:
            shown_forecast(connection, part_id, "G9")
        except PartsbayError as error:
            missing = error.code
    assert (found["demand_class_code"], found["method_code"]) == ("INTERMITTENT", "ADIDA")
    assert (
        len(found["months"])
        == found["months"][-1]["month_on"].month
        + 12 * 2002
        - (found["months"][0]["month_on"].month + 12 * found["months"][0]["month_on"].year)
        + 1
    )
    chosen = [one for one in found["candidates"] if one["is_chosen"]]
    assert [one["method_code"] for one in chosen] == ["ADIDA"]
    assert {one["method_code"] for one in found["candidates"]} >= {"ADIDA", "TSB", "CROSTON_SBA", "MEAN"}
    assert found["why"]
    assert missing == "NO_DEMAND"


def test_days_that_are_capped_or_of_a_single_job_are_listed_with_what_counts(
    network_stores, server, tmp_path, monkeypatch
):
    """4 a day are usual: of 400 on one day 24 count, and of 30 for a single job none."""
    with psycopg.connect(network_stores.owner) as connection:
        use(connection, "P1", 396, datetime(2002, 3, 12, 15, tzinfo=UTC))
        use(connection, "P1", 30, datetime(2002, 3, 20, 15, tzinfo=UTC))
        connection.execute("update garage_inventory.usage_lines set is_one_off = true where quantity = 30")
    compute(network_stores.pipeline, AS_OF)
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(network_stores.name))
    told = CliRunner().invoke(app, ["forecast", "show", "BRND:P1", "--garage", "G1"]).stdout
    assert "2002-03-20  30 for a single job, none counted" in told
    assert "2002-03-12  400 asked for, far above the usual: 24 counted" in told
    (march,) = [line for line in told.splitlines() if line.strip().startswith("2002-03 ")]
    # 30 days of 4 and one of 24.
    assert march.split()[1] == "144"


def test_what_is_stored_is_what_was_forecast(network_stores):
    with psycopg.connect(network_stores.owner) as connection:
        connection.execute("truncate replenishment.forecasts")
    with psycopg.connect(network_stores.pipeline, row_factory=dict_row) as connection:
        series = read_demand_series(connection)
        made = forecast(series)
        assert store_forecasts(connection, made, AS_OF) == made.num_rows == 3
        assert store_forecasts(connection, made, AS_OF) == 0
        stored = connection.execute(
            "select * from replenishment.forecasts order by garage_code, part_id::text"
        ).fetchall()
    for line, row in zip(
        made.sort_by([("garage_code", "ascending"), ("part_id", "ascending")]).to_pylist(), stored, strict=True
    ):
        assert row["daily_mean_quantity"] == line["daily_mean_quantity"]
        assert row["tested_method_codes"] == line["tested_method_codes"]
        assert "\\x" + row["history_hash"].hex() == line["history_hash"]
        for name in ("mase_values", "rmsse_values", "pinball_values", "smape_values", "season_values"):
            assert [None if value is None else float(value) for value in row[name]] == line[name]
