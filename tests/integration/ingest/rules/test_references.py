"""Lines that came before the catalogue: stored by the run that brings what they name, without anyone's help."""

from __future__ import annotations

from ingest.landing import land
from ingest.pipeline import process_waiting, retry_unknown
from ingest.thresholds import Thresholds
from tests.support.ingest_files import COUNT, GARAGE, PART, PRICE, SUPPLIER, USAGE, lines, write

WAITING = "select reference_code, count(*) from ingest.awaited_references group by 1 order by 1"


def test_batches_that_came_before_the_catalogue_are_stored_when_it_comes(ingest):
    held = [ingest(content) for content in (lines(USAGE), lines(COUNT), lines(PRICE))]
    assert [(one.state, one.error_code) for one in held] == [("HELD", "UNKNOWN_REFERENCES")] * 3
    assert ingest.rows(WAITING) == [("GARAGE", 2), ("PART", 2), ("SUPPLIER", 1)]
    for number, row in enumerate((GARAGE, SUPPLIER, PART)):
        land(ingest.connection, ingest.landing, write(ingest.folder, f"{number}.csv", lines(row)), "office")
    outcomes = list(process_waiting(ingest.connection, ingest.landing, ingest.judge))
    assert [one.kind for one in outcomes] == ["garages", "suppliers", "parts", "supplier_price", "stock_count", "usage"]
    assert {one.state for one in outcomes} == {"ACCEPTED"}
    assert (
        ingest.rows(WAITING) == [] and ingest.rows("select status from ingest.quarantined_rows") == [("REPLAYED",)] * 3
    )


def test_a_batch_is_taken_again_only_when_something_it_waits_for_came(ingest):
    ingest.catalogue()
    changes = [{"work_order_number": f"W{n}", "part_number": part} for n, part in enumerate(("007", "007", "A1", "B2"))]
    outcome = ingest(lines(USAGE, *changes), thresholds=Thresholds(default_share=1))
    assert (outcome.state, outcome.rows_quarantined) == ("ACCEPTED_WITH_QUARANTINE", 2)
    assert list(retry_unknown(ingest.connection, ingest.landing, ingest.judge)) == []
    ingest(lines(PART, {"part_number": "A1"}))
    [again] = retry_unknown(ingest.connection, ingest.landing, ingest.judge, thresholds=Thresholds(default_share=1))
    assert (again.rows_accepted, again.rows_duplicate, again.rows_quarantined) == (3, 0, 1)
    assert list(retry_unknown(ingest.connection, ingest.landing, ingest.judge)) == []
    assert ingest.rows(WAITING) == [("PART", 1)]


def test_rows_of_a_batch_that_still_waits_are_open_only_while_something_is_wrong_with_them(ingest):
    statuses = "select line_number, status from ingest.quarantined_rows order by 1"
    ingest.catalogue()
    changes = [{"work_order_number": f"W{n}", "part_number": part} for n, part in enumerate(("007", "A1", "B2", "C3"))]
    assert ingest(lines(USAGE, *changes)).state == "HELD"
    ingest(lines(PART, {"part_number": "A1"}))

    [again] = retry_unknown(ingest.connection, ingest.landing, ingest.judge)
    assert (again.state, again.rows_quarantined, again.rows_held) == ("HELD", 2, 2)
    assert ingest.rows(statuses) == [(3, "FIXED"), (4, "OPEN"), (5, "OPEN")]

    ingest(lines(PART, {"part_number": "B2"}, {"part_number": "C3"}))
    assert [one.state for one in retry_unknown(ingest.connection, ingest.landing, ingest.judge)] == ["ACCEPTED"]
    assert ingest.rows(statuses) == [(3, "REPLAYED"), (4, "REPLAYED"), (5, "REPLAYED")]
