"""What is derived is compared with the ledgers row by row: every breach is named, and mended when asked."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest

from assets.ledger_checks import folds_are_served
from assets.resources import InventoryDatabase, Mending
from ingest.ledger_checks import breaches, mend
from tests.support.ledger_facts import Cell, HoldEvent, Lot, Movement, Statement
from tests.support.ledger_store import LedgerStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PART = str(uuid.UUID(int=9))
HERE, THERE = Cell("G1", PART), Cell("G2", PART, "NEW", "L1")


@pytest.fixture
def connection(stores):
    """Ten here of which three are promised and one is held, and five there."""
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        store = LedgerStore(connection)
        store.state_lots(Lot(PART, "L1", NOW, NOW.date(), NOW))
        store.move(Movement("a", HERE, Decimal(10), NOW), Movement("b", THERE, Decimal(5), NOW))
        store.hold(HoldEvent("h", "H1", 1, "PLACED", HERE, Decimal(1), NOW))
        store.reserve(Statement("r", "R1", 1, "REQUESTED", HERE, Decimal(3), NOW, is_of_garage=False))
        yield connection


# What somebody does to a derived table, and the checks and relations that must name it.
SPOILED = {
    "update garage_inventory.cells set on_hand_quantity = on_hand_quantity + 1 where garage_code = 'G1'": {
        ("fold", "garage_inventory.cells")
    },
    "update garage_inventory.cells set expires_on = null where lot_number = 'L1'": {("fold", "garage_inventory.cells")},
    "delete from garage_inventory.cells where garage_code = 'G2'": {("fold", "garage_inventory.cells")},
    "update garage_inventory.cells set reserved_quantity = 9.5 where garage_code = 'G1'": {
        ("fold", "garage_inventory.cells"), ("reserved", "garage_inventory.cells")
    },
    "delete from garage_inventory.positions where garage_code = 'G2'": {("orphan", "garage_inventory.positions")},
    "update quality_hold.holds set open_quantity = 0": {("fold", "quality_hold.holds")},
    "delete from quality_hold.holds": {("fold", "quality_hold.holds")},
    "update reservation.states set priority = 1": {("fold", "reservation.states")},
    "update reservation.states set requested_quantity = 2": {("fold", "reservation.states")},
    "update reservation.states set due_quantity = 1": {
        ("fold", "reservation.states"), ("due", "reservation.states")
    },
    "delete from reservation.states": {("fold", "reservation.states"), ("orphan", "reservation.pegs")},
    "update reservation.pegs set quantity = 1": {("fold", "reservation.pegs")},
    "delete from reservation.pegs": {("fold", "reservation.pegs")},
}  # fmt: skip


def test_nothing_is_said_of_what_nobody_spoiled(connection):
    assert breaches(connection) == []
    assert not any(mend(connection, "ann", "nothing to mend").values())


@pytest.mark.parametrize("spoil", SPOILED)
def test_whatever_is_spoiled_is_named_and_mended(server, stores, connection, spoil):
    before = look(connection)
    with psycopg.connect(server.url(stores.name), autocommit=True) as superuser:
        superuser.execute(spoil)
    found = breaches(connection)
    assert {(breach["check"], breach["relation"]) for breach in found} == SPOILED[spoil]
    for breach in found:
        assert breach["key"] and breach["message"].startswith(breach["relation"])
        assert breach["expected"] != breach["found"]
    assert sum(mend(connection, "ann", "a test").values()) >= 1
    assert breaches(connection) == []
    assert look(connection) == before


def test_mending_leaves_an_audit_record_with_who_and_how_many(server, stores, connection):
    with psycopg.connect(server.url(stores.name), autocommit=True) as superuser:
        superuser.execute("update garage_inventory.cells set on_hand_quantity = 99")
    mend(connection, "ann", "numbers were off")
    assert connection.execute(
        "select actor, row_count, details ->> 'reason' from audit.records where action_code = 'REBUILD'"
        " and relation_name = 'garage_inventory.cells'"
    ).fetchall() == [("ann", 2, "numbers were off")]


def test_units_promised_from_a_number_that_was_wrong_are_taken_back_by_events(server, stores, connection):
    """The ledger loses a row, as after a restore of one table: fewer are there than are promised."""
    with psycopg.connect(server.url(stores.name), autocommit=True) as superuser:
        superuser.execute("set session_replication_role = replica")
        superuser.execute("update garage_inventory.movements set quantity = 3 where garage_code = 'G1'")
    mend(connection, "ann", "a row was restored")
    assert breaches(connection) == []
    assert LedgerStore(connection).cells([PART])[HERE][:3] == (3, 1, 2)


def look(connection: psycopg.Connection) -> tuple:
    store = LedgerStore(connection)
    return store.cells([PART]), store.holds([PART]), store.pegs([PART]), store.requests(["R1"])


@pytest.mark.parametrize(("switch", "severity", "left"), [("on", "WARN", 0), ("off", "ERROR", 1)])
def test_the_check_of_a_run_fails_on_drift_and_mends_it_where_the_settings_allow(
    server, stores, connection, switch, severity, left
):
    def check():
        return folds_are_served(inventory_db=InventoryDatabase(url=stores.pipeline), mending=Mending(switch=switch))

    assert check().passed
    with psycopg.connect(server.url(stores.name), autocommit=True) as superuser:
        superuser.execute("update reservation.states set priority = 1")
    result = check()
    assert (result.passed, result.severity.value) == (False, severity)
    assert "priority 1, by the ledgers 5" in result.metadata["first"].value
    assert len(breaches(connection)) == left
