"""Two connections to one queue, and a table of orders that messages bring about."""

import psycopg
import pytest

from tests.support.planning import Planner

TOPIC = "test.order"


@pytest.fixture
def queue(stores):
    """A connection of a first worker; what messages bring about goes into a table of its own."""
    with psycopg.connect(stores.owner) as owner:
        owner.execute("create table replenishment.orders_made (message_id uuid, worker text)")
        owner.execute("grant select, insert on replenishment.orders_made to partsbay_pipeline")
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        yield connection


@pytest.fixture
def second(queue, stores):
    """A connection of a second worker."""
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        yield connection


def order(cursor, message) -> None:
    """An effect: one order line."""
    cursor.execute("insert into replenishment.orders_made values (%s, 'w')", (message.message_id,))


def orders(connection) -> int:
    return connection.execute("select count(*) from replenishment.orders_made").fetchone()[0]


def state(connection, message_id) -> tuple[str, int, str | None]:
    query = "select status_code, attempt_count, last_error from replenishment.messages where message_id = %s"
    return connection.execute(query, (message_id,)).fetchone()


@pytest.fixture
def ann(stores):
    made = Planner(stores.pipeline, "ann")
    yield made
    made.connection.close()


@pytest.fixture
def bob(stores):
    made = Planner(stores.pipeline, "bob")
    yield made
    made.connection.close()
