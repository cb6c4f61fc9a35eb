"""``partsbay explain``: from the shelf to the lines, in numbers that add up, and why there is nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from typer.testing import CliRunner

from ingest.errors import PartsbayError
from ingest.explained import position_of, reorder_of
from ingest.replenishment import store_proposals
from orchestration.cli.app import app
from tests.support import network
from tests.support.network import AS_OF
from tests.support.refill import compute


@pytest.fixture
def stores(network_stores, server, tmp_path, monkeypatch):
    """A network that the command sees as well."""
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(network_stores.name))
    return network_stores


def call(*arguments):
    """The command in this process: its JSON document, its text, or the error that it ends with."""
    done = CliRunner().invoke(app, ["explain", *arguments])
    if isinstance(done.exception, PartsbayError):
        return done.exception
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout) if "--json" in arguments else " ".join(done.stdout.split())


def run(stores, as_of: datetime = AS_OF) -> None:
    with psycopg.connect(stores.pipeline) as connection:
        store_proposals(connection, "run", as_of)


def test_the_sums_add_up_and_the_steps_lead_to_the_quantity(stores):
    run(stores)
    (told,) = call("G1", "BRND:P1", "--json")["parts"]
    *parts, total = told["position"]
    assert parts == [["on hand", "12.000"], ["held for quality", "-3.000"], ["reserved", "-2.000"]]
    assert total == ["inventory position", "7.000"]
    assert [float(quantity) for _, quantity in told["reorder"]][-2:] == [30, 99]
    assert sum(float(quantity) for _, quantity in told["reorder"][:3]) == pytest.approx(30)
    (line,) = told["lines"]
    assert line["rounding_steps"][0] == {"step": "NEEDED", "quantity": 92}
    assert line["rounding_steps"][-1] == {"step": "PACKS", "quantity": 96}
    assert [offer["supplier_code"] for offer in line["offers"] if offer["is_chosen"]] == ["S1"]


def test_it_is_told_in_words_and_what_changed_since_the_run_before(stores):
    run(stores)
    told = call("G1", "BRND:P1")
    assert "Order 96 EA from Supplier One" in told and "BUY of S1: PROPOSED (new in this run, revision 1)" in told
    assert "= 7 inventory position" in told and "96 in whole packs" in told and "→ S1 8 EUR" in told


def test_what_an_earlier_run_proposed_is_the_same(stores):
    run(stores, AS_OF - timedelta(days=1))
    assert "PROPOSED (the same as in the run before, revision 1)" in call("G1", "BRND:P1")


def test_a_part_below_its_point_without_a_line_says_why(stores):
    told = call("G1", "BRND:P3")
    assert "Nothing proposed, no supplier has a valid offer" in told and "BUY of nobody: NOT_PROPOSED" in told


def test_a_part_that_nobody_looked_at_is_an_error_that_says_so(stores):
    assert call("G1", "BRND:P4").code == "NOT_LOOKED_AT"
    assert call("G1", "BRND:P77").code == "UNKNOWN_PART"


def test_a_covered_part_and_one_that_was_replaced_are_explained(stores):
    with psycopg.connect(stores.owner) as connection:
        network.part(connection, "P5", unit_cost_amount=10)
        network.supersession(connection, "P2", "P5")
        network.count(connection, "P3", 5000, datetime(2002, 3, 31, 21, tzinfo=UTC))
    compute(stores.pipeline, AS_OF)
    covered = call("G1", "BRND:P3")
    assert "Nothing proposed, the position of 5000 is above the reorder point of" in covered
    replaced = call("G1", "BRND:P2", "--json")["parts"]
    assert [(one["need"]["part_number"], one["path"]) for one in replaced] == [("P5", "BRND P2 → BRND P5")]


def test_a_part_that_none_is_kept_of_says_why(stores):
    """P4 lies empty and nobody asks for it; of P2, asked for once a quarter, none is needed in four cases of five."""
    with psycopg.connect(stores.owner) as connection:
        network.count(connection, "P4", 0, datetime(2002, 3, 31, 21, tzinfo=UTC))
        network.stocking_rule(connection, "P2", service_level_pct=80)
    compute(stores.pipeline, AS_OF)
    words = "Nothing proposed, the position of 0 is at the reorder point of 0: "
    assert f"{words}no demand is expected." in call("G1", "BRND:P4")
    assert f"{words}for 80 % service none has to be there." in call("G1", "BRND:P2")


def test_what_is_below_zero_is_taken_as_zero():
    """F2: 2 on the books, 5 of them held: sellable is 0, and the sum still adds up."""
    names = ("inbound_order", "late_supply", "inbound_transfer", "outbound_transfer", "reserved", "nonsellable")
    need = {f"{name}_quantity": 0 for name in names} | {
        "on_hand_quantity": 2, "held_quantity": 5, "sellable_quantity": 0, "backordered_quantity": 1,
        "inventory_position_quantity": -1,
    }  # fmt: skip
    *parts, (_, total) = position_of(need)
    assert ("below zero, taken as zero", 3) in parts and sum(quantity for _, quantity in parts) == total


def test_demand_of_a_distribution_is_told_at_the_rate_that_it_comes_to():
    """19 days at the forecast of 0.111 are 2.1 and not 1.869; 0.098368 a day are."""
    need = {
        "lead_time_days": Decimal("19.00"), "review_days": 0, "daily_mean_quantity": Decimal("0.111242617"),
        "base_mean_quantity": Decimal("0.111242617"), "season_factor": Decimal("1.000000"), "uplift_factor": Decimal(1),
        "lead_time_demand_quantity": Decimal("1.869"), "safety_stock_quantity": Decimal("7.131"),
        "reorder_point_quantity": Decimal(9), "order_up_to_quantity": Decimal(16), "service_level_pct": Decimal(95),
    }  # fmt: skip
    (words, demand), *_ = reorder_of(need)
    assert words == "demand of 19 days at 0.098368 a day (forecast 0.111243, drawn to the network)"
    assert demand == Decimal("1.869")
    (words, _), *_ = reorder_of(need | {"lead_time_demand_quantity": Decimal("2.113609723")})
    assert words == "demand of 19 days at 0.111242617 a day"
    season = {"base_mean_quantity": Decimal("0.222485234"), "season_factor": Decimal("0.500000")}
    (words, _), *_ = reorder_of(need | season | {"lead_time_demand_quantity": Decimal("2.113609723")})
    assert words == "demand of 19 days at 0.111242617 a day (0.222485234 × 0.5 for the season)"
    (words, _), *_ = reorder_of(need | season)
    forecast = "forecast 0.111243 = 0.222485234 × 0.5 for the season"
    assert words == f"demand of 19 days at 0.098368 a day ({forecast}, drawn to the network)"


def test_help_teaches():
    told = CliRunner().invoke(app, ["explain", "--help"]).output
    assert "Example: partsbay explain G01 BOSC:0986424797" in told and "reorder point adds up" in told
