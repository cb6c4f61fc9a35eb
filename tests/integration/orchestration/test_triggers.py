"""What starts a run by itself: a file that arrived, and the clock."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from uuid import uuid4

import dagster as dg
import psycopg
import pytest

from assets.manifest import PROJECT_FOLDER
from assets.resources import Clock, Folders, InventoryDatabase
from ingest.arrival.taking import land_waiting
from ingest.generations import fingerprint, record_generation
from orchestration.schedules import refresh_stock_nightly
from orchestration.sensors import feed_arrived
from tests.support.ingest_files import PART, lines, write

AS_OF = datetime(2002, 4, 1, tzinfo=UTC)


@pytest.fixture
def resources(stores, tmp_path):
    names = ("drop", "landing", "exports", "reports", "data_docs", "profiles")
    return {
        "inventory_db": InventoryDatabase(url=stores.pipeline),
        "folders": Folders(**{name: str(tmp_path / name) for name in names}),
    }


def arrive(resources, name: str) -> None:
    """A complete file of a sender in the drop folder."""
    folder = resources["folders"].path("drop") / "OFFICE" / "parts"
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(write(folder, name, lines(PART)), (1, 1))


def tick(resources) -> dg.RunRequest | dg.SkipReason:
    with dg.DagsterInstance.ephemeral() as instance:
        return feed_arrived(dg.build_sensor_context(instance), **resources)


def night(resources) -> dg.RunRequest | dg.SkipReason:
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2002, 4, 2, 2, tzinfo=UTC))
    return refresh_stock_nightly(context, **resources, clock=Clock(fixed=AS_OF.isoformat()))


def test_an_empty_drop_folder_is_a_skip_that_says_where_it_looked(resources):
    answer = tick(resources)
    assert isinstance(answer, dg.SkipReason)
    assert "0 new files" in answer.skip_message and "next look in 30 s" in answer.skip_message


def test_the_same_wait_is_asked_for_once_and_another_file_asks_anew(resources):
    arrive(resources, "one.csv")
    first = tick(resources)
    assert isinstance(first, dg.RunRequest)
    assert tick(resources).run_key == first.run_key
    arrive(resources, "two.csv")
    assert tick(resources).run_key != first.run_key


def test_a_batch_that_landed_but_was_never_stored_is_asked_for_again(resources, stores):
    arrive(resources, "one.csv")
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        land_waiting(connection, resources["folders"].all_inboxes(), resources["folders"].path("landing"))
    assert isinstance(tick(resources), dg.RunRequest)


def test_the_night_runs_when_something_is_due_and_skips_with_words_when_not(resources, stores):
    assert isinstance(night(resources), dg.RunRequest)
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        made_from = fingerprint(connection, AS_OF, PROJECT_FOLDER)
        record_generation(connection, str(uuid4()), made_from, AS_OF, "run", {})
    answer = night(resources)
    assert isinstance(answer, dg.SkipReason) and answer.skip_message.startswith("Nothing new since")
    arrive(resources, "one.csv")
    assert isinstance(night(resources), dg.RunRequest)
