"""Outcome files as a part of every run."""

from __future__ import annotations

import dagster as dg

from assets.outcomes import batch_outcomes
from assets.resources import Folders, InventoryDatabase
from tests.support.ingest_files import Ingest, usage_lines, write

NAMES = ("drop", "landing", "exports", "reports", "data_docs", "profiles", "outcomes", "outbox")


def test_a_run_writes_the_outcomes_that_are_missing_and_a_second_one_none(stores, tmp_path):
    ingest = Ingest(stores.pipeline, tmp_path)
    ingest.catalogue()
    ingest(usage_lines(2), source="G1")
    resources = {
        "inventory_db": InventoryDatabase(url=stores.pipeline),
        "folders": Folders(**{name: str(tmp_path / name) for name in NAMES}),
    }
    counts = []
    for _ in range(2):
        with dg.DagsterInstance.ephemeral() as instance:
            done = dg.materialize([batch_outcomes], resources=resources, instance=instance)
        [event] = done.asset_materializations_for_node(batch_outcomes.op.name)
        counts.append(event.metadata["outcome_count"].value)
    assert counts == [4, 0]
    assert len(list((tmp_path / "outcomes" / "G1").glob("*.json"))) == 1
    ingest.connection.close()


def test_an_outcome_that_cannot_be_written_holds_up_no_other(stores, tmp_path):
    ingest = Ingest(stores.pipeline, tmp_path)
    for source in ("A", "B", "C"):
        ingest(usage_lines(2), source=source)
    ingest.connection.close()
    resources = {
        "inventory_db": InventoryDatabase(url=stores.pipeline),
        "folders": Folders(**{name: str(tmp_path / name) for name in NAMES}),
    }
    # A file stands where the folder of this sender should be.
    write(tmp_path / "outcomes", "B", "")
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize([batch_outcomes], resources=resources, instance=instance, raise_on_error=False)
    assert not done.success
    assert sorted(path.parent.name for path in (tmp_path / "outcomes").rglob("*.json")) == ["A", "C"]
