"""A recall: everything that may be of the lots, wherever it is, and how much of it is settled."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from ingest.errors import ProtectedError
from ingest.quality_hold.acts import release, take
from ingest.quality_hold.campaigns import call_back, campaign
from tests.support.holds import Shelf
from tests.support.ingest_files import USAGE, Ingest, lines

RANGE = {"campaign_number": "RC-7", "lot_from_number": "L1", "lot_to_number": "L20", "supplier_code": "S1"}


@pytest.fixture
def recalled(catalogued, tmp_path) -> Shelf:
    """Stock of a lot in and one out of the range, some on its way; a job of each lot, and one of none."""
    shelf = catalogued
    shelf.part = shelf.rows("select part_id from catalogue.parts where part_number = '007'")[0][0]
    for lot, supplier in (("L9", "S1"), ("L30", "S1")):
        shelf.connection.execute(
            "insert into garage_inventory.lots (part_id, lot_number, stated_at, supplier_code, source_code, actor)"
            " values (%s, %s, '2024-01-01', %s, 'test', 'test')",
            (shelf.part, lot, supplier),
        )
    for quantity, lot, garage, condition in (
        (6, "L9", "G1", "NEW"), (4, "L30", "G1", "NEW"), (3, "L9", "G2", "NEW"), (2, "L9", "G2", "IN_TRANSIT"),
    ):  # fmt: skip
        shelf.move(quantity, lot, garage, condition=condition, part=shelf.part)
    ingest = Ingest(shelf.url, tmp_path)
    jobs = [{"lot_number": "L9", "vehicle_ref": "v1", "quantity": "1"}, {"lot_number": "L30", "quantity": "1"},
            {"lot_number": "", "vehicle_ref": "v2", "quantity": "1"}]  # fmt: skip
    ingest(lines(USAGE, *({"work_order_number": f"W{n}", **job} for n, job in enumerate(jobs, 1))))
    ingest.connection.close()
    shelf.place("RC-7-1", "CAMPAIGN", part_id=shelf.part, **RANGE)
    return shelf


def progress(shelf: Shelf) -> dict:
    found = campaign(shelf.connection, "RC-7")["progress"]
    return {name: value for name, value in found.items() if name.endswith(("_quantity", "_count", "_pct")) and value}


def test_a_recall_finds_stock_transit_and_fitted_jobs(recalled):
    found = progress(recalled)
    assert (found["found_quantity"], found["held_quantity"], found["in_transit_quantity"]) == (8, 8, 2)
    assert (found["job_count"], found["fitted_quantity"], found["garage_count"]) == (2, 2, 2)
    jobs = {job["work_order_number"]: job["is_certain"] for job in campaign(recalled.connection, "RC-7")["jobs"]}
    assert jobs == {"W1": True, "W3": False}


def test_what_arrives_of_a_recalled_lot_is_found_as_well(recalled):
    recalled.move(-2, "L9", "G2", condition="IN_TRANSIT", part=recalled.part)
    recalled.move(2, "L9", "G2", part=recalled.part)
    found = progress(recalled)
    assert (found["found_quantity"], found["held_quantity"]) == (10, 10) and "in_transit_quantity" not in found


def test_progress_grows_with_what_is_settled_up_to_all_of_it(recalled):
    connection = recalled.connection
    take(connection, "RC-7-1", "SCRAPPED", "ann", Decimal(2))
    take(connection, "RC-7-1", "RETURNED_TO_SUPPLIER", "ann", Decimal(1))
    call_back(connection, "RC-7", "G1", "W1", "1", "DONE", "ann")
    found = progress(recalled)
    assert (found["scrapped_quantity"], found["returned_quantity"], found["held_quantity"]) == (2, 1, 5)
    assert found["progress_pct"] == Decimal("33.3")
    recalled.move(-2, "L9", "G2", condition="IN_TRANSIT", part=recalled.part)
    call_back(connection, "RC-7", "G1", "W3", "1", "ACKNOWLEDGED", "ann")
    call_back(connection, "RC-7", "G1", "W3", "1", "DONE", "ann")
    release(connection, "RC-7-1", "ann")
    found = campaign(connection, "RC-7")["progress"]
    assert (found["progress_pct"], found["is_closed"], found["done_job_count"]) == (100, True, 2)


def test_a_call_is_noted_once_and_only_for_jobs_of_the_campaign(recalled):
    for _ in range(2):
        made = call_back(recalled.connection, "RC-7", "G1", "W1", "1", "NOTIFIED", "ann")
    assert made["sequence_number"] == 1
    with pytest.raises(ProtectedError) as refused:
        call_back(recalled.connection, "RC-7", "G1", "W2", "1", "DONE", "ann")
    assert refused.value.code == "PB041"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        recalled.connection.execute("update quality_hold.callbacks set event_type_code = 'DONE'")


ANSWER = {
    "supplier_code": "S1", "purchase_order_number": "PO1", "purchase_order_line": "1", "brand_code": "BOSC",
    "part_number": "007", "acknowledgement_code": "IA", "acknowledged_quantity": "12", "stated_at": "2024-05-01",
}  # fmt: skip
SHIPMENT = {
    "supplier_code": "S1", "shipment_number": "D4", "shipment_line": "1", "purchase_order_number": "PO4",
    "purchase_order_line": "1", "brand_code": "BOSC", "part_number": "007", "shipped_quantity": "7",
    "lot_number": "L12", "ship_to_code": "G1", "stated_at": "2024-05-02",
}  # fmt: skip


def test_open_orders_that_may_bring_more_are_listed_once_by_their_last_stage(recalled, tmp_path):
    ingest = Ingest(recalled.url, tmp_path)
    refused = {"purchase_order_number": "PO2", "acknowledgement_code": "IR"}
    ingest(lines(ANSWER, {}, refused, {"purchase_order_number": "PO4", "acknowledged_quantity": "7"}), kind="order_ack")
    other = {"shipment_number": "D5", "purchase_order_number": "PO5", "lot_number": "L44"}
    ingest(lines(SHIPMENT, {}, other), kind="ship_notice")
    ingest.connection.close()
    orders = campaign(recalled.connection, "RC-7")["orders"]
    assert {(one["stage_code"], one["document_number"], one["quantity"]) for one in orders} == {
        ("ACKNOWLEDGED", "PO1", 12), ("SHIPPED", "D4", 7),
    }  # fmt: skip
    assert progress(recalled)["open_order_quantity"] == 19
    recalled.connection.execute(
        "select garage_inventory.receive(delivery_number => 'D4', delivery_line => '1', garage_code => 'G1',"
        " part_id => %s, uom_code => 'EA', quantity => 7, lot_number => 'L12', supplier_code => 'S1', actor => 'ann',"
        " purchase_order_number => 'PO4', purchase_order_line => '1')",
        (recalled.part,),
    )
    found = progress(recalled)
    assert (found["open_order_quantity"], found["held_quantity"]) == (12, 15)
