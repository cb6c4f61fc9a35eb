"""What people do with a reservation: every act once, with a clear answer, and what it frees goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from ingest.audit import Subject, find_records
from ingest.errors import ProtectedError
from ingest.reservation.acts import cancel, consume, extend, pick, release
from ingest.reservation.reading import answer_of, available_by, elsewhere_of
from tests.support.network import supersession
from tests.support.reservations import HOUR, NOW
from tests.support.stock import Stock as Network


def refusal(act, *arguments, **options) -> ProtectedError:
    with pytest.raises(ProtectedError) as refused:
        act(*arguments, **options)
    assert refused.value.mend
    return refused.value


def test_as_much_as_is_free_is_reserved_and_the_rest_waits_and_says_for_whom(stock):
    stock.receive(3)
    assert stock.reserve("R1", 2).status_code == "RESERVED"
    partly = stock.reserve("R2", 2)
    assert (partly.status_code, partly.reserved_quantity, partly.backordered_quantity) == ("PARTIALLY_RESERVED", 1, 1)
    last = stock.reserve("R3", 1)
    assert (last.status_code, last.shortage_reason_code) == ("BACKORDERED", "RESERVED_FOR_OTHER")
    assert last.why == "stock is reserved for others: reservation R1 has 2, reservation R2 has 1"


def test_a_shortage_names_the_hold_that_stands_in_the_way(stock):
    stock.receive(2)
    stock.hold("H7", "PLACED", 2)
    answer = stock.reserve("R1")
    assert answer.why == "stock is on quality hold: hold H7 (DAMAGE_IN_TRANSIT) of 2"


def test_the_same_number_asks_once_and_another_content_under_it_is_refused(stock):
    stock.receive(3)
    first = stock.reserve("R1", 2)
    assert stock.reserve("R1", 2) == first
    assert refusal(stock.reserve, "R1", 3).code == "PB001"
    assert stock.reserved() == {"R1": 2}


def test_a_line_has_one_active_reservation_and_another_once_that_has_ended(stock):
    stock.receive(3)
    stock.reserve("R1", work_order_number="W1")
    assert "R1" in refusal(stock.reserve, "R2", work_order_number="W1").message
    stock.reserve("R3", work_order_number="W1", work_order_line="2")
    cancel(stock.connection, "R1", "ann")
    assert stock.reserve("R4", work_order_number="W1").status_code == "RESERVED"


def test_what_lapsed_leaves_the_line_free_before_anybody_swept(stock):
    stock.receive(1)
    stock.reserve("R1", work_order_number="W1", expires_at=datetime.now(UTC) + timedelta(seconds=0.5))
    stock.connection.execute("select pg_sleep(0.6)")
    assert stock.reserve("R2", work_order_number="W1").status_code == "RESERVED"
    assert stock.events("R1")[-1] == ("EXPIRED", 1, -1)


def test_consumed_units_leave_the_reservation_and_the_stock_together_as_lots_are_picked(stock):
    stock.lot("A", "2030-01-01")
    stock.lot("B", "2029-01-01")
    stock.receive(2, lot="A")
    stock.receive(2, lot="B")
    stock.reserve("R1", 3)
    answer = consume(stock.connection, "R1", Decimal(3), "ann")
    assert (answer.status_code, answer.consumed_quantity, answer.reserved_quantity) == ("DELIVERED", 3, 0)
    assert stock.cells() == {("G1", "A"): (1, 0)}
    used = stock.connection.execute(
        "select lot_number, quantity, usage_type_code, reservation_number from garage_inventory.usage_lines order by 1"
    ).fetchall()
    assert used == [("A", 1, "FITTED", "R1"), ("B", 2, "FITTED", "R1")]


def test_what_is_consumed_is_not_promised_to_the_next_in_the_queue(stock):
    stock.receive(1)
    stock.reserve("R1")
    stock.reserve("R2")
    consume(stock.connection, "R1", Decimal(1), "ann")
    assert stock.reserved() == {"R2": 0}


def test_an_act_under_the_same_operation_number_is_done_once_and_answers_the_same(stock):
    stock.receive(5)
    stock.reserve("R1", 3)
    first = consume(stock.connection, "R1", Decimal(1), "ann", operation_number="op-1")
    cancel(stock.connection, "R1", "ann")
    assert consume(stock.connection, "R1", Decimal(1), "ann", operation_number="op-1") == first
    assert stock.cells() == {("G1", ""): (4, 0)}
    other = refusal(consume, stock.connection, "R1", Decimal(2), "ann", operation_number="op-1")
    assert (other.code, other.exit_code) == ("PB905", 4)
    assert refusal(release, stock.connection, "R1", Decimal(1), "ann", operation_number="op-1").code == "PB905"


def test_released_units_are_first_those_that_it_waits_for_and_then_go_to_who_waits(stock):
    stock.receive(3)
    stock.reserve("R1", 4)
    stock.reserve("R2", 2)
    release(stock.connection, "R1", Decimal(1), "ann")
    assert stock.reserved() == {"R1": 3, "R2": 0}
    answer = release(stock.connection, "R1", Decimal(2), "ann", reason="only one pad is worn")
    assert (answer.status_code, answer.reserved_quantity) == ("RESERVED", 1)
    assert stock.reserved() == {"R1": 1, "R2": 2}
    assert release(stock.connection, "R1", Decimal(1), "ann").status_code == "CLOSED"


def test_freed_units_go_by_need_date_then_priority_then_time_then_number(stock):
    stock.receive(4)
    stock.reserve("R0", 4)
    stock.reserve("D", need_by_at=NOW + 2 * HOUR, priority=1)
    stock.reserve("C", need_by_at=NOW + HOUR, priority=5)
    stock.reserve("B", need_by_at=NOW + HOUR, priority=5)
    stock.reserve("A", need_by_at=NOW + HOUR, priority=1)
    order = []
    for _ in range(4):
        release(stock.connection, "R0", Decimal(1), "ann")
        order += [number for number, quantity in stock.reserved().items() if quantity and number not in [*order, "R0"]]
    assert order == ["A", "C", "B", "D"]


def test_a_cancelled_reservation_gives_everything_back_and_ends(stock):
    stock.receive(2)
    stock.reserve("R1", 3)
    stock.reserve("R2", 1)
    assert cancel(stock.connection, "R1", "ann", reason="customer went away").status_code == "CANCELLED"
    assert stock.reserved() == {"R2": 1}
    for act in (lambda: cancel(stock.connection, "R1", "ann"), lambda: extend(stock.connection, "R1", NOW + HOUR, "a")):
        assert refusal(act).code == "PB902"


def test_part_delivered_and_then_cancelled_is_closed(stock):
    stock.receive(2)
    stock.reserve("R1", 2)
    assert consume(stock.connection, "R1", Decimal(1), "ann").status_code == "PARTIALLY_DELIVERED"
    assert cancel(stock.connection, "R1", "ann").status_code == "CLOSED"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda c: consume(c, "R1", Decimal(3), "ann"), "PB904"),
        (lambda c: consume(c, "R1", Decimal(0), "ann"), "PB904"),
        (lambda c: consume(c, "R1", Decimal(1), "ann", lot_number="Z"), "PB906"),
        (lambda c: release(c, "R1", Decimal(5), "ann"), "PB904"),
        (lambda c: consume(c, "nothing", Decimal(1), "ann"), "PB900"),
        (lambda c: cancel(c, "R1", " "), "PB901"),
        (lambda c: cancel(c, "R1", "ann", at=NOW + HOUR), "PB907"),
        (lambda c: extend(c, "R1", NOW - HOUR, "ann"), "PB907"),
        (lambda c: pick(c, "R1", "ann"), "PB906"),
        (lambda c: pick(c, "R1", "ann", lot_number="Z"), "PB906"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(stock, act, code):
    stock.receive(2)
    stock.reserve("R1", 4)
    before = stock.facts()
    refused = refusal(act, stock.connection)
    assert (refused.code, refused.exit_code) == (code, 4)
    assert stock.facts() == before


def test_until_it_is_picked_any_lot_will_do_and_then_only_that_one(stock):
    stock.lot("A", "2029-01-01")
    stock.lot("B", "2030-01-01")
    stock.receive(2, lot="A")
    stock.receive(2, lot="B")
    stock.reserve("R1", 2)
    stock.reserve("R2", 2)
    picked = pick(stock.connection, "R1", "ann", lot_number="B")
    assert [(peg["lot_number"], peg["quantity"]) for peg in picked.pegs] == [("B", 2)]
    # Who was promised units of that lot has others now.
    assert stock.reserved() == {"R1": 2, "R2": 2}
    stock.hold("H1", "PLACED", 2, lot="B")
    stock.receive(5, lot="A")
    assert stock.reserved() == {"R1": 0, "R2": 2}
    stock.hold("H1", "RELEASED", 2, step=2, lot="B")
    assert stock.reserved() == {"R1": 2, "R2": 2}


def test_what_another_has_picked_cannot_be_picked(stock):
    stock.receive(2, lot="A")
    stock.receive(2, lot="B")
    stock.reserve("R1", 2)
    stock.reserve("R2", 2)
    pick(stock.connection, "R1", "ann", lot_number="A")
    assert refusal(pick, stock.connection, "R2", "ann", lot_number="A").code == "PB906"
    assert pick(stock.connection, "R2", "ann").pegs[0]["lot_number"] == "B"


def test_units_of_another_garage_are_promised_only_where_it_is_allowed_and_ask_for_a_transfer(stock):
    stock.receive(2, garage="G2")
    assert stock.reserve("R1", 1).status_code == "BACKORDERED"
    answer = stock.reserve("R2", 2, allows_other_garages=True)
    assert [(peg["garage_code"], peg["quantity"]) for peg in answer.pegs] == [("G2", 2)]
    assert [event[0] for event in stock.events("R2")][-1] == "TRANSFER_REQUESTED"
    # They are not here yet.
    assert refusal(consume, stock.connection, "R2", Decimal(1), "ann").code == "PB904"
    cancel(stock.connection, "R2", "ann")
    assert stock.cells() == {("G2", ""): (2, 0)}


def test_who_extends_keeps_what_it_has_past_the_first_moment(stock):
    stock.receive(1)
    stock.reserve("R1", expires_at=NOW + HOUR)
    later = extend(stock.connection, "R1", NOW + 2 * HOUR, "ann", operation_number="op")
    assert later.expires_at.startswith((NOW + 2 * HOUR).strftime("%Y-%m-%dT%H"))
    assert extend(stock.connection, "R1", NOW + 2 * HOUR, "ann", operation_number="op") == later


def test_available_by_a_date_takes_what_waits_and_is_needed_by_then(stock):
    stock.receive(3)
    stock.hold("H1", "PLACED", 1)
    stock.reserve("R1", 1)
    stock.reserve("R2", 5, need_by_at=NOW + 24 * 5 * HOUR)
    today = available_by(stock.connection, "G1", stock.part_id, NOW.date())
    assert (today["available_now_quantity"], today["available_quantity"]) == (0, 0)
    later = available_by(stock.connection, "G1", stock.part_id, (NOW + 24 * 6 * HOUR).date())
    assert (later["waiting_quantity"], later["available_quantity"]) == (4, -4)


def test_the_record_of_every_act_names_who_did_it(stock):
    stock.receive(3)
    stock.reserve("R1", 2, actor="ann")
    consume(stock.connection, "R1", Decimal(1), "bob")
    cancel(stock.connection, "R1", "eve")
    found = find_records(stock.connection, Subject(reservation_number="R1"))
    actors = [one["actor"] for one in found if one["relation_name"] == "reservation.events"]
    assert list(dict.fromkeys(reversed(actors))) == ["ann", "bob", "eve"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": "0"}, "PB904"),
        ({"quantity": "-1"}, "PB904"),
        ({"quantity": "0.0001"}, "PB904"),
        ({"quantity": "NaN"}, "PB904"),
        ({"actor": " "}, "PB901"),
    ],
)
def test_what_nobody_asks_for_and_what_is_no_quantity_is_refused(stock, change, code):
    stock.receive(3)
    assert refusal(stock.reserve, "R1", **change).code == code
    assert stock.facts() == []


@pytest.fixture
def replaced(stores):
    """P1, of which nothing is left, was replaced by P2, two for one."""
    network = Network(stores.pipeline)
    p2 = network.part("P2")
    supersession(network.connection, "P1", "P2", conversion_quantity=2)
    yield network, p2
    network.connection.close()


def test_who_waits_for_a_part_that_was_replaced_is_told_by_what_and_how_much_of_it_is_there(replaced):
    network, p2 = replaced
    network.receive(5, part_id=p2)
    network.reserve("R0", 1, part_id=p2)
    network.reserve("R1", 1)
    answer = answer_of(network.connection, "R1")
    assert (answer.shortage_reason_code, answer.status_code) == ("SUPERSEDED_NO_STOCK", "BACKORDERED")
    assert answer.why == (
        "the garage has none, and the part was replaced: by BRND P2, 2 for one, of which 4 are available here"
    )
    (code,) = network.rows("select shortage_reason_code from reservation.events where event_type_code = 'BACKORDERED'")
    assert code["shortage_reason_code"] == "SUPERSEDED_NO_STOCK"


def test_as_long_as_there_is_some_of_a_replaced_part_the_usual_reasons_hold(replaced):
    network, _ = replaced
    network.receive(2)
    network.reserve("R1", 2)
    network.reserve("R2", 1)
    assert answer_of(network.connection, "R2").shortage_reason_code == "RESERVED_FOR_OTHER"
    network.reserve("R3", 1, part_id=network.part("P3"))
    assert answer_of(network.connection, "R3").shortage_reason_code == "NOT_STOCKED"


def test_other_garages_that_have_the_part_are_named(stores):
    network = Network(stores.pipeline)
    network.receive(3, "G2")
    network.reserve("R0", 1, "G2")
    network.receive(1, "G3")
    network.hold("H1", 1, "G3")
    network.reserve("R1", 1)
    assert elsewhere_of(network.connection, "R1") == [{"garage_code": "G2", "available_quantity": 2}]
    assert elsewhere_of(network.connection, "R0") == []
    network.connection.close()


def test_half_a_piece_is_not_asked_for(stores):
    network = Network(stores.pipeline)
    with pytest.raises(psycopg.Error) as refused:
        network.reserve("R1", Decimal("0.5"))
    assert refused.value.sqlstate == "PB904"
    assert network.reserve("R1", 1)["requested_quantity"] == 1
    network.connection.close()


@pytest.mark.parametrize(
    "change",
    [
        {"priority": 1}, {"need_by_at": NOW}, {"expires_at": NOW + HOUR}, {"lot_number": "A"},
        {"condition_code": "USED"}, {"allows_other_garages": True},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_every_word_of_a_request_counts_when_its_number_is_used_again(stock, change):
    stock.receive(3)
    stock.reserve("R1")
    assert refusal(stock.reserve, "R1", **change).code == "PB001"
    extend(stock.connection, "R1", NOW + 2 * HOUR, "ann")
    assert stock.reserve("R1").status_code == "RESERVED"


def test_the_reason_of_an_act_is_in_its_record(stock):
    stock.receive(1)
    stock.reserve("R1")
    cancel(stock.connection, "R1", "eve", reason="customer went away")
    records = "select actor, reason from audit.records where relation_name = 'reservation.events' order by recorded_at"
    assert stock.connection.execute(records).fetchall()[-1] == ("eve", "customer went away")
