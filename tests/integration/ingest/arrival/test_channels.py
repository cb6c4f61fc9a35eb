"""The ways in, against real servers: what is new is landed once, what is strange is passed over and said."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path

import paramiko
import pytest

from ingest.arrival import sftp
from ingest.arrival.inboxes import Inbox
from ingest.arrival.look import look
from ingest.arrival.taking import take_waiting
from tests.support.ingest_files import GARAGE, PART, USAGE, lines, write


@pytest.fixture
def served(sshd, tmp_path) -> Path:
    """A folder of this test on the SFTP server."""
    folder = sshd.folder / tmp_path.name
    folder.mkdir()
    return folder


def sftp_inbox(sshd, served: Path, **changes) -> Inbox:
    return Inbox(**sshd.inbox(url=f"sftp://127.0.0.1:{sshd.port}{served}", **changes))


def landed(ingest, *inboxes: Inbox) -> list[tuple[str, str, bool]]:
    taken = take_waiting(ingest.connection, inboxes, ingest.landing)
    assert not taken.faults and not taken.failed
    return [(one.source_code, one.kind, one.is_repeat) for one in taken.landed]


def test_files_of_an_sftp_server_are_landed_once_and_again_when_they_change(ingest, sshd, served):
    inbox = sftp_inbox(sshd, served)
    write(served / "G1" / "usage", "a.csv", lines(USAGE))
    write(served / "OFFICE", "b c.csv", lines(GARAGE))
    write(served / "OFFICE", "half.csv.filepart", lines(GARAGE))
    assert sorted(landed(ingest, inbox)) == [("G1", "usage", False), ("OFFICE", "garages", False)]
    assert landed(ingest, inbox) == []
    write(served / "G1" / "usage", "a.csv", lines(USAGE, {"quantity": "333"}))
    assert landed(ingest, inbox) == [("G1", "usage", False)]
    assert (served / "G1" / "usage" / "a.csv").exists()


def test_an_sftp_file_that_still_grows_waits_for_a_look_that_finds_it_unchanged(ingest, sshd, served):
    inbox = sftp_inbox(sshd, served, complete={"rule": "two_looks", "settle_seconds": 0})
    path = write(served / "G1" / "usage", "a.csv", lines(USAGE)[:40])
    assert look(ingest.connection, [inbox]).files == []
    write(path.parent, path.name, lines(USAGE))
    assert [one.reason for one in look(ingest.connection, [inbox]).unready] == ["still settling"]
    assert landed(ingest, inbox) == [("G1", "usage", False)]


def test_manifests_hold_for_servers_as_they_do_for_folders(ingest, sshd, served, s3):
    content = lines(USAGE)
    said = json.dumps({"sha256": hashlib.sha256(content.encode()).hexdigest(), "byte_count": len(content)})
    write(served / "G1" / "usage", "a.csv", content)
    s3.put("in/G2/usage/a.csv", content)
    rule = {"complete": {"rule": "manifest"}}
    inboxes = [sftp_inbox(sshd, served, **rule), Inbox(**s3.inbox(**rule))]
    assert landed(ingest, *inboxes) == []
    write(served / "G1" / "usage", "a.csv.manifest.json", said)
    s3.put("in/G2/usage/a.csv.manifest.json", said.replace(said[12:20], "00000000"))
    taken = take_waiting(ingest.connection, inboxes, ingest.landing)
    assert [one.source_code for one in taken.landed] == ["G1"]
    assert taken.failed == {"bucket: G2/usage/a.csv": "its bytes do not have the sha256 that its manifest says"}
    s3.put("in/G2/usage/a.csv.manifest.json", said)
    assert landed(ingest, *inboxes) == [("G2", "usage", False)]


def test_links_pipes_and_names_that_are_no_text_on_an_sftp_server_are_passed_over(ingest, sshd, served, tmp_path):
    outside = write(tmp_path, "outside.csv", lines(USAGE))
    write(served / "G1", "good.csv", lines(USAGE))
    (served / "G1" / "link.csv").symlink_to(outside)
    os.mkfifo(served / "G1" / "pipe.csv")
    (served / "G2").mkdir()
    Path(os.fsdecode(os.fsencode(served / "G2") + b"/caf\xe9.csv")).write_text(lines(USAGE))
    found = look(ingest.connection, [sftp_inbox(sshd, served)])
    assert [file.path for file in found.files] == ["G1/good.csv"]
    assert sorted(ignored.path for _, ignored in found.ignored) == ["G1/link.csv", "G1/pipe.csv", "G2"]


def test_a_listing_that_is_left_half_way_does_not_spoil_the_next(ingest, sshd, served, monkeypatch):
    for source in ("A", "B", "C"):
        for number in range(300):
            write(served / source / "usage", f"{number}.csv", lines(USAGE))
    Path(os.fsdecode(os.fsencode(served / "B" / "usage") + b"/caf\xe9.csv")).write_text(lines(USAGE))
    for start in range(3):
        monkeypatch.setattr(sftp, "in_turn", lambda names, start=start: sorted(names)[start:] + sorted(names)[:start])
        found = look(ingest.connection, [sftp_inbox(sshd, served, entry_limit=100)])
        counts = Counter(file.source_code for file in found.files)
        assert (counts["A"], counts["C"]) == (100, 100) and not found.faults


def test_a_server_with_an_unknown_or_another_host_key_is_not_spoken_to(ingest, sshd, served, tmp_path):
    write(served / "G1", "a.csv", lines(USAGE))
    known = write(tmp_path, "known_hosts", "")
    found = look(ingest.connection, [sftp_inbox(sshd, served, known_hosts=str(known))])
    assert found.files == [] and "not in known_hosts" in found.faults["sftp"]
    assert known.read_text() == ""
    other = paramiko.ECDSAKey.generate()
    known.write_text(f"[127.0.0.1]:{sshd.port} {other.get_name()} {other.get_base64()}\n")
    found = look(ingest.connection, [sftp_inbox(sshd, served, known_hosts=str(known), name="other")])
    assert found.files == [] and "host key" in found.faults["other"]


def test_a_file_that_was_taken_is_moved_to_done_where_the_inbox_says_so(ingest, sshd, served, s3):
    inbox = sftp_inbox(sshd, served, afterwards="done")
    write(served / "G1" / "usage", "a.csv", lines(USAGE))
    assert landed(ingest, inbox) == [("G1", "usage", False)]
    assert not (served / "G1" / "usage" / "a.csv").exists()
    assert [path.name.endswith("-a.csv") for path in (served / "G1" / "usage" / "done").iterdir()] == [True]
    s3.put("in/G1/usage/a.csv", lines(USAGE, {"quantity": "3"}))
    bucket = Inbox(**s3.inbox(afterwards="done"))
    assert landed(ingest, bucket) == [("G1", "usage", False)]
    keys = [one["Key"] for one in s3.client.list_objects_v2(Bucket="feeds")["Contents"]]
    assert len(keys) == 1 and keys[0].startswith("in/G1/usage/done/") and keys[0].endswith("-a.csv")
    assert landed(ingest, inbox, bucket) == []


def test_objects_of_a_bucket_are_landed_once_and_again_when_they_change(ingest, s3):
    inbox = Inbox(**s3.inbox())
    s3.put("in/G1/usage/a b.csv", lines(USAGE))
    s3.put("in/OFFICE/ü.csv", lines(GARAGE))
    s3.put("in/nobody.csv", lines(GARAGE))
    s3.put("elsewhere/OFFICE/c.csv", lines(PART))
    assert sorted(landed(ingest, inbox)) == [("G1", "usage", False), ("OFFICE", "garages", False)]
    assert landed(ingest, inbox) == []
    s3.put("in/G1/usage/a b.csv", lines(USAGE, {"quantity": "3"}))
    assert landed(ingest, inbox) == [("G1", "usage", False)]
    s3.put("in/G1/usage/again.csv", lines(USAGE))
    assert landed(ingest, inbox) == [("G1", "usage", True)]


def test_a_key_that_is_no_path_stops_the_files_of_its_sender_alone(ingest, s3):
    s3.put("in/G1/usage/a.csv", lines(USAGE))
    s3.put("in/S2//../../etc/passwd", lines(USAGE))
    found = look(ingest.connection, [Inbox(**s3.inbox())])
    assert [file.path for file in found.files] == ["G1/usage/a.csv"]
    assert any("cannot be listed" in ignored.reason for _, ignored in found.ignored)


def test_an_address_is_asked_with_conditions_and_its_file_landed_once(ingest, web):
    inbox = Inbox(**web.inbox({"url": f"{web.url}/prices.csv?token=abc", "source": "S1", "kind": "usage"}))
    web.put("/prices.csv?token=abc", lines(USAGE), ETag='"one"')
    assert landed(ingest, inbox) == [("S1", "usage", False)]
    assert landed(ingest, inbox) == [] and web.asked[-1][1]["If-None-Match"] == '"one"'
    web.put("/prices.csv?token=abc", lines(USAGE, {"quantity": "3"}), ETag='"two"')
    assert landed(ingest, inbox) == [("S1", "usage", False)]
    [(path,)] = ingest.rows("select distinct path from ingest.arrivals")
    assert path == "S1/127.0.0.1/prices.csv"


def test_an_address_that_fails_is_a_fault_and_the_others_are_taken(ingest, web):
    files = [{"url": f"{web.url}/{name}.csv", "source": name, "kind": "usage"} for name in ("S1", "S2", "S3")]
    web.put("/S1.csv", "", status=503)
    web.put("/S2.csv", lines(USAGE), Last_Modified="Mon, 04 Mar 2024 05:00:00 GMT")
    taken = take_waiting(ingest.connection, [Inbox(**web.inbox(*files))], ingest.landing)
    assert [one.source_code for one in taken.landed] == ["S2"]
    assert "answers with 503" in taken.faults["web"] and "1 more" in taken.faults["web"]


def test_a_page_that_is_too_large_or_cut_short_is_not_landed(ingest, web):
    file = {"url": f"{web.url}/a.csv", "source": "S1", "kind": "usage"}
    web.put("/a.csv", lines(USAGE), ETag='"one"')
    taken = take_waiting(ingest.connection, [Inbox(**web.inbox(file, byte_limit=20))], ingest.landing)
    assert taken.landed == [] and "larger than the 20 bytes" in next(iter(taken.failed.values()))
    web.put("/a.csv", lines(USAGE), ETag='"two"', Content_Length="100000")
    taken = take_waiting(ingest.connection, [Inbox(**web.inbox(file, fetch_seconds=2))], ingest.landing)
    assert taken.landed == [] and taken.failed
    assert ingest.value("select count(*) from ingest.batches") == 0


def test_a_redirect_is_followed_on_the_same_host_and_nowhere_else(ingest, web):
    file = {"url": f"{web.url}/old.csv", "source": "S1", "kind": "usage"}
    web.put("/old.csv", "", status=302, Location="/new.csv")
    web.put("/new.csv", lines(USAGE), ETag='"one"')
    assert landed(ingest, Inbox(**web.inbox(file))) == [("S1", "usage", False)]
    for number, target in enumerate(("http://169.254.169.254/latest", "http://localhost:1/x", "file:///etc/passwd")):
        web.put("/old.csv", "", status=302, Location=target)
        found = look(ingest.connection, [Inbox(**web.inbox(file, name=f"web{number}"))])
        assert "not followed" in found.faults[f"web{number}"]
    web.put("/old.csv", "", status=302, Location="/old.csv")
    found = look(ingest.connection, [Inbox(**web.inbox(file, name="circle"))])
    assert "redirects more than" in found.faults["circle"]


def test_any_other_file_system_of_fsspec_can_be_an_inbox(ingest):
    import fsspec

    files = fsspec.filesystem("memory")
    files.pipe_file("/feeds/G1/usage/a.csv", lines(USAGE).encode())
    inbox = Inbox(name="memory", url="memory://feeds", complete={"rule": "at_once"})
    assert landed(ingest, inbox) == [("G1", "usage", False)]
    assert landed(ingest, inbox) == []
    found = look(ingest.connection, [Inbox(name="shell", url="github://somebody/feeds")])
    assert "no way" in found.faults["shell"]


def test_nothing_half_fetched_stays_in_landing(ingest, web):
    ingest.landing.mkdir()
    old, new = (write(ingest.landing, name, "half") for name in (".fetched-old", ".fetched-new"))
    os.utime(old, (1, 1))
    web.put("/a.csv", lines(USAGE), ETag='"one"', Content_Length="100000")
    page = {"url": f"{web.url}/a.csv", "source": "S1"}
    assert take_waiting(ingest.connection, [Inbox(**web.inbox(page))], ingest.landing).landed == []
    assert list(ingest.landing.iterdir()) == [new]


def test_no_secret_is_in_any_fault_log_or_table(ingest, s3, web, sshd, served, monkeypatch, caplog, capfd):
    """Fault 68."""
    caplog.set_level("DEBUG")
    secrets = {"WEB_PASSWORD": "a-password-of-the-web", "SSH_PASSWORD": "a-password-of-the-server"}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    secrets["S3_SECRET"] = s3.secret_key
    page = {"url": f"{web.url}/a.csv?token=a-token-of-the-web", "source": "S1"}
    bearer = {"user": "ann", "password": {"env": "WEB_PASSWORD"}}
    wrong = {"user": "ann", "password": {"env": "SSH_PASSWORD"}}
    inboxes = [
        Inbox(**s3.inbox(url="s3://nothing-here/in")),
        Inbox(**web.inbox(page, credentials=bearer)),
        sftp_inbox(sshd, served, credentials=wrong),
    ]
    taken = take_waiting(ingest.connection, inboxes, ingest.landing)
    assert set(taken.faults) == {"bucket", "web", "sftp"}
    assert web.asked[0][1]["Authorization"].startswith("Basic ")
    tables = [ingest.rows(f"select {name}::text from ingest.{name}") for name in ("inboxes", "sightings", "arrivals")]
    said = "".join(map(str, (taken, tables, caplog.text, *capfd.readouterr())))
    assert not [secret for secret in (*secrets.values(), "a-token-of-the-web") if secret in said]
    assert not [secret for secret in secrets.values() if secret in str(inboxes)]
