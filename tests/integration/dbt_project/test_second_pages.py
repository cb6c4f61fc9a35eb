"""The pages beside the lines, from the stores through the models into the document, and as they were seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import openpyxl
import psycopg
import pytest

from assets.report.document import read_document, rows_of
from assets.report.files import keep_report, write_edition
from ingest.garage_inventory.limits import Limit, state_limit
from ingest.generations import record_generation
from ingest.report_editions import edition_at
from ingest.reporting import read_report
from tests.support import network
from tests.support.network import AS_OF
from tests.support.refill import compute

GENERATION = "0198a3c2-0000-7000-8000-0000000000{:02}"


@pytest.fixture
def told(network_stores):
    """P1 was lost four times, a rule asks for 98 % of BRND, the price of P2 rose, a file of S1 was half refused."""
    with psycopg.connect(network_stores.owner) as connection:
        network.use(connection, "P1", 4, datetime(2002, 3, 1, 12, tzinfo=UTC), usage_type="LOST_SALE")
        network.offer(connection, "P2", unit_price_amount=40, stated_at=datetime(2001, 3, 1, tzinfo=UTC))
        (rule_id,) = connection.execute(
            "select catalogue.policy_rule_id(null, null, null, 'BRND', null, null)"
        ).fetchone()
        network.insert(
            connection, "catalogue.stocking_policies", rule_id=rule_id, valid_from_at=network.LONG_AGO,
            revision_number=1, policy_name="Ours", brand_code="BRND", service_level_pct=98, actor="ann",
            recorded_at=AS_OF - timedelta(days=9),
        )  # fmt: skip
        connection.execute(
            "insert into ingest.batches (sha256, kind, source_code, file_name, byte_count, received_at, state,"
            " rows_read, rows_accepted, rows_quarantined)"
            " values (repeat('1', 64), 'supplier_price', 'S1', 'p.csv', 9, %s, 'ACCEPTED_WITH_QUARANTINE', 10, 5, 5)",
            [AS_OF - timedelta(days=3)],
        )
        state_limit(
            connection, Limit(AS_OF - timedelta(days=1), garage_code="G1", limit_amount=Decimal(50)), "ann", "?"
        )
    compute(network_stores.pipeline, AS_OF)
    return network_stores


def kept(connection: psycopg.Connection, folder, number: int, as_of: datetime):
    record_generation(connection, GENERATION.format(number), f"print-{number}", as_of, f"run-{number}", {})
    return keep_report(connection, read_report(connection), folder)


def test_the_pages_say_what_the_stores_hold(told, tmp_path):
    with psycopg.connect(told.pipeline, autocommit=True) as connection:
        paths, document = kept(connection, tmp_path, 1, AS_OF)
    pages = {name: list(rows_of(document, name)) for name in document["pages"]}
    # P1 was asked for 4 a day, P3 likewise, P2 four times within the year; 4 of P1 were lost beside what was used.
    stocked, *others = [row for row in pages["service"] if row["group_code"] == "NETWORK"]
    assert (stocked["asked_quantity"], stocked["lost_sale_quantity"]) == (365 * 8 + 4 + 4, 4) and others == []
    (fill,) = [row["value"] for row in pages["kpis"] if row["kpi_code"] == "FILL_RATE"]
    assert stocked["reached_pct"] == round(fill, 1) == 99.9 and stocked["target_pct"] == 98
    (supplier,) = pages["scorecard"]
    assert (supplier["price_count"], supplier["price_risen_count"], supplier["price_drift_pct"]) == (1, 1, 12.5)
    assert (supplier["row_count"], supplier["quarantined_pct"], supplier["observed_lead_time_days"]) == (10, 50, None)
    assert {row["set_by_code"] for row in pages["service_targets"]} == {"SEGMENT"}
    (rule,) = pages["stocking_rules"]
    assert (rule["policy_name"], rule["service_level_pct"], rule["part_count"]) == ("Ours", 98, 3)
    limits = {
        (row["garage_code"], row["adjustment_reason_code"]): row["limit_amount"] for row in pages["approval_limits"]
    }
    assert limits["G1", None] == 50 and limits[None, None] == 1000
    assert {row["setting_code"]: row["value"] for row in pages["settings"]}["a_below_share"] == 80
    assert {"Service level", "Suppliers", "Settings", "Supplier terms"} <= set(
        openpyxl.load_workbook(paths.xlsx).sheetnames
    )


def test_a_report_is_seen_as_it_was_whatever_was_set_since(told, tmp_path):
    with psycopg.connect(told.pipeline, autocommit=True) as connection:
        paths, _ = kept(connection, tmp_path / "then", 1, AS_OF)
        seen = paths.html.read_bytes(), paths.xlsx.read_bytes()
        edition, _ = edition_at(connection, datetime.now(UTC))
        with psycopg.connect(told.owner) as owner:
            network.use(owner, "P1", 400, AS_OF - timedelta(days=9), usage_type="LOST_SALE")
            state_limit(owner, Limit(AS_OF - timedelta(hours=1), limit_amount=Decimal(7)), "bob", "since then")
        compute(told.pipeline, AS_OF + timedelta(days=1))
        _, later = kept(connection, tmp_path / "later", 2, AS_OF + timedelta(days=1))
        again, document = write_edition(connection, edition.edition_id, tmp_path / "again")
    assert (again.html.read_bytes(), again.xlsx.read_bytes()) == seen
    assert read_document(again.json.read_bytes()) == document
    for name in ("service", "approval_limits"):
        assert document["pages"][name] != later["pages"][name]


def test_an_edition_of_before_the_pages_is_shown_as_it_was(told, tmp_path):
    with psycopg.connect(told.pipeline, autocommit=True) as connection:
        record_generation(connection, GENERATION.format(1), "print", AS_OF, "run", {})
        data = read_report(connection)
        for name in ("service", "scorecard", "settings", "service_targets", "approval_limits"):
            del data.pages[name]
        paths, _ = keep_report(connection, data, tmp_path / "old")
        edition, _ = edition_at(connection, datetime.now(UTC))
        again, _ = write_edition(connection, edition.edition_id, tmp_path / "again")
    assert again.html.read_bytes() == paths.html.read_bytes()
    assert 'id="page-service"' not in again.html.read_text() and 'id="page-kpis"' in again.html.read_text()
