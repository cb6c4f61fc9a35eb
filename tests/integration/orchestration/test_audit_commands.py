"""``partsbay audit`` as a person and a program call it."""

from __future__ import annotations

import json

import psycopg
import pytest
from typer.testing import CliRunner

from ingest.errors import PartsbayError
from orchestration.cli.app import app
from tests.support.ingest_files import Ingest, usage_lines


@pytest.fixture
def ingest(stores, server, tmp_path, monkeypatch):
    """Files into a fresh store database that the commands see as well."""
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(stores.name))
    made = Ingest(stores.pipeline, tmp_path)
    made.catalogue()
    yield made
    made.connection.close()


def call(*arguments, code: int = 0):
    """The command in this process: its JSON document, or its text."""
    done = CliRunner().invoke(app, ["audit", *(str(one) for one in arguments)])
    if isinstance(done.exception, PartsbayError):
        return done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def test_show_tells_who_changed_what_and_why(ingest):
    batch = ingest(usage_lines(30), source="G1", name="usage.csv")
    records = call("show", "--part", "BOSC:007", "--garage", "G1", "--json")["records"]
    assert {one["relation_name"] for one in records} == {"garage_inventory.movements", "garage_inventory.usage_lines"}
    text = call("show", "--batch", batch.batch_id)
    assert "LOAD garage_inventory.movements, 30 rows" in text and "file_name usage.csv" in text
    assert call("show", "--actor", "nobody").strip() == "No record fits."
    assert call("show", "--part", "BOSC:nothing").code == "UNKNOWN_PART"


def test_what_a_run_changed_is_found_by_the_run_and_says_which_service_did_it(ingest):
    ingest(usage_lines(3), source="G1", run_id="run-9")
    ingest(usage_lines(3, work_order_line="2"), source="G1", run_id="run-10")
    text = call("show", "--run", "run-9")
    assert "run run-9; as partsbay_pipeline" in text and "run-10" not in text
    records = call("show", "--run", "run-9", "--part", "BOSC:007", "--json")["records"]
    assert {one["relation_name"] for one in records} == {"garage_inventory.movements", "garage_inventory.usage_lines"}
    assert call("show", "--run", "run-11").strip() == "No record fits."


def test_show_tells_what_was_before_an_update(ingest, stores):
    ingest(usage_lines(1), source="G1")
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        owner.execute("select set_config('partsbay.actor', 'ann', false), set_config('partsbay.reason', 'typo', false)")
        owner.execute("update garage_inventory.movements set reason_code = 'SOLD'")
    text = call("show", "--actor", "ann")
    assert "UPDATE garage_inventory.movements, 1 row  by ann" in text
    assert "typo" in text and "reason_code FITTED → SOLD" in text


def test_verify_is_content_with_what_nobody_touched_and_ends_with_1_otherwise(ingest, server, stores, tmp_path):
    assert "partsbay audit anchor writes one" in call("verify")
    written = call("anchor", "--json")
    assert written["is_new"] and written["path"].startswith(str(tmp_path / "home" / "anchors"))
    assert "Nothing changed since" in call("anchor")
    assert call("verify", "--json") == {"ok": True, "breaches": []}
    assert "Every chain is whole" in call("verify", "--against", written["path"])
    with psycopg.connect(server.url(stores.name), autocommit=True) as attacker:
        attacker.execute("set session_replication_role = replica")
        attacker.execute("update audit.records set actor = 'bob' where relation_name = 'catalogue.garages'")
        attacker.execute("delete from catalogue.suppliers")
    text = call("verify", code=1)
    assert "Audit stream catalogue, lane 0, record 1: record 1 was edited" in text
    assert "1 rows of catalogue.suppliers were written and 0 are there" in text
    found = call("verify", "--json", code=1)["breaches"]
    assert {one["check"] for one in found} == {"audit_chain", "audit_content"}


def test_verify_names_an_anchor_that_saw_another_tail(ingest, server, stores, tmp_path, monkeypatch):
    monkeypatch.setenv("PARTSBAY_ANCHOR_KEY", "secret")
    elsewhere = tmp_path / "elsewhere"
    assert "where 1 chain end" in call("anchor", "--to", elsewhere)
    with psycopg.connect(server.url(stores.name), autocommit=True) as attacker:
        attacker.execute("truncate audit.records, audit.heads, audit.anchors")
    [breach] = [one for one in call("verify", "--against", elsewhere, "--json", code=1)["breaches"]
                if one["check"] == "audit_anchor"]  # fmt: skip
    assert breach["stream_code"] == "catalogue"
    monkeypatch.setenv("PARTSBAY_ANCHOR_KEY", "another")
    assert "does not carry the signature" in call("verify", "--against", elsewhere, code=1)


def test_what_cannot_be_read_or_written_is_said_in_one_line(ingest, tmp_path, monkeypatch):
    missing = call("verify", "--against", tmp_path / "nowhere")
    assert (missing.code, missing.exit_code) == ("NO_ANCHOR", 2)
    (tmp_path / "file").write_text("")
    assert call("anchor", "--to", tmp_path / "file").code == "NO_ANCHOR"
    monkeypatch.setenv("PARTSBAY_ANCHOR_KEY_FILE", str(tmp_path / "no key"))
    assert "PARTSBAY_ANCHOR_KEY_FILE" in str(call("anchor"))


def test_a_run_checks_the_audit_and_leaves_an_anchor(ingest, server, stores, tmp_path):
    import dagster as dg

    from assets.audit import audit_anchors, audit_records
    from assets.resources import Anchors, InventoryDatabase

    resources = {
        "inventory_db": InventoryDatabase(url=stores.pipeline),
        "anchors": Anchors(folder=str(tmp_path / "anchors"), key="secret"),
    }

    def run() -> bool:
        with dg.DagsterInstance.ephemeral() as instance:
            result = dg.materialize([audit_records, audit_anchors], resources=resources, instance=instance)
        (check,) = result.get_asset_check_evaluations()
        return check.passed

    assert run()
    assert len(list((tmp_path / "anchors").glob("*.json"))) == 1
    with psycopg.connect(server.url(stores.name), autocommit=True) as attacker:
        attacker.execute("update audit.records set actor = 'bob' where relation_name = 'catalogue.garages'")
    assert not run()
