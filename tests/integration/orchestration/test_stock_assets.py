"""The assets of stock that acts fill: counted, and looked at for what needs somebody."""

from __future__ import annotations

import dagster as dg
import pytest

from assets import garage_inventory
from assets.resources import InventoryDatabase
from tests.support.stock import Stock, ago

ENTERED = ("lots", "approvals", "reversals", "transfer_events", "movements")


@pytest.fixture
def run(stores):
    """Materialize these assets on a network, after a test has moved its stock."""
    stock = Stock(stores.pipeline)

    def materialize() -> dict[str, dg.AssetCheckEvaluation]:
        assets = [getattr(garage_inventory, name) for name in ENTERED]
        done = dg.materialize(assets, resources={"inventory_db": InventoryDatabase(url=stores.pipeline)})
        counts = {
            one.asset_key.path[-1]: one.step_materialization_data.materialization.metadata["dagster/row_count"].value
            for one in done.get_asset_materialization_events()
        }
        assert counts == {name: stock.value(f"select count(*) from garage_inventory.{name}") for name in ENTERED}
        return {one.check_name: one for one in done.get_asset_check_evaluations()}

    yield stock, materialize
    stock.connection.close()


def test_all_well_passes_every_check(run):
    stock, materialize = run
    line = stock.receive(5, lot_number="L1")["receipt_line_id"]
    stock.call("reverse", line_code="RECEIPT", line_id=line, reason="wrong", actor="bob")
    checks = materialize()
    assert {name: one.passed for name, one in checks.items()} == {"one_movement_a_line": True, "no_exceptions": True}


def test_stock_below_nothing_and_a_movement_without_its_line_are_told(run):
    stock, materialize = run
    stock.move(-3, event_at=ago(hours=1))
    checks = materialize()
    assert {name: one.passed for name, one in checks.items()} == {"one_movement_a_line": False, "no_exceptions": False}
    assert checks["no_exceptions"].severity == dg.AssetCheckSeverity.WARN
    assert checks["no_exceptions"].metadata["summary"].value == "1 NEGATIVE_STOCK, 1 OVERCOMMIT."
