"""What became of a line of an order, by what suppliers and garages say of it: a fold, at any moment."""

import psycopg
import pytest

from tests.support.orders import ago, quantities


def test_a_line_that_was_not_sent_is_approved_and_open_but_not_confirmed(orders):
    orders.order(10, sent=None)
    line = orders.line()
    assert quantities(line) == (10, None, 0, 0, 0, 10, "APPROVED")
    assert (line["is_confirmed"], line["sent_at"]) == (False, None)


def test_a_line_goes_through_its_life(orders):
    number = orders.order(10, sent=20, expected_on="2026-01-01")
    orders.answer(number, "1", "IA", 10, days=18, promised_on="2026-02-01")
    orders.notice(number, "1", 10, days=10, expected_on="2026-03-01")
    orders.arrives(4, 8, number, purchase_order_line="1")
    orders.arrives(6, 6, number, purchase_order_line="1")
    lived = [orders.line(ago(days)) for days in (20.5, 19, 17, 9, 7, 5)]
    states = ["APPROVED", "SENT", "ACKNOWLEDGED", "SHIPPED", "PART_RECEIVED", "RECEIVED"]
    assert [line["status_code"] for line in lived] == states
    assert [int(line["open_quantity"]) for line in lived] == [10, 10, 10, 10, 6, 0]
    assert [line["is_confirmed"] for line in lived] == [False, False, True, True, True, False]
    assert [str(line["expected_on"])[5:7] for line in lived[:5]] == ["01", "01", "02", "03", "03"]
    assert (lived[-1]["sent_at"], lived[-1]["first_received_at"]) == (ago(20), ago(8))
    assert lived[-1]["last_received_at"] == ago(6)


def test_a_changed_quantity_leaves_less_to_come_and_says_how_much_is_refused(orders):
    number = orders.order(10)
    orders.answer(number, "1", "IF", 8, days=18)
    orders.arrives(5, 3, number)
    assert quantities(orders.line()) == (10, 8, 2, 0, 5, 3, "PART_RECEIVED")


@pytest.mark.parametrize(
    ("code", "quantity", "expected", "is_confirmed"),
    [
        ("IA", 10, (10, 10, 0, 0, 0, 10, "ACKNOWLEDGED"), True),
        ("AR", None, (10, 10, 0, 0, 0, 10, "ACKNOWLEDGED"), True),
        ("DR", 10, (10, 10, 0, 0, 0, 10, "ACKNOWLEDGED"), True),
        ("IQ", 12, (10, 12, 0, 0, 0, 12, "ACKNOWLEDGED"), True),
        ("IE", 10, (10, 10, 0, 0, 0, 10, "ACKNOWLEDGED"), True),
        ("IS", 10, (10, 10, 0, 0, 0, 10, "ACKNOWLEDGED"), True),
        ("IB", 10, (10, 10, 0, 0, 0, 10, "ACKNOWLEDGED"), False),
        ("IH", 10, (10, 0, 0, 0, 0, 10, "ACKNOWLEDGED"), False),
        ("IP", 10, (10, 0, 0, 0, 0, 10, "ACKNOWLEDGED"), False),
        ("IR", 10, (10, 0, 10, 0, 0, 0, "CANCELLED"), False),
        ("ID", 0, (10, 0, 10, 0, 0, 0, "CANCELLED"), False),
    ],
)
def test_each_answer_says_what_comes(orders, code, quantity, expected, is_confirmed):
    number = orders.order(10)
    orders.answer(number, "1", code, quantity, days=18)
    line = orders.line()
    assert quantities(line) == expected
    assert line["is_confirmed"] is is_confirmed


def test_a_line_answered_in_parts_adds_up_and_the_last_day_counts(orders):
    number = orders.order(24)
    orders.answer(number, "1", "IA", 12, days=18, promised_on="2026-06-05")
    orders.answer(number, "1", "IB", 8, days=18, promised_on="2026-06-20", schedule_number=2)
    line = orders.line()
    assert quantities(line) == (24, 20, 4, 0, 0, 20, "ACKNOWLEDGED")
    assert (str(line["expected_on"]), line["is_confirmed"], line["acknowledgement_codes"]) == (
        "2026-06-20",
        True,
        "IA,IB",
    )


@pytest.mark.parametrize(
    ("code", "answered", "open_quantities"), [("IA", 10, [10, 4]), ("IR", 0, [0, 4]), ("IP", 0, [10, 4])]
)
def test_an_answer_to_the_whole_order_is_one_to_each_line_that_none_names_with_it(
    orders, code, answered, open_quantities
):
    number = orders.order(10, 5)
    nothing = {"brand_code": None, "part_number": None}
    orders.answer(number, "2", "IF", 4, days=18)
    orders.answer(number, "ALL", code, None, days=18, **nothing)
    assert [line["acknowledged_quantity"] for line in orders.lines()] == [answered, 4]
    assert [line["open_quantity"] for line in orders.lines()] == open_quantities
    orders.answer(number, "ALL", "IA", None, days=17, **nothing)
    assert [line["acknowledged_quantity"] for line in orders.lines()] == [10, 5]


