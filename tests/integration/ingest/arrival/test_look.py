"""One look at many inboxes: manifests, dead inboxes, hostile names, and many senders at once."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from ingest.arrival import taking
from ingest.arrival.inboxes import Inbox, drop_inbox
from ingest.arrival.look import look
from ingest.arrival.taking import take_waiting
from ingest.pipeline import process_waiting
from tests.support.ingest_files import GARAGE, USAGE, accept_all, lines, write


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def inbox(folder: Path, name: str = "inbox", **changes) -> Inbox:
    return Inbox(name=name, url=str(folder), **{"complete": {"rule": "at_once"}, **changes})


def with_manifest(path: Path, **changes) -> None:
    content = path.read_bytes()
    said = {"sha256": hashlib.sha256(content).hexdigest(), "byte_count": len(content), **changes}
    (path.parent / f"{path.name}.manifest.json").write_text(json.dumps(said))


def test_with_manifests_a_file_is_read_when_its_manifest_agrees_and_not_before(ingest, folder):
    """Fault 38."""
    place = inbox(folder, complete={"rule": "manifest", "overdue_minutes": 0})
    path = write(folder / "G1" / "usage", "a.csv", lines(USAGE))
    reasons = []
    for change in (None, {"byte_count": 7}, {"sha256": "0" * 64}, {"line_count": 1}):
        if change is not None:
            with_manifest(path, **change)
        taken = take_waiting(ingest.connection, [place], ingest.landing)
        reasons += [one.reason for one in taken.look.unready] + list(taken.failed.values())
    assert [words.split(",")[0] for words in reasons] == [
        "its manifest is not there",
        f"{path.stat().st_size} bytes are there",
        "its bytes do not have the sha256 that its manifest says",
    ]
    [landed] = taken.landed
    [controls] = ingest.rows("select controls from ingest.batches")
    assert landed.kind == "usage" and controls[0]["declared"] == {"line_count": 1}
    assert take_waiting(ingest.connection, [place], ingest.landing).landed == []


def test_a_manifest_that_does_not_agree_is_reported_when_its_time_is_over(ingest, folder):
    path = write(folder / "G1" / "usage", "a.csv", lines(USAGE))
    with_manifest(path, byte_count=7)
    patient = inbox(folder, complete={"rule": "manifest", "overdue_minutes": 60})
    assert [one.is_overdue for one in look(ingest.connection, [patient]).unready] == [False]
    ingest.connection.execute("update ingest.sightings set first_seen_at = now() - interval '61 minutes'")
    [late] = look(ingest.connection, [patient]).overdue
    assert late.path == "G1/usage/a.csv" and "its manifest says 7" in late.reason
    with_manifest(path)
    assert len(look(ingest.connection, [patient]).files) == 1


def test_control_totals_of_a_manifest_hold_the_batch_to_them(ingest, folder):
    path = write(folder / "G1" / "usage", "a.csv", lines(USAGE))
    with_manifest(path, line_count=3)
    take_waiting(ingest.connection, [inbox(folder, complete={"rule": "manifest"})], ingest.landing)
    [outcome] = process_waiting(ingest.connection, ingest.landing, accept_all)
    assert (outcome.state, outcome.error_code) == ("REJECTED", "CONTROL_TOTAL")


@pytest.fixture
def deaf() -> str:
    """An address that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_dead_inbox_is_named_and_never_stops_the_others(ingest, folder, deaf, tmp_path):
    write(folder / "G1" / "usage", "a.csv", lines(USAGE))
    known = write(tmp_path, "known_hosts", "")
    nothing = {"look_seconds": 0.5}
    pulled = {"url": f"http://{deaf}", "files": [{"url": f"http://{deaf}/a.csv", "source": "S1"}], "allow_http": True}
    inboxes = [
        Inbox(name="gone", url=str(tmp_path / "gone")),
        Inbox(name="deaf", url=f"sftp://{deaf}/out", known_hosts=known, **nothing),
        Inbox(name="silent", allow_networks=["127.0.0.1"], **pulled, **nothing),
        Inbox(name="guarded", **pulled),
        inbox(folder),
    ]
    taken = take_waiting(ingest.connection, inboxes, ingest.landing)
    assert [one.source_code for one in taken.landed] == ["G1"]
    assert set(taken.faults) == {"gone", "deaf", "silent", "guarded"}
    assert "not public" in taken.faults["guarded"]
    assert all(f"inbox {name} does not answer" in str(taken.look) for name in taken.faults)
    assert ingest.rows("select inbox_name from ingest.inboxes where fault is null") == [("inbox",)]


