"""Where an outcome goes, and what it advises."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from ingest.mending import code_of, mend_of
from ingest.outcomes import outcome_path

BATCH = UUID("01a2051d-ab59-764e-a9ac-50a023f3fe10")


@pytest.mark.parametrize(
    ("source", "name"),
    [("../../etc", "../passwd"), ("S 1/2", "a\nb.csv"), ("G1", "x" * 400 + ".csv"), ("..", ""), ("G1", "Über.csv")],
)
def test_no_source_and_no_file_name_leads_out_of_the_folder(source, name):
    path = outcome_path(Path("/outcomes"), source, datetime(2024, 5, 31, tzinfo=UTC), name, BATCH)
    assert path.parent.parent == Path("/outcomes") and path.name.startswith("2024-05-31_")
    assert path.name.endswith("_23f3fe10.json") and len(path.name) < 200 and path.name.isprintable()


def test_two_batches_of_one_day_and_name_have_files_of_their_own():
    moment = datetime(2024, 5, 31, tzinfo=UTC)
    other = UUID("01a2051d-ab59-764e-a9ac-50a023f3fe11")
    assert len({outcome_path(Path("o"), "G1", moment, "a.csv", one) for one in (BATCH, other)}) == 2


def test_two_senders_never_share_a_folder():
    moment = datetime(2024, 5, 31, tzinfo=UTC)
    folders = {outcome_path(Path("o"), source, moment, "a.csv", BATCH).parent for source in ("A/B", "A B", "A_B")}
    assert len(folders) == 3


def test_advice_is_given_once_for_each_kind_of_reason():
    reasons = ["PARSE: a is 'x'", "PARSE: b is 'y'", "DATE: c is 'z'"]
    assert [code_of(reason) for reason in reasons] == ["PARSE", "PARSE", "DATE"]
    words = mend_of(reasons)
    assert words.count("Write the value") == 1 and "YYYY-MM-DD" in words


def test_a_reason_without_advice_of_its_own_still_has_a_next_step():
    assert mend_of(["SOMETHING_NEW: words"]) == "Correct the row and send it again."
