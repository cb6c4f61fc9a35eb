"""The game by hand, the yardsticks by hand, and what the method saves on the spare parts of carparts."""

from __future__ import annotations

import gzip
from itertools import pairwise

import numpy as np
import pytest

from assets.simulation import methods
from assets.simulation.comparing import METHODS, OURS, Curve, calibrated, curve
from assets.simulation.drawing import draw
from assets.simulation.game import Played, play
from assets.simulation.series import read_demand
from ingest.errors import SettingsError
from orchestration.cli.simulate import CARPARTS


def levels(*values):
    return [np.array([value]) for value in values]


def test_what_is_not_there_is_lost_and_the_shelf_is_filled_for_the_next_month():
    played = play(levels(3, 3, 3), np.array([[2.0, 5.0]]))
    assert played == Played(fill_rate=5 / 7, average_stock=(2 + 1.5) / 2, order_line_count=2, stock_out_months=1)


def test_an_order_that_takes_a_month_longer_is_there_a_month_later():
    played = play(levels(3, 3, 3, 3), np.array([[2.0, 1.0, 3.0]]), delay=1)
    # 3 → 1, ordered 2; 1 → 0, 2 arrive, ordered 1; 2 → 0 of 3 wanted.
    assert (played.fill_rate, played.stock_out_months) == (5 / 6, 1)
    assert played.average_stock == pytest.approx((2 + 0.5 + 1) / 3)


def test_a_level_that_falls_orders_nothing():
    assert play(levels(5, 1, 1), np.array([[1.0, 1.0]])).order_line_count == 0


def test_the_yardsticks_by_hand():
    history = np.array([[0.0] * 22 + [12.0, 12.0]])
    assert methods.minimum_maximum(history, 1.5).tolist() == [3]
    assert methods.moving_average(history, 0).tolist() == [4]
    spread = history[:, -12:].std() * 2**0.5
    assert methods.moving_average(history, 1).tolist() == [np.ceil(4 + spread)]


def test_crostons_mean_is_size_by_interval():
    assert methods.croston_mean(np.array([[0.0, 2.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0]])).tolist() == [1, 0]
    # After 4 in the next month: size 2 + 0.1 · 2, interval 2 − 0.1 · 1.
    assert methods.croston_mean(np.array([[0.0, 2.0, 4.0]]))[0] == pytest.approx(2.2 / 1.9)


def test_a_series_without_demand_is_drawn_to_the_network_and_a_higher_level_never_asks_for_less():
    history = np.random.default_rng(3).poisson(0.4, (50, 30)).astype(float)
    history[0] = 0
    month, spread, doubt = methods.shrunk_moments(history)
    assert 0 < month[0] < history.mean() and (spread >= month).all() and (doubt > 0).all()
    asked = [methods.shrunk_quantile(history, level) for level in (0.5, 0.9, 0.99)]
    assert all((low <= high).all() for low, high in pairwise(asked))


def test_a_curve_is_read_between_its_points_and_says_where_it_never_gets():
    made = Curve(np.array([1.0, 2.0]), [Played(0.8, 100, 5, 3), Played(0.9, 200, 7, 2)])
    assert (made.at(0.85), made.at(0.95), made.parameter_at(0.85)) == (pytest.approx(150), None, pytest.approx(1.5))


@pytest.fixture(scope="module")
def carparts():
    return read_demand(CARPARTS)


@pytest.fixture(scope="module")
def curves(carparts):
    return {name: curve(carparts, 39, 12, name) for name in METHODS}


@pytest.mark.parametrize("fill_rate", [0.93, 0.95, 0.97])
def test_the_method_takes_eight_per_cent_less_stock_than_the_best_yardstick(curves, fill_rate):
    best = min(found for name in curves if name != OURS and (found := curves[name].at(fill_rate)))
    assert curves[OURS].at(fill_rate) <= 0.92 * best


def test_the_fill_rate_asked_for_is_reached_within_two_points(carparts, curves):
    asked = (0.93, 0.95, 0.97)
    reached = [curves[OURS].reached(level) for level in calibrated(carparts, 39, 12, asked)]
    assert [round(abs(one - other), 4) <= 0.02 for one, other in zip(reached, asked, strict=True)] == [True] * 3


def test_nothing_after_the_months_of_learning_is_looked_at(carparts):
    spoiled = carparts.copy()
    spoiled[:, 39:] = 1000
    assert calibrated(spoiled[:200], 39, 12, [0.9]) == calibrated(carparts[:200], 39, 12, [0.9])


def test_the_picture_is_svg_with_a_line_for_each_method(curves):
    assert draw(curves).count("<polyline") == len(METHODS)


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