def test_names_from_outside_are_never_paths_and_never_stop_a_look(ingest, folder, tmp_path):
    secret = write(tmp_path, "secret.csv", lines(USAGE))
    names = ["x..\\..\\evil.csv", "a\nb.csv", "$(touch x).csv", "'; drop table ingest.batches; --.csv", "-rf.csv"]
    for name in names:
        write(folder / "G1", name, lines(USAGE))
    os.rename(folder / "G1" / "a\nb.csv", os.fsencode(folder / "G1") + b"/caf\xe9\n.csv")
    (folder / "G1" / "link.csv").symlink_to(secret)
    (folder / "linked").symlink_to(tmp_path)
    os.mkfifo(folder / "G1" / "pipe.csv")
    (folder / "G1" / "folder.csv").mkdir()
    taken = take_waiting(ingest.connection, [inbox(folder)], ingest.landing)
    assert len(taken.landed) == len(names) and not taken.failed
    ignored = {one.path: one.reason for _, one in taken.look.ignored}
    assert set(ignored) == {"G1/link.csv", "linked", "G1/pipe.csv", "G1/folder.csv"}
    assert "link" in ignored["G1/link.csv"] and "pipe" in ignored["G1/pipe.csv"]
    kept = [path for path in ingest.landing.rglob("*") if path.is_file()]
    assert [len(path.name) for path in kept] == [64]


def test_a_file_that_is_swapped_for_a_link_after_the_look_is_not_followed(ingest, folder, tmp_path, monkeypatch):
    path, other = write(folder / "G1", "a.csv", lines(USAGE)), write(tmp_path, "other.csv", lines(GARAGE))
    real = taking.look

    def look_and_swap(*arguments):
        found = real(*arguments)
        path.unlink()
        path.symlink_to(other)
        return found

    monkeypatch.setattr(taking, "look", look_and_swap)
    taken = take_waiting(ingest.connection, [inbox(folder)], ingest.landing)
    assert taken.landed == [] and taken.failed == {"inbox: G1/a.csv": "gone, or a link by now"}


def test_one_sender_whose_file_cannot_be_taken_does_not_stop_the_next(ingest, folder):
    write(folder / "G1" / "usage", "a.csv", lines(USAGE) * 50)
    write(folder / "G2" / "usage", "a.csv", lines(USAGE))
    taken = take_waiting(ingest.connection, [inbox(folder, byte_limit=2000)], ingest.landing)
    assert [one.source_code for one in taken.landed] == ["G2"]
    assert list(taken.failed) == ["inbox: G1/usage/a.csv"]
    assert [one.reason[:11] for one in look(ingest.connection, [inbox(folder, byte_limit=2000)]).unready] == [
        "larger than"
    ]


def test_a_defect_of_ours_that_one_file_meets_does_not_stop_the_next(ingest, folder, monkeypatch):
    for sender in ("A", "B", "C"):
        write(folder / sender / "usage", "a.csv", lines(USAGE, {"work_order_number": sender}))
    land = taking.land

    def defective(connection, landing, path, source_code, *rest, **options):
        if source_code == "B":
            raise ZeroDivisionError
        return land(connection, landing, path, source_code, *rest, **options)

    monkeypatch.setattr(taking, "land", defective)
    taken = take_waiting(ingest.connection, [inbox(folder)], ingest.landing)
    assert [one.source_code for one in taken.landed] == ["A", "C"]
    [words] = taken.failed.values()
    assert words == "a defect of the platform stopped it (ZeroDivisionError)"


