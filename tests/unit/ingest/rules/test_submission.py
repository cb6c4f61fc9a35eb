"""What a batch says of itself as a whole, and which parts its bad lines name."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pyarrow as pa
import pytest

from ingest.batches import Batch
from ingest.feed_rules.submission import Submission, submission_of
from ingest.profiles.model import Profile
from ingest.readers.records import Envelope

NOW = datetime(2024, 3, 1, tzinfo=UTC)
PROFILE = Profile(source_code="S1", kind="supplier_price", submission="FULL")


def batch(**controls) -> Batch:
    return Batch(UUID(int=1), "00", "supplier_price", "S1", "a.csv", 1, NOW, "LANDED", controls)


@pytest.mark.parametrize(
    ("declared", "envelope", "is_full"),
    [
        ({}, None, True),
        ({}, "UPDATE", False),
        ({"submission": "FULL"}, "UPDATE", True),
        ({"submission": "UPDATE"}, "FULL", False),
    ],
)
def test_what_came_beside_the_file_counts_before_the_file_and_that_before_the_profile(declared, envelope, is_full):
    found = submission_of(batch(declared=declared), PROFILE, Envelope(submission=envelope))
    assert found.is_full is is_full


def test_the_repair_of_a_full_file_leaves_nothing_out():
    assert not submission_of(batch(repairs=str(UUID(int=2))), PROFILE, Envelope()).is_full


def test_bad_lines_are_remembered_by_the_part_they_name_and_counted_where_they_name_none():
    submission = Submission(is_full=True, stated_at=None)
    refused = pa.table({"brand_code": [" BOSC ", "MANN", None], "part_number": ["1", "", "3"]})
    judged = pa.table({"brand_code": ["A", "B"], "part_number": ["x", "y"], "line_number": pa.array([7, 8])})
    submission.note_bad(refused, judged, {8: ["RANGE: …"]}, bad_count=5)
    assert submission.doubtful == {("BOSC", "1"), ("B", "y")}
    assert submission.unnamed_count == 3


def test_of_very_many_bad_lines_no_more_are_remembered_and_nothing_counts_as_left_out(monkeypatch):
    monkeypatch.setattr("ingest.feed_rules.submission._MOST_DOUBTFUL", 1)
    submission, nothing = Submission(is_full=True, stated_at=None), pa.table({"line_number": pa.array([], pa.int64())})
    for number in range(0, 6, 2):
        refused = pa.table({"brand_code": ["A", "A"], "part_number": [f"{number}", f"{number + 1}"]})
        submission.note_bad(refused, nothing, {}, bad_count=2)
    assert (submission.doubtful, submission.unnamed_count) == ({("A", "0"), ("A", "1")}, 4)


def test_an_update_remembers_nothing():
    submission = Submission(is_full=False, stated_at=None)
    submission.note_bad(None, pa.table({}), {}, bad_count=4)
    assert (submission.doubtful, submission.unnamed_count) == (set(), 0)
