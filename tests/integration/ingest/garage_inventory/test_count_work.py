"""A count as work: asked for, counted, counted again, reviewed by another person; stock follows the lines meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ingest.audit_proof import breaches
from ingest.errors import PartsbayError
from ingest.garage_inventory import count_work
from ingest.garage_inventory.counting import sheet
from tests.support.persons import forms_of
from tests.support.stock import Stock, ago


@pytest.fixture
def asked(stock) -> tuple[Stock, str]:
    """Ten of P1 are there, and a count of it is asked for."""
    stock.move(10, event_at=ago(days=9))
    number, parts = count_work.request(stock.connection, "G1", "ann", [stock.p1], "look again", at=ago(days=6))
    assert parts == 1
    return stock, number


def state(stock: Stock, number: str) -> tuple[str, int]:
    row = stock.rows(
        "select state_code, round_count from garage_inventory.count_tasks where count_number = %s", number
    )[0]
    return row["state_code"], row["round_count"]


def refused(act, *arguments, **options) -> str:
    with pytest.raises(PartsbayError) as caught:
        act(*arguments, **options)
    return caught.value.code


def test_a_count_that_agrees_is_counted_and_ends_with_the_next_run(asked):
    stock, number = asked
    assert state(stock, number) == ("REQUESTED", 0)
    assert count_work.take_up(stock.connection, "G1", "carl", at=ago(days=5.5)) == 1
    assert state(stock, number) == ("COUNTING", 0)
    stock.count(9, count_number=number, actor="carl")
    assert (state(stock, number), stock.on_hand()) == (("COUNTED", 1), 9)
    assert count_work.settle(stock.connection) == 1
    assert state(stock, number)[0] == "COMPLETED"
    assert (count_work.settle(stock.connection), count_work.under_way(stock.connection)) == (0, 0)
    said = stock.rows("select event_type_code, actor from garage_inventory.count_events order by sequence_number")
    assert [tuple(one.values()) for one in said] == [
        ("REQUESTED", "ann"), ("COUNTING", "carl"), ("COMPLETED", "count plan"),
    ]  # fmt: skip
    assert breaches(stock.connection) == []


def test_a_part_that_is_named_twice_is_asked_for_once_and_of_no_garage_that_is_not_there(stock):
    assert count_work.request(stock.connection, "G1", "ann", [stock.p1, stock.p1])[1] == 1
    assert refused(count_work.request, stock.connection, "G01", "ann", [stock.p1]) == "UNKNOWN_GARAGE"
    assert count_work.under_way(stock.connection) == 1


def test_what_is_too_far_off_is_counted_again_and_reviewed_by_another_person(asked):
    stock, number = asked
    stock.count(4, count_number=number, actor="carl")
    assert (state(stock, number), stock.on_hand()) == (("INVESTIGATING", 1), 4)
    assert refused(count_work.review, stock.connection, number, "fine", "bob") == "WRONG_STATE"
    stock.count(5, count_number=f"{number}/2", count_round=2, event_at=ago(days=4), actor="dora")
    assert (state(stock, number), stock.on_hand()) == (("READY_TO_REVIEW", 2), 5)
    [task] = count_work.tasks(stock.connection, states=("READY_TO_REVIEW",))
    assert (task["variance_quantity"], task["variance_amount"]) == (-5, -50)
    for counter in (*forms_of("carl"), *forms_of("dora")):
        assert refused(count_work.review, stock.connection, number, "fine", counter) == "TWO_PERSONS"
    assert refused(count_work.review, stock.connection, number, "  ", "bob") == "NO_REASON"
    assert count_work.review(stock.connection, number, "a delivery was never entered", "bob") == 1
    assert state(stock, number)[0] == "REVIEWED"
    assert count_work.settle(stock.connection) == 1
    assert state(stock, number)[0] == "COMPLETED"
    assert refused(count_work.cancel, stock.connection, number, "late", "bob") == "WRONG_STATE"


def test_a_second_count_that_is_far_off_again_is_counted_a_third_time_and_no_more(asked):
    stock, number = asked
    for place, (quantity, expected) in enumerate([(4, "INVESTIGATING"), (9, "INVESTIGATING"), (4, "READY_TO_REVIEW")]):
        name = f"{number}/{place + 1}" if place else number
        stock.count(quantity, count_number=name, event_at=ago(days=5 - place))
        assert state(stock, number) == (expected, place + 1)


def test_a_late_line_that_explains_the_difference_spares_the_second_count(asked):
    stock, number = asked
    stock.count(4, count_number=number)
    assert state(stock, number)[0] == "INVESTIGATING"
    stock.move(-6, event_at=ago(days=7))
    assert (state(stock, number), stock.on_hand()) == (("COUNTED", 1), 4)


def test_a_late_line_that_changes_what_was_reviewed_asks_for_another_review(asked):
    stock, number = asked
    stock.count(4, count_number=number)
    stock.count(4, count_number=f"{number}/2", event_at=ago(days=4))
    count_work.review(stock.connection, number, "so it is", "bob")
    stock.move(-2, event_at=ago(days=7))
    assert state(stock, number)[0] == "READY_TO_REVIEW"
    assert count_work.settle(stock.connection) == 0
    count_work.review(stock.connection, number, "two were used", "bob")
    assert state(stock, number)[0] == "REVIEWED"


def test_a_reviewer_may_have_it_counted_once_more(asked):
    stock, number = asked
    stock.count(10, count_number=number)
    assert count_work.count_again(stock.connection, number, "two shelves look alike", "bob", at=ago(days=4)) == 1
    assert state(stock, number) == ("INVESTIGATING", 1)
    stock.count(10, count_number=f"{number}/2", event_at=ago(days=3))
    assert state(stock, number) == ("READY_TO_REVIEW", 2)


def test_a_count_with_a_number_of_the_garage_answers_if_it_was_counted_after_the_request(asked):
    stock, number = asked
    stock.count(10, event_at=ago(days=7))
    assert state(stock, number) == ("REQUESTED", 0)
    stock.count(10, "G2", event_at=ago(days=4))
    assert state(stock, number) == ("REQUESTED", 0)
    stock.count(10, event_at=ago(days=4))
    assert state(stock, number) == ("COUNTED", 1)


def test_a_part_is_counted_when_every_place_that_has_it_is(asked):
    stock, number = asked
    stock.move(3, lot_number="L1", event_at=ago(days=8))
    stock.count(10, count_number=number)
    assert state(stock, number)[0] == "COUNTING"
    # What arrives while people count was not passed over.
    stock.move(5, lot_number="L2", event_at=ago(days=1))
    stock.count(3, count_number=number, lot_number="L1")
    assert state(stock, number)[0] == "COUNTED"


def test_a_part_is_asked_for_once_until_that_is_ended(asked):
    stock, number = asked
    assert count_work.request(stock.connection, "G1", "bob", [stock.p1], at=ago(days=5))[1] == 0
    assert count_work.request(stock.connection, "G2", "bob", [stock.p1], at=ago(days=5))[1] == 1
    assert count_work.cancel(stock.connection, number, "the garage closes", "bob") == 1
    assert state(stock, number)[0] == "CANCELED"
    again, parts = count_work.request(stock.connection, "G1", "bob", [stock.p1], at=ago(days=4))
    assert (parts, state(stock, again)[0]) == (1, "REQUESTED")
    stock.count(3, count_number=number)
    assert (state(stock, number)[0], stock.on_hand()) == ("CANCELED", 3)


def test_of_two_who_ask_at_once_one_asks(stock, stores):
    def ask(actor):
        with psycopg.connect(stores.pipeline, autocommit=True) as connection:
            return count_work.request(connection, "G1", actor, [stock.p1])[1]

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, "abcd")) == [0, 0, 0, 1]


def test_the_plan_asks_for_what_is_due_and_the_sheet_for_what_is_to_be_counted_again(stock):
    stock.move(10, event_at=ago(days=400))
    stock.count(10, event_at=ago(days=399))
    number, parts = count_work.request(stock.connection, "G1", "ann", at=ago(days=6))
    assert (parts, number.startswith("PLAN-G1-")) == (1, True)
    assert f"{number},G1,BRND,P1,,NEW,,EA,,,1,true" in sheet(stock.connection, "G1").decode()
    stock.count(4, count_number=number)
    assert f"{number},G1,BRND,P1,,NEW,,EA,,,2,true" in sheet(stock.connection, "G1").decode()
    assert "4" not in sheet(stock.connection, "G1").decode().splitlines()[1].split(",")
    [task] = count_work.tasks(stock.connection, "G1")
    assert (task["state_code"], task["variance_quantity"]) == ("INVESTIGATING", None)
    stock.count(4, count_number=f"{number}/2", event_at=ago(days=4))
    assert len(sheet(stock.connection, "G1").decode().splitlines()) == 1


def test_the_database_keeps_the_order_of_events(asked):
    stock, number = asked
    stock.count(9, count_number=number, actor="carl")
    enter = (
        "insert into garage_inventory.count_events (count_number, garage_code, part_id, sequence_number,"
        " event_type_code, reason, event_at, actor) values (%s, 'G1', %s, %s, %s, 'so', now(), 'eve')"
    )
    for sequence, event in ((3, "CANCELED"), (3, "COMPLETED"), (2, "COMPLETED"), (3, "INVESTIGATING")):
        if sequence == 2:
            stock.connection.execute(enter, (number, stock.p1, sequence, event))
            continue
        with pytest.raises(psycopg.errors.CheckViolation, match="is not where it could be taken on from"):
            stock.connection.execute(enter, (number, stock.p1, sequence, event))


@pytest.mark.parametrize(
    ("event", "is_counted", "at"),
    [("REVIEWED", False, ago(days=1)), ("COMPLETED", False, ago(days=1)), ("REVIEWED", True, ago(days=-1))],
)
def test_the_database_ends_no_count_that_nobody_made_and_none_beforehand(asked, event, is_counted, at):
    stock, number = asked
    if is_counted:
        stock.count(9, count_number=number, actor="carl")
    with pytest.raises(psycopg.errors.CheckViolation, match="not where it could be taken on from"):
        stock.connection.execute(
            "insert into garage_inventory.count_events (count_number, garage_code, part_id, sequence_number,"
            " event_type_code, reason, variance_quantity, event_at, actor)"
            " values (%s, 'G1', %s, 2, %s, 'so', %s, %s, 'bob')",
            (number, stock.p1, event, 0 if event == "REVIEWED" else None, at),
        )


def test_a_run_that_ends_counts_waits_for_whoever_decides_about_one(asked, stores):
    stock, number = asked
    stock.count(9, count_number=number, actor="carl")

    def settle() -> int:
        with psycopg.connect(stores.pipeline, autocommit=True) as connection:
            return count_work.settle(connection)

    with ThreadPoolExecutor(1) as pool:
        with stock.connection.transaction():
            count_work.cancel(stock.connection, number, "the shelf is being moved", "bob", garage_code="G1")
            settled = pool.submit(settle)
            waiting = "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
            while not stock.value(waiting):
                assert not settled.done()
        assert settled.result() == 0
    assert state(stock, number)[0] == "CANCELED"
