"""dbt makes first what most hangs on: by the seconds that are still to come, and only as threads are free."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from types import SimpleNamespace

import networkx
import pytest

from assets.manifest import manifest
from orchestration.dbt_order import OTHER_SECONDS, SECONDS, scores
from orchestration.manifest import ensure_manifest


def test_every_model_that_takes_long_is_a_model():
    ensure_manifest()
    names = {node["name"] for node in manifest()["nodes"].values() if node["resource_type"] == "model"}
    assert set(SECONDS) <= names


def test_what_most_hangs_on_is_taken_first():
    queue = SimpleNamespace(manifest=SimpleNamespace(expect=lambda node: SimpleNamespace(name=node)))
    graph = networkx.DiGraph([("stg_few", "few"), ("stg_rows", "int_stock_balances"), ("int_stock_balances", "few")])
    found = scores(queue, graph)
    assert sorted(found, key=found.get) == ["stg_rows", "int_stock_balances", "stg_few", "few"]
    assert found["stg_rows"] == pytest.approx(-(SECONDS["int_stock_balances"] + 2 * OTHER_SECONDS))


# In a process of its own: the classes of dbt are changed for good.
def test_no_more_is_handed_out_than_threads_will_soon_take():
    program = textwrap.dedent(
        """
        import threading
        from types import SimpleNamespace
        import networkx
        from dbt.graph.queue import GraphQueue
        from orchestration.dbt_order import take_longest_way_first

        take_longest_way_first()
        node = lambda name: SimpleNamespace(name=name, resource_type="test", config=SimpleNamespace())
        graph = networkx.DiGraph([("first", "int_demand_monthly")])
        graph.add_nodes_from(["a", "b", "c", "d"])
        queue = GraphQueue(graph, SimpleNamespace(expect=node), set(graph))
        queue.thread_count = 1
        taken = [queue.get().name, queue.get().name]
        waiting = threading.Thread(target=lambda: taken.append(queue.get().name), daemon=True)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive() and len(taken) == 2, taken
        queue.mark_done("first")
        waiting.join(30)
        print(*taken)
        """
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.split()) == (0, ["first", "a", "int_demand_monthly"]), done.stderr