def test_the_newest_answer_counts_and_the_one_before_it_did_until_then(orders):
    number = orders.order(10)
    orders.answer(number, "1", "IR", 10, days=18)
    orders.answer(number, "1", "IA", 10, days=10)
    assert orders.line()["status_code"] == "ACKNOWLEDGED"
    assert orders.line(ago(11))["status_code"] == "CANCELLED"


def test_what_was_not_known_yet_does_not_count(orders):
    number = orders.order(10)
    orders.answer(number, "1", "IR", 10, days=18, recorded_at=ago(2))
    assert orders.line(known_at=ago(3))["status_code"] == "SENT"
    assert orders.line()["status_code"] == "CANCELLED"


def test_answers_in_packs_are_counted_in_base_units_and_one_in_no_unit_of_the_part_says_nothing(orders):
    number = orders.order(24, pack_quantity=12, pack_count=2)
    orders.answer(number, "1", "IF", 1, days=18, uom_code="CA")
    assert quantities(orders.line()) == (24, 12, 12, 0, 0, 12, "ACKNOWLEDGED")
    orders.answer(number, "1", "IF", 1, days=17, uom_code="KG")
    assert quantities(orders.line()) == (24, None, 0, 0, 0, 24, "SENT")


@pytest.mark.parametrize("said", ["2", "002", " 2"])
def test_a_line_is_known_by_its_number(orders, said):
    number = orders.order(10, 20)
    orders.answer(number, said, "IA", 20, days=18)
    assert [line["acknowledged_quantity"] for line in orders.lines()] == [None, 20]


def test_whoever_numbers_lines_in_another_way_still_names_the_part(orders):
    number = orders.order(10)
    other = orders.part("P2")
    orders.add_line(number, 2, 5, part_id=other, part_number="P2", supplier_part_number="X-2")
    orders.answer(number, "1", "IA", 5, days=18, part_number="P-2", brand_code=None)
    orders.answer(number, "A7", "IR", 5, days=17, part_number=None, supplier_part_number="X-2")
    assert [line["status_code"] for line in orders.lines()] == ["SENT", "CANCELLED"]


def test_another_suppliers_word_about_our_order_changes_nothing(orders):
    number = orders.order(10)
    orders.answer(number, "1", "IR", 10, days=18, supplier_code="S2")
    orders.notice(number, "1", 10, days=17, supplier_code="S2")
    orders.arrives(10, 3, number, supplier_code="S2")
    assert quantities(orders.line()) == (10, None, 0, 0, 0, 10, "SENT")


def test_receipts_without_an_order_go_to_the_lines_that_were_sent_first(orders):
    orders.order(10, sent=20)
    orders.order(10, sent=15)
    orders.arrives(4, 14)
    orders.arrives(8, 13)
    assert [int(line["received_quantity"]) for line in orders.lines()] == [10, 2]
    assert [int(line["open_quantity"]) for line in orders.lines()] == [0, 8]


def test_a_receipt_before_an_order_was_sent_is_not_its_own_and_what_is_too_much_answers_nothing(orders):
    orders.order(10, sent=20)
    orders.arrives(7, 25)
    orders.arrives(13, 18)
    orders.order(10, sent=15)
    assert [int(line["received_quantity"]) for line in orders.lines()] == [10, 0]


def test_a_cancelled_order_takes_no_receipt_and_a_closed_one_none_after_it_was_closed(orders):
    first = orders.order(10, sent=20)
    second = orders.order(10, sent=19)
    orders.order(10, sent=18)
    orders.event(first, "CANCELLED", 17, reason="not needed")
    orders.arrives(4, 16)
    orders.event(second, "CLOSED", 15, reason="the rest does not come")
    orders.arrives(9, 14)
    assert [quantities(line)[4:] for line in orders.lines()] == [
        (0, 0, "CANCELLED"), (4, 0, "CLOSED"), (9, 1, "PART_RECEIVED")
    ]  # fmt: skip


def test_a_delivery_that_bears_the_number_of_a_shipment_answers_its_order(orders):
    orders.order(10, sent=20)
    second = orders.order(10, sent=15)
    shipment = orders.notice(second, "1", 10, days=12)
    orders.arrives(10, 10, delivery_number=shipment)
    assert [int(line["received_quantity"]) for line in orders.lines()] == [0, 10]


