"""What users of other systems suffer from, one test each: none of it can happen here."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import psycopg
import pytest
from psycopg.rows import dict_row

from assets.report.data import needs_somebody
from ingest.generations import record_generation
from ingest.planning.acts import Decision, decide
from ingest.replenishment import ProposalChanges, store_proposals
from ingest.reporting import read_report
from tests.support import network
from tests.support.network import AS_OF
from tests.support.refill import compute, rebuild

ACTS, STOCK, HOLDS = "stg_replenishment__planner_acts", "int_stock_balances", "stg_quality_hold__events"
OFFERS = "stg_supplier_feed__offers"
EVENING = datetime(2002, 3, 31, 20, tzinfo=UTC)


@pytest.fixture
def store(network_stores):
    with psycopg.connect(network_stores.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture
def pipeline(network_stores):
    with psycopg.connect(network_stores.pipeline, autocommit=True) as connection:
        yield connection


def lines(pipeline, number: str = "P1") -> list[dict]:
    query = "select * from marts.fct_replenishment_proposals where part_number = %s order by line_type_code"
    return pipeline.cursor(row_factory=dict_row).execute(query, [number]).fetchall()


def bought(pipeline, number: str = "P1") -> dict:
    return next(line for line in lines(pipeline, number) if line["line_type_code"] == "BUY")


def put(store, garage: str, number: str, quantity: int, at: datetime = EVENING) -> None:
    network.insert(
        store, "garage_inventory.counts", count_number=f"{garage}-{number}-{quantity}", garage_code=garage,
        part_number=number, condition_code="NEW", counted_quantity=quantity, uom_code="EA", event_at=at,
    )  # fmt: skip


def said(pipeline, line: dict, act_code: str, at: datetime = AS_OF, revision: int = 1, **more) -> None:
    one = Decision(act_code, line["proposal_id"], revision, f"{act_code} {at}", reason="so", **more)
    (answer,) = decide(pipeline, [one], "ann", decided_at=at)
    assert (answer.outcome_code, answer.problem) == ("DONE", None)


def test_the_same_request_is_not_made_again_day_after_day(network_stores, pipeline):
    """The next day a little less is there and the figures move; what is asked for stays what it was."""
    assert store_proposals(pipeline, "run-1", AS_OF) == ProposalChanges(new=3)
    before = bought(pipeline)
    rebuild(network_stores.pipeline, AS_OF + timedelta(days=1), ACTS)
    after = bought(pipeline)
    assert before["stock_out_on"] != after["stock_out_on"]
    assert store_proposals(pipeline, "run-2", AS_OF + timedelta(days=1)) == ProposalChanges(same=3)
    assert pipeline.execute("select count(*) from replenishment.messages").fetchone() == (3,)


def test_an_order_due_after_the_horizon_hides_no_shortage(network_stores, store, pipeline):
    """96 are ordered for the 7th; what is ordered today comes on the 6th, so they are shown and not counted."""
    number = "PO00000001"
    made = {"recorded_at": AS_OF - timedelta(days=9), "created_at": AS_OF - timedelta(days=9), "actor": "ann"}
    replenishment(store, "purchase_orders", purchase_order_number=number, serial_number=1, supplier_code="S1",
                  garage_code="G1", currency_code="EUR", **made)  # fmt: skip
    replenishment(store, "order_lines", purchase_order_number=number, line_number=1, garage_code="G1", uom_code="EA",
                  brand_code="BRND", part_number="P1", part_id=bought(pipeline)["part_id"], ordered_quantity=96,
                  pack_count=8, expected_on=date(2002, 4, 7), **made)  # fmt: skip
    rebuild(network_stores.pipeline, AS_OF, "stg_replenishment__order_lines")
    line = bought(pipeline)
    assert (line["inbound_order_quantity"], line["late_supply_quantity"], line["proposed_quantity"]) == (96, 96, 96)
    assert "LATE_SUPPLY" in line["flags"] and "(96 more are ordered and come too late to count)" in line["explanation"]


def replenishment(store, table: str, **values) -> None:
    marks = ", ".join(["%s"] * len(values))
    store.execute(f"insert into replenishment.{table} ({', '.join(values)}) values ({marks})", [*values.values()])


@pytest.mark.parametrize(("minimum", "ordered"), [(10, 12), (30, 36)])
def test_minimum_order_and_packs_are_kept_after_a_transfer(network_stores, store, pipeline, minimum, ordered):
    """88 of 92 come from G2; the 4 that are left are ordered as they are sold: so many at least, in twelves."""
    put(store, "G2", "P1", 88)
    for least, price in ((1, 9), (50, 8)):
        network.offer(store, "P1", break_quantity=least, unit_price_amount=price, pack_quantity=12,
                      minimum_order_quantity=minimum, stated_at=datetime(2002, 3, 2, tzinfo=UTC))  # fmt: skip
    rebuild(network_stores.pipeline, AS_OF, STOCK, OFFERS)
    line = bought(pipeline)
    assert [(step["step"], step["quantity"]) for step in line["rounding_steps"]] == [
        ("NEEDED", 92), ("TRANSFERRED", 4), ("MINIMUM_ORDER", minimum), ("PACKS", ordered),
    ]  # fmt: skip
    assert (line["proposed_quantity"], line["pack_count"]) == (ordered, ordered / 12)


def test_a_snooze_survives_every_run_until_its_day_and_no_longer(network_stores, store, pipeline):
    """20 free last five days at 4 a day, as long as a delivery takes: it may wait."""
    put(store, "G1", "P1", 25, EVENING + timedelta(minutes=5))
    rebuild(network_stores.pipeline, AS_OF, STOCK)
    store_proposals(pipeline, "run-1", AS_OF)
    said(pipeline, bought(pipeline), "SNOOZE", until_on=date(2002, 4, 4))
    found = []
    for days in (0, 2, 3):
        rebuild(network_stores.pipeline, AS_OF + timedelta(days=days), ACTS)
        store_proposals(pipeline, f"run {days}", AS_OF + timedelta(days=days))
        line = bought(pipeline)
        found.append((line["status_code"], line["proposed_quantity"], line["review_reason_code"]))
    assert found == [("SNOOZED", 0, "ROUTINE"), ("SNOOZED", 0, "ROUTINE"), ("PROPOSED", 84, "SNOOZE_ENDED")]


def test_a_snooze_ends_when_stock_would_run_out_before_a_delivery(network_stores, store, pipeline):
    """Somebody reserves 4 of the 20 that are free: the others last four days, and a delivery takes five."""
    put(store, "G1", "P1", 25, EVENING + timedelta(minutes=5))
    rebuild(network_stores.pipeline, AS_OF, STOCK)
    store_proposals(pipeline, "run-1", AS_OF)
    said(pipeline, bought(pipeline), "SNOOZE", until_on=date(2002, 4, 20))
    network.reservation(store, "R2", 1, "RESERVED", "P1", 4, EVENING)
    rebuild(network_stores.pipeline, AS_OF, "stg_reservation__events", ACTS)
    line = bought(pipeline)
    assert (line["status_code"], line["outcome_code"], line["review_reason_code"]) == ("WOKEN", "PROPOSED", "RUNS_OUT")
    assert "ann put it off until 2002-04-20, but stock would run out before" in line["explanation"]
    record_generation(pipeline, "0198a3c2-0000-7000-8000-00000000abcd", "made", AS_OF, "run", {})
    told = next(one for one in read_report(pipeline).lines if one["proposal_id"] == str(line["proposal_id"]))
    assert needs_somebody(told)
    said(pipeline, line, "SNOOZE", revision=1, at=AS_OF + timedelta(minutes=1), until_on=date(2002, 4, 21))
    told = next(one for one in read_report(pipeline).lines if one["proposal_id"] == str(line["proposal_id"]))
    assert told["act_code"] == "SNOOZE" and not needs_somebody(told)


def test_a_refusal_ends_when_more_wait_than_the_planner_knew_of(network_stores, store, pipeline):
    store_proposals(pipeline, "run-1", AS_OF)
    said(pipeline, bought(pipeline), "REJECT", until_on=date(2002, 4, 20))
    rebuild(network_stores.pipeline, AS_OF, ACTS)
    assert bought(pipeline)["status_code"] == "REJECTED"
    store_proposals(pipeline, "run-2", AS_OF)
    network.reservation(store, "R2", 1, "REQUESTED", "P1", 40, EVENING)
    rebuild(network_stores.pipeline, AS_OF, "stg_reservation__events", ACTS)
    line = bought(pipeline)
    assert line["backordered_quantity"] > 0
    found = (line["status_code"], line["outcome_code"], line["review_reason_code"])
    assert found == ("WOKEN", "PROPOSED", "VOR_WAITING")
    assert "ann refused it until 2002-04-20, but more wait for it since" in line["explanation"]
    # Who knows of them and refuses it again is not asked again.
    store_proposals(pipeline, "run-3", AS_OF)
    said(pipeline, line, "REJECT", revision=3, at=AS_OF + timedelta(minutes=1), until_on=date(2002, 4, 21))
    rebuild(network_stores.pipeline, AS_OF + timedelta(minutes=2), ACTS)
    assert bought(pipeline)["status_code"] == "REJECTED"


def test_an_override_does_not_stick_after_its_date(network_stores, pipeline):
    store_proposals(pipeline, "run-1", AS_OF)
    said(pipeline, bought(pipeline), "OVERRIDE", quantity=Decimal(36), until_on=date(2002, 4, 3))
    found = []
    for days in (0, 1, 2, 3):
        rebuild(network_stores.pipeline, AS_OF + timedelta(days=days), ACTS)
        line = bought(pipeline)
        found.append((line["status_code"], line["proposed_quantity"], line["unit_price_amount"]))
    # 36 do not reach the price from 50 on.
    assert found == [("OVERRIDDEN", 36, 9)] * 2 + [("PROPOSED", 96, 8)] * 2


def test_no_superseded_part_is_ordered(network_stores, store, pipeline):
    network.part(store, "P5", unit_cost_amount=10)
    network.offer(store, "P5", unit_price_amount=9)
    network.supersession(store, "P1", "P5")
    compute(network_stores.pipeline, AS_OF)
    assert lines(pipeline) == []
    line = bought(pipeline, "P5")
    # What is left of P1 is used up first, and who is short of it gets P5.
    assert (line["sellable_quantity"], line["raw_quantity"], line["ordered_part_number"]) == (9, 92, "P5")
    assert line["explanation"].startswith("Order 92 EA from Supplier One")


@pytest.mark.parametrize(
    ("stock", "raised"),
    [
        # 92 are needed. What is left of it is bought in twelves: 72 are 6 packs, and one unit more is a seventh.
        (200, [("TRANSFER", 92)]),
        (92, [("TRANSFER", 92)]),
        (20, [("BUY", 72), ("TRANSFER", 20)]),
        (19, [("BUY", 84), ("TRANSFER", 19)]),
    ],
)
def test_no_transfer_and_purchase_are_raised_for_the_same_units(network_stores, store, pipeline, stock, raised):
    put(store, "G2", "P1", stock)
    rebuild(network_stores.pipeline, AS_OF, STOCK)
    assert [(line["line_type_code"], line["proposed_quantity"]) for line in lines(pipeline)] == raised


def test_what_a_planner_buys_is_not_moved_as_well(network_stores, store, pipeline):
    store_proposals(pipeline, "run-1", AS_OF)
    said(pipeline, bought(pipeline), "FIRM", quantity=Decimal(60), until_on=date(2002, 4, 20))
    put(store, "G2", "P1", 200)
    rebuild(network_stores.pipeline, AS_OF, STOCK, ACTS)
    found = [(line["line_type_code"], line["status_code"], line["proposed_quantity"]) for line in lines(pipeline)]
    assert found == [("BUY", "FIRM", 60), ("TRANSFER", "PROPOSED", 32)]


def test_held_stock_is_no_cover(network_stores, store, pipeline):
    """12 are on the shelf and 3 of them held: with 2 more held, 2 more are needed."""
    before = bought(pipeline)
    network.hold(store, "H2", 1, "PLACED", "P1", 2, EVENING)
    rebuild(network_stores.pipeline, AS_OF, HOLDS)
    after = bought(pipeline)
    assert (after["held_quantity"] - before["held_quantity"], after["raw_quantity"] - before["raw_quantity"]) == (2, 2)


def test_a_longer_lead_time_needs_more(network_stores, store, pipeline):
    """10 instead of 5 days: 20 more to sell until a delivery, so reorder point and need rise by as much."""
    before = bought(pipeline)
    network.supplier(store, valid_from_at=AS_OF - timedelta(days=1), lead_time_days=10)
    rebuild(network_stores.pipeline, AS_OF, "stg_catalogue__suppliers")
    after = bought(pipeline)
    assert (before["lead_time_days"], after["lead_time_days"]) == (5, 10)
    assert after["reorder_point_quantity"] - before["reorder_point_quantity"] == 20
    assert after["raw_quantity"] - before["raw_quantity"] == 20


def test_every_quantity_can_be_explained_from_its_own_numbers(network_stores, store, pipeline):
    put(store, "G2", "P1", 30)
    rebuild(network_stores.pipeline, AS_OF, STOCK)
    found = [line for number in ("P1", "P2", "P3") for line in lines(pipeline, number)]
    assert {line["line_type_code"] for line in found} == {"BUY", "TRANSFER"}
    for line in found:
        assert sum(part["quantity"] for part in line["ip_parts"]) == line["inventory_position_quantity"]
        steps = [step["quantity"] for step in line["rounding_steps"]]
        assert (steps[0], steps[-1]) == (line["raw_quantity"], line["proposed_quantity"])
        # Rounding only adds; whatever takes away is named.
        takes_away = {"TRANSFERRED", "DONOR_EXCESS", line["outcome_code"]}
        for before, after in pairwise(line["rounding_steps"]):
            assert after["quantity"] >= before["quantity"] or after["step"] in takes_away
        shown = line["calculation"]
        assert shown["s"] == line["reorder_point_quantity"] and shown["S"] == line["order_up_to_quantity"]
        assert f"needs {line['raw_quantity'].normalize():f}" in line["explanation"]


def test_an_approval_of_an_overridden_line_is_told_at_once_and_the_override_again_once_the_line_is_another(pipeline):
    store_proposals(pipeline, "run-1", AS_OF)
    record_generation(pipeline, "0198a3c2-0000-7000-8000-00000000abcd", "made", AS_OF, "run", {})
    line = bought(pipeline)

    def told() -> dict:
        return next(one for one in read_report(pipeline).lines if one["proposal_id"] == str(line["proposal_id"]))

    said(pipeline, line, "OVERRIDE", quantity=Decimal(36), until_on=date(2002, 4, 30))
    assert (told()["act_code"], needs_somebody(told())) == ("OVERRIDE", True)
    said(pipeline, line, "APPROVE", at=AS_OF + timedelta(minutes=1))
    assert (told()["act_code"], told()["act_quantity"], needs_somebody(told())) == ("APPROVE", 96, False)
    said(pipeline, line, "UNDO", at=AS_OF + timedelta(minutes=2), revision=None)
    assert (told()["act_code"], needs_somebody(told())) == ("OVERRIDE", True)
    said(pipeline, line, "APPROVE", at=AS_OF + timedelta(minutes=3))
    pipeline.execute(
        "insert into replenishment.proposals (proposal_id, revision_number, as_of_at, line_type_code, garage_code,"
        " part_id, supplier_code, quantity, status_code, change_code, explanation, payload_hash)"
        " select proposal_id, 2, as_of_at, line_type_code, garage_code, part_id, supplier_code, 36, 'OVERRIDDEN',"
        " 'CHANGED', explanation, 'y' from replenishment.proposals where proposal_id = %s",
        [line["proposal_id"]],
    )
    assert (told()["act_code"], needs_somebody(told())) == ("OVERRIDE", True)
