"""The game by hand, the yardsticks by hand, and what runs save on the spare parts of carparts."""

from __future__ import annotations

import gzip
from itertools import pairwise

import numpy as np
import pytest

from assets.simulation import methods, production
from assets.simulation.comparing import OURS, POLICIES, Curve, Replay
from assets.simulation.drawing import draw
from assets.simulation.game import Played, play
from assets.simulation.series import read_demand
from ingest.errors import SettingsError
from orchestration.cli.simulate import CARPARTS


def levels(*values):
    return [np.array([value]) for value in values]


def test_what_is_not_there_is_lost_and_the_shelf_is_filled_for_the_next_month():
    played = play(levels(3, 3, 3), np.array([[2.0, 5.0]]))
    # Of five units in a month three were there: for two fifths of its days none was.
    assert played == Played(5 / 7, (2 + 1.5) / 2, 2, 1, pytest.approx(0.4 * 30.4375))


def test_stock_is_worth_what_its_units_cost():
    demand = np.array([[2.0, 0.0], [0.0, 1.0]])
    played = play([np.array([2, 1])] * 3, demand, unit_costs=np.array([10.0, 3.0]))
    # The first part has 2 and 0, then 2 and 2 on the shelf, the second 1 and 1, then 1 and 0.
    assert played.average_stock == (1 + 2 + 1 + 0.5) / 2
    assert played.average_value == (10 * (1 + 2) + 3 * (1 + 0.5)) / 2
    assert (played.stock_out_months, played.stock_out_days) == (0, 0)


def test_an_order_that_takes_a_month_longer_is_there_a_month_later():
    played = play(levels(3, 3, 3, 3), np.array([[2.0, 1.0, 3.0]]), delay=1)
    # 3 → 1, ordered 2; 1 → 0, 2 arrive, ordered 1; 2 → 0 of 3 wanted.
    assert (played.fill_rate, played.stock_out_months) == (5 / 6, 1)
    assert played.average_stock == pytest.approx((2 + 0.5 + 1) / 3)


def test_a_level_that_falls_orders_nothing():
    assert play(levels(5, 1, 1), np.array([[1.0, 1.0]])).order_line_count == 0


def test_the_yardsticks_by_hand():
    history = np.array([[0.0] * 22 + [12.0, 12.0]])
    assert methods.multiple(methods.last_two_years(history), 1.5).tolist() == [3]
    assert methods.normal(methods.last_year(history), 0).tolist() == [4]
    spread = history[:, -12:].std() * 2**0.5
    assert methods.normal(methods.last_year(history), 1).tolist() == [np.ceil(4 + spread)]


def test_crostons_mean_is_size_by_interval():
    assert methods.croston_mean(np.array([[0.0, 2.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0]])).tolist() == [1, 0]
    # After 4 in the next month: size 2 + 0.1 · 2, interval 2 − 0.1 · 1.
    assert methods.croston_mean(np.array([[0.0, 2.0, 4.0]]))[0] == pytest.approx(2.2 / 1.9)


def test_production_sees_three_years_from_the_first_demand_on_and_classes_them_as_runs_do():
    history = np.zeros((5, 40))
    history[0, 1] = 9
    history[1, 10::5] = 1
    history[2, 4:] = [8, 9, 8, 7] * 9
    history[3, 4:] = [1, 1, 1, 30] * 9
    history[4, 10::5] = [1, 20, 1, 20, 1, 1]
    months = production.known_months(history)
    # What came before the window is forgotten, and a series begins with its first demand.
    assert months.counts.tolist() == [0, 30, 36, 36, 30]
    assert production.demand_classes(months).tolist() == ["NONE", "INTERMITTENT", "SMOOTH", "ERRATIC", "LUMPY"]


def test_production_orders_nothing_without_demand_and_steady_demand_by_its_mean_and_spread():
    history = np.zeros((2, 40))
    history[1, 4:] = [8, 9, 8, 7] * 9
    known = production.learned(history)
    # Two months of 8, and z √2 times the deviation of twelve months: 16 + 1.6449 · 1.4142 · 0.7385 = 17.72.
    assert production.level(known, 0.95).tolist() == [0, 18]


def test_where_days_are_known_steady_demand_spreads_as_they_do():
    """Eight a month, two at a time: 4 x 4 a month. Each day varies by (192 - 96² / 365.25) / 364.25 = 0.4578."""
    history, squares = np.full((1, 40), 8.0), np.full((1, 40), 16.0)
    known = production.learned(history, squares)
    assert known.steady_spreads[0] == pytest.approx((0.45784 * 30.4375) ** 0.5, abs=1e-4)
    # 16 + 1.6449 · 1.4142 · 3.733; months alone do not vary at all.
    assert production.level(known, 0.95).tolist() == [25]
    assert production.learned(history).steady_spreads[0] == 0
    by_days, by_months = (Replay(history, squares=known).curve(OURS, 28, 12) for known in (squares, None))
    assert by_days.played[-1].average_stock > by_months.played[-1].average_stock


def test_a_higher_level_never_asks_for_less():
    history = np.random.default_rng(3).poisson(0.4, (50, 30)).astype(float)
    known = production.learned(history)
    asked = [production.level(known, level) for level in (0.5, 0.9, 0.99)]
    assert all((low <= high).all() for low, high in pairwise(asked))


