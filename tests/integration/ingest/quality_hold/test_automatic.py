"""Holds that nobody places: expiry, counts in dispute, first deliveries, doubtful feeds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.garage_inventory import count_work
from ingest.quality_hold.acts import is_sweep_due, release, sweep
from ingest.quality_hold.campaigns import set_automatic_rule
from tests.support import network
from tests.support.holds import PART, Shelf
from tests.support.ingest_files import RECEIPT, Ingest, lines


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def switch(shelf: Shelf, code: str, is_on: bool = True, **segment) -> None:
    set_automatic_rule(shelf.connection, code, is_on, "test", "ann", valid_from_at=moment("2020-01-01"), **segment)


def events(shelf: Shelf) -> list[tuple]:
    return shelf.rows(
        "select event_type_code, garage_code, lot_number, quantity, event_at, hold_number, sequence_number,"
        " idempotency_key from quality_hold.events order by 2, 3, 6, 7"
    )


@pytest.fixture
def expiring(shelf) -> Shelf:
    """A lot that expires on 1 March, in Berlin and in New York, and one that keeps."""
    shelf.garage("G1", "Europe/Berlin")
    shelf.garage("G2", "America/New_York")
    shelf.lot("A", "2026-03-01")
    shelf.lot("B", "2026-09-01")
    for lot, garage in (("A", "G1"), ("A", "G2"), ("B", "G1")):
        shelf.move(4, lot, garage)
    return shelf


def test_a_lot_is_held_from_midnight_where_the_garage_is_and_not_before(expiring):
    assert sweep(expiring.connection, moment("2026-02-28T22:59")).events == []
    [berlin] = sweep(expiring.connection, moment("2026-02-28T23:00")).events
    assert (berlin["garage_code"], berlin["lot_number"], berlin["quantity"]) == ("G1", "A", 4)
    [new_york] = sweep(expiring.connection, moment("2026-03-01T05:00")).events
    assert (new_york["garage_code"], new_york["event_at"]) == ("G2", moment("2026-03-01T05:00"))
    assert expiring.cells()[("G1", "B")] == (4, 0, 0, 4)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    moments=st.lists(st.sampled_from(["2026-02-01", "2026-02-28T23:30", "2026-03-01T04:59", "2026-03-02"]), max_size=4)
)
def test_sweeping_late_twice_or_in_pieces_enters_the_same_events(make_database, moments):
    found = []
    for times in (["2026-03-03"], [*sorted(moments), "2026-03-03", "2026-03-03"]):
        shelf = Shelf(make_database("stores").pipeline)
        shelf.garage("G1", "Europe/Berlin")
        shelf.garage("G2", "America/New_York")
        shelf.lot("A", "2026-03-01")
        shelf.move(4, "A", "G1")
        shelf.move(2, "A", "G2")
        for time in times:
            sweep(shelf.connection, moment(time))
        found.append(events(shelf))
        shelf.connection.close()
    assert found[0] == found[1] and len(found[0]) == 2


def test_reservations_leave_an_expired_lot_and_what_comes_later_of_it_is_held_at_once(expiring):
    expiring.reserve("R1", 6)
    answer = sweep(expiring.connection, moment("2026-03-02"))
    assert [one["reservation_number"] for one in answer.moved] == ["R1"]
    expiring.move(3, "A", at="2026-03-03Z")
    assert expiring.cells()[("G1", "A")] == (7, 7, 0, 0)
    assert expiring.breaches() == []


def test_a_lot_that_keeps_longer_after_all_is_free_again(expiring):
    sweep(expiring.connection, moment("2026-03-02"))
    expiring.lot("A", "2026-08-01", stated_at="2026-03-04Z")
    released = sweep(expiring.connection, moment("2026-03-05")).events
    assert {(one["event_type_code"], one["event_at"]) for one in released} == {("RELEASED", moment("2026-03-04"))}
    assert expiring.cells()[("G1", "A")] == (4, 0, 0, 4)
    assert len(sweep(expiring.connection, moment("2026-08-02")).events) == 2


def test_an_expired_lot_that_somebody_released_is_not_held_again(expiring):
    assert is_sweep_due(expiring.connection, moment("2026-03-02"))
    [held, *_] = sweep(expiring.connection, moment("2026-03-02")).events
    assert not is_sweep_due(expiring.connection, moment("2026-03-02"))
    release(expiring.connection, held["hold_number"], "ann")
    assert sweep(expiring.connection, moment("2026-03-03")).events == []


def test_the_more_specific_statement_counts(expiring):
    switch(expiring, "EXPIRED", is_on=False, garage_code="G2")
    assert [one["garage_code"] for one in sweep(expiring.connection, moment("2026-03-02")).events] == ["G1"]


def test_a_lot_that_expires_soon_is_held_where_that_is_wanted_until_it_has_expired(expiring):
    switch(expiring, "EXPIRY_NEAR", warning_days=10, garage_code="G1")
    [near] = sweep(expiring.connection, moment("2026-02-20")).events
    assert (near["lot_number"], near["event_at"]) == ("A", moment("2026-02-18T23:00"))
    kinds = {
        (one["hold_number"].partition("-")[0], one["event_type_code"], one["garage_code"])
        for one in sweep(expiring.connection, moment("2026-03-02")).events
    }
    assert kinds == {("EXPIRED", "PLACED", "G1"), ("EXPIRED", "PLACED", "G2"), ("EXPIRY_NEAR", "RELEASED", "G1")}
    assert expiring.cells()[("G1", "A")] == (4, 4, 0, 0)


@pytest.mark.parametrize(("whole_cell", "held"), [(False, 9), (True, 21)])
def test_a_count_in_dispute_is_held_until_another_count_agrees(shelf, whole_cell, held):
    switch(shelf, "COUNT_DISPUTE", holds_whole_cell=whole_cell)
    shelf.count("C1", 12, "2026-03-01Z")
    shelf.count("C2", 21, "2026-03-02Z")
    [placed] = sweep(shelf.connection, moment("2026-03-03")).events
    assert (placed["quantity"], placed["event_at"]) == (held, moment("2026-03-02"))
    assert sweep(shelf.connection, moment("2026-03-03")).events == []
    shelf.count("C3", 21, "2026-03-04Z")
    [released] = sweep(shelf.connection, moment("2026-03-05")).events
    assert (released["event_type_code"], released["event_at"]) == ("RELEASED", moment("2026-03-04"))
    assert shelf.cells() == {("G1", ""): (21, 0, 0, 21)}


def test_units_too_many_are_held_unless_switched_off_and_units_that_are_missing_cannot_be(shelf):
    for number, quantity, at in (("C1", 12, "01"), ("C2", 21, "02"), ("C3", 9, "04")):
        shelf.count(number, quantity, f"2026-03-{at}Z")
        shelf.count(number, 12, f"2026-03-{at}Z", lot="L")
        if number == "C2":
            switch(shelf, "COUNT_DISPUTE", is_on=False)
            assert sweep(shelf.connection, moment("2026-03-03")).events == []
            switch(shelf, "COUNT_DISPUTE")
            [placed] = sweep(shelf.connection, moment("2026-03-03")).events
            assert (placed["lot_number"], placed["quantity"]) == (None, 9)
    assert [one["event_type_code"] for one in sweep(shelf.connection, moment("2026-03-05")).events] == ["RELEASED"]
    assert shelf.cells()[("G1", "")] == (9, 0, 0, 9)


def test_a_count_within_the_limit_holds_nothing(shelf):
    shelf.count("C1", 12, "2026-03-01Z")
    shelf.count("C2", 13, "2026-03-02Z")
    assert sweep(shelf.connection, moment("2026-03-03")).events == []


def test_a_dispute_ends_with_a_review_by_another_person(shelf):
    shelf.garage("G1")
    shelf.count("C1", 12, "2026-03-01Z")
    number, _ = count_work.request(shelf.connection, "G1", "ann", [PART], at=moment("2026-03-02"))
    for place, quantity in enumerate((21, 30, 39)):
        name = f"{number}/{place + 1}" if place else number
        shelf.count(name, quantity, moment(f"2026-03-0{place + 3}"))
    [placed] = sweep(shelf.connection, moment("2026-03-06")).events
    assert (placed["quantity"], placed["event_at"]) == (9, moment("2026-03-05"))
    shelf.reserve("R1", 35)
    count_work.review(shelf.connection, number, "all are ours", "bob", at=moment("2026-03-07"))
    [released] = sweep(shelf.connection, moment("2026-03-08")).events
    assert (released["event_type_code"], released["event_at"]) == ("RELEASED", moment("2026-03-07"))
    assert shelf.states() == {"R1": (35, 0)}
    assert sweep(shelf.connection, moment("2026-03-09")).events == []


@pytest.mark.parametrize(("is_inspected", "is_on", "held"), [(True, None, 2), (None, None, 0), (True, False, 0)])
def test_suppliers_that_are_inspected_need_no_statement_and_can_be_excepted(catalogued, is_inspected, is_on, held):
    network.supplier(catalogued.connection, supplier_code="S9", is_inspected=is_inspected)
    if is_on is not None:
        switch(catalogued, "FIRST_DELIVERY", is_on=is_on)
    part = catalogued.rows("select part_id from catalogue.parts limit 1")[0][0]
    receive(catalogued, part, "D1", "S9", "A")
    receive(catalogued, part, "D2", "S9", "B")
    assert {lot: cell[1] for (_, lot), cell in catalogued.cells().items()} == {"A": held, "B": 0}


def test_of_deliveries_in_one_file_the_first_waits_for_its_inspection(catalogued, tmp_path):
    network.supplier(catalogued.connection, supplier_code="S9", is_inspected=True)
    ingest = Ingest(catalogued.url, tmp_path)
    rows = [
        {"delivery_number": number, "delivery_line": lot, "lot_number": lot, "received_at": f"2024-02-{day}T09:00:00Z"}
        for number, lot, day in (("D3", "C", 12), ("D2", "A", 10), ("D2", "B", 10), ("D1", "D", 11))
    ]
    for names, content in (("first", rows[:3]), ("later", rows[3:])):
        taken = ingest(lines({**RECEIPT, "supplier_code": "S9"}, *content), kind="receipt", name=f"{names}.csv")
        assert taken.state == "ACCEPTED"
    ingest.connection.close()
    assert {lot: cell[1] for (_, lot), cell in catalogued.cells().items()} == {"A": 5, "B": 5, "C": 0, "D": 0}
    assert catalogued.breaches() == []


def test_the_first_delivery_of_a_part_by_a_supplier_waits_for_its_inspection(catalogued):
    shelf = catalogued
    switch(shelf, "FIRST_DELIVERY", supplier_code="S1")
    part = shelf.rows("select part_id from catalogue.parts limit 1")[0][0]
    shelf.connection.execute(
        "select reservation.reserve('R1', 'G1', %s, 3, 'W1', '1', 'test', need_by_at => '2026-03-05Z')", (part,)
    )
    for delivery, supplier, lot in (("D1", "S1", "A"), ("D1", "S1", "B"), ("D2", "S2", "C"), ("D3", "S1", "D")):
        receive(shelf, part, delivery, supplier, lot)
    assert {lot: held for (_, lot), (_, held, *_) in shelf.cells().items()} == {"A": 2, "B": 2, "C": 0, "D": 0}
    assert shelf.rows("select distinct hold_reason_code from quality_hold.holds") == [("INCOMING_INSPECTION",)]
    assert shelf.rows("select distinct lot_number from reservation.events where peg_quantity <> 0 order by 1") == [
        ("C",), ("D",),
    ]  # fmt: skip


@pytest.fixture
def sold(shelf) -> Shelf:
    """Five of a part in G1 that is sold since 2020, one of them promised, and five in G2."""
    for code in ("G1", "G2"):
        shelf.garage(code, "Europe/Berlin")
        shelf.move(5, None, code)
    state_life_cycle(shelf, "2", "2020-01-01")
    shelf.reserve("R1", 1)
    return shelf


def state_life_cycle(shelf: Shelf, code: str, since: str, **values) -> None:
    network.part(
        shelf.connection, "P7", part_id=PART, lifecycle_code=code, valid_from_at=moment(since),
        recorded_at=moment(since), **values,
    )  # fmt: skip


@pytest.mark.parametrize("code", ["0", "1", "3", "4", "5", "6", "9"])
def test_what_its_life_cycle_does_not_let_be_sold_is_promised_to_nobody_and_whoever_asks_is_told(sold, code):
    assert not is_sweep_due(sold.connection, moment("2026-03-01"))
    state_life_cycle(sold, code, "2026-03-02")
    assert is_sweep_due(sold.connection, moment("2026-03-03"))
    placed = sweep(sold.connection, moment("2026-03-03")).events
    assert {(one["garage_code"], one["quantity"], one["event_at"]) for one in placed} == {
        ("G1", 5, moment("2026-03-02")), ("G2", 5, moment("2026-03-02")),
    }  # fmt: skip
    sold.reserve("R2", 2)
    assert sold.states() == {"R1": (0, 1), "R2": (0, 2)}
    [(reason, obstacles)] = sold.rows(
        "select shortage_reason_code, obstacles from reservation.shortage('G1', %s, 'NEW', 'R2')", (PART,)
    )
    assert reason == "ON_HOLD" and obstacles[0]["hold_reason_code"] == "LIFE_CYCLE"
    assert obstacles[0]["hold_number"].startswith(f"LIFE_CYCLE-G1-{code}-")
    sold.move(3, "L9", at="2026-03-04Z")
    assert sold.cells()[("G1", "L9")] == (3, 3, 0, 0)
    assert sweep(sold.connection, moment("2026-03-05")).events == []
    assert sold.breaches() == []


@pytest.mark.parametrize("code", ["2", "7", "8", "A"])
def test_what_is_sold_while_it_lasts_is_not_held(sold, code):
    state_life_cycle(sold, code, "2026-03-02")
    assert sweep(sold.connection, moment("2026-03-03")).events == []


def test_a_part_that_is_sold_again_is_free_and_one_that_is_not_again_is_held_again(sold):
    for day, (code, events) in enumerate((("9", {"PLACED"}), ("9", set()), ("8", {"RELEASED"}), ("9", {"PLACED"})), 1):
        state_life_cycle(sold, code, f"2026-03-0{2 * day}")
        found = sweep(sold.connection, moment(f"2026-03-0{2 * day + 1}")).events
        assert {one["event_type_code"] for one in found} == events
        assert {one["event_at"] for one in found} <= {moment(f"2026-03-0{2 * day}")}
        assert sold.states() == {"R1": (1, 0) if code == "8" else (0, 1)}


def test_who_lets_the_last_ones_be_sold_releases_the_hold_and_it_stays_released(sold):
    state_life_cycle(sold, "9", "2026-03-02")
    for one in sweep(sold.connection, moment("2026-03-03")).events:
        release(sold.connection, one["hold_number"], "ann")
    state_life_cycle(sold, "9", "2026-03-04", description="obsolete")
    assert sweep(sold.connection, moment("2026-03-05")).events == []
    assert sold.states() == {"R1": (1, 0)}


@pytest.mark.parametrize("code", ["2", "9"])
@pytest.mark.parametrize("is_swept_between", [False, True])
def test_stock_of_a_part_that_is_retired_is_held_until_it_is_sold_again(sold, code, is_swept_between):
    state_life_cycle(sold, code, "2026-03-02")
    if is_swept_between:
        sweep(sold.connection, moment("2026-03-03"))
    state_life_cycle(sold, code, "2026-03-04", is_retired=True)
    sweep(sold.connection, moment("2026-03-05"))
    # Held since nobody sells it, whenever somebody looked.
    held = sold.rows("select distinct event_type_code, event_at, quantity from quality_hold.events")
    assert held == [("PLACED", moment("2026-03-02" if code == "9" else "2026-03-04"), 5)]
    assert sold.states() == {"R1": (0, 1)}
    # Retired again is nothing new, and a version without the end of it brings the part back.
    state_life_cycle(sold, "9", "2026-03-06", is_retired=True, description="obsolete")
    assert sweep(sold.connection, moment("2026-03-07")).events == []
    state_life_cycle(sold, "A", "2026-03-08")
    released = sweep(sold.connection, moment("2026-03-09")).events
    assert {(one["event_type_code"], one["event_at"]) for one in released} == {("RELEASED", moment("2026-03-08"))}
    assert sold.states() == {"R1": (1, 0)}
    assert sold.breaches() == []


def test_a_garage_may_sell_what_others_do_not(sold):
    switch(sold, "LIFE_CYCLE", is_on=False, garage_code="G2")
    state_life_cycle(sold, "9", "2026-03-02")
    assert [one["garage_code"] for one in sweep(sold.connection, moment("2026-03-03")).events] == ["G1"]


def receive(shelf, part, delivery: str, supplier: str, lot: str) -> None:
    shelf.connection.execute(
        "select garage_inventory.receive(delivery_number => %s, delivery_line => %s, garage_code => 'G1',"
        " part_id => %s, uom_code => 'EA', quantity => 2, lot_number => %s, supplier_code => %s, actor => 'ann',"
        " received_at => '2026-03-01Z')",
        (delivery, lot, part, lot, supplier),
    )


def test_stock_of_a_supplier_whose_number_now_means_another_part_is_in_doubt_until_that_is_decided(catalogued):
    shelf = catalogued
    switch(shelf, "FEED_QUALITY")
    part = shelf.rows("select part_id from catalogue.parts limit 1")[0][0]
    for lot, supplier in (("A", "S1"), ("B", "S2")):
        receive(shelf, part, f"D{lot}", supplier, lot)
    shelf.connection.execute(
        "insert into supplier_feed.line_holds select uuidv7(), 'supplier_price', 'IDENTITY_CHANGE', 'S1', brand_code,"
        " part_number, 'INSTALLER', 1, '2026-03-02Z', '{}', 'S1', uuidv7(), 1, '2026-03-02Z' from catalogue.parts"
        " limit 1"
    )
    [placed] = sweep(shelf.connection, moment("2026-03-03")).events
    assert (placed["lot_number"], placed["quantity"]) == ("A", 2)
    receive(shelf, part, "D9", "S1", "A")
    assert shelf.cells()[("G1", "A")] == (4, 4, 0, 0)
    shelf.connection.execute("delete from supplier_feed.line_holds")
    sweep(shelf.connection, moment("2026-03-04"))
    assert shelf.cells()[("G1", "A")] == (4, 0, 0, 4)


def test_each_reason_has_its_limit_and_another_can_be_stated(shelf):
    shelf.move(1, "A")
    shelf.place("H1", "LOT", lot_number="A", hold_reason_code="INCOMING_INSPECTION", at=moment("2026-03-01"))
    shelf.connection.execute(
        "insert into quality_hold.reason_limits values ('INCOMING_INSPECTION', '2026-03-05Z', 10, 'partsbay', 'ann')"
    )
    shelf.place("H2", "LOT", lot_number="A", hold_reason_code="INCOMING_INSPECTION", at=moment("2026-03-06"))
    assert shelf.rows("select hold_number, due_at from quality_hold.holds order by 1") == [
        ("H1", moment("2026-03-04")), ("H2", moment("2026-03-16")),
    ]  # fmt: skip
    ages = (
        "select hold_number, age_days, bucket_code, is_overdue, overdue_days from quality_hold.ageing_at(%s) order by 1"
    )
    assert shelf.rows(ages, (moment("2026-03-20"),)) == [("H1", 19, "8-30", True, 16), ("H2", 14, "8-30", True, 4)]
