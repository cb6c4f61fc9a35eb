"""The drop folder: only complete files, each landed once, old ones not even opened."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psycopg
import pytest

from ingest.arrival import taking
from ingest.arrival.inboxes import drop_inbox
from ingest.arrival.look import look
from ingest.arrival.taking import land_waiting
from tests.support.ingest_files import GARAGE, PART, USAGE, lines, write


@pytest.fixture
def drop(tmp_path) -> Path:
    return tmp_path / "drop"


def waiting_files(connection, drop: Path, settle_seconds: float = 2.0) -> list:
    return look(connection, [drop_inbox(drop, settle_seconds)]).files


def put(drop: Path, name: str, content: str, age_seconds: float = 60) -> Path:
    path = write((drop / name).parent, Path(name).name, content)
    moment = time.time() - age_seconds
    os.utime(path, (moment, moment))
    return path


def test_source_and_kind_come_from_the_folders(ingest, drop):
    put(drop, "G1/usage/a.csv", lines(USAGE))
    put(drop, "head office/b.csv", lines(GARAGE))
    landed = land_waiting(ingest.connection, [drop_inbox(drop)], ingest.landing)
    assert [(one.source_code, one.kind) for one in landed] == [("G1", "usage"), ("head office", "garages")]


def test_hidden_half_uploaded_and_just_changed_files_wait(ingest, drop):
    """Fault 38."""
    for name in (".hidden.csv", "a.csv.part", "b.tmp"):
        put(drop, f"G1/{name}", lines(USAGE))
    put(drop, "G1/still_growing.csv", lines(USAGE), age_seconds=0)
    assert waiting_files(ingest.connection, drop) == []
    put(drop, "G1/still_growing.csv", lines(USAGE))
    assert len(waiting_files(ingest.connection, drop)) == 1


def test_a_landed_file_is_not_opened_again_until_it_changes(ingest, drop, monkeypatch):
    path = put(drop, "G1/a.csv", lines(USAGE))
    assert len(land_waiting(ingest.connection, [drop_inbox(drop)], ingest.landing)) == 1
    assert path.exists() and waiting_files(ingest.connection, drop) == []

    def never(*arguments):
        raise AssertionError("an old file was opened")

    with monkeypatch.context() as patched:
        patched.setattr(taking, "land", never)
        assert land_waiting(ingest.connection, [drop_inbox(drop)], ingest.landing) == []
    put(drop, "G1/a.csv", lines(PART))
    [landed] = land_waiting(ingest.connection, [drop_inbox(drop)], ingest.landing)
    assert landed.kind == "parts" and not landed.is_repeat


def test_the_ledger_decides_and_not_the_memory_of_the_inbox(ingest, drop, stores):
    put(drop, "G1/a.csv", lines(USAGE))
    land_waiting(ingest.connection, [drop_inbox(drop)], ingest.landing)
    with psycopg.connect(stores.owner) as owner:
        owner.execute("truncate ingest.arrivals")
    [again] = land_waiting(ingest.connection, [drop_inbox(drop)], ingest.landing)
    assert again.is_repeat
    with psycopg.connect(stores.owner) as owner:
        owner.execute("truncate ingest.batches cascade")
    [anew] = land_waiting(ingest.connection, [drop_inbox(drop)], ingest.landing)
    assert not anew.is_repeat


def test_a_link_to_a_file_outside_is_not_followed(ingest, drop, tmp_path):
    outside = write(tmp_path, "outside.csv", lines(USAGE))
    (drop / "G1").mkdir(parents=True)
    (drop / "G1" / "link.csv").symlink_to(outside)
    assert waiting_files(ingest.connection, drop, settle_seconds=0) == []
