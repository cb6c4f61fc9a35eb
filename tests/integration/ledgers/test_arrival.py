"""The same facts in any order and any batches come to the same.

Equal whatever came first: on hand and held of every cell, every hold, and of every reservation what
was requested, consumed and ended, for which cell, when and how urgently. Who holds which units may
differ, for who came first is a fact; where every unit suits everybody who waits at its garage,
the units promised there come to the same number.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.ledger_checks import breaches
from tests.support.ledger_facts import Cell, Count, HoldEvent, Movement, Statement
from tests.support.ledger_store import LedgerStore
from tests.support.ledger_strategies import START, held, moments, places, said, units

PARTS = ["00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"]
ACTS = {Movement: "move", Count: "count", HoldEvent: "hold", Statement: "state"}
moved = st.tuples(places, units, st.sampled_from((1, 1, 1, -1)), moments)
counted = st.tuples(st.integers(0, 2), places, units, moments)
ledgers = st.tuples(
    st.lists(moved, min_size=1, max_size=6),
    st.lists(counted, max_size=3),
    st.lists(held, max_size=4),
    st.lists(said, min_size=1, max_size=6),
)


def cell(place: tuple) -> Cell:
    garage, part, condition, lot = place
    return Cell(garage, PARTS[part], condition, lot)


def facts_of(drawn: tuple) -> list:
    """As drawn, but no request names a lot, a garage beside its own, an end of its time or days to remain."""
    movements, counts, holds, statements = drawn
    facts: list = []
    for number, (at, quantity, sign, when) in enumerate(movements):
        facts.append(Movement(f"m{number}", cell(at), quantity * sign, when))
    for number, (name, at, quantity, when) in enumerate(counts):
        facts.append(Count(f"c{number}", f"C{name}", cell(at), quantity, when))
    for number, (name, sequence, kind, at, quantity, when) in enumerate(holds):
        facts.append(HoldEvent(f"h{number}", f"H{name}", sequence, kind, cell(at), quantity, when))
    for number, (name, sequence, kind, at, quantity, when, wish) in enumerate(statements):
        asked = cell(at)._replace(lot="")
        given = (f"r{number}", f"R{name}", sequence, kind, asked, quantity, when, wish["priority"], wish["need_by"])
        facts.append(Statement(*given))
    return facts


def come_to(connection: psycopg.Connection, batches: list[list]) -> dict:
    """Send the batches, each a statement per ledger, look, and leave no trace."""
    with connection.transaction(force_rollback=True):
        store = LedgerStore(connection)
        for batch in batches:
            for kind, act in ACTS.items():
                if facts := [fact for fact in batch if isinstance(fact, kind)]:
                    getattr(store, act)(*facts)
        return {
            "cells": store.cells(PARTS),
            "holds": store.holds(PARTS),
            "requests": store.requests([f"R{number}" for number in range(6)]),
        }


@pytest.fixture
def connection(stores):
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        yield connection


@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(drawn=ledgers, data=st.data())
def test_facts_in_any_order_and_any_batches_come_to_the_same(connection, drawn, data):
    facts = facts_of(drawn)
    shuffled = data.draw(st.permutations(facts))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(facts)), max_size=5)) | {0, len(facts)})
    tidy = come_to(connection, [facts])
    scattered = come_to(connection, [shuffled[start:end] for start, end in pairwise(cuts)])

    assert scattered["holds"] == tidy["holds"]
    assert on_hand_and_held(scattered) == on_hand_and_held(tidy)
    assert said_of(scattered) == said_of(tidy)
    assert promised(scattered) == promised(tidy)


def on_hand_and_held(found: dict) -> dict:
    return {at: (on_hand, held_units) for at, (on_hand, held_units, *_) in found["cells"].items()}


def said_of(found: dict) -> dict:
    """Of every reservation all but what it has and waits for."""
    return {number: (*row[:7], *row[9:]) for number, row in found["requests"].items()}


def promised(found: dict) -> dict:
    """Units promised per garage, part and condition."""
    totals: dict[tuple, Decimal] = defaultdict(Decimal)
    for at, (_, _, reserved, *_) in found["cells"].items():
        totals[at[:3]] += reserved
    return totals


def test_what_was_folded_in_the_end_is_what_the_ledgers_come_to(connection):
    """After a count that came before its movements, and an end before its request."""
    part = PARTS[0]
    store = LedgerStore(connection)
    at = [START + timedelta(hours=hours) for hours in range(5)]
    store.state(Statement("e", "R1", 3, "CONSUMED", Cell("G1", part), Decimal(1), at[4]))
    store.count(Count("c", "C1", Cell("G1", part), Decimal(4), at[2]))
    store.state(Statement("q", "R1", 1, "REQUESTED", Cell("G1", part), Decimal(3), at[1]))
    store.move(
        Movement("early", Cell("G1", part), Decimal(9), at[1]), Movement("late", Cell("G1", part), Decimal(-1), at[3])
    )
    assert store.cells([part])[Cell("G1", part)][:3] == (3, 0, 2)
    assert breaches(connection) == []
