"""What is due when, and what a missed delivery makes of a feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest.freshness import SILENT_AFTER, State, due_moments, freshness
from ingest.profiles.model import Calendar

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def calendar(**changes) -> Calendar:
    return Calendar(**{"days": WORKDAYS, "due": "06:00", "grace_minutes": 60, **changes})


@pytest.mark.parametrize(
    ("now", "last", "state", "missed"),
    [
        # Monday 4 March 2024. The file of the morning is there.
        ("2024-03-04 12:00", "2024-03-04 05:50", State.FRESH, 0),
        # It came after its time and within its grace.
        ("2024-03-04 12:00", "2024-03-04 06:40", State.FRESH, 0),
        # Friday's file is there, Monday's is due and has its hour of grace.
        ("2024-03-04 06:30", "2024-03-01 05:50", State.FRESH, 0),
        ("2024-03-04 07:00", "2024-03-01 05:50", State.FRESH, 0),
        ("2024-03-04 07:01", "2024-03-01 05:50", State.LATE, 1),
        # Late and then there: nothing is missed any more.
        ("2024-03-04 10:00", "2024-03-04 09:00", State.FRESH, 0),
        # The late file of Monday is not the one of Tuesday, the early one of Monday evening is.
        ("2024-03-05 08:00", "2024-03-04 09:00", State.LATE, 1),
        ("2024-03-05 08:00", "2024-03-04 22:00", State.FRESH, 0),
        # Two and four deliveries missed, then five.
        ("2024-03-05 08:00", "2024-03-01 05:50", State.STALE, 2),
        ("2024-03-07 08:00", "2024-03-01 05:50", State.STALE, 4),
        ("2024-03-08 08:00", "2024-03-01 05:50", State.SILENT, 5),
        # Nothing for longer than anybody counts.
        ("2024-03-08 08:00", "2021-03-01 05:50", State.SILENT, 286),
    ],
)
def test_a_feed_is_as_late_as_the_deliveries_it_missed(now, last, state, missed):
    stands = freshness(at(now), calendar(), at(last))
    assert (stands.state, stands.missed_count) == (state, missed)


def test_the_weekend_is_not_missed_by_who_sends_on_workdays():
    assert freshness(at("2024-03-03 23:00"), calendar(), at("2024-03-01 05:50")).state is State.FRESH
    every_day = calendar(days=(*WORKDAYS, "sat", "sun"))
    assert freshness(at("2024-03-03 23:00"), every_day, at("2024-03-01 05:50")).state is State.STALE


def test_a_day_on_which_the_partner_is_closed_is_not_missed():
    easter = calendar(closed_on=("2024-03-29", "2024-04-01"))
    assert freshness(at("2024-04-01 12:00"), easter, at("2024-03-28 05:00")).state is State.FRESH
    assert freshness(at("2024-04-01 12:00"), calendar(), at("2024-03-28 05:00")).state is State.STALE
    assert freshness(at("2024-04-02 12:00"), easter, at("2024-03-28 05:00")).state is State.LATE


def test_six_in_the_morning_in_berlin_is_another_moment_in_summer():
    berlin = calendar(time_zone="Europe/Berlin")
    # The clocks went forward on Sunday 31 March 2024.
    assert due_moments(berlin, at("2024-03-29"), at("2024-04-02")) == [at("2024-03-29 05:00"), at("2024-04-01 04:00")]
    assert freshness(at("2024-04-01 05:01"), berlin, at("2024-03-29 04:50")).state is State.LATE
    assert freshness(at("2024-03-29 05:01"), berlin, at("2024-03-28 04:50")).state is State.FRESH


def test_a_due_time_that_the_clock_skips_or_repeats_is_due_once():
    night = calendar(days=("sun",), due="02:30", time_zone="Europe/Berlin")
    assert due_moments(night, at("2024-03-30"), at("2024-04-01")) == [at("2024-03-31 01:30")]
    assert due_moments(night, at("2024-10-26"), at("2024-10-28")) == [at("2024-10-27 00:30")]


def test_a_feed_of_which_nothing_ever_came_is_silent():
    stands = freshness(at("2024-03-04 06:30"), calendar(), None)
    assert stands.state is State.SILENT
    assert stands.due_at == at("2024-03-04 06:00")


def test_a_calendar_without_days_makes_nothing_late():
    assert freshness(at("2024-03-04 06:30"), calendar(days=()), None).state is State.FRESH


def test_what_is_said_to_be_due_is_the_first_missed_or_the_next():
    assert freshness(at("2024-03-06 12:00"), calendar(), at("2024-03-01 05:00")).due_at == at("2024-03-04 06:00")
    assert freshness(at("2024-03-04 12:00"), calendar(), at("2024-03-04 05:00")).due_at == at("2024-03-05 06:00")


def test_a_feed_only_gets_worse_until_something_is_accepted():
    order, last = [State.FRESH, State.LATE, State.STALE, State.SILENT], at("2024-03-01 05:50")
    states = [freshness(last + timedelta(hours=hours), calendar(), last).state for hours in range(0, 24 * 14)]
    assert [order.index(state) for state in states] == sorted(order.index(state) for state in states)
    assert set(states) == set(order) and SILENT_AFTER == 5