@pytest.mark.parametrize("named", [{"brand_code": "BRND"}, {"brand_code": None}])
def test_what_was_confirmed_in_place_of_a_part_is_received_for_its_line(orders, named):
    number = orders.order(10)
    orders.add_line(number, 2, 5, part_id=orders.part("P2"), part_number="P2")
    substitute = {"part_id": orders.part("P9"), "supplier_code": "S1", "purchase_order_number": number}
    orders.receive(1, received_at=ago(17), **substitute)
    assert [int(line["received_quantity"]) for line in orders.lines()] == [0, 0]
    orders.answer(number, "A7", "IS", 5, days=16.5, part_number="P-9", **named)
    orders.answer(number, "2", "IS", 5, days=16, part_number="P-9", **named)
    orders.receive(3, received_at=ago(9), **substitute)
    assert [quantities(line)[4:] for line in orders.lines()] == [(0, 10, "SENT"), (4, 1, "PART_RECEIVED")]


def test_a_receipt_that_was_reversed_did_not_arrive(orders):
    number = orders.order(10)
    receipt = orders.arrives(10, 3, number)
    orders.call("reverse", line_code="RECEIPT", line_id=receipt["receipt_line_id"], reason="wrong part", actor="ann")
    assert quantities(orders.line()) == (10, None, 0, 0, 0, 10, "SENT")


def test_more_than_was_ordered_is_received_and_nothing_stays_open(orders):
    number = orders.order(10)
    orders.arrives(12, 3, number, purchase_order_line="1")
    assert quantities(orders.line()) == (10, None, 0, 0, 12, 0, "RECEIVED")


def test_one_line_can_be_given_up_and_the_others_stay(orders):
    number = orders.order(10, 20)
    orders.event(number, "CANCELLED", 5, line=1, reason="bought elsewhere")
    assert [quantities(line)[2:] for line in orders.lines()] == [
        (10, 0, 0, 0, "CANCELLED"), (0, 0, 0, 20, "SENT")
    ]  # fmt: skip


def test_what_is_approved_is_open_before_it_is_in_an_order_and_counts_once(orders):
    act, undone = orders.approve(6, days=3), orders.approve(9, days=3)
    orders.approve(None, days=2, act_code="UNDO", undoes_act_id=undone)
    assert [quantities(line) for line in orders.lines(ago(2.5))] == [
        (9, None, 0, 0, 0, 9, "APPROVED"), (6, None, 0, 0, 0, 6, "APPROVED")
    ]  # fmt: skip
    assert (quantities(orders.line()), orders.line()["purchase_order_number"]) == (
        (6, None, 0, 0, 0, 6, "APPROVED"), None
    )  # fmt: skip
    number = orders.order(6, sent=None, act_id=act)
    assert orders.line()["purchase_order_number"] == number


def test_an_approval_that_was_discarded_is_expected_until_then(orders):
    acts = orders.approve(6, days=3), orders.approve(4, days=3)
    for act in acts:
        orders.value("select message_id from replenishment.enqueue('replenishment.order', %s, '{}')", str(act))
    orders.rows(
        "update replenishment.messages set status_code = 'DISCARDED', finished_at = %s where deduplication_key = %s"
        " returning message_id",
        ago(1),
        str(acts[0]),
    )
    assert [int(line["open_quantity"]) for line in orders.lines(ago(2))] == [6, 4]
    assert [int(line["open_quantity"]) for line in orders.lines(known_at=ago(2))] == [6, 4]
    assert [int(line["open_quantity"]) for line in orders.lines()] == [4]


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("update replenishment.order_lines set ordered_quantity = 1", "permission denied"),
        ("delete from replenishment.order_events", "permission denied"),
        ("truncate replenishment.order_files", "permission denied"),
    ],
)
def test_the_pipeline_changes_no_order(orders, stores, statement, why):
    orders.order(10)
    with psycopg.connect(stores.pipeline) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege, match=why):
        connection.execute(statement)


def test_an_act_becomes_one_line_and_an_order_is_sent_once(orders):
    act = "019a0000-0000-7000-8000-000000000001"
    number = orders.order(10, act_id=act)
    with pytest.raises(psycopg.errors.UniqueViolation, match="act_id"):
        orders.order(10, act_id=act)
    with pytest.raises(psycopg.errors.UniqueViolation, match="order_events_once"):
        orders.send(number, 3)


def test_the_pipeline_reads_the_fold(orders, stores):
    orders.order(10)
    with psycopg.connect(stores.pipeline) as connection:
        assert connection.execute("select count(*) from replenishment.order_lines_as_of(now())").fetchone() == (1,)


def test_every_change_of_an_order_leaves_its_record(orders):
    orders.order(10)
    found = {row["relation_name"] for row in orders.rows("select relation_name from audit.records")}
    assert {
        f"replenishment.{name}" for name in ("purchase_orders", "order_lines", "order_files", "order_events")
    } <= found
    assert orders.rows("select * from audit.breaches()") == []
