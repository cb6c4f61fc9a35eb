"""``partsbay feeds``: who sent what, who is late, which inbox does not answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from typer.testing import CliRunner

from ingest.arrival.inboxes import read_inboxes
from ingest.arrival.look import look
from ingest.feed_dues import record_dues
from ingest.profiles.folder import Profiles
from orchestration.cli.app import app
from tests.support.ingest_files import GARAGE, Ingest, lines, write

CALENDAR = 'source_code: {source}\nkind: {kind}\ncalendar: {{due: "00:00", grace_minutes: {grace}}}\n'


@pytest.fixture
def home(stores, tmp_path, monkeypatch):
    """A home whose primary is the test's database."""
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", stores.pipeline)
    return tmp_path


@pytest.fixture
def ingest(stores, tmp_path) -> Iterator[Ingest]:
    made = Ingest(stores.pipeline, tmp_path)
    yield made
    made.connection.close()


def partsbay(*words: str, code: int) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, done.output
    return done.stdout


def test_a_new_home_has_no_feeds_and_one_inbox(home):
    assert "Nobody has sent anything yet" in partsbay("feeds", code=0)
    document = json.loads(partsbay("feeds", "--json", code=0))
    assert document["feeds"] == [] and [one["inbox_name"] for one in document["inboxes"]] == ["drop"]


def test_fresh_and_silent_partners_are_told_apart_to_people_and_programs(home, ingest):
    write(home / "profiles", "office.yaml", CALENDAR.format(source="OFFICE", kind="garages", grace=1440))
    assert ingest(lines(GARAGE), "garages", "OFFICE", name="north.csv").state == "ACCEPTED"
    said = partsbay("feeds", code=0)
    assert "OFFICE" in said and "FRESH" in said and "north.csv" in said
    write(home / "profiles", "g1.yaml", CALENDAR.format(source="G1", kind="usage", grace=0))
    document = json.loads(partsbay("feeds", "--json", code=1))
    assert [(one["source_code"], one["state"]) for one in document["feeds"]] == [("G1", "SILENT"), ("OFFICE", "FRESH")]


def test_how_punctual_a_feed_is_is_told_once_something_was_due(home, ingest, stores):
    write(home / "profiles", "g1.yaml", CALENDAR.format(source="G1", kind="usage", grace=0))
    [before] = json.loads(partsbay("feeds", "--json", code=1))["feeds"]
    assert (before["due_count"], before["on_time_pct"]) == (0, None)
    assert "on time" not in partsbay("feeds", code=1)
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        for days in (2, 1):
            record_dues(connection, Profiles(home / "profiles"), datetime.now(UTC) - timedelta(days=days))
    assert "0 of 2" in partsbay("feeds", code=1)
    [told] = json.loads(partsbay("feeds", "--json", code=1))["feeds"]
    assert (told["due_count"], told["on_time_count"], told["on_time_pct"]) == (2, 0, 0.0)


def test_an_inbox_that_does_not_answer_is_said_and_ends_with_1(home, stores):
    described = write(home / "profiles", "inboxes.yaml", f"inboxes:\n  - {{name: acme, url: {home / 'gone'}}}\n")
    assert "not looked at yet" in partsbay("feeds", code=0)
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        look(connection, read_inboxes(home / "drop", described))
    assert f"there is no folder {home / 'gone'}" in partsbay("feeds", code=1)


def test_a_wrong_description_of_inboxes_is_refused_with_its_place(home):
    write(home / "profiles", "inboxes.yaml", "inboxes:\n  - {name: acme, url: 'sftp://me:hunter2@host/x'}\n")
    done = CliRunner().invoke(app, ["feeds"])
    assert done.exit_code != 0
    assert "credentials by reference" in str(done.exception) and "hunter2" not in str(done.exception)


def test_doctor_names_the_secret_that_an_inbox_lacks(home, monkeypatch):
    described = "{name: acme, url: s3://x, credentials: {access_key_id: {env: NOT_SET}}}"
    write(home / "profiles", "inboxes.yaml", f"inboxes:\n  - {described}\n")
    findings = json.loads(partsbay("doctor", "--json", code=1))["checks"]
    [bad] = [one for one in findings if one["check"] == "inboxes" and one["state"] == "problem"]
    assert "inbox acme: the environment variable NOT_SET holds no secret" in bad["message"]
    monkeypatch.setenv("NOT_SET", "set")
    findings = json.loads(partsbay("doctor", "--json", code=1))["checks"]
    assert [one["message"] for one in findings if one["check"] == "inboxes"][1:] == ["acme: s3://x"]
