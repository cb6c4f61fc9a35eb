"""What runs plan by is what policies are played with: the same fit, the same moments, the same quantile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest
from psycopg.rows import dict_row

from assets.forecasting import DAYS_PER_MONTH
from assets.forecasting.distribution import Fitted, ahead
from assets.forecasting.quantiles import normal_quantile, quantiles
from assets.simulation.production import learned, level
from assets.simulation.series import network_demand
from ingest.errors import SettingsError
from tests.support.network import AS_OF, LONG_AGO, count, offer, part, supplier, use
from tests.support.refill import compute

# Lead time and review together are nearly two months, as in the game.
LEAD_DAYS, REVIEW_DAYS = 31, 30
MONTHS = 36
# What each of nine uses a month is of, by the number of the month: always the same, in turn, and a season of its own.
STEADY_SIZES = ((2, 2, 2), (1, 3, 2), (1, 1, 4))
STEADY = """
    select points.garage_code || ' ' || points.part_id as name, points.*
    from intermediate.int_reorder_points as points
    join marts.dim_parts as parts using (part_id)
    where parts.part_number like 'T_'
"""
FITTED = """
    select demand_class_code, monthly_mean_quantity, dispersion_value, effective_month_count
    from intermediate.int_forecasts_in_force
"""
POINTS = """
    select parts.part_number as number, points.*, series.demand_class_code as series_class_code,
        quantiles.distribution_code as quantile_code, quantiles.mean_quantity, quantiles.variance_value,
        quantiles.quantile_quantity
    from intermediate.int_reorder_points as points
    join marts.dim_parts as parts using (part_id)
    join intermediate.int_demand_series as series using (garage_code, part_id)
    left join intermediate.int_demand_quantiles as quantiles using (garage_code, part_id)
    where parts.part_number like 'Q%'
    order by parts.part_number
"""


def histories() -> np.ndarray:
    """Twelve parts over the last three years: slow ones of several rates and sizes, one that lies idle at first."""
    chance = np.random.default_rng(11)
    rates = np.array([0.1, 0.15, 0.2, 0.3, 0.3, 0.4, 0.5, 0.45, 0.35, 0.2, 0.3, 0.4])
    made = (chance.random((12, MONTHS)) < rates[:, None]) * chance.choice([1, 1, 2, 6], (12, MONTHS))
    made[:6] = np.minimum(made[:6], 1)
    made[9, :20] = 0
    made[:, -1] = np.maximum(made[:, -1], 1)
    return made


@pytest.fixture(scope="module")
def planned(shared_stores):
    """The parts above in a garage that always had stock of them, computed."""
    demand = histories()
    with psycopg.connect(shared_stores.owner) as connection:
        supplier(connection, supplier_code="S2", lead_time_days=LEAD_DAYS, lead_time_sd_days=0, review_days=REVIEW_DAYS)
        for number, row in enumerate(demand):
            name = f"Q{number:02}"
            part(connection, name, stocking_class_code="C", criticality_code="IMMOBILISING", unit_cost_amount=10)
            offer(connection, name, supplier_code="S2", unit_price_amount=9)
            count(connection, name, 10_000, LONG_AGO)
            for month, quantity in enumerate(row):
                if quantity:
                    use(connection, name, int(quantity), day_of(month))
        for number, sizes in enumerate(STEADY_SIZES):
            name = f"T{number}"
            part(connection, name, stocking_class_code="C", criticality_code="IMMOBILISING", unit_cost_amount=10)
            offer(connection, name, supplier_code="S2", unit_price_amount=9)
            count(connection, name, 10_000, LONG_AGO)
            for month in range(MONTHS - 14, MONTHS):
                for day in range(9):
                    use(connection, name, sizes[month % 3], day_of(month) + timedelta(days=day))
    compute(shared_stores.pipeline, AS_OF)
    return shared_stores


def day_of(month: int) -> datetime:
    """A day in one of the last three years' months."""
    number = 2002 * 12 + 3 - MONTHS + month
    return datetime(number // 12, number % 12 + 1, 10, 9, tzinfo=UTC)


def rows(database, statement: str) -> list[dict]:
    with psycopg.connect(database.pipeline, row_factory=dict_row) as connection:
        return connection.execute(statement).fetchall()


def test_the_reorder_point_of_a_run_is_the_level_of_the_game(planned):
    points = rows(planned, POINTS)
    demand = histories().astype(float)
    known = learned(demand)
    # The game knows the twelve alone; the run draws them to the network that they are part of.
    classes, *stored = zip(*(one.values() for one in rows(planned, FITTED)), strict=True)
    network = Fitted(*(np.array(values, dtype=float) for values in stored)).network_orders(np.array(classes))
    means, variances = ahead(known.fitted, network, (LEAD_DAYS + REVIEW_DAYS) / DAYS_PER_MONTH)
    expected = quantiles(means, variances, float(points[0]["service_level_pct"]) / 100)
    assert {one["series_class_code"] for one in points} == {"INTERMITTENT", "LUMPY"}
    assert [one["series_class_code"] for one in points] == known.classes.tolist()
    assert [one["distribution_code"] for one in points] == ["NEGATIVE_BINOMIAL"] * 12
    np.testing.assert_allclose([float(one["mean_quantity"]) for one in points], means, rtol=1e-6)
    np.testing.assert_allclose([float(one["variance_value"]) for one in points], variances, rtol=1e-6)
    assert [int(one["reorder_point_quantity"]) for one in points] == expected.astype(int).tolist()
    assert any("negative binomial distribution of variance" in one["distribution_words"] for one in points)


def test_steady_demand_is_planned_by_the_level_of_the_game_as_well(planned):
    """F9: mean and safety stock of 61 days are those of so many months; a year of days is twelve mean months."""
    points = {one["name"]: one for one in rows(planned, STEADY)}
    with psycopg.connect(planned.pipeline) as connection:
        played = network_demand(connection)
    is_steady = np.isin(played.names, [*points])
    known = learned(played.demand[is_steady], played.squares[is_steady])
    points = [points[name] for name in played.names[is_steady]]
    assert {one["demand_class_code"] for one in points} == {"SMOOTH", "ERRATIC"}
    assert [one["demand_class_code"] for one in points] == known.classes.tolist()
    months = (LEAD_DAYS + REVIEW_DAYS) / DAYS_PER_MONTH
    for place, one in enumerate(points):
        share = float(one["service_level_pct"]) / 100
        safety = normal_quantile(share) * known.steady_spreads[place] * months**0.5
        np.testing.assert_allclose(
            float(one["lead_time_demand_quantity"]), known.steady_means[place] * months, rtol=2e-3
        )
        np.testing.assert_allclose(float(one["safety_stock_quantity"]), safety, rtol=2e-3)
        assert abs(int(one["reorder_point_quantity"]) - level(known, share, months)[place]) <= 1


def test_policies_are_played_with_the_demand_that_the_run_counted_and_what_a_unit_costs(planned):
    with psycopg.connect(planned.pipeline) as connection:
        made = network_demand(connection)
    played = {tuple(row): cost for row, cost in zip(made.demand.astype(int).tolist(), made.unit_costs, strict=True)}
    assert {tuple(row): 10.0 for row in histories().tolist()}.items() <= played.items()
    assert made.currency == "EUR"


def test_before_the_first_run_there_is_nothing_to_play_with(stores):
    with psycopg.connect(stores.pipeline) as connection, pytest.raises(SettingsError) as refused:
        network_demand(connection)
    assert "partsbay run" in refused.value.mend
