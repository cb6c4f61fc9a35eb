"""Outcome files as a part of every run."""

from __future__ import annotations

import dagster as dg

from assets.outcomes import batch_outcomes
from assets.resources import Folders, InventoryDatabase
from tests.support.ingest_files import Ingest, usage_lines

NAMES = ("drop", "landing", "exports", "reports", "data_docs", "profiles", "outcomes")


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