def test_a_curve_is_read_between_its_points_and_says_where_it_never_gets():
    made = Curve(np.array([1.0, 2.0]), [Played(0.8, 100, 5, 3, 9), Played(0.9, 200, 7, 2, 4)])
    assert (made.at(0.85), made.at(0.95), made.parameter_at(0.85)) == (pytest.approx(150), None, pytest.approx(1.5))


@pytest.fixture(scope="module")
def carparts():
    return read_demand(CARPARTS)


@pytest.fixture(scope="module")
def replay(carparts):
    return Replay(carparts)


@pytest.fixture(scope="module")
def curves(replay):
    return {name: replay.curve(name, 39, 12) for name in POLICIES}


# What an independent sketch of the three yardsticks came to on the same months.
SKETCHED = {0.93: 9_039, 0.95: 10_538, 0.97: 13_581}


@pytest.mark.parametrize("fill_rate", SKETCHED)
def test_the_best_yardstick_takes_what_it_did_elsewhere(curves, fill_rate):
    best = min(found for name in curves if name != OURS and (found := curves[name].at(fill_rate)))
    assert best == pytest.approx(SKETCHED[fill_rate], rel=0.03)


@pytest.mark.parametrize("fill_rate", SKETCHED)
def test_what_runs_plan_by_takes_a_tenth_less_stock_than_the_best_yardstick(curves, fill_rate):
    best = min(found for name in curves if name != OURS and (found := curves[name].at(fill_rate)))
    assert curves[OURS].at(fill_rate) <= 0.9 * best


def test_the_fill_rate_asked_for_is_reached_within_two_points(replay, curves):
    asked = list(SKETCHED)
    reached = [curves[OURS].reached(level) for level in replay.calibrated(OURS, 39, 12, asked)]
    assert [round(abs(one - other), 4) <= 0.02 for one, other in zip(reached, asked, strict=True)] == [True] * 3


def test_where_new_parts_are_left_out_no_level_is_set_by_them():
    """Every third part is first asked for in the months of the rehearsal, and much: no level would have served it."""
    demand = np.random.default_rng(11).poisson(0.5, (300, 48)).astype(float)
    demand[200:, :26] = 0
    demand[200:, 26:36] *= 3
    demand[200:, 36:] = 0
    replay = Replay(demand, is_known_only=True)
    assert replay.played_rows(24).tolist() == list(range(200))
    (asked,), (by_all,) = (one.calibrated(OURS, 36, 12, [0.9]) for one in (replay, Replay(demand)))
    played = replay.curve(OURS, 36, 12)
    assert abs(played.reached(asked) - 0.9) <= 0.02
    assert played.reached(by_all) > 0.95


def test_nothing_after_the_months_of_learning_is_looked_at(carparts):
    spoiled = carparts.copy()
    spoiled[:, 39:] = 1000
    plain, other = (Replay(demand[:200]).calibrated(OURS, 39, 12, [0.9]) for demand in (carparts, spoiled))
    assert plain == other


def test_the_picture_is_svg_with_a_line_for_each_policy(curves):
    assert draw(curves).count("<polyline") == len(POLICIES)


def test_histories_are_read_in_both_forms_and_faults_are_named(tmp_path):
    long, wide, bad = (tmp_path / name for name in ("long.csv.gz", "wide.csv", "bad.csv"))
    long.write_bytes(gzip.compress(b"part,month,units\nA,1998-01,2\nB,1998-02,\n"))
    wide.write_text("part,1,2,3\nA,2,0,1\nB,0,NA,4\n")
    bad.write_text("part,month,units\nA,1998-01,many\n")
    assert read_demand(long).tolist() == [[2, 0], [0, 0]]
    assert read_demand(wide).tolist() == [[2, 0, 1], [0, 0, 4]]
    with pytest.raises(SettingsError, match=r"bad\.csv line 2: 'many' is no quantity"):
        read_demand(bad)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_demand(tmp_path / "none.csv")


def long_history(tmp_path, *rows: str):
    path = tmp_path / "history.csv"
    path.write_text("\n".join(["part,month,quantity", *rows]))
    return path


def test_months_follow_each_other_as_they_are_counted_and_those_without_a_row_are_there(tmp_path):
    counted = long_history(tmp_path, "P,2,20", "P,10,100", "P,10,1")
    assert read_demand(counted).tolist() == [[20, 0, 0, 0, 0, 0, 0, 0, 101]]
    calendar = long_history(tmp_path, "P,2001-11,1", "Q,2002-02-01,2")
    assert read_demand(calendar).tolist() == [[1, 0, 0, 0], [0, 0, 0, 2]]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("P,Jan-01,1", "'Jan-01' is no month"),
        ("P,2001-13,1", "'2001-13' is no month"),
        ("P,2001-01", "line 2 is no part, month and quantity"),
        ("P,2001-01,nan", "'nan' is no quantity"),
        ("P,2001-01,inf", "'inf' is no quantity"),
        ("P,2001-01,-1", "below zero"),
    ],
)
def test_a_row_that_is_no_demand_is_named(tmp_path, row, words):
    with pytest.raises(SettingsError, match=words):
        read_demand(long_history(tmp_path, row))


def test_text_that_is_no_history_is_refused(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("# A title\n\nwords\n")
    with pytest.raises(SettingsError, match="no column of months"):
        read_demand(path)
