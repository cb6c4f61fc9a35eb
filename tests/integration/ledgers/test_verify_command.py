"""``partsbay verify`` on a whole stack: it names what is unlike its ledgers, and mends it when asked."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest
from typer.testing import CliRunner

from deploy.replication.lag import wait_caught_up
from orchestration.cli.app import app
from tests.support.ledger_facts import Cell, Movement
from tests.support.ledger_store import LedgerStore


@pytest.fixture
def verify(stack, monkeypatch):
    """The command on the shared stack; its JSON document, or its words."""
    monkeypatch.setenv("PARTSBAY_HOME", str(stack.home))

    def run(*words: str, code: int = 0):
        done = CliRunner().invoke(app, ["verify", *words])
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if "--json" in words else " ".join(done.stdout.split())

    return run


def test_a_number_that_is_unlike_its_ledgers_is_named_and_mended_when_asked(stack, verify):
    part, primary = str(uuid.uuid4()), stack.url("primary", "owner")
    with psycopg.connect(stack.url("primary", "pipeline"), autocommit=True) as connection:
        LedgerStore(connection).move(Movement(part, Cell("G1", part), Decimal(10), datetime(2026, 1, 1, tzinfo=UTC)))
    assert verify("--json") == {"ok": True, "breaches": []}
    with psycopg.connect(primary, autocommit=True) as owner:
        owner.execute("update garage_inventory.cells set on_hand_quantity = 99 where part_id = %s", [part])
    wait_caught_up(stack.url("primary", "replication"), stack.url("standby", "replication"))

    (breach,) = verify("--json", code=1)["breaches"]
    assert (breach["region"], breach["check"], breach["relation"]) == ("primary", "fold", "garage_inventory.cells")
    assert breach["key"] == {"part_id": part, "garage_code": "G1", "condition_code": "NEW", "lot_number": ""}
    assert (breach["found"]["on_hand_quantity"], breach["expected"]["on_hand_quantity"]) == (99, 10)
    assert "on_hand_quantity 99.0, by the ledgers 10.0" in verify(code=1)
    assert "partsbay verify --mend" in verify(code=1)

    mended = verify("--mend", "--json")
    assert (mended["ok"], mended["mended"]["garage_inventory.cells"]) == (True, 1)
    assert "what the ledgers come to" in verify()
