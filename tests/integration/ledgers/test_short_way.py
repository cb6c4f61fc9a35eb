"""A reservation that is entered in one statement gets what it would have got the long way."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
SOON = date(2026, 1, 8)
LATE = date(2026, 3, 1)

STOCK = {
    "one cell": [("", 5, None)],
    "too little": [("", 2, None)],
    "the first lot has it all": [("L1", 4, SOON), ("L2", 9, LATE)],
    "the first lot has too little": [("L1", 1, SOON), ("L2", 9, LATE)],
    "a lot that keeps for ever comes last": [("", 9, None), ("L2", 4, LATE)],
    "a neighbour is below nothing": [("L1", 4, SOON), ("L2", -3, LATE)],
    "nothing": [],
}
WISHES = {
    "no wish": {},
    "a lot": {"lot_number": "L2"},
    "days that remain": {"minimum_remaining_days": 10},
    "a date": {"need_by_at": START + timedelta(days=20)},
    "too late": {"expires_at": START - timedelta(hours=1)},
    "from any garage": {"allows_other_garages": True},
}


@pytest.fixture(scope="module")
def database(make_database):
    return make_database("stores")


@pytest.fixture(scope="module")
def pipeline(database):
    with psycopg.connect(database.pipeline, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def owner(database):
    """Who may settle."""
    with psycopg.connect(database.owner, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("stock", STOCK)
def test_the_short_way_enters_the_events_of_the_long_way(pipeline, owner, stock, wish):
    given = {
        "need_by_at": None,
        "expires_at": None,
        "lot_number": None,
        "minimum_remaining_days": 0,
        "allows_other_garages": False,
        "requested_at": START,
        **WISHES[wish],
    }
    short, long = (_part_with(pipeline, STOCK[stock]) for _ in range(2))
    _reserve(pipeline, short, given)
    _request_and_settle(owner, long, given)
    assert _entered(pipeline, short) == _entered(pipeline, long)


def test_who_waits_already_is_not_passed_by(pipeline):
    part = _part_with(pipeline, [("L1", 5, SOON)])
    wanting = {"minimum_remaining_days": 30, "lot_number": None, "requested_at": START}
    _reserve(
        pipeline, part, {**wanting, "need_by_at": None, "expires_at": None, "allows_other_garages": False}, "first"
    )
    _reserve(
        pipeline,
        part,
        {**wanting, "minimum_remaining_days": 0, "need_by_at": None, "expires_at": None, "allows_other_garages": False},
        "second",
    )
    found = pipeline.execute(
        "select reserved_quantity from reservation.states where part_id = %s order by reservation_number", [part]
    ).fetchall()
    assert [quantity for (quantity,) in found] == [0, 3]


def _part_with(connection: psycopg.Connection, lots: list) -> uuid.UUID:
    part = uuid.uuid4()
    for number, (lot, quantity, expires_on) in enumerate(lots):
        if expires_on:
            connection.execute(
                "insert into garage_inventory.lots (part_id, lot_number, stated_at, expires_on, source_code, actor)"
                " values (%s, %s, %s, %s, 'T', 'me')",
                [part, lot, START, expires_on],
            )
        connection.execute(
            "insert into garage_inventory.movements (garage_code, part_id, lot_number, condition_code,"
            " movement_type_code, quantity, reason_code, document_number, document_line, event_at, source_code,"
            " batch_id, line_number, idempotency_key, actor)"
            " values ('G1', %s, nullif(%s, ''), 'NEW', 'ADJUSTMENT', %s, 'FOUND', 'D', '1', %s, 'T', uuidv7(),"
            " %s, %s, 'me')",
            [part, lot, quantity, START, number, uuid.uuid4().bytes],
        )
    return part


def _reserve(connection: psycopg.Connection, part: uuid.UUID, given: dict, name: str = "R") -> None:
    connection.execute(
        "select reservation.reserve(%(number)s, 'G1', %(part)s, 3, %(number)s, '1', 'me',"
        " need_by_at => %(need_by_at)s, expires_at => %(expires_at)s, lot_number => %(lot_number)s,"
        " allows_other_garages => %(allows_other_garages)s, minimum_remaining_days => %(minimum_remaining_days)s,"
        " requested_at => %(requested_at)s)",
        {**given, "part": part, "number": f"{name}-{part}"},
    )


def _request_and_settle(connection: psycopg.Connection, part: uuid.UUID, given: dict) -> None:
    given = {**given, "part": part, "number": f"R-{part}", "key": uuid.uuid4().bytes}
    with connection.transaction():
        connection.execute("select garage_inventory.lock_positions(array['G1'], array[%(part)s])", given)
        connection.execute(
            "insert into reservation.events (reservation_number, sequence_number, event_type_code, garage_code,"
            " part_id, lot_number, quantity, work_order_number, work_order_line, priority, need_by_at, expires_at,"
            " allows_other_garages, minimum_remaining_days, event_at, source_code, idempotency_key, payload_hash,"
            " actor) values (%(number)s, 1, 'REQUESTED', 'G1', %(part)s, %(lot_number)s, 3, %(number)s, '1', 5,"
            " %(need_by_at)s, %(expires_at)s, %(allows_other_garages)s, %(minimum_remaining_days)s, %(requested_at)s,"
            " 'partsbay', %(key)s, '', 'me')",
            given,
        )
        connection.execute(
            "select reservation.settle(array['G1'], array[%(part)s], %(requested_at)s, clock_timestamp(), 'REQUEST',"
            " %(number)s, 'me')",
            given,
        )


def _entered(connection: psycopg.Connection, part: uuid.UUID) -> tuple[list, list, list]:
    """What allocation entered and what came of it, without what names the part or the moment of recording."""
    events = connection.execute(
        "select sequence_number, event_type_code, lot_number, peg_garage_code, quantity, peg_quantity, need_by_at,"
        " expires_at, event_at, source_code, actor, shortage_reason_code, caused_by_code"
        " from reservation.events where part_id = %s order by sequence_number",
        [part],
    ).fetchall()
    cells = connection.execute(
        "select lot_number, reserved_quantity from garage_inventory.cells where part_id = %s order by 1", [part]
    ).fetchall()
    pegs = connection.execute(
        "select lot_number, quantity from reservation.pegs where part_id = %s order by 1", [part]
    ).fetchall()
    assert connection.execute(
        "select (select row(reserved_quantity, requested_quantity, is_tried, last_sequence_number,"
        " last_event_type_code, requested_at, need_by_at, expires_at)::text"
        " from reservation.states where part_id = %(part)s)"
        " = (select row(reserved_quantity, requested_quantity, is_tried, last_sequence_number,"
        " last_event_type_code, requested_at, need_by_at, expires_at)::text"
        " from reservation.state_folds where part_id = %(part)s)",
        {"part": part},
    ).fetchone()[0]
    return events, cells, pegs
