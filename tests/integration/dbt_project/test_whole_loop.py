"""From a need to the rest of it: decided in the workbook, ordered, half confirmed, partly received, asked for again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import openpyxl
import psycopg
import pytest
from psycopg.rows import dict_row

from assets.report.data import needs_somebody
from assets.report.files import keep_report
from ingest.generations import record_generation
from ingest.orders import building, sending
from ingest.planning.documents import read_document
from ingest.planning.filing import file_decisions
from ingest.profiles.folder import Profiles
from ingest.readers.limits import Limits
from ingest.replenishment import store_proposals
from ingest.reporting import read_report
from tests.support.ingest_files import Ingest, lines
from tests.support.network import AS_OF
from tests.support.refill import compute

# All within a day, so that demand and with it every level stays what it is.
DECIDED_AT, SENT_AT, NEXT_RUN_AT = (AS_OF + timedelta(hours=hours) for hours in (1, 2, 20))
ACKNOWLEDGED = {
    "supplier_code": "S1", "purchase_order_number": "PO00000001", "purchase_order_line": "1", "brand_code": "BRND",
    "part_number": "P1", "acknowledgement_code": "IF", "ordered_quantity": "96", "acknowledged_quantity": "20",
    "promised_on": "2002-04-05", "stated_at": "2002-04-01T05:00:00Z",
}  # fmt: skip
RECEIVED = {
    "delivery_number": "D77", "garage_code": "G1", "brand_code": "BRND", "part_number": "P1", "quantity": "12",
    "supplier_code": "S1", "purchase_order_number": "PO00000001", "purchase_order_line": "1",
    "received_at": "2002-04-01T10:00:00Z",
}  # fmt: skip


@pytest.fixture
def connection(network_stores):
    with psycopg.connect(network_stores.pipeline, autocommit=True) as opened:
        yield opened


def one(connection, query: str) -> dict:
    with connection.cursor(row_factory=dict_row) as cursor:
        (row,) = cursor.execute(query).fetchall()
    return row


def need(connection) -> dict:
    return one(connection, "select * from marts.fct_replenishment_proposals where part_number = 'P1'")


def approved_in_the_workbook(connection, folder):
    """The report as a planner gets it, with P1 approved, saved, and read back."""
    store_proposals(connection, "run", AS_OF)
    record_generation(connection, "0198a3c2-0000-7000-8000-00000000abcd", "made", AS_OF, "run", {})
    paths, _ = keep_report(connection, read_report(connection), folder)
    book = openpyxl.load_workbook(paths.xlsx)
    sheet = book["Lines"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    (row,) = [row for row in range(2, sheet.max_row + 1) if sheet.cell(row, heads["Part number"]).value == "P1"]
    sheet.cell(row, heads["Decision"]).value = "APPROVE"
    book.save(folder / "decided.xlsx")
    return read_document(folder / "decided.xlsx", Limits())


def test_the_next_run_asks_for_just_the_rest(network_stores, connection, tmp_path):
    first = need(connection)
    # S 99, 7 to use: 92 in packs of 12.
    assert (first["inventory_position_quantity"], first["proposed_quantity"]) == (7, 96)
    document = approved_in_the_workbook(connection, tmp_path)
    filed = file_decisions(connection, document, "ann", decided_at=DECIDED_AT)
    assert filed.counts["DONE"] == 1 and not filed.counts["REFUSED"] + filed.counts["WRONG"]
    (told,) = [line for line in read_report(connection).lines if line["part_number"] == "P1"]
    assert (told["act_code"], needs_somebody(told)) == ("APPROVE", False)
    assert file_decisions(connection, document, "ann", decided_at=DECIDED_AT).applied_at is not None

    assert building.build(connection, "worker").done == 1
    sent = sending.send(connection, Profiles(tmp_path / "profiles"), tmp_path / "outbox", "ann", SENT_AT)
    text = (tmp_path / "outbox" / "S1" / "orders_000001.csv").read_text()
    assert [file.numbers for file in sent.files] == [["PO00000001"]] and ",P1," in text and ",96," in text

    ingest = Ingest(network_stores.pipeline, tmp_path)
    assert ingest(lines(ACKNOWLEDGED), kind="order_ack", source="S1").rows_accepted == 1
    assert ingest(lines(RECEIVED), kind="receipt", source="G1").rows_accepted == 1
    ingest.connection.close()
    compute(network_stores.pipeline, NEXT_RUN_AT)

    order = one(connection, "select * from marts.fct_purchase_orders")
    names = ("ordered", "acknowledged", "rejected", "received", "open")
    assert [order[f"{name}_quantity"] for name in names] == [96, 20, 76, 12, 8]
    assert (order["status_code"], order["open_amount"]) == ("PART_RECEIVED", Decimal(64))
    rest = need(connection)
    # 12 came, 8 are to come: 27 to use, and 72 are six packs.
    assert (rest["sellable_quantity"], rest["on_order_quantity"]) == (21, 8)
    assert (rest["inventory_position_quantity"], rest["raw_quantity"], rest["proposed_quantity"]) == (27, 72, 72)
    assert rest["proposal_id"] == first["proposal_id"]

    changes = store_proposals(connection, "next run", NEXT_RUN_AT)
    assert (changes.new, changes.changed) == (0, 1)
    record_generation(connection, "0198a3c2-0000-7000-8000-00000000abce", "again", NEXT_RUN_AT, "next run", {})
    report = read_report(connection)
    # The approval was of the 96 that were proposed before: the rest wants somebody again.
    (told,) = [line for line in report.lines if line["part_number"] == "P1"]
    assert (told.get("act_code"), needs_somebody(told)) == (None, True)
    pages = report.pages
    assert [(row["purchase_order_number"], row["open_quantity"]) for row in pages["purchase_orders"]] == [
        ("PO00000001", 8)
    ]
    (group,) = pages["order_groups"]
    # Six packs of P1 at the price from 50 on, and two of P2.
    assert (group["line_count"], group["order_amount"]) == (2, 72 * 8 + 2 * 45)
