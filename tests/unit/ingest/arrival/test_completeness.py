"""When a file counts as complete, and what its manifest may say."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.arrival.completeness import settled
from ingest.arrival.entries import NotReady, Refused
from ingest.arrival.inboxes import Complete
from ingest.arrival.manifests import check_sha256, check_size, read_manifest

NOW = datetime(2024, 3, 4, 12, tzinfo=UTC)


def moment(seconds_ago: float) -> datetime:
    return NOW - timedelta(seconds=seconds_ago)


@pytest.mark.parametrize(
    ("rule", "changed_ago", "seen_ago", "is_complete"),
    [
        ("settled", 60, None, True),
        ("settled", 1, None, False),
        ("settled", 1, 30, True),
        # A clock that is ahead by an hour must not hold a file for ever; one that is ahead by a second may.
        ("settled", -3600, None, True),
        ("settled", -0.5, None, False),
        # Nobody vouches for the server's clock: only a second look counts.
        ("two_looks", 3600, None, False),
        ("two_looks", 3600, 1, False),
        ("two_looks", 3600, 2, True),
        ("at_once", 0, None, True),
        ("manifest", 0, None, True),
    ],
)
def test_a_file_is_complete_by_the_rule_of_its_inbox(rule, changed_ago, seen_ago, is_complete):
    seen = moment(seen_ago) if seen_ago is not None else None
    assert settled(Complete(rule=rule), moment(changed_ago).timestamp(), seen, NOW) is is_complete


def manifest(**changes) -> bytes:
    return json.dumps({"sha256": "a" * 64, "byte_count": 3, **changes}).encode()


def test_the_totals_of_a_manifest_are_its_controls():
    said = read_manifest(manifest(line_count=2, sums={"quantity": "3.5"}, sequence_number=7, author="x"))
    assert said.controls == {"line_count": 2, "sums": {"quantity": "3.5"}, "sequence_number": 7}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", manifest(sha256="zz"), manifest(byte_count=-1), manifest(line_count="many"),
     manifest(document_number="a\x00"),
     b"{" + b" " * 70_000],
)  # fmt: skip
def test_a_manifest_that_is_wrong_or_half_written_makes_its_file_wait(content):
    with pytest.raises(NotReady, match="manifest"):
        read_manifest(content)


def test_a_file_with_another_size_or_hash_than_its_manifest_says_is_not_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"abc")
    with pytest.raises(NotReady, match="4 bytes are there"):
        check_size(4, read_manifest(manifest()))
    with pytest.raises(Refused, match="sha256"):
        check_sha256(path, "a" * 64)
    check_size(3, read_manifest(manifest()))
    check_sha256(path, hashlib.sha256(b"abc").hexdigest().upper())