def test_an_inbox_that_is_asked_seldom_rests_until_its_turn(ingest, folder):
    slow = inbox(folder, look_every_seconds=600)
    assert look(ingest.connection, [slow]).rested == ()
    write(folder / "G1", "a.csv", lines(USAGE))
    assert look(ingest.connection, [slow]).rested == ("inbox",)
    ingest.connection.execute("update ingest.inboxes set looked_at = now() - interval '601 seconds'")
    assert len(look(ingest.connection, [slow]).files) == 1
    # A file that waits is looked at until it is taken.
    assert len(look(ingest.connection, [slow]).files) == 1


def test_a_sender_with_too_many_files_is_cut_short_and_hides_nobody(ingest, folder):
    for number in range(30):
        write(folder / "A" / "usage", f"{number}.csv", lines(USAGE))
    write(folder / "B" / "usage", "a.csv", lines(USAGE))
    found = look(ingest.connection, [inbox(folder, entry_limit=20)])
    assert [file.source_code for file in found.files] == ["A"] * 20 + ["B"]
    assert "the rest waits" in str(found)


def test_sixty_senders_of_one_evening_are_taken_in_one_go_and_never_again(ingest, folder, tmp_path):
    for number in range(60):
        write(folder / f"G{number}" / "usage", "a.csv", lines(USAGE, {"garage_code": f"G{number}"}))
    places = [inbox(folder), drop_inbox(tmp_path / "drop")]
    assert len(take_waiting(ingest.connection, places, ingest.landing).landed) == 60
    found = look(ingest.connection, places)
    assert (found.files, found.entry_count) == ([], 60)


def test_one_address_that_never_answers_does_not_hide_the_next(ingest, web, deaf):
    web.put("/good.csv", lines(USAGE), ETag='"one"')
    files = [{"url": f"http://{deaf}/{number}.csv", "source": f"D{number}"} for number in range(3)]
    files.append({"url": f"{web.url}/good.csv", "source": "S1", "kind": "usage"})
    taken = take_waiting(ingest.connection, [Inbox(**web.inbox(*files, look_seconds=1))], ingest.landing)
    assert [one.source_code for one in taken.landed] == ["S1"]
    assert "2 more" in taken.faults["web"]


def test_two_looks_at_the_same_inboxes_at_once_do_not_stop_each_other(ingest, folder, stores):
    for number in range(100):
        write(folder / f"G{number}" / "usage", "a.csv", lines(USAGE))
    place = inbox(folder, complete={"rule": "two_looks", "settle_seconds": 0})

    def looked(_: int) -> int:
        with psycopg.connect(stores.pipeline, autocommit=True) as connection:
            found = look(connection, [place])
            return len(found.files) + len(found.unready)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(looked, range(12))) == [100] * 12


def test_what_was_killed_half_way_is_taken_up_where_it_ended(ingest, folder, monkeypatch):
    for number in range(5):
        write(folder / f"G{number}" / "usage", "a.csv", lines(USAGE, {"work_order_number": f"W{number}"}))
    real, calls = taking.land, []

    def land_two(*arguments, **options):
        calls.append(arguments)
        landed = real(*arguments, **options)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return landed

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(taking, "land", land_two)
        take_waiting(ingest.connection, [inbox(folder)], ingest.landing)
    assert ingest.value("select count(*) from ingest.batches") == 2
    taken = take_waiting(ingest.connection, [inbox(folder)], ingest.landing)
    assert [one.is_repeat for one in taken.landed] == [False] * 3
    assert ingest.rows("select count(*), count(distinct batch_id) from ingest.deliveries") == [(5, 5)]
