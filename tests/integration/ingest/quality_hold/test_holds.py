"""Placing a hold and deciding about it: units, reservations, refusals."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import ProtectedError
from ingest.ledgers import missing_movements
from ingest.quality_hold.acts import Cells, Finding, extend, inspect, release, take
from tests.support.holds import PART

OTHER = UUID("00000000-0000-0000-0000-000000000008")


def refusal(act) -> ProtectedError:
    with pytest.raises(ProtectedError) as refused:
        act()
    return refused.value


def test_a_hold_of_a_lot_holds_it_at_every_garage_and_nothing_else(shelf):
    shelf.move(4)
    shelf.move(3, "A")
    shelf.move(5, "B")
    shelf.move(2, "A", garage="G2")
    shelf.move(9, "A", condition="USED")
    answer = shelf.place(scope="LOT", lot_number="A")
    assert shelf.cells() == {
        ("G1", ""): (4, 0, 0, 4), ("G1", "A"): (3, 3, 0, 0), ("G1", "B"): (5, 0, 0, 5), ("G2", "A"): (2, 2, 0, 0),
    }  # fmt: skip
    assert answer.quantity == 14
    assert shelf.place("H2", "LOT", lot_number="B", garage_code="G2").events == []


def test_a_hold_moves_reservations_and_says_which(shelf):
    shelf.move(4)
    shelf.move(3, "A")
    shelf.reserve("R1", 3)
    shelf.reserve("R2", 3)
    answer = shelf.place(scope="LOT", lot_number="A")
    assert shelf.states() == {"R1": (3, 0), "R2": (1, 2)}
    moved = {one["reservation_number"]: one for one in answer.moved}
    assert (moved["R2"]["backordered_quantity"], moved["R2"]["shortage_reason_code"]) == (2, "ON_HOLD")
    assert shelf.breaches() == []


def test_the_worked_example_of_a_hold_over_reserved_stock(shelf):
    """F4: on hand 10, reserved 3: a hold of 4 leaves 3 to promise; a hold of 8 sends one of the 3 back to the queue."""
    shelf.move(10)
    shelf.reserve("R1", 2)
    shelf.reserve("R2", 1)
    shelf.place("H4", "CELL", garage_code="G1", quantity=Decimal(4))
    available = "select available_raw_quantity, available_quantity from garage_inventory.availability"
    assert shelf.rows(available) == [(3, 3)]
    release(shelf.connection, "H4", "ann")
    shelf.place("H8", "CELL", garage_code="G1", quantity=Decimal(8))
    assert shelf.states() == {"R1": (2, 0), "R2": (0, 1)}
    assert shelf.rows(available) == [(0, 0)]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    stock=st.lists(st.tuples(st.sampled_from([None, "A", "B"]), st.integers(1, 9)), min_size=1, max_size=4),
    asked=st.lists(st.integers(1, 8), max_size=3),
    scope=st.sampled_from(["PART", "LOT", "CELL"]),
)
def test_placing_and_releasing_changes_no_availability(shelf, stock, asked, scope):
    _empty(shelf)
    for lot, quantity in stock:
        shelf.move(quantity, lot)
    for number, quantity in enumerate(asked):
        shelf.reserve(f"R{next(shelf._numbers)}-{number}", quantity)
    cells, waiting = shelf.cells(), sum(backordered for _, backordered in shelf.states().values())
    number = f"H{next(shelf._numbers)}"
    shelf.place(number, scope, garage_code="G1", lot_number="A" if scope == "LOT" else None)
    assert shelf.breaches() == []
    release(shelf.connection, number, "ann")
    assert shelf.breaches() == []
    totals = [tuple(map(sum, zip(*found.values(), strict=True))) for found in (cells, shelf.cells())]
    assert totals[0] == totals[1]
    assert sum(backordered for _, backordered in shelf.states().values()) == waiting
    assert {cell: (found[0], found[1], found[3]) for cell, found in cells.items()} == {
        cell: (found[0], found[1], found[3]) for cell, found in shelf.cells().items()
    }


def _empty(shelf) -> None:
    """Take away what an earlier example left: units out, reservations cancelled."""
    shelf.connection.execute(
        "insert into reservation.events (reservation_number, sequence_number, event_type_code, garage_code, part_id,"
        " quantity, work_order_number, work_order_line, priority, event_at, source_code, idempotency_key,"
        " payload_hash, actor)"
        " select reservation_number, last_sequence_number + 1, 'CANCELLED', garage_code, part_id, due_quantity,"
        " work_order_number, work_order_line, priority, now(), 'test', sha256(reservation_number::bytea), '', 'test'"
        " from reservation.states where due_quantity > 0"
    )
    for (garage, lot), (on_hand, *_) in shelf.cells().items():
        if on_hand:
            shelf.move(-on_hand, lot or None, garage)


def test_what_arrives_under_an_open_hold_is_held_before_anybody_gets_it(shelf):
    shelf.move(3, "A")
    shelf.place(scope="LOT", lot_number="A")
    shelf.reserve("R1", 2)
    shelf.move(5, "A")
    shelf.move(1, "A", garage="G9")
    shelf.move(2, "B")
    assert shelf.cells() == {
        ("G1", "A"): (8, 8, 0, 0), ("G1", "B"): (2, 0, 2, 2), ("G9", "A"): (1, 1, 0, 0),
    }  # fmt: skip
    pegged = "select lot_number from reservation.events where peg_quantity <> 0"
    assert shelf.rows(pegged) == [("B",)]


def test_units_that_a_count_finds_under_an_open_hold_are_held(shelf):
    shelf.move(3, "A")
    shelf.place(scope="LOT", lot_number="A")
    shelf.count("C1", 7, "2026-02-01Z", "A")
    assert shelf.cells()[("G1", "A")] == (7, 7, 0, 0)
    shelf.count("C2", 6, "2026-02-02Z", "A")
    shelf.move(-1, "A", at="2026-02-03Z")
    assert shelf.cells()[("G1", "A")] == (5, 5, 0, 0)
    assert shelf.breaches() == []


def test_units_released_in_part_stay_released_when_others_arrive(shelf):
    shelf.move(10, "A")
    shelf.place(scope="LOT", lot_number="A")
    take(shelf.connection, "H1", "PARTIALLY_RELEASED", "ann", Decimal(4))
    shelf.move(3, "A")
    assert shelf.cells() == {("G1", "A"): (13, 9, 0, 4)}


def test_a_hold_of_a_cell_does_not_reach_what_arrives_later(shelf):
    shelf.move(5)
    shelf.place(scope="CELL", garage_code="G1")
    shelf.move(2)
    assert shelf.cells() == {("G1", ""): (7, 5, 0, 2)}


def test_a_hold_of_a_quantity_takes_stock_without_a_lot_first_and_then_what_expires_first(shelf):
    shelf.move(2)
    shelf.move(3, "LATE")
    shelf.lot("LATE", "2028-01-01")
    shelf.move(3, "SOON")
    shelf.lot("SOON", "2027-01-01")
    shelf.place(scope="CELL", garage_code="G1", quantity=Decimal(4))
    assert {lot: held for (_, lot), (_, held, *_) in shelf.cells().items()} == {"": 2, "SOON": 2, "LATE": 0}


def test_two_holds_on_the_same_units_count_once(shelf):
    shelf.move(10, "A")
    shelf.place("H1", "LOT", lot_number="A")
    shelf.place("H2", "PART")
    assert shelf.cells() == {("G1", "A"): (10, 10, 0, 0)}
    release(shelf.connection, "H1", "ann")
    assert shelf.cells() == {("G1", "A"): (10, 10, 0, 0)}
    release(shelf.connection, "H2", "ann")
    assert shelf.cells() == {("G1", "A"): (10, 0, 0, 10)}


def test_a_range_of_lots_of_a_supplier_is_held_by_value_and_by_date(shelf):
    for lot, made_on in (("L9", "2025-01-10"), ("L10", "2025-02-10"), ("L11", None), ("X1", "2025-02-11")):
        shelf.move(1, lot)
        shelf.lot(lot, supplier="S1", made_on=made_on)
    shelf.move(1, "L12")
    shelf.lot("L12", supplier="S2")
    shelf.place(
        "H1", "SUPPLIER_LOT_RANGE", part_id=None, supplier_code="S1", lot_from_number="L10", lot_to_number="L99"
    )
    assert [lot for (_, lot), (_, held, *_) in shelf.cells().items() if held] == ["L10", "L11"]
    shelf.place(
        "H2", "SUPPLIER_LOT_RANGE", part_id=None, supplier_code="S1",
        manufactured_from_on="2025-02-01", manufactured_to_on="2025-02-28",
    )  # fmt: skip
    assert [lot for (_, lot), (_, held, *_) in shelf.cells().items() if held] == ["L10", "L11", "X1"]
    shelf.move(4, "L50")
    assert shelf.cells()[("G1", "L50")] == (4, 0, 0, 4)
    shelf.lot("L50", supplier="S1")
    assert shelf.cells()[("G1", "L50")] == (4, 4, 0, 0)


def test_stock_of_which_nobody_knows_the_lot_is_held_where_the_hold_says_so(shelf):
    shelf.move(2)
    shelf.move(2, "A")
    shelf.lot("A", supplier="S2")
    rule = {"supplier_code": "S1", "lot_from_number": "L1", "lot_to_number": "L5"}
    shelf.place("H1", "CAMPAIGN", campaign_number="K1", **rule)
    assert shelf.breaches() == [] and not any(held for _, held, *_ in shelf.cells().values())
    shelf.place("H2", "CAMPAIGN", campaign_number="K1", includes_unknown=True, **rule)
    assert shelf.cells() == {("G1", ""): (2, 2, 0, 0), ("G1", "A"): (2, 0, 0, 2)}


@pytest.mark.parametrize("kind", ["SCRAPPED", "RETURNED_TO_SUPPLIER"])
def test_what_is_scrapped_or_returned_leaves_stock_and_hold_together(shelf, kind):
    shelf.move(10)
    shelf.reserve("R1", 6)
    shelf.place(scope="CELL", garage_code="G1", quantity=Decimal(4))
    finding = Finding(supplier_claim_number="CLAIM-1", evidence_ref="photo-1")
    answer = take(shelf.connection, "H1", kind, "ann", finding=finding)
    assert shelf.cells() == {("G1", ""): (6, 0, 6, 6)}
    assert answer.moved == []
    assert shelf.rows("select quantity, reason_code, document_number from garage_inventory.movements")[1:] == [
        (-4, kind, "H1")
    ]
    lines = missing_movements(shelf.connection)
    assert (
        shelf.rows("select encode(idempotency_key, 'hex') from quality_hold.events where quantity = 4")[0][0]
        not in lines
    )


def test_no_more_can_be_scrapped_than_is_there(shelf):
    shelf.move(5, "A")
    shelf.place(scope="LOT", lot_number="A")
    shelf.move(-3, "A")
    refused = refusal(lambda: take(shelf.connection, "H1", "SCRAPPED", "ann", Decimal(3)))
    assert (refused.code, refused.exit_code) == ("PB043", 4)
    take(shelf.connection, "H1", "SCRAPPED", "ann")
    assert shelf.cells() == {("G1", "A"): (0, 0, 0, 0)}


def test_more_than_open_unknown_holds_and_holds_released_already_are_refused(shelf):
    shelf.move(5)
    shelf.place()
    connection = shelf.connection
    assert refusal(lambda: take(connection, "H1", "REWORKED", "ann", Decimal(6))).code == "PB043"
    assert refusal(lambda: take(connection, "H1", "REWORKED", "ann", cells=Cells(garage_code="G2"))).code == "PB042"
    assert refusal(lambda: release(connection, "H9", "ann")).code == "PB041"
    assert refusal(lambda: shelf.place(scope="LOT", lot_number="A")).code == "PB040"
    assert refusal(lambda: shelf.place("H2", "LOT")).code == "PB044"
    assert refusal(lambda: shelf.place("H3", "CELL", garage_code="G1", quantity=Decimal(1))).code == "PB043"
    release(connection, "H1", "ann")
    assert refusal(lambda: release(connection, "H1", "ann")).code == "PB042"
    assert refusal(lambda: extend(connection, "H1", "2027-01-01Z", "ann")).code == "PB042"
    shelf.move(1)
    assert shelf.cells() == {("G1", ""): (6, 0, 0, 6)}


def test_the_same_act_again_answers_as_the_first_time(shelf):
    shelf.move(9, "A")
    shelf.reserve("R1", 5)
    first = shelf.place(scope="LOT", lot_number="A")
    shelf.move(1, "A")
    again = shelf.place(scope="LOT", lot_number="A")
    assert first == again and first.moved[0]["reservation_number"] == "R1"
    for _ in range(2):
        answer = take(shelf.connection, "H1", "SCRAPPED", "ann", Decimal(2), finding=Finding("op-1"))
    assert answer.quantity == 2
    assert shelf.cells() == {("G1", "A"): (8, 8, 0, 0)}


def test_verdicts_and_extensions_are_kept_and_move_nothing(shelf):
    shelf.move(6, "A")
    shelf.place(scope="LOT", lot_number="A")
    found = Finding(inspector="ivy", verdict_code="REJECT", supplier_claim_number="CLAIM-7", disposition_code="RETURN")
    inspect(shelf.connection, "H1", found, "ann")
    extend(shelf.connection, "H1", "2031-01-01Z", "ann", finding=Finding(reason="waits for the supplier"))
    told = "select inspector, verdict_code, supplier_claim_number, edifact_6063_code, due_at::date::text, open_quantity"
    assert shelf.rows(f"{told} from quality_hold.hold_states") == [("ivy", "REJECT", "CLAIM-7", "96", "2031-01-01", 6)]
    kinds = shelf.rows("select event_type_code from quality_hold.events order by sequence_number")
    assert kinds == [("PLACED",), ("INSPECTED",), ("EXTENDED",)]


def test_held_quantities_are_named_as_edifact_names_them(shelf):
    shelf.move(2, "A")
    shelf.move(2, "B")
    shelf.place("H1", "LOT", lot_number="A", hold_reason_code="DAMAGE_IN_TRANSIT")
    shelf.place("H2", "LOT", lot_number="B")
    codes = shelf.rows("select hold_number, edifact_6063_code from quality_hold.hold_states order by 1")
    assert codes == [("H1", "124"), ("H2", "89")]


def test_only_the_functions_change_what_holds_come_to(shelf):
    shelf.move(2)
    shelf.place()
    for statement in ("update quality_hold.rules set is_open = false", "delete from quality_hold.events",
                      "update quality_hold.holds set open_quantity = 0"):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shelf.connection.execute(statement)


def test_the_part_is_named_once_for_all_garages(shelf):
    shelf.move(2)
    shelf.move(3, garage="G2")
    shelf.move(4, part=OTHER)
    shelf.place()
    assert shelf.rows("select part_id, sum(held_quantity) from garage_inventory.cells group by 1 order by 1") == [
        (PART, 5), (OTHER, 0),
    ]  # fmt: skip


def test_a_name_of_an_act_is_not_used_for_another_one(shelf):
    shelf.move(5)
    shelf.place()
    finding = Finding("X")
    take(shelf.connection, "H1", "SCRAPPED", "ann", Decimal(2), finding=finding)
    for kind, quantity in (("SCRAPPED", Decimal(1)), ("REWORKED", Decimal(2))):
        other = refusal(lambda kind=kind, quantity=quantity: take(
            shelf.connection, "H1", kind, "ann", quantity, finding=finding
        ))  # fmt: skip
        assert other.code == "PB040"
    assert take(shelf.connection, "H1", "SCRAPPED", "ann", Decimal(2), finding=finding).quantity == 2
    assert shelf.cells() == {("G1", ""): (3, 3, 0, 0)}


def test_the_record_of_every_act_on_a_hold_names_who_and_why_and_nobody_acts_unnamed(shelf):
    shelf.move(5)
    shelf.reserve("R1", 1)
    shelf.place(reason="it leaks")
    take(shelf.connection, "H1", "SCRAPPED", "bob", Decimal(1), finding=Finding(reason="broken"))
    release(shelf.connection, "H1", "eve", Finding(reason="all good"))
    records = shelf.rows(
        "select distinct on (recorded_at) actor, reason from audit.records"
        " where relation_name = 'quality_hold.events' order by recorded_at"
    )
    assert records == [("ann", "it leaks"), ("bob", "broken"), ("eve", "all good")]
    moved = "select distinct actor from reservation.events where caused_by_code = 'HOLD' order by 1"
    assert shelf.rows(moved) == [("ann",), ("eve",)]
    nobody = refusal(lambda: release(shelf.connection, "H1", " "))
    assert (nobody.code, nobody.exit_code) == ("PB046", 4)
