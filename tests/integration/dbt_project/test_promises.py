"""Whatever the stock, the needs and the planners' words: no unit is promised twice, no donor gives what it needs."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from hashlib import md5
from math import ceil
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from tests.support.dbt import Dbt
from tests.support.network import AS_OF

PART = UUID(int=1)
GARAGES = ("G1", "G2", "G3", "G4")
# From the positions to what is bought, each from what stands before it.
STEPS = (
    "int_positions_planned", "int_needs_triggered", "int_transfer_ways", "int_transfers_planned", "int_needs_rounded",
    "int_purchases_planned", "int_lines_planned", "int_moves_suggested",
)  # fmt: skip
GIVEN = (
    "int_reorder_points", "int_positions_rolled_up", "int_inventory_positions", "int_planner_acts", "int_parts_current",
    "int_garages_current", "int_offers_eligible", "int_offers_ranked", "int_transfer_routes",
    "stg_replenishment__planner_acts",
)  # fmt: skip
FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


class Models:
    """The models of proposals on tables that a test fills by hand."""

    def __init__(self, connection: psycopg.Connection, queries: dict[str, str]):
        self.connection = connection
        self.queries = queries

    def clear(self) -> None:
        tables = ", ".join(f"{_schema(name)}.{name}" for name in (*GIVEN, *STEPS))
        self.connection.execute(f"truncate {tables}")

    def put(self, table: str, **values: Any) -> None:
        marks = ", ".join(["%s"] * len(values))
        names = ", ".join(values)
        self.connection.execute(f"insert into {_schema(table)}.{table} ({names}) values ({marks})", [*values.values()])

    def run(self, *steps: str) -> None:
        for name in steps:
            self.connection.execute(f"truncate intermediate.{name}")
            self.connection.execute(f"insert into intermediate.{name} {self.queries[name]}")

    def rows(self, table: str, order: str = "1") -> list[dict]:
        return self.connection.execute(f"select * from intermediate.{table} order by {order}").fetchall()


def _schema(table: str) -> str:
    return "staging" if table.startswith("stg_") else "intermediate"


@pytest.fixture(scope="module")
def models(shared_stores):
    queries = Dbt(shared_stores.pipeline).compiled(*STEPS, as_of=AS_OF)
    with psycopg.connect(shared_stores.pipeline, autocommit=True, row_factory=dict_row) as connection:
        yield Models(connection, queries)


small = st.integers(0, 12)
positions = st.fixed_dictionaries(
    {
        "free": st.integers(-3, 40), "backordered": st.integers(0, 2), "due": small, "inbound": small,
        "outbound": st.integers(0, 4), "reserved": small, "predecessor": st.integers(0, 6), "point": small,
        "lot": small, "has_supplier": st.booleans(), "lead_time": st.integers(1, 4),
    }
)  # fmt: skip
said = st.one_of(
    st.none(),
    st.tuples(st.sampled_from(("OVERRIDE", "FIRM")), st.integers(1, 30)),
    st.tuples(st.sampled_from(("SNOOZE", "REJECT")), st.none()),
)
networks = st.fixed_dictionaries(
    {
        "positions": st.lists(positions, min_size=2, max_size=len(GARAGES)),
        "transit": st.lists(st.integers(1, 5), min_size=16, max_size=16),
        "cost": st.integers(0, 9), "unit_cost": st.integers(1, 9), "minimum": st.integers(1, 6),
        "pack": st.integers(1, 5), "acts_buy": st.lists(said, min_size=4, max_size=4),
        "acts_move": st.lists(said, min_size=16, max_size=16),
    }
)  # fmt: skip


def whole(quantity: Decimal | int, step: Decimal | int) -> Decimal | int:
    """The least multiple of the step that is not below the quantity."""
    return ceil(Fraction(quantity) / Fraction(step)) * step


def fill(models: Models, network: dict) -> None:
    """A network of garages with one part: positions, routes, one supplier, and what planners said."""
    models.clear()
    models.put("int_parts_current", part_id=PART, criticality_code="SAFETY", lifecycle_code="2")
    terms = {"minimum_order_quantity": network["minimum"], "pack_quantity": network["pack"]}
    models.put("int_offers_eligible", part_id=PART, supplier_code="S1", break_quantity=1, unit_price_amount=1,
               order_multiple_quantity=1, lead_time_days=2, **terms)  # fmt: skip
    garages = GARAGES[: len(network["positions"])]
    for place, (garage, given_) in enumerate(zip(garages, network["positions"], strict=True)):
        key = {"garage_code": garage, "part_id": PART}
        position = given_["free"] + given_["due"] + given_["inbound"] - given_["outbound"] - given_["backordered"]
        supplier = "S1" if given_["has_supplier"] else None
        models.put("int_garages_current", garage_code=garage, currency_code="EUR", is_retired=False)
        models.put("int_reorder_points", **key, reorder_point_quantity=given_["point"], policy_code="MIN_MAX",
                   order_up_to_quantity=given_["point"] + given_["lot"], daily_mean_quantity=1, max_rule_code="UP",
                   supplier_code=supplier, lead_time_days=given_["lead_time"])  # fmt: skip
        models.put("int_positions_rolled_up", **key, available_raw_quantity=given_["free"],
                   sellable_quantity=max(given_["free"] + given_["reserved"], 0),
                   backordered_quantity=given_["backordered"],
                   predecessor_sellable_quantity=given_["predecessor"])  # fmt: skip
        models.put("int_inventory_positions", **key, due_order_quantity=given_["due"], later_order_quantity=0,
                   inbound_transfer_quantity=given_["inbound"], outbound_transfer_quantity=given_["outbound"],
                   inventory_position_quantity=position)  # fmt: skip
        models.put("int_offers_ranked", **key, supplier_code="S1", is_chosen=given_["has_supplier"],
                   currency_code="EUR", landed_unit_cost_amount=network["unit_cost"])  # fmt: skip
        _say(models, garage, "BUY", None, network["acts_buy"][place])
        for other, giver in enumerate(garages):
            if giver != garage:
                models.put("int_transfer_routes", from_garage_code=giver, to_garage_code=garage,
                           transit_days=network["transit"][place * 4 + other],
                           transfer_cost_amount=network["cost"])  # fmt: skip
                _say(models, garage, "TRANSFER", giver, network["acts_move"][place * 4 + other])


def _say(models: Models, garage: str, line_type: str, giver: str | None, act: tuple | None) -> None:
    if act:
        named = "|".join(filter(None, (garage, str(PART), line_type, giver)))
        models.put("int_planner_acts", proposal_id=UUID(md5(named.encode()).hexdigest()), garage_code=garage,
                   part_id=PART, line_type_code=line_type, act_code=act[0], quantity=act[1])  # fmt: skip


# G1 can spare 15: G2 needs 3 of them, and G3, which needs none today, has room for as many.
PLENTY = {"free": 20, "backordered": 0, "due": 0, "inbound": 0, "outbound": 0, "reserved": 0, "predecessor": 0,
          "point": 2, "lot": 3, "has_supplier": False, "lead_time": 1}  # fmt: skip
SHARED = {"positions": [PLENTY, PLENTY | {"free": 0, "point": 3, "lot": 0}, PLENTY | {"free": 5, "lot": 18}],
          "transit": [1] * 16, "cost": 1, "unit_cost": 1, "minimum": 1, "pack": 1, "acts_buy": [None] * 4,
          "acts_move": [None] * 16}  # fmt: skip


@FEW
@example(network=SHARED)
@given(network=networks)
def test_no_unit_is_promised_twice_and_no_donor_falls_below_its_own_need(models, network):
    fill(models, network)
    models.run(*STEPS)
    positions = {row["garage_code"]: row for row in models.rows("int_positions_planned")}
    lines = {row["garage_code"] for row in models.rows("int_lines_planned")}
    moved = {(row["from_garage_code"], row["garage_code"]) for row in models.rows("int_transfers_planned")}
    given_away: dict[str, Decimal] = defaultdict(Decimal)
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for row in models.rows("int_moves_suggested"):
        giver, taker, quantity = row["from_garage_code"], row["to_garage_code"], row["move_quantity"]
        assert quantity > 0 and quantity % 1 == 0
        assert row["is_proposed"] == ((giver, taker) in moved)
        given_away[giver] += quantity
        if not row["is_proposed"]:
            assert taker not in lines
            taken[taker] += quantity
    for taker, quantity in taken.items():
        assert positions[taker]["inventory_position_quantity"] + quantity <= positions[taker]["order_up_to_quantity"]
    for garage, quantity in given_away.items():
        donor = positions[garage]
        shelf = donor["available_raw_quantity"] - donor["outbound_transfer_quantity"]
        assert donor["inventory_position_quantity"] - quantity >= donor["order_up_to_quantity"]
        assert shelf - donor["backordered_quantity"] - quantity >= donor["reorder_point_quantity"]
        assert quantity <= shelf - donor["predecessor_sellable_quantity"]


@FEW
@given(network=networks)
def test_what_is_moved_is_not_bought_and_nothing_is_bought_that_could_be_moved(models, network):
    fill(models, network | {"acts_buy": [None] * 4, "acts_move": [None] * 16})
    models.run(*STEPS)
    needs = {row["garage_code"]: row["raw_quantity"] for row in models.rows("int_needs_triggered")}
    left = {row["garage_code"]: row["spare_quantity"] for row in models.rows("int_positions_planned")}
    got: dict[str, Decimal] = defaultdict(Decimal)
    for row in models.rows("int_transfers_planned"):
        got[row["garage_code"]] += row["transfer_quantity"]
        left[row["from_garage_code"]] -= row["transfer_quantity"]
    for garage, quantity in got.items():
        assert quantity <= needs[garage]
    for way in models.rows("int_transfer_ways"):
        assert got[way["garage_code"]] == needs[way["garage_code"]] or left[way["from_garage_code"]] == 0
    bought = {row["garage_code"]: row for row in models.rows("int_purchases_planned")}
    pack, minimum = network["pack"], network["minimum"]
    for garage, needed in needs.items():
        rest = needed - got[garage]
        if rest == 0 and needed > 0:
            assert garage not in bought
        elif rest and bought[garage]["formula_outcome_code"] == "PROPOSED":
            assert bought[garage]["suggested_quantity"] == whole(max(rest, minimum), pack)


@FEW
@given(network=networks)
def test_the_same_input_gives_the_same_proposals(models, network):
    fill(models, network)
    models.run(*STEPS)
    first = models.rows("int_lines_planned", "proposal_id")
    # The same rows in another order, as after another load.
    models.connection.execute(
        "create temporary table again as select * from intermediate.int_reorder_points order by garage_code desc"
    )
    models.connection.execute("truncate intermediate.int_reorder_points")
    models.connection.execute("insert into intermediate.int_reorder_points select * from again")
    models.connection.execute("drop table again")
    models.run(*STEPS)
    assert models.rows("int_lines_planned", "proposal_id") == first
    assert len({line["proposal_id"] for line in first}) == len(first)


# G2 and G3 both need more than the 15 that G1 can spare, and what goes to G2, who comes first, is put off.
PUT_OFF = SHARED | {
    "positions": [PLENTY, PLENTY | {"free": 2, "point": 3, "lot": 12}, PLENTY | {"free": 2, "point": 3, "lot": 15}],
    "acts_move": [None] * 4 + [("SNOOZE", None)] + [None] * 11,
}


@FEW
@example(network=PUT_OFF)
@given(network=networks)
def test_what_is_put_off_keeps_no_unit_from_others_and_is_not_bought_meanwhile(models, network):
    fill(
        models,
        network | {"acts_buy": [None] * 4, "acts_move": [act and ("SNOOZE", None) for act in network["acts_move"]]},
    )
    models.run(*STEPS)
    needs = {row["garage_code"]: row["raw_quantity"] for row in models.rows("int_needs_triggered")}
    left = {row["garage_code"]: row["spare_quantity"] for row in models.rows("int_positions_planned")}
    covered: dict[str, Decimal] = defaultdict(Decimal)
    for line in models.rows("int_lines_planned"):
        if line["line_type_code"] == "TRANSFER":
            covered[line["garage_code"]] += line["suggested_quantity"]
            left[line["from_garage_code"]] -= line["proposed_quantity"]
    assert min(left.values()) >= 0
    for way in models.rows("int_transfer_ways"):
        giver, taker = way["from_garage_code"], way["garage_code"]
        assert way["is_asleep"] or covered[taker] == needs[taker] or left[giver] == 0
    assert {row["garage_code"] for row in models.rows("int_purchases_planned")}.isdisjoint(
        garage for garage, quantity in covered.items() if quantity and quantity >= needs[garage]
    )


amount = st.decimals("0.001", 60, places=3)
terms = st.fixed_dictionaries(
    {
        "raw": st.decimals(0, 60, places=3), "minimum": amount, "pack": amount, "multiple": st.integers(1, 4),
        "maximum": st.none() | amount, "rule": st.sampled_from(("UP", "DOWN", "SKIP")),
    }
)  # fmt: skip


@FEW
@given(cases=st.lists(terms, min_size=1, max_size=20))
def test_rounding_is_exact(models, cases):
    """F13 in exact decimals: at least the minimum, whole multiples, then the maximum as the rule says."""
    models.clear()
    for place, case in enumerate(cases):
        part = UUID(int=place + 1)
        models.put("int_needs_triggered", garage_code="G1", part_id=part, supplier_code="S1", raw_quantity=case["raw"],
                   inventory_position_quantity=0, max_rule_code=case["rule"])  # fmt: skip
        models.put("int_offers_eligible", part_id=part, supplier_code="S1", break_quantity=0, unit_price_amount=1,
                   minimum_order_quantity=case["minimum"], pack_quantity=case["pack"],
                   order_multiple_quantity=case["multiple"], maximum_order_quantity=case["maximum"])  # fmt: skip
    models.run("int_needs_rounded")
    found = {row["part_id"]: row for row in models.rows("int_needs_rounded")}
    for place, case in enumerate(cases):
        row, step = found[UUID(int=place + 1)], case["pack"] * case["multiple"]
        wanted = whole(max(case["raw"], case["minimum"]), step) if case["raw"] else Decimal(0)
        over = case["maximum"] is not None and wanted > case["maximum"]
        cut = case["maximum"] // step * step if over else Decimal(0)
        expected = wanted
        if over and case["rule"] == "SKIP":
            expected = Decimal(0)
        elif over and case["rule"] == "DOWN":
            expected = cut if cut >= case["minimum"] else Decimal(0)
        assert (row["wanted_quantity"], row["proposed_quantity"]) == (wanted, expected)
        assert row["is_exceeding_max"] == (over and case["rule"] != "DOWN")
        assert row["is_below_need"] == (over and case["rule"] == "DOWN" and expected < case["raw"])
