"""A small network, computed once, and copies of it that a test may change."""

from __future__ import annotations

import itertools
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from tests.support.network import AS_OF, insert_network
from tests.support.refill import compute_by_dbt

_copies = itertools.count(1)


@pytest.fixture(scope="session")
def computed(make_database):
    """The network, computed as of the 1st of April 2002; tests only read it."""
    database = make_database("stores")
    with psycopg.connect(database.owner) as connection:
        insert_network(connection)
    compute_by_dbt(database.pipeline, AS_OF)
    return database


@pytest.fixture
def network_stores(computed, server):
    """A copy of the computed network that a test may change."""
    with copied(computed, server) as database:
        yield database


@pytest.fixture(scope="module")
def shared_stores(computed, server):
    """A copy of the computed network that the tests of a module change, each from the start."""
    with copied(computed, server) as database:
        yield database


@contextmanager
def copied(computed, server):
    database = server.database(f"{computed.name}_copy_{next(_copies)}")
    name = sql.Identifier(database.name)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(name, sql.Identifier(computed.name))
        )
        yield database
        connection.execute(sql.SQL("drop database {} with (force)").format(name))
