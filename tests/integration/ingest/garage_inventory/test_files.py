"""Counts, receipts, usage and adjustments that come as files."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.ingest_files import ADJUSTMENT, COUNT, PART, RECEIPT, USAGE, lines
from tests.support.network import LONG_AGO, insert

ON_HAND = "select condition_code, lot_number, on_hand_quantity from garage_inventory.cells order by 1, 2"
# Hashes that lines of files got before their contracts had any further column.
OLD_HASHES = """
select encode(idempotency_key, 'hex') = encode(sha256(convert_to(jsonb_build_array('test', 'usage', 'G1', 'W1', '1')
    ::text, 'UTF8')), 'hex'),
    encode(payload_hash, 'hex') = encode(sha256(convert_to(jsonb_build_array(part_id, garage_code, work_order_number,
        work_order_line, lot_number, usage_type_code, quantity, uom_code, unit_price_amount, is_one_off, vehicle_ref,
        shortage_reason_code, event_at, actor)::text, 'UTF8')), 'hex')
from garage_inventory.usage_lines
"""


@pytest.fixture
def files(strict_ingest):
    strict_ingest.catalogue()
    return strict_ingest


def pack(files, uom_code: str, factor: str, number: str = "007") -> None:
    part = files.value(f"select part_id from catalogue.parts where part_number = '{number}' limit 1")
    insert(
        files.connection, "catalogue.packs", part_id=part, uom_code=uom_code, factor_quantity=factor,
        valid_from_at=LONG_AGO,
    )  # fmt: skip


def test_a_receipt_is_stored_with_its_lot_and_moves_stock(files):
    outcome = files(
        lines(RECEIPT, {"lot_number": "L1", "expires_on": "2030-01-01", "supplier_code": "S1"}), kind="receipt"
    )
    assert outcome.state == "ACCEPTED"
    assert files.rows("select lot_number, on_hand_quantity, expires_on from garage_inventory.cells") == [
        ("L1", 5, date(2030, 1, 1))
    ]
    assert files.rows("select movement_type_code, document_number from garage_inventory.movements") == [
        ("RECEIPT", "D1")
    ]


def test_a_file_of_receipts_is_known_by_its_columns_and_stored_once(files):
    assert files(lines(RECEIPT)).kind == "receipt"
    assert files(lines(RECEIPT, {}, {"delivery_line": "2"})).rows_duplicate == 1
    assert files.rows(ON_HAND) == [("NEW", "", 10)]


@pytest.mark.parametrize(
    ("kind", "row", "quantity"),
    [
        ("stock_count", COUNT, "counted_quantity"), ("receipt", RECEIPT, "quantity"), ("usage", USAGE, "quantity"),
        ("adjustment", ADJUSTMENT, "quantity"),
    ],
)  # fmt: skip
def test_packs_become_base_units_and_a_unit_that_the_part_lacks_waits_in_quarantine(files, kind, row, quantity):
    pack(files, "BX", "12")
    pack(files, "CA", "2.5")
    changes = (
        {"uom_code": "BX", quantity: "2"},
        {"uom_code": "L"},
        {"uom_code": "CA", quantity: "1"},
        {quantity: "0.5"},
    )
    names = {
        "stock_count": "count_number", "receipt": "delivery_number", "usage": "work_order_number",
        "adjustment": "adjustment_number",
    }  # fmt: skip
    rows = ({names[kind]: f"N{number}", **change} for number, change in enumerate((*changes, *[{}] * 200)))
    outcome = files(lines(row, *rows), kind=kind)
    assert (outcome.state, outcome.rows_quarantined) == ("ACCEPTED_WITH_QUARANTINE", 3)
    assert [row[0] for row in files.rows("select reasons[1] from ingest.quarantined_rows order by line_number")] == [
        "UNIT: uom_code is 'L', which BOSC 007 does not have beside EA",
        "UNIT: 1 CA of BOSC 007 come to 2.5 EA, which is not whole",
        "UNIT: 0.5 EA of BOSC 007 come to 0.5 EA, which is not whole",
    ]
    relation = {
        "stock_count": "counts", "receipt": "receipts", "usage": "usage_lines", "adjustment": "adjustments",
    }[kind]  # fmt: skip
    stored = files.rows(
        f"select {quantity}, uom_code, stated_quantity, stated_uom_code from garage_inventory.{relation}"
        " where stated_uom_code is not null"
    )
    assert stored == [(24, "EA", 2, "BX")]


def test_litres_of_a_part_kept_in_millilitres_are_exact(files):
    files(lines(PART, {"part_number": "OIL", "base_uom_code": "L"}))
    files(lines(USAGE, {"part_number": "OIL", "quantity": "250", "uom_code": "ML"}))
    assert files.rows(ON_HAND) == [("NEW", "", -files.value("select 0.25"))]


def test_a_line_of_before_is_still_the_same_line(files):
    files(lines(USAGE))
    assert files.rows(OLD_HASHES) == [(True, True)]
    again = files(lines(USAGE, {"reservation_number": "", "requested_quantity": ""}))
    assert (again.rows_duplicate, again.rows_accepted) == (1, 0)
    assert files(lines(USAGE, {"reservation_number": "R1"})).rows_quarantined == 1


def test_what_a_line_says_beside_the_usual_is_kept(files):
    files(
        lines(USAGE, {
            "reservation_number": "R1", "requested_quantity": "3", "core_returned_quantity": "1",
            "condition_code": "REMAN", "substituted_for_part_number": "008",
        })
    )  # fmt: skip
    columns = "reservation_number, requested_quantity, core_returned_quantity, substituted_for_part_number"
    assert files.rows(f"select {columns} from garage_inventory.usage_lines") == [("R1", 3, 1, "008")]
    assert files.rows(ON_HAND) == [("REMAN", "", -2)]


def test_a_second_round_of_a_count_counts_from_its_own_moment(files):
    second = {"count_round": "2", "counted_quantity": "8", "counted_at": "2024-02-01T09:00:00Z"}
    files(lines(COUNT, {"count_round": "1"}, second))
    assert files.rows(ON_HAND) == [("NEW", "", 8)]
    judged = files.rows("select count_number, needs_recount from garage_inventory.count_variances order by 1")
    assert judged == [("C1", False), ("C1/2", True)]


def test_a_count_states_until_when_its_lot_keeps(files):
    files(lines(COUNT, {"lot_number": "L1", "expires_on": "2030-05-01"}))
    assert files.rows("select expires_on from garage_inventory.cells") == [(date(2030, 5, 1),)]


def test_an_adjustment_above_the_limit_that_claims_to_be_automatic_waits(files):
    dear, fine = {"quantity": "1000", "adjustment_reason_code": "FOUND"}, {"adjustment_reason_code": "FOUND"}
    outcome = files(lines(ADJUSTMENT, {**fine, "adjustment_number": "A2"}, dear))
    assert outcome.rows_accepted == 2
    stored = "select approval_code, claimed_approval_code from garage_inventory.adjustments order by quantity"
    assert files.rows(stored) == [("AUTO", None), ("PENDING", "AUTO")]
    assert files.rows(ON_HAND) == [("NEW", "", 10)]


def test_the_outcome_of_a_file_says_how_many_of_its_lines_wait_for_a_second_person(files):
    from ingest.outcomes import outcome_of

    outcome = files(lines(ADJUSTMENT, {"quantity": "1000", "adjustment_reason_code": "FOUND"}))
    told = outcome_of(files.connection, outcome.batch_id)
    assert told["lines_awaiting_approval"] == 1
    assert "second person" in told["mend"]


def test_a_file_changes_the_condition_of_units_that_stay(files):
    files(lines(RECEIPT))
    change = {"direction_code": "OUT", "quantity": "2", "adjustment_reason_code": "DAMAGED"}
    files(lines(ADJUSTMENT, {**change, "to_condition_code": "DAMAGED"}))
    assert files.rows(ON_HAND) == [("DAMAGED", "", 2), ("NEW", "", 3)]


def test_a_file_reverses_a_line_once_and_nobody_reverses_it_again(files):
    from ingest.errors import ProtectedError
    from ingest.garage_inventory.acts import reverse

    files(lines(ADJUSTMENT))
    undo = {"direction_code": "OUT", "adjustment_reason_code": "REVERSAL", "reverses_number": "A1"}
    again = files(lines(ADJUSTMENT, {**undo, "adjustment_number": "A2"}, {**undo, "adjustment_number": "A3"}))
    assert again.state == "REJECTED" and "A1 line 1 was reversed already" in again.error
    assert files(lines(ADJUSTMENT, {**undo, "adjustment_number": "A2"})).rows_accepted == 1
    assert files.rows(ON_HAND) == [("NEW", "", 0)]
    assert "reversed already" in files(lines(ADJUSTMENT, {**undo, "adjustment_number": "A4"})).error
    line = files.value("select adjustment_line_id from garage_inventory.adjustments where adjustment_number = 'A1'")
    with pytest.raises(ProtectedError, match="reversed the line itself"):
        reverse(files.connection, "ADJUSTMENT", line, "wrong", "bob")


def test_what_comes_late_is_applied_and_flagged(files):
    files(lines(USAGE))
    late = files.rows("select line_code, garage_code, late_by > interval '48 hours' from garage_inventory.late_lines")
    assert late == [("USAGE", "G1", True)]


def test_a_file_of_an_earlier_day_that_comes_after_a_newer_one_is_history_and_rolls_no_stock_back(files):
    """Fault 40."""
    newer = {"count_number": "C2", "counted_quantity": "9", "counted_at": "2024-02-05T10:00:00Z"}
    files(lines(COUNT, newer))
    files(lines(USAGE, {"quantity": "2", "consumed_at": "2024-02-06T10:00:00Z"}))
    older = {"count_number": "C1", "counted_quantity": "40", "counted_at": "2024-02-01T10:00:00Z"}
    assert files(lines(COUNT, older)).state == "ACCEPTED"
    late = {"work_order_number": "W9", "quantity": "3", "consumed_at": "2024-02-02T10:00:00Z"}
    assert files(lines(USAGE, late)).state == "ACCEPTED"
    assert files.rows(ON_HAND) == [("NEW", "", 7)]
    history = "select count_number, variance_quantity from garage_inventory.count_variances order by 1"
    assert files.rows(history) == [("C1", 40), ("C2", -28)]


def test_every_line_of_files_has_its_movement(files):
    from ingest.ledgers import missing_movements

    files(lines(RECEIPT, {"lot_number": "L1"}))
    files(lines(USAGE, {}, {"work_order_line": "2", "usage_type_code": "LOST_SALE"}))
    change = {"direction_code": "OUT", "quantity": "2", "to_condition_code": "DAMAGED"}
    files(lines(ADJUSTMENT, {}, {**change, "adjustment_line": "2", "adjustment_reason_code": "DAMAGED"}))
    assert missing_movements(files.connection) == []
