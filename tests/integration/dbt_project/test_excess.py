"""Excess goes back to its supplier while the supplier takes it, and is sold or written down after that."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import openpyxl
import psycopg
import pytest
from psycopg.rows import dict_row

from assets.report.files import keep_report
from ingest.garage_inventory import acts as stock
from ingest.generations import record_generation
from ingest.orders import building, returning
from ingest.planning.acts import Decision, decide
from ingest.planning.documents import read_document
from ingest.planning.filing import file_decisions
from ingest.profiles.folder import Profiles
from ingest.readers.limits import Limits
from ingest.replenishment import store_proposals
from ingest.reporting import read_report
from tests.support import network
from tests.support.network import AS_OF
from tests.support.refill import compute

EVENING = datetime(2002, 3, 31, 20, tzinfo=UTC)


@pytest.fixture
def delivered(network_stores):
    """G1 has 40 of P4, which nobody uses. S1 brought 10 on the 20th of March and takes units back for 30 days."""
    with psycopg.connect(network_stores.owner) as connection:
        network.insert(
            connection, "garage_inventory.receipts", delivery_number="D1", delivery_line="1", garage_code="G1",
            part_number="P4", condition_code="NEW", quantity=10, uom_code="EA", supplier_code="S1",
            event_at=datetime(2002, 3, 20, 9, tzinfo=UTC),
        )  # fmt: skip
        network.insert(
            connection, "replenishment.supplier_terms", supplier_code="S1", valid_from_at=network.LONG_AGO,
            currency_code="EUR", return_days=30, payload_hash=b"1",
        )  # fmt: skip
        network.count(connection, "P4", 40, EVENING)
    return network_stores


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (AS_OF, ("RETURN", 10, "S1", date(2002, 4, 19))),
        (datetime(2002, 4, 19, 23, tzinfo=UTC), ("RETURN", 10, "S1", date(2002, 4, 19))),
        (datetime(2002, 4, 20, tzinfo=UTC), ("WRITE_DOWN", 40, None, None)),
    ],
)
def test_excess_goes_back_as_far_as_it_was_delivered_and_until_the_window_closes(delivered, as_of, expected):
    compute(delivered.pipeline, as_of)
    with psycopg.connect(delivered.pipeline, row_factory=dict_row) as connection:
        (row,) = connection.execute("select * from reports.rpt_excess where part_number = 'P4'").fetchall()
    assert (row["excess_quantity"], row["is_dead"]) == (40, True)
    assert (row["action_code"], row["affected_quantity"], row["supplier_code"], row["return_until_on"]) == expected


LATER = AS_OF + timedelta(hours=12)


@pytest.fixture
def pipeline(delivered):
    """What the run as of the 1st of April proposes is stored."""
    compute(delivered.pipeline, AS_OF)
    with psycopg.connect(delivered.pipeline, autocommit=True) as connection:
        store_proposals(connection, "run", AS_OF)
        yield connection


def proposed(connection) -> list[dict]:
    query = "select * from marts.fct_replenishment_proposals where part_number = 'P4'"
    return connection.cursor(row_factory=dict_row).execute(query).fetchall()


def excess(connection) -> tuple:
    query = (
        "select action_code, affected_quantity, spare_quantity from marts.fct_excess_stock"
        " join marts.dim_parts using (part_id) where part_number = 'P4'"
    )
    return connection.execute(query).fetchone()


def approve(connection, quantity: int | None = None, at: datetime = AS_OF) -> None:
    (line,) = proposed(connection)
    reason = "so" if quantity else None
    made = Decision("APPROVE", line["proposal_id"], 1, f"approve {at}", quantity=quantity, reason=reason)
    (answer,) = decide(connection, [made], "ann", decided_at=at)
    assert (answer.outcome_code, answer.problem) == ("DONE", None)


def returns(connection, at: datetime = LATER) -> list[tuple]:
    names = ("supplier_code", "garage_code", "approved_quantity", "sent_quantity", "open_quantity", "return_until_on")
    return [tuple(one[name] for name in names) for one in returning.returns_of(connection, at, with_ended=True)]


def book_out(connection, quantity: int, line: str = "1") -> dict:
    (one,) = returning.returns_of(connection, LATER, with_ended=True)
    booked = stock.Adjustment(
        one["return_number"], "G1", one["part_id"], "OUT", Decimal(quantity), "COMMERCIAL", line, adjusted_at=AS_OF
    )
    return stock.adjust(connection, booked, "ann")


def test_what_a_supplier_takes_back_is_a_line_with_its_reasons(pipeline):
    (line,) = proposed(pipeline)
    names = ("line_type_code", "outcome_code", "garage_code", "supplier_code", "proposed_quantity", "order_by_on")
    assert [line[name] for name in names] == ["RETURN_EXCESS", "PROPOSED", "G1", "S1", 10, date(2002, 4, 19)]
    assert (line["need_by_on"], line["line_amount"], line["review_reason_code"]) == (None, None, "ROUTINE")
    assert line["rounding_steps"] == [{"step": "NEEDED", "quantity": 0}, {"step": "RETURNABLE", "quantity": 10}]
    assert line["explanation"].startswith("Return 10 EA to Supplier One: 40 on hand")
    assert line["explanation"].endswith("40 too many are here, of which Supplier One takes back 10 until 2002-04-19.")
    (need,) = pipeline.execute(
        "select outcome_code, line_count, proposed_quantity from marts.fct_replenishment_needs where part_number = 'P4'"
    )
    assert need == ("COVERED", 0, 0)


def test_approved_in_the_workbook_it_is_promised_to_the_supplier_and_to_nobody_else(delivered, pipeline, tmp_path):
    record_generation(pipeline, "0198a3c2-0000-7000-8000-00000000abcd", "made", AS_OF, "run", {})
    paths, _ = keep_report(pipeline, read_report(pipeline), tmp_path)
    book = openpyxl.load_workbook(paths.xlsx)
    sheet = book["Lines"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    (row,) = [row for row in range(2, sheet.max_row + 1) if sheet.cell(row, heads["Kind"]).value == "Return"]
    sheet.cell(row, heads["Decision"]).value = "APPROVE"
    book.save(tmp_path / "decided.xlsx")
    filed = file_decisions(pipeline, read_document(tmp_path / "decided.xlsx", Limits()), "ann", decided_at=AS_OF)
    assert (filed.counts["DONE"], filed.counts["REFUSED"]) == (1, 0)
    # No order, and no transfer, is made of it.
    assert building.build(pipeline, "w1").done == 0
    assert returns(pipeline) == [("S1", "G1", 10, 0, 10, date(2002, 4, 19))]

    before = excess(pipeline)
    compute(delivered.pipeline, LATER)
    assert proposed(pipeline) == []
    # The rest is past its window.
    assert (before, excess(pipeline)) == (("RETURN", 10, 40), ("WRITE_DOWN", 30, 30))
    (position,) = pipeline.execute(
        "select outbound_transfer_quantity, inventory_position_quantity, outcome_code"
        " from marts.fct_replenishment_needs where part_number = 'P4'"
    )
    assert position == (10, 30, "COVERED")


def test_what_was_booked_out_under_its_number_has_left_and_does_not_leave_again(delivered, pipeline):
    approve(pipeline, 6)
    book_out(pipeline, 4)
    book_out(pipeline, 4)
    assert returns(pipeline) == [("S1", "G1", 6, 4, 2, date(2002, 4, 19))]
    compute(delivered.pipeline, LATER)
    # 36 are here, 2 of them promised; of the 10 that came 4 can still go back.
    (line,) = proposed(pipeline)
    assert (line["on_hand_quantity"], line["outbound_transfer_quantity"], line["proposed_quantity"]) == (36, 2, 4)
    book_out(pipeline, 2, line="2")
    assert returns(pipeline) == [("S1", "G1", 6, 6, 0, date(2002, 4, 19))]
    compute(delivered.pipeline, LATER)
    (line,) = proposed(pipeline)
    assert (line["on_hand_quantity"], line["outbound_transfer_quantity"], line["proposed_quantity"]) == (34, 0, 4)


def test_a_line_that_is_undone_comes_back_and_so_does_what_was_booked(delivered, pipeline):
    approve(pipeline)
    booked = book_out(pipeline, 10)
    stock.reverse(pipeline, "ADJUSTMENT", booked["adjustment_line_id"], "they are still here", "ann")
    assert returns(pipeline) == [("S1", "G1", 10, 0, 10, date(2002, 4, 19))]
    (line,) = proposed(pipeline)
    undone = Decision("UNDO", line["proposal_id"], 1, "undo", reason="needed after all")
    assert decide(pipeline, [undone], "ann", decided_at=AS_OF + timedelta(hours=1))[0].outcome_code == "DONE"
    assert returns(pipeline) == []
    compute(delivered.pipeline, LATER)
    assert proposed(pipeline)[0]["proposed_quantity"] == 10


def test_nothing_is_promised_once_the_window_is_closed(delivered, pipeline):
    approve(pipeline)
    after = datetime(2002, 4, 20, tzinfo=UTC)
    assert returns(pipeline, after) == [("S1", "G1", 10, 0, 0, date(2002, 4, 19))]
    compute(delivered.pipeline, after)
    assert excess(pipeline) == ("WRITE_DOWN", 40, 40)


def test_more_than_can_go_is_refused(pipeline):
    (line,) = proposed(pipeline)
    made = Decision("APPROVE", line["proposal_id"], 1, "too many", quantity=11, reason="so")
    (answer,) = decide(pipeline, [made], "ann", decided_at=AS_OF)
    assert (answer.outcome_code, answer.problem) == ("REFUSED", "11 is more than the 10 that the garage can spare")


def test_the_note_of_a_return_is_the_same_whenever_it_is_written(pipeline, tmp_path):
    approve(pipeline)
    found = returning.returns_of(pipeline, LATER)
    (path,) = returning.write_notes(found, Profiles(tmp_path / "profiles"), tmp_path / "outbox")
    head, line = path.read_text().splitlines()
    assert path == tmp_path / "outbox" / "S1" / f"{found[0]['return_number']}.csv"
    assert head.split(",") == list(returning.COLUMNS)
    assert line.split(",")[1:5] == ["G1", "BRND", "P4", ""]
    assert line.split(",")[6:] == ["10", "EA", "2002-04-01", "2002-04-19"]
    first = path.read_bytes()
    book_out(pipeline, 3)
    returning.write_notes(returning.returns_of(pipeline, LATER), Profiles(tmp_path / "profiles"), tmp_path / "outbox")
    assert path.read_bytes() == first
