"""Whoever had to wait is told from whoever was served at the first ask, as the ledgers have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest

from ingest.reservation.acts import Request, cancel, consume, reserve
from tests.support import network
from tests.support.refill import rebuild_up_to

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
PART = "P4"


@pytest.fixture
def connection(network_stores):
    """Where facts come in."""
    with psycopg.connect(network_stores.owner, autocommit=True) as opened:
        yield opened


@pytest.fixture
def desk(network_stores):
    """Where people act."""
    with psycopg.connect(network_stores.pipeline, autocommit=True) as opened:
        yield opened


def ask(connection, number: str, quantity: int):
    part_id = connection.execute("select catalogue.part_id('BRND', %s)", [PART]).fetchone()[0]
    return reserve(connection, Request(number, "G1", part_id, Decimal(quantity), number, "1", "ann"))


def demand(url: str) -> tuple:
    """Units asked for of the part, and those of them that were waited for."""
    rebuild_up_to(url, NOW + timedelta(days=1), "fct_demand")
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select sum(demand_quantity), sum(waited_quantity) from marts.fct_demand"
            " where part_id = catalogue.part_id('BRND', %s)",
            [PART],
        ).fetchone()


def test_a_unit_waited_when_it_was_not_there_at_the_ask_and_was_used(network_stores, connection, desk):
    network.count(connection, PART, 2, NOW - 3 * HOUR)
    assert ask(desk, "A1", 5).backordered_quantity == 3
    assert ask(desk, "A2", 4).backordered_quantity == 4
    network.count(connection, PART, 7, NOW - 2 * HOUR)
    cancel(desk, "A2", "ann")
    # Served at once, then kept waiting by a hold.
    assert ask(desk, "A3", 2).backordered_quantity == 0
    network.hold(connection, "H9", 1, "PLACED", PART, 7, NOW - HOUR)
    network.hold(connection, "H9", 2, "RELEASED", PART, 7, NOW)
    consume(desk, "A1", Decimal(2), "ann")
    consume(desk, "A3", Decimal(2), "ann")
    assert demand(network_stores.pipeline) == (4, 0)
    consume(desk, "A1", Decimal(3), "ann")
    assert demand(network_stores.pipeline) == (7, 3)


def test_what_a_file_asks_for_is_answered_by_the_same_act(network_stores, connection):
    network.reservation(connection, "A1", 1, "REQUESTED", PART, 2, NOW - 4 * HOUR)
    network.count(connection, PART, 2, NOW - 3 * HOUR)
    network.insert(
        connection, "garage_inventory.usage_lines", garage_code="G1", work_order_number="W0", work_order_line="1",
        part_number=PART, usage_type_code="FITTED", quantity=2, uom_code="EA", is_one_off=False,
        event_at=NOW - 2 * HOUR, idempotency_key=uuid4().bytes,
    )  # fmt: skip
    assert demand(network_stores.pipeline) == (2, 2)
