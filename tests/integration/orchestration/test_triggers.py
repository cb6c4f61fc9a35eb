"""What starts a run by itself: a file that arrived, and the clock."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import dagster as dg
import psycopg
import pytest

from assets.arrivals import batches, feed_arrivals
from assets.catalogue import garages, parts
from assets.freshness import feeds_on_time
from assets.garage_inventory import usage_lines
from assets.manifest import PROJECT_FOLDER
from assets.names import USAGE_LINES
from assets.resources import Clock, Folders, InventoryDatabase
from ingest.arrival.taking import land_waiting
from ingest.generations import fingerprint, record_generation
from orchestration.schedules import refresh_stock_nightly
from orchestration.sensors import feed_arrived, feeds_late
from tests.support.ingest_files import GARAGE, PART, USAGE, lines, write

AS_OF = datetime(2002, 4, 1, tzinfo=UTC)


@pytest.fixture
def resources(stores, tmp_path):
    return {"inventory_db": InventoryDatabase(url=stores.pipeline), "folders": folders_in(tmp_path)}


def folders_in(place: Path, **changes: str) -> Folders:
    names = ("drop", "landing", "exports", "reports", "data_docs", "profiles", "outcomes", "outbox")
    return Folders(**{name: str(place / name) for name in names}, **changes)


def arrive(resources, name: str) -> None:
    """A complete file of a sender in the drop folder."""
    folder = resources["folders"].path("drop") / "OFFICE" / "parts"
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(write(folder, name, lines(PART)), (1, 1))


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def tick(resources, instance=None) -> dg.RunRequest | dg.SkipReason:
    with dg.DagsterInstance.ephemeral() as made:
        return feed_arrived(dg.build_sensor_context(instance or made), **resources)


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


def test_a_wait_whose_run_failed_is_asked_for_again(resources, instance):
    """A key that was used once never starts another run."""
    arrive(resources, "one.csv")
    first = tick(resources, instance)
    instance.add_run(dg.DagsterRun("refresh_stock", tags=first.tags, status=dg.DagsterRunStatus.FAILURE))
    second = tick(resources, instance)
    assert second.run_key != first.run_key
    instance.add_run(dg.DagsterRun("refresh_stock", tags=second.tags, status=dg.DagsterRunStatus.STARTED))
    assert tick(resources, instance).run_key == second.run_key


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE])
def test_a_wait_that_no_run_can_take_is_asked_for_ever_more_rarely(resources, instance, status):
    """A file that cannot be fetched, say: the run that could not take it ends well."""
    arrive(resources, "one.csv")
    for _ in range(2):
        request = tick(resources, instance)
        assert isinstance(request, dg.RunRequest)
        instance.add_run(dg.DagsterRun("refresh_stock", tags=request.tags, status=status))
    answer = tick(resources, instance)
    assert isinstance(answer, dg.SkipReason) and "2 runs ended without taking all of it" in answer.skip_message


def test_a_dead_inbox_is_named_in_the_skip_and_fails_its_check(resources, tmp_path, instance):
    described = write(tmp_path, "inboxes.yaml", f"inboxes:\n  - {{name: acme, url: {tmp_path / 'gone'}}}\n")
    resources["folders"] = folders_in(tmp_path, inboxes=str(described))
    answer = tick(resources)
    assert isinstance(answer, dg.SkipReason)
    assert "inbox acme does not answer: there is no folder" in answer.skip_message
    assert "2 inboxes" in answer.skip_message
    arrive(resources, "one.csv")
    done = dg.materialize([batches], resources=resources, instance=instance)
    [check] = done.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.severity) == ("inboxes", False, dg.AssetCheckSeverity.ERROR)
    assert "acme" in check.metadata["summary"].value
    assert done.asset_materializations_for_node("ingest__batches")[0].metadata["dagster/row_count"].value == 1


def test_sixty_partners_of_one_evening_are_one_run(resources, instance, stores):
    drop = resources["folders"].path("drop")
    office = [("OFFICE", "garages", lines(GARAGE)), ("OFFICE", "parts", lines(PART))]
    senders = [(f"G{number}", "usage", lines(USAGE, {"work_order_number": f"W{number}"})) for number in range(60)]
    for source, kind, content in office + senders:
        os.utime(write(drop / source / kind, "evening.csv", content), (1, 1))
    request = tick(resources, instance)
    assert request.tags["waiting_files"] == "62"
    done = dg.materialize([batches, garages, parts, usage_lines], resources=resources, instance=instance)
    with psycopg.connect(stores.pipeline) as connection:
        states = connection.execute("select state, count(*) from ingest.batches group by 1").fetchall()
    assert done.success and states == [("ACCEPTED", 62)]
    assert isinstance(tick(resources, instance), dg.SkipReason)


CALENDAR = "source_code: G1\nkind: usage\ncalendar: {due: '06:00'}\n"


def test_the_skip_says_who_is_late_and_what_is_expected_next(resources):
    assert "nothing else is expected" in tick(resources).skip_message
    write(resources["folders"].path("profiles"), "g1.yaml", CALENDAR)
    said = tick(resources).skip_message
    assert "1 partners late (worst: G1 usage: SILENT" in said and "next look in 30 s" in said


def test_a_late_partner_is_a_failed_check_without_any_run_and_is_told_once(resources, instance):
    write(resources["folders"].path("profiles"), "g1.yaml", CALENDAR)
    first = feeds_late(dg.build_sensor_context(instance), **resources)
    [told] = first.asset_events
    assert (told.asset_key, told.check_name, told.passed) == (USAGE_LINES, "feeds_on_time", False)
    assert told.severity == dg.AssetCheckSeverity.ERROR
    again = feeds_late(dg.build_sensor_context(instance, cursor=first.cursor), **resources)
    assert again.asset_events == [] and "1 of 1 feeds are late" in again.skip_reason.skip_message
    (resources["folders"].path("profiles") / "g1.yaml").unlink()
    mended = feeds_late(dg.build_sensor_context(instance, cursor=first.cursor), **resources)
    assert [told.passed for told in mended.asset_events] == [True]


def test_what_is_due_is_noted_by_the_sensor_and_by_every_run(resources, instance, stores):
    write(resources["folders"].path("profiles"), "g1.yaml", CALENDAR)
    feeds_late(dg.build_sensor_context(instance), **resources)
    write(resources["folders"].path("profiles"), "g2.yaml", CALENDAR.replace("G1", "G2"))
    [noted] = dg.materialize([feed_arrivals], resources=resources, instance=instance).asset_materializations_for_node(
        "ingest__feed_arrivals"
    )
    assert noted.metadata["due_count"].value == 1
    with psycopg.connect(stores.pipeline) as connection:
        dues = connection.execute("select source_code, due_at > now() from ingest.feed_dues order by 1").fetchall()
    assert dues == [("G1", True), ("G2", True)]


def test_a_run_checks_the_feeds_of_the_kinds_it_takes(resources, instance):
    write(resources["folders"].path("profiles"), "g1.yaml", CALENDAR)
    job = dg.define_asset_job("checks", selection=dg.AssetSelection.checks(feeds_on_time))
    defs = dg.Definitions(asset_checks=[feeds_on_time], jobs=[job], resources=resources)
    done = defs.resolve_job_def("checks").execute_in_process(instance=instance)
    failed = {check.asset_key for check in done.get_asset_check_evaluations() if not check.passed}
    assert failed == {USAGE_LINES}


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


def test_a_file_that_a_defect_of_ours_stops_holds_no_other_sender_up(resources, instance, monkeypatch):
    drop = resources["folders"].path("drop")
    office = [("OFFICE", "garages", lines(GARAGE)), ("OFFICE", "parts", lines(PART))]
    senders = [(name, "usage", lines(USAGE, {"work_order_number": name})) for name in ("G1", "ODD", "G3")]
    for source, kind, content in office + senders:
        os.utime(write(drop / source / kind, "evening.csv", content), (1, 1))
    with resources["inventory_db"].connect() as connection:
        monkeypatch.setattr("assets.shared.process", stopped_by("ODD", connection))
        done = dg.materialize([batches, garages, parts, usage_lines], resources=resources, instance=instance)
        found = connection.execute(
            "select source_code, state, error_code from ingest.batches where kind = 'usage' order by source_code"
        ).fetchall()
    assert found == [("G1", "ACCEPTED", None), ("G3", "ACCEPTED", None), ("ODD", "HELD", "DEFECT")]
    assert done.success and isinstance(tick(resources, instance), dg.SkipReason)


def stopped_by(source: str, connection: psycopg.Connection):
    """The loader, with a defect that the files of one sender meet."""
    from ingest.pipeline import process

    def load(used, landing, batch_id, **options):
        query = "select source_code from ingest.batches where batch_id = %s"
        if connection.execute(query, (batch_id,)).fetchone() == (source,):
            raise ZeroDivisionError
        return process(used, landing, batch_id, **options)

    return load
