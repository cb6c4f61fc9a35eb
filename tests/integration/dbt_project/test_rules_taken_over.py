"""The stocking rule of a replaced part holds for what is ordered in its place, until that has one of its own (F16)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support import network
from tests.support.network import AS_OF
from tests.support.refill import rebuild

CHANGED = ("stg_catalogue__stocking_policies", "stg_catalogue__supersessions", "stg_catalogue__parts")
VALUES = ("policy_code", "service_level_pct", "minimum_quantity", "maximum_quantity", "is_do_not_stock")
RESOLVED = """
select * from intermediate.int_policies_resolved
where garage_code = 'G1' and part_id = catalogue.part_id('BRND', %s)
"""
STORED = """
select value_name, value, level_code, source_words
from catalogue.stocking_policy_of('G1', catalogue.part_id('BRND', %s), %s)
where level_code <> 'CLASS_DEFAULT'
"""
NEED = "select * from marts.fct_replenishment_needs where garage_code = 'G1' and part_number = %s"


@pytest.fixture
def chain(network_stores):
    """P2 was replaced by P5, and that by P6: two of P6 do what one of P5 did. G1 asks for P2 once in a while."""
    with psycopg.connect(network_stores.owner) as connection:
        for number in ("P5", "P6", "P7"):
            network.part(connection, number, stocking_class_code="C", unit_cost_amount=50)
            network.offer(connection, number, unit_price_amount=45)
        network.supersession(connection, "P2", "P5")
        network.supersession(connection, "P5", "P6", conversion_quantity=2)
    return network_stores


def stated(database, *rules: tuple) -> None:
    """The rules (part, garage, values) are stated, and what stands on them is planned."""
    with psycopg.connect(database.owner) as connection:
        for number, garage, values in rules:
            network.stocking_rule(connection, number, garage, **values)
    rebuild(database.pipeline, AS_OF, *CHANGED)


def resolved(database, number: str) -> dict:
    """What rules say of a part in G1, and of which replaced part they are; the store is asked, too, and agrees."""
    with psycopg.connect(database.pipeline, row_factory=dict_row) as connection:
        row = connection.execute(RESOLVED, [number]).fetchone() or {}
        found = {name: row.get(name) for name in VALUES if row.get(name) is not None}
        stored = connection.execute(STORED, [number, AS_OF]).fetchall()
        assert {one["value_name"]: one["value"] for one in stored} == {
            name: str(value).lower() if isinstance(value, bool) else f"{value.normalize():f}"
            if isinstance(value, Decimal) else value
            for name, value in found.items()
        }  # fmt: skip
        if words := row.get("rule_part_words"):
            assert any(words in one["source_words"] for one in stored)
            found["of"] = words
    return found


def need(database, number: str) -> dict:
    with psycopg.connect(database.pipeline, row_factory=dict_row) as connection:
        return connection.execute(NEED, [number]).fetchone()


def test_a_rule_goes_down_the_chain_in_units_of_what_is_ordered(chain):
    stated(chain, ("P2", "G1", {"minimum_quantity": 3, "maximum_quantity": 5, "service_level_pct": 99}))
    assert resolved(chain, "P6") == {
        "minimum_quantity": 6, "maximum_quantity": 10, "service_level_pct": 99, "of": "BRND P2",
    }  # fmt: skip
    found = need(chain, "P6")
    assert (found["reorder_point_quantity"], found["rule_part_words"]) == (6, "BRND P2")
    assert found["explanation"].endswith("; its stocking rule is taken over from BRND P2.")


def test_half_a_unit_is_a_whole_one(chain):
    with psycopg.connect(chain.owner) as connection:
        network.supersession(connection, "P6", "P7", conversion_quantity=Decimal("0.25"))
    stated(chain, ("P2", "G1", {"minimum_quantity": 3, "maximum_quantity": 5}))
    assert resolved(chain, "P7") == {"minimum_quantity": 2, "maximum_quantity": 3, "of": "BRND P2"}


def test_what_is_not_stocked_is_not_stocked_under_its_new_number_and_it_is_told_why(chain):
    stated(chain, ("P2", "G1", {"is_do_not_stock": True}))
    assert resolved(chain, "P6") == {"is_do_not_stock": True, "of": "BRND P2"}
    assert need(chain, "P6")["policy_code"] == "NO_STOCK"
    assert "; its stocking rule is taken over from BRND P2." in need(chain, "P6")["explanation"]


def test_the_nearest_part_of_the_chain_that_has_a_rule_says_all_of_it(chain):
    """P5 says nothing of a service level, and had nothing to say of one in the days of P5 either."""
    stated(chain, ("P2", "G1", {"minimum_quantity": 3, "service_level_pct": 99}), ("P5", "G1", {"minimum_quantity": 1}))
    assert resolved(chain, "P6") == {"minimum_quantity": 2, "of": "BRND P5"}


def test_the_own_rule_wins_whole_and_ends_what_was_taken_over_when_it_is_retired(chain):
    stated(chain, ("P2", "G1", {"minimum_quantity": 3, "is_do_not_stock": True}))
    stated(chain, ("P6", "G1", {"minimum_quantity": 1}))
    assert resolved(chain, "P6") == {"minimum_quantity": 1}
    assert need(chain, "P6")["rule_part_words"] is None
    assert "taken over" not in need(chain, "P6")["explanation"]
    stated(chain, ("P6", "G1", {"is_retired": True, "valid_from_at": AS_OF - timedelta(days=1)}))
    assert resolved(chain, "P6") == {}


def test_an_own_rule_that_is_of_tomorrow_takes_nothing_away_today(chain):
    stated(
        chain,
        ("P2", "G1", {"minimum_quantity": 3}),
        ("P6", "G1", {"minimum_quantity": 1, "valid_from_at": AS_OF + timedelta(days=1)}),
    )
    assert resolved(chain, "P6") == {"minimum_quantity": 6, "of": "BRND P2"}


def test_a_garage_goes_before_the_network_whichever_part_the_rule_names(chain):
    """A rule of all garages for the new number leaves alone what G1 had said of the old one."""
    stated(
        chain,
        ("P2", "G1", {"minimum_quantity": 3}),
        ("P2", None, {"maximum_quantity": 20}),
        ("P6", None, {"minimum_quantity": 1, "service_level_pct": 97}),
    )
    assert resolved(chain, "P6") == {"minimum_quantity": 6, "service_level_pct": 97, "of": "BRND P2"}


def test_of_two_parts_that_became_one_the_rule_stated_last_holds(chain):
    with psycopg.connect(chain.owner) as connection:
        network.supersession(connection, "P7", "P5")
    stated(
        chain,
        ("P2", "G1", {"minimum_quantity": 3, "valid_from_at": AS_OF - timedelta(days=9)}),
        ("P7", "G1", {"minimum_quantity": 4, "valid_from_at": AS_OF - timedelta(days=8)}),
    )
    assert resolved(chain, "P6") == {"minimum_quantity": 8, "of": "BRND P7"}
    # Who takes it back says nothing, and does not speak for the other part.
    stated(chain, ("P7", "G1", {"is_retired": True, "valid_from_at": AS_OF - timedelta(days=7)}))
    assert resolved(chain, "P6") == {"minimum_quantity": 6, "of": "BRND P2"}


def test_nothing_is_taken_over_before_the_day_on_which_the_new_part_is_ordered(network_stores):
    with psycopg.connect(network_stores.owner) as connection:
        network.part(connection, "P5")
        network.supersession(connection, "P2", "P5", effective_from_on=date(2002, 4, 2))
        network.count(connection, "P5", 1, AS_OF - timedelta(days=1))
    stated(network_stores, ("P2", "G1", {"minimum_quantity": 3}))
    assert resolved(network_stores, "P5") == {}
    assert resolved(network_stores, "P2") == {"minimum_quantity": 3}
