"""What the run before proposed and this one does not is on a page of the report, with what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import openpyxl
import psycopg

from assets.report.files import write_report
from ingest.generations import record_generation
from ingest.replenishment import store_proposals
from ingest.reporting import read_report
from tests.support import network
from tests.support.network import AS_OF
from tests.support.refill import compute

NEXT_DAY = AS_OF + timedelta(days=1)


def run(connection: psycopg.Connection, as_of: datetime, number: int):
    store_proposals(connection, f"run-{number}", as_of)
    generation = f"0198a3c2-0000-7000-8000-{number:012}"
    record_generation(connection, generation, f"print-{number}", as_of, f"run-{number}", {})
    return read_report(connection)


def test_a_proposal_that_is_gone_says_what_it_was_and_why_it_is_not_made_again(network_stores, tmp_path):
    with psycopg.connect(network_stores.pipeline, autocommit=True) as connection:
        assert run(connection, AS_OF, 1).pages["gone"] == []
        with psycopg.connect(network_stores.owner) as owner:
            network.count(owner, "P1", 500, AS_OF + timedelta(hours=1))
        compute(network_stores.pipeline, NEXT_DAY)
        report = run(connection, NEXT_DAY, 2)
        (gone,) = report.pages["gone"]
        assert (gone["garage_code"], gone["part_number"], gone["line_type_code"]) == ("G1", "P1", "BUY")
        assert (gone["supplier_name"], gone["gone_quantity"], gone["gone_amount"]) == ("Supplier One", 96, Decimal(768))
        assert gone["explanation"].startswith("Nothing proposed, the position of 495 is above the reorder point of")
        book = openpyxl.load_workbook(write_report(report, tmp_path).xlsx)
        assert "P1" in [cell.value for cell in book["Gone"][2]]

        # The run after that has nothing to say of it.
        compute(network_stores.pipeline, NEXT_DAY + timedelta(days=1))
        assert run(connection, NEXT_DAY + timedelta(days=1), 3).pages["gone"] == []
