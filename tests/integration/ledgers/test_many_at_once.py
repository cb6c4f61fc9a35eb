"""Many requests of one statement come to the same, whether they are answered at once or go through the queue."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.audit_proof import breaches
from tests.support.ledger_facts import Cell, HoldEvent, Lot, Movement, Statement
from tests.support.ledger_store import LedgerStore
from tests.support.ledger_strategies import START, days, flows, held, moments, said, units, wishes

NEVER = 2147483647
runs = itertools.count()
# Mostly of nobody's wish, in few garages, so that many of a statement can have what they ask for.
plain = st.tuples(
    st.sampled_from(("G1", "G1", "G2", "G3")), st.sampled_from((0, 0, 1)), units, moments,
    st.sampled_from(({}, {}, {}, {}, None)), wishes,
)  # fmt: skip


@dataclass
class Side:
    """A database where requests are answered at once from so many of a statement on."""

    connection: psycopg.Connection
    store: LedgerStore


@pytest.fixture(scope="module")
def sides(make_database):
    connections = []
    for count in (1, NEVER):
        database = make_database("stores")
        with psycopg.connect(database.owner, autocommit=True) as owner:
            answer_at_once_from(owner, count)
        connections.append(psycopg.connect(database.pipeline, autocommit=True))
    yield [Side(connection, LedgerStore(connection)) for connection in connections]
    for connection in connections:
        assert breaches(connection) == []
        connection.close()


def answer_at_once_from(owner: psycopg.Connection, count: int) -> None:
    owner.execute(
        "create or replace function reservation.at_once_from() returns integer language sql immutable parallel safe"
        f" return {count}"
    )


@given(
    stocked=st.lists(flows, min_size=1, max_size=6),
    shelves=st.lists(st.tuples(st.sampled_from(("L1", "L2")), days), max_size=2),
    placed=st.lists(held, max_size=1),
    before=st.lists(plain, max_size=2),
    statements=st.lists(
        st.tuples(st.lists(plain, min_size=1, max_size=8), st.lists(said, max_size=2)), min_size=1, max_size=3
    ),
)
@settings(max_examples=150, suppress_health_check=list(HealthCheck), print_blob=True)
def test_both_ways_end_in_the_same_stores(sides, stocked, shelves, placed, before, statements):
    run = f"{next(runs):05}"
    names = [str(uuid.uuid4()) for _ in range(2)]
    serial = itertools.count()

    def key() -> str:
        return f"{run}-{next(serial):03}"

    def cell(place: tuple) -> Cell:
        garage, part, condition, lot = place
        return Cell(garage, names[part], condition, lot)

    def asked(request: tuple) -> Statement:
        garage, part, quantity, at, none, wanted = request
        number = key()
        return Statement(number, f"P{number}", 1, "REQUESTED", Cell(garage, names[part]), quantity, at)._replace(
            **(wanted if none is None else none)
        )

    def stated(event: tuple) -> Statement:
        number, sequence, event_type, place, quantity, at, wanted = event
        return Statement(key(), f"{run}-R{number}", sequence, event_type, cell(place), quantity, at, **wanted)

    lots = [
        Lot(names[0], lot, START - timedelta(seconds=place), expires_on, None)
        for place, (lot, expires_on) in enumerate(shelves)
    ]
    moved = [
        Movement(key(), cell(place), quantity if is_in else -quantity, at) for place, quantity, is_in, at in stocked
    ]
    holds = [
        HoldEvent(key(), f"{run}-H{number}", sequence, event_type, cell(place), quantity, at)
        for number, sequence, event_type, place, quantity, at in placed
    ]
    told = [[asked(one) for one in before]] + [
        [*map(asked, requests), *map(stated, events)] for requests, events in statements
    ]
    for side in sides:
        for act, facts in ((side.store.state_lots, lots), (side.store.move, moved), (side.store.hold, holds)):
            if facts:
                act(*facts)
        for facts in told:
            if facts:
                side.store.state(*facts)
    at_once, queued = (stored(side.connection, names) for side in sides)
    for table in at_once:
        assert at_once[table] == queued[table], table


def stored(connection: psycopg.Connection, parts: list[str]) -> dict[str, list]:
    """All rows of these parts, without the moment of recording and the batch, which differ."""
    of_parts = "from {} where part_id = any(%s::uuid[]) order by 1"
    leaving_out = (
        "select to_jsonb({0}) - array['recorded_at', 'batch_id']"
        " - case when caused_by_code = 'REQUEST' then array['caused_by_number'] else '{{}}' end "
    )
    tables = {
        "reservation.events": leaving_out.format("events"),
        "reservation.states": "select to_jsonb(states) ",
        "reservation.pegs": "select to_jsonb(pegs) ",
        "garage_inventory.cells": "select to_jsonb(cells) ",
        "garage_inventory.transfer_events": "select to_jsonb(transfer_events) - 'recorded_at' ",
    }
    return {
        table: connection.execute(select + of_parts.format(table), [parts]).fetchall()
        for table, select in tables.items()
    }


@pytest.fixture
def pipeline(stores):
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        yield connection


def test_no_state_is_written_twice_where_all_can_have_what_they_ask_for(pipeline):
    store = LedgerStore(pipeline)
    cells = [Cell(f"G{garage}", str(uuid.UUID(int=part))) for garage in range(5) for part in range(4)]
    store.move(*(Movement(f"m{number}", cell, Decimal(10), START) for number, cell in enumerate(cells)))
    pipeline.execute("select set_config('partsbay.actor', 'ann', false)")
    store.state(
        *(
            Statement(f"r{number}", f"R{number}", 1, "REQUESTED", cells[number % 20], Decimal(2), START)
            for number in range(100)
        )
    )
    pipeline.execute("select pg_stat_force_next_flush()")
    written = "select n_tup_ins, n_tup_upd from pg_stat_user_tables where relid = %s::regclass"
    assert pipeline.execute(written, ["reservation.states"]).fetchone() == (100, 0)
    assert pipeline.execute(written, ["reservation.pegs"]).fetchone() == (100, 0)
    assert pipeline.execute("select array_agg(distinct reserved_quantity) from garage_inventory.cells").fetchone() == (
        [Decimal(10)],
    )
    records = pipeline.execute(
        "select row_count, actor, service_code, operation_code from audit.records where stream_code = 'reservation'"
    )
    assert records.fetchall() == [(100, "ann", "partsbay_pipeline", "INSERT")] * 2
    assert breaches(pipeline) == []


def test_where_one_cell_runs_short_only_that_one_is_queued(pipeline):
    store = LedgerStore(pipeline)
    cells = [Cell("G1", str(uuid.UUID(int=part))) for part in range(10)]
    store.move(*(Movement(f"m{part}", cell, Decimal(30 if part else 3), START) for part, cell in enumerate(cells)))
    store.state(
        *(
            Statement(f"r{number}", f"R{number:03}", 1, "REQUESTED", cells[number % 10], Decimal(2), START)
            for number in range(120)
        )
    )
    waiting = "select reservation_number from reservation.states where backordered_quantity > 0 order by 1"
    assert [number for (number,) in pipeline.execute(waiting)] == [f"R{number:03}" for number in range(10, 120, 10)]
    assert pipeline.execute(
        "select count(*) from reservation.events where event_type_code = 'RESERVED'"
    ).fetchone() == (109,)
    assert breaches(pipeline) == []


@pytest.mark.parametrize(("days_until_need", "pegged"), ((1, 100), (20, 0)))
def test_a_lot_is_given_only_to_who_needs_it_while_it_keeps(pipeline, days_until_need, pegged):
    store = LedgerStore(pipeline)
    cells = [Cell("G1", str(uuid.UUID(int=part)), lot="L1") for part in range(20)]
    store.state_lots(*(Lot(cell.part, "L1", START, (START + timedelta(days=3)).date(), None) for cell in cells))
    store.move(*(Movement(f"m{number}", cell, Decimal(10), START) for number, cell in enumerate(cells)))
    wanted = [cell._replace(lot="") for cell in cells]
    need_by = START + timedelta(days=days_until_need)
    store.state(
        *(
            Statement(
                f"r{number}", f"R{number}", 1, "REQUESTED", wanted[number % 20], Decimal(1), START, need_by=need_by
            )
            for number in range(100)
        )
    )
    assert pipeline.execute("select coalesce(sum(quantity), 0) from reservation.pegs").fetchone() == (pegged,)
    assert breaches(pipeline) == []
