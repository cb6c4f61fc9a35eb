"""Keys are looked for where no index has seen to them."""

from __future__ import annotations

import psycopg
import pytest

from tests.support import network
from tests.support.dbt import Dbt
from tests.support.network import AS_OF
from tests.support.refill import compute

VIEW = "intermediate.int_stock_days_rolled_up"


@pytest.fixture
def succeeded(network_stores):
    """P2 replaces P1, so that their days are planned together; the days of P3 are those of its own table."""
    with psycopg.connect(network_stores.owner) as connection:
        network.supersession(connection, "P1", "P2")
    compute(network_stores.pipeline, AS_OF)
    return network_stores


def look(database) -> dict[str, str]:
    names = ("is_key_int_stock_days_rolled_up_*", "is_key_stg_garage_inventory__movements_*")
    return Dbt(database.pipeline)("test", "--select", *names, as_of=AS_OF)


def test_a_key_that_is_one_passes(succeeded):
    assert list(look(succeeded).values()) == ["pass"] * 2


@pytest.mark.parametrize(
    "spoilt",
    [
        "select * from was union all select * from was where part_id = catalogue.part_id('BRND', 'P2')",
        "select (jsonb_populate_record(null::was, to_jsonb(was) - 'stock_on')).* from was",
    ],
    ids=["twice", "without a day"],
)
def test_a_day_that_is_there_twice_or_lacks_its_date_is_found(succeeded, spoilt):
    with psycopg.connect(succeeded.pipeline, autocommit=True) as connection:
        connection.execute(f"create table was as select * from {VIEW}".replace("was", "intermediate.was"))
        connection.execute(f"drop view {VIEW} cascade")
        connection.execute("set search_path = intermediate, pg_catalog")
        connection.execute(f"create table {VIEW} as {spoilt}")
    with pytest.raises(AssertionError, match="is_key_int_stock_days_rolled_up"):
        look(succeeded)
