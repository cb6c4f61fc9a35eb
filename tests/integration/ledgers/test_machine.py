"""Thousands of random interleavings on one database: after each step the tables say what the model says.

``PARTSBAY_TEST_LEDGER_EXAMPLES`` sets how many runs of 50 steps each; 40 unless set.
"""

from __future__ import annotations

import itertools
import os
import uuid
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.ledger_facts import Cell, Count, HoldEvent, Lot, Movement, Statement
from tests.support.ledger_model import LedgerModel
from tests.support.ledger_store import LedgerStore, assert_same
from tests.support.ledger_strategies import START, asked, days, flows, held, moments, parts, places, said, units, wishes

EXAMPLES = int(os.environ.get("PARTSBAY_TEST_LEDGER_EXAMPLES", "40"))
# Making a failing run of 50 steps smaller takes minutes.
PHASES = [phase for phase in Phase if phase != Phase.shrink]
numbers_of_runs = itertools.count()


class Ledgers(RuleBasedStateMachine):
    """Each rule is one statement to the database and to the model; a crash takes some and leaves no trace."""

    url: str

    def __init__(self):
        super().__init__()
        self.run = f"{next(numbers_of_runs):06}"
        self.parts = [str(uuid.uuid4()) for _ in range(2)]
        self.model = LedgerModel()
        self.connection = psycopg.connect(self.url, autocommit=True)
        self.store = LedgerStore(self.connection)
        self.serial = itertools.count()

    def teardown(self):
        self.connection.close()

    def cell(self, place: tuple) -> Cell:
        garage, part, condition, lot = place
        return Cell(garage, self.parts[part], condition, lot)

    def key(self) -> str:
        return f"{self.run}-{next(self.serial)}"

    def both(self, act: str, *facts) -> None:
        getattr(self.store, act)(*facts)
        getattr(self.model, act)(*facts)

    @initialize(first=st.lists(st.tuples(places, st.integers(4, 12), moments), max_size=4))
    def opening(self, first):
        facts = [Movement(self.key(), self.cell(place), Decimal(quantity), at) for place, quantity, at in first]
        if facts:
            self.both("move", *facts)

    @rule(moved=st.lists(flows, min_size=1, max_size=3))
    def move(self, moved):
        self.both("move", *self.movements(moved))

    def movements(self, moved) -> list[Movement]:
        return [
            Movement(self.key(), self.cell(place), quantity if is_in else -quantity, at)
            for place, quantity, is_in, at in moved
        ]

    @rule(
        counted=st.lists(
            st.tuples(st.integers(0, 4), places, units | st.just(Decimal(0)), moments), min_size=1, max_size=3
        )
    )
    def count(self, counted):
        facts = [
            Count(self.key(), f"C{number}", self.cell(place), quantity, at) for number, place, quantity, at in counted
        ]
        self.both("count", *facts)

    @rule(
        lot=st.sampled_from(("L1", "L2")),
        part=parts,
        expires_on=st.none() | days,
        received_at=st.none() | moments,
    )
    def state_a_lot(self, lot, part, expires_on, received_at):
        # A later statement may be of an earlier moment; no two are of the same.
        stated_at = START + timedelta(hours=(next(self.serial) * 37) % 101, seconds=next(self.serial))
        self.both("state_lots", Lot(self.parts[part], lot, stated_at, expires_on, received_at))

    @rule(events=st.lists(held, min_size=1, max_size=3))
    def hold(self, events):
        self.both("hold", *self.hold_events(events))

    def hold_events(self, events) -> list[HoldEvent]:
        return [
            HoldEvent(self.key(), f"{self.run}-H{number}", sequence, event_type, self.cell(place), quantity, at)
            for number, sequence, event_type, place, quantity, at in events
        ]

    @rule(place=asked, quantity=units, at=moments, wishes=wishes)
    def reserve(self, place, quantity, at, wishes):
        fact = self.request(place, quantity, at, wishes)
        answer = self.store.reserve(fact)
        self.model.state(fact)
        assert answer == (fact.number, quantity, self.model.pegged(fact.number))
        assert self.store.reserve(fact) == answer, "the same number again answers the same"

    def request(self, place, quantity, at, wishes) -> Statement:
        key = self.key()
        return Statement(
            key, f"{self.run}-P{key}", 1, "REQUESTED", self.cell(place), quantity, at, is_of_garage=False, **wishes
        )

    @rule(events=st.lists(said, min_size=1, max_size=3))
    def state(self, events):
        self.both("state", *self.statements(events))

    def statements(self, events) -> list[Statement]:
        return [
            Statement(
                self.key(), f"{self.run}-R{number}", sequence, event_type, self.cell(place), quantity, at, **wishes
            )
            for number, sequence, event_type, place, quantity, at, wishes in events
        ]

    @rule(
        wanted=st.lists(st.tuples(asked, units, moments, wishes | st.just({})), min_size=2, max_size=6),
        events=st.lists(said, max_size=1),
    )
    def ask_together(self, wanted, events):
        requests = [self.request(*wish)._replace(is_of_garage=True) for wish in wanted]
        self.both("state", *requests, *self.statements(events))

    @precondition(lambda self: self.model.statements)
    @rule(
        data=st.data(),
        event_type=st.sampled_from(("CONSUMED", "CONSUMED", "RELEASED", "CANCELLED")),
        quantity=units,
        at=moments,
    )
    def end(self, data, event_type, quantity, at):
        """A garage uses or gives up what somebody reserved."""
        fact = data.draw(st.sampled_from([fact for fact in self.model.statements if not fact.key.startswith("lapse")]))
        sequence = data.draw(st.integers(1, 20))
        self.both("state", fact._replace(
            key=self.key(), sequence=sequence, event_type=event_type, quantity=quantity, at=at, is_of_garage=True
        ))  # fmt: skip

    @precondition(lambda self: self.model.movements)
    @rule(data=st.data(), moved=st.lists(flows, max_size=2))
    def send_movements_again(self, data, moved):
        again = data.draw(st.lists(st.sampled_from(self.model.movements), min_size=1, max_size=3, unique=True))
        self.both("move", *again, *self.movements(moved))

    @precondition(lambda self: self.model.hold_events)
    @rule(data=st.data(), events=st.lists(held, max_size=1))
    def send_holds_again(self, data, events):
        again = data.draw(st.lists(st.sampled_from(self.model.hold_events), min_size=1, max_size=2, unique=True))
        self.both("hold", *again, *self.hold_events(events))

    @rule(
        moved=st.lists(flows, min_size=1, max_size=2),
        events=st.lists(held, min_size=1, max_size=2),
        wanted=st.tuples(asked, units, moments, wishes),
        stated=st.lists(said, min_size=1, max_size=2),
        order=st.permutations(range(4)),
        statement_count=st.integers(1, 4),
        is_killed=st.booleans(),
    )
    def crash(self, moved, events, wanted, stated, order, statement_count, is_killed):
        """Some statements of a transaction, and then no commit."""
        acts = (
            lambda: self.store.move(*self.movements(moved)),
            lambda: self.store.hold(*self.hold_events(events)),
            lambda: self.store.reserve(self.request(*wanted)),
            lambda: self.store.state(*self.statements(stated)),
        )
        self.connection.execute("begin")
        for number in order[:statement_count]:
            acts[number]()
        if not is_killed:
            self.connection.execute("rollback")
            return
        with psycopg.connect(self.url, autocommit=True) as killer:
            killer.execute("select pg_terminate_backend(%s, 5000)", [self.connection.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            self.connection.execute("commit")
        self.connection = psycopg.connect(self.url, autocommit=True)
        self.store = LedgerStore(self.connection)

    @rule(
        moved=st.lists(flows, min_size=1, max_size=2),
        events=st.lists(held, min_size=1, max_size=2),
        stated=st.lists(said, min_size=1, max_size=2),
        order=st.permutations(range(3)),
    )
    def several_statements_of_one_transaction(self, moved, events, stated, order):
        acts = (
            ("move", self.movements(moved)),
            ("hold", self.hold_events(events)),
            ("state", self.statements(stated)),
        )
        with self.connection.transaction():
            for number in order:
                act, facts = acts[number]
                self.both(act, *facts)

    @invariant()
    def tables_say_what_the_model_says(self):
        assert_same(self.store, self.model, self.parts)


@pytest.mark.parametrize("at_once_from", (1, 100))
def test_tables_say_what_the_model_says_after_every_step(stores, at_once_from):
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        owner.execute(
            "create or replace function reservation.at_once_from() returns integer"
            f" language sql immutable parallel safe return {at_once_from}"
        )

    class Machine(Ledgers):
        url = stores.pipeline

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=50,
            print_blob=True,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
