"""Who is late, from the ledger and the calendars of profiles; what the checks make of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from assets.freshness import verdict
from ingest.freshness import State, partner_freshness
from ingest.profiles.folder import Profiles
from tests.support.ingest_files import USAGE, lines, write

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
PROFILE = """
source_code: "{source}"
kind: usage
calendar:
  due: "06:00"
  grace_minutes: 60
"""


@pytest.fixture
def profiles(tmp_path) -> Path:
    folder = tmp_path / "profiles"
    for source in ("G1", "G2", "NEVER"):
        write(folder, f"{source}.yaml", PROFILE.format(source=source))
    return folder


def delivered(ingest, source: str, moment: datetime, content: str | None = None) -> None:
    """A file of this source that arrived at this moment."""
    outcome = ingest(content or lines(USAGE, {"work_order_number": f"{source}{moment}"}), "usage", source)
    ingest.connection.execute(
        "insert into ingest.deliveries (batch_id, file_name, delivered_at, is_repeat) values (%s, 'a.csv', %s, true)",
        (outcome.batch_id, moment),
    )


@pytest.fixture
def feeds(ingest, profiles, stores):
    """States by source and kind at a moment, of deliveries at the moments that a test gives them."""
    ingest.catalogue()

    def at(moment: datetime) -> dict:
        with psycopg.connect(stores.owner, autocommit=True) as owner:
            owner.execute("delete from ingest.deliveries where file_name <> 'a.csv'")
        found = partner_freshness(ingest.connection, Profiles(profiles), moment)
        return {(feed.source_code, feed.kind): feed for feed in found}

    return at


def test_each_partner_stands_by_its_own_deliveries(ingest, feeds):
    delivered(ingest, "G1", NOON - timedelta(hours=7))
    delivered(ingest, "G2", NOON - timedelta(hours=31))
    delivered(ingest, "UNTOLD", NOON - timedelta(hours=2))
    found = feeds(NOON)
    assert {key[0]: feed.state for key, feed in found.items()} == {
        "NEVER": State.SILENT, "G2": State.LATE, "G1": State.FRESH, "UNTOLD": None,
    }  # fmt: skip
    assert next(iter(found)) == ("NEVER", "usage")
    assert found["G2", "usage"].due_at == NOON.replace(hour=6)
    tomorrow = feeds(NOON + timedelta(days=1))
    assert (tomorrow["G1", "usage"].state, tomorrow["G2", "usage"].state) == (State.LATE, State.STALE)


def test_a_file_that_was_refused_does_not_make_a_feed_fresh(ingest, feeds):
    delivered(ingest, "G1", NOON - timedelta(hours=31))
    delivered(ingest, "G1", NOON - timedelta(hours=7), content="garage_code\nG1\n")
    feed = feeds(NOON)["G1", "usage"]
    assert (feed.state, feed.last_state, feed.last_delivered_at) == (
        State.LATE, "REJECTED", NOON - timedelta(hours=7),
    )  # fmt: skip


def test_a_calendar_for_any_source_holds_for_whoever_has_none_of_its_own(ingest, feeds, profiles):
    write(profiles, "any.yaml", PROFILE.format(source="*").replace("06:00", "09:00"))
    delivered(ingest, "UNTOLD", NOON - timedelta(hours=30))
    delivered(ingest, "G1", NOON - timedelta(hours=7))
    found = feeds(NOON)
    assert found["UNTOLD", "usage"].state is State.LATE
    assert found["G1", "usage"].due_at == NOON.replace(hour=6) + timedelta(days=1)
    assert ("*", "usage") not in found


def test_the_check_of_a_kind_shows_the_late_partner_beside_the_fresh_ones(ingest, feeds):
    delivered(ingest, "G1", NOON - timedelta(hours=7))
    delivered(ingest, "G2", NOON - timedelta(hours=31))
    found = [feed for feed in feeds(NOON).values() if feed.source_code != "NEVER"]
    said = verdict(found)
    assert (said["passed"], said["severity"]) == (False, dg.AssetCheckSeverity.WARN)
    assert said["metadata"]["summary"].startswith("1 of 2 partners with a calendar are late; worst: G2 usage: LATE")
    rows = [record.data for record in said["metadata"]["partners"].value.records]
    assert [(row["partner"], row["state"]) for row in rows] == [("G2", "LATE"), ("G1", "FRESH")]
    later = [feed for feed in feeds(NOON + timedelta(days=1)).values() if feed.source_code != "NEVER"]
    assert verdict(later)["severity"] == dg.AssetCheckSeverity.ERROR
    assert verdict([])["passed"]
