"""Moments outside of the years 1 to 9999, and declarations that say nothing: told, never an error of the database."""

from __future__ import annotations

import pytest

from ingest.landing import land
from ingest.pipeline import process
from ingest.profiles.folder import Profiles
from tests.support.ingest_files import PRICE, RESERVATION, lines, write

OUTSIDE = ("0000-05-05", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00")


@pytest.mark.parametrize("moment", OUTSIDE)
def test_a_moment_outside_of_the_calendar_is_refused_by_its_line(ingest, moment):
    ingest.catalogue()
    rows = [{"reservation_number": f"R{n}"} for n in range(4)] + [{"need_by_at": moment}]

    outcome = ingest(lines(RESERVATION, *rows), "reservation")

    assert (outcome.rows_accepted, outcome.rows_quarantined) == (4, 1)
    [(line, reasons)] = ingest.rows("select line_number, reasons from ingest.quarantined_rows")
    assert line == 6 and reasons[0].startswith(f"DATE: need_by_at is '{moment}'")


@pytest.mark.parametrize(
    ("beside", "state"),
    [
        ({"submission": "full"}, "ACCEPTED"),
        ({"submission": "all of it"}, "REJECTED"),
        ({"stated_at": "yesterday"}, "REJECTED"),
        ({"stated_at": "0000-05-05"}, "REJECTED"),
        ({"sequence_number": 10**19}, "REJECTED"),
    ],
)
def test_what_comes_beside_a_file_is_read_in_our_words_or_named(ingest, beside, state):
    ingest.catalogue()
    path = write(ingest.folder / "files", "prices.csv", lines(PRICE))
    [landed] = land(ingest.connection, ingest.landing, path, "test", "supplier_price", controls=beside)

    outcome = process(ingest.connection, ingest.landing, landed.batch_id, ingest.judge)

    assert outcome.state == state
    if state == "REJECTED":
        assert outcome.error_code == "ENVELOPE" and next(iter(beside)) in outcome.error
    else:
        assert ingest.value("select submission_code from ingest.batches where kind = 'supplier_price'") == "FULL"


def test_a_moment_that_a_file_name_tells_and_nobody_can_read_is_named(ingest):
    ingest.catalogue()
    profile = "source_code: test\nkind: supplier_price\nenvelope:\n  file_name: '(?P<stated_at>[0-9.]+)\\.csv'\n"
    profiles = Profiles(write(ingest.folder / "profiles", "test.yaml", profile).parent)

    outcome = ingest(lines(PRICE), "supplier_price", name="31.12.2024.csv", profiles=profiles)

    assert (outcome.state, outcome.error_code) == ("REJECTED", "ENVELOPE")
    assert "stated_at is '31.12.2024'" in outcome.error
