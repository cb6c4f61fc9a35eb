"""What was due by a calendar stays due, whatever becomes of the calendar; which file belongs to which moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from ingest.feed_dues import punctuality, record_dues
from ingest.profiles.folder import Profiles
from tests.support.ingest_files import USAGE, lines, write

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
PROFILE = """
source_code: G1
kind: usage
calendar: {{due: "06:00", grace_minutes: {grace}, days: [mon, tue, wed, thu, fri]}}
"""


def at(day: int, hour: float) -> datetime:
    """An hour of a day, counted from Monday on as 0."""
    return MONDAY + timedelta(days=day, hours=hour)


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "profiles"
    write(folder, "g1.yaml", PROFILE.format(grace=60))
    return folder


@pytest.fixture
def deliver(ingest, stores):
    """A file of G1 that arrived at a moment."""
    ingest.catalogue()

    def put(moment: datetime, content: str | None = None) -> None:
        outcome = ingest(content or lines(USAGE, {"work_order_number": f"{moment}"}), "usage", "G1")
        with psycopg.connect(stores.owner, autocommit=True) as owner:
            owner.execute(
                "update ingest.deliveries set delivered_at = %s where batch_id = %s", (moment, outcome.batch_id)
            )

    return put


def arrivals(connection) -> list[tuple]:
    """Of every moment that was due by G1: the moment, and when its file came."""
    return connection.execute(
        "select due_at, arrived_at from ingest.feed_arrivals where source_code = 'G1' order by due_at"
    ).fetchall()


def share(connection, now: datetime) -> tuple[int, int] | None:
    found = punctuality(connection, now).get(("G1", "usage"))
    return found and (found.on_time_count, found.due_count)


def test_files_belong_to_the_nearest_moment_and_are_in_time_until_the_grace_is_over(ingest, folder, deliver):
    connection = ingest.connection
    assert record_dues(connection, Profiles(folder), at(0, 0)) == 1
    deliver(at(0, 6.9))  # Monday, within the hour of grace
    deliver(at(1, 7.1))  # Tuesday, after it
    deliver(at(2, 20))  # Wednesday evening: early for Thursday, so Wednesday had none
    deliver(at(4, 6), content="garage_code\nG1\n")  # refused, so Friday had none
    assert record_dues(connection, Profiles(folder), at(4, 8)) == 5
    assert arrivals(connection) == [
        (at(0, 6), at(0, 6.9)), (at(1, 6), at(1, 7.1)), (at(2, 6), None), (at(3, 6), at(2, 20)), (at(4, 6), None),
        (at(7, 6), None),
    ]  # fmt: skip
    # Monday is not due yet: two of five.
    assert share(connection, at(4, 8)) == (2, 5)
    # Within its grace Friday's may still come.
    assert share(connection, at(4, 6.5)) == (2, 4)
    assert punctuality(connection, at(4, 8))["G1", "usage"].on_time_pct == 40.0


def test_nothing_due_is_no_data(ingest, folder):
    record_dues(ingest.connection, Profiles(folder), at(0, 0))
    assert share(ingest.connection, at(0, 6)) is None
    # Not by what a calendar that is written down today would have asked for before.
    record_dues(ingest.connection, Profiles(folder), at(0, 1))
    assert [due for due, _ in arrivals(ingest.connection)] == [at(0, 6)]


def test_a_feed_of_which_nothing_ever_came_counts_with_all_that_was_due(ingest, folder):
    record_dues(ingest.connection, Profiles(folder), at(0, 0))
    record_dues(ingest.connection, Profiles(folder), at(1, 8))
    assert share(ingest.connection, at(1, 8)) == (0, 2)


def test_a_calendar_that_changes_leaves_what_was_due_and_takes_back_what_is_to_come(ingest, folder):
    connection = ingest.connection
    record_dues(connection, Profiles(folder), at(0, 0))
    record_dues(connection, Profiles(folder), at(0, 7))
    assert record_dues(connection, Profiles(folder), at(0, 7)) == 0
    write(folder, "g1.yaml", PROFILE.format(grace=0).replace("06:00", "09:00"))
    record_dues(connection, Profiles(folder), at(0, 8))
    graces = "select due_at, grace_minutes from ingest.feed_dues order by due_at"
    assert connection.execute(graces).fetchall() == [(at(0, 6), 60), (at(0, 9), 0)]
    (folder / "g1.yaml").unlink()
    record_dues(connection, Profiles(folder), at(0, 8))
    assert [due for due, _ in arrivals(connection)] == [at(0, 6)]


def test_a_calendar_with_more_days_asks_for_none_that_have_passed(ingest, folder):
    connection = ingest.connection
    write(folder, "g1.yaml", PROFILE.format(grace=0).replace("[mon, tue, wed, thu, fri]", "[mon]"))
    record_dues(connection, Profiles(folder), at(0, 0))
    record_dues(connection, Profiles(folder), at(0, 8))
    write(folder, "g1.yaml", PROFILE.format(grace=0))
    record_dues(connection, Profiles(folder), at(3, 8))
    assert [due for due, _ in arrivals(connection)] == [at(0, 6), at(4, 6)]
    # What became due while nobody looked is written down all the same.
    record_dues(connection, Profiles(folder), at(8, 8))
    assert [due for due, _ in arrivals(connection)] == [at(0, 6), at(4, 6), at(7, 6), at(8, 6), at(9, 6)]


def test_a_calendar_that_was_gone_asks_for_nothing_of_the_days_between(ingest, folder, deliver):
    connection = ingest.connection
    record_dues(connection, Profiles(folder), at(0, 0))
    deliver(at(0, 6.5))
    record_dues(connection, Profiles(folder), at(0, 8))
    (folder / "g1.yaml").unlink()
    # Twice, for gone is gone; Tuesday had become due before anybody saw that it was.
    for hour in (7, 8):
        record_dues(connection, Profiles(folder), at(1, hour))
    write(folder, "g1.yaml", PROFILE.format(grace=60))
    assert record_dues(connection, Profiles(folder), at(3, 8)) == 1
    # A file of the days between is no early one of the first moment after them.
    deliver(at(2, 6))
    assert arrivals(connection) == [(at(0, 6), at(0, 6.5)), (at(1, 6), at(2, 6)), (at(4, 6), None)]
    # From then on as ever, also what became due while nobody looked, and gone once more.
    record_dues(connection, Profiles(folder), at(7, 8))
    (folder / "g1.yaml").unlink()
    record_dues(connection, Profiles(folder), at(7, 9))
    write(folder, "g1.yaml", PROFILE.format(grace=60))
    record_dues(connection, Profiles(folder), at(9, 8))
    assert [due for due, _ in arrivals(connection)][2:] == [at(4, 6), at(7, 6), at(10, 6)]
    assert share(connection, at(9, 8)) == (1, 4)
    ended = connection.execute("select due_at, ended_at from ingest.feed_dues where ended_at is not null order by 1")
    assert ended.fetchall() == [(at(1, 6), at(1, 7)), (at(7, 6), at(7, 9))]
