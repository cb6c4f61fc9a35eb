"""Tests hold up what people read, every part of it that stands on what they look at, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import networkx
from hypothesis import given
from hypothesis import strategies as st

from orchestration.dbt_gates import gates
from orchestration.manifest import ensure_manifest


def test_a_test_holds_up_the_first_mart_and_no_model_between():
    graph = networkx.DiGraph([("rows", "sums"), ("sums", "mart"), ("mart", "report"), ("rows", "is_key")])
    assert gates(graph, {"is_key": ["rows"]}, {"mart", "report"}) == [("is_key", "mart")]


def test_a_mart_waits_for_its_own_test_no_more_than_for_what_it_does_not_stand_on():
    graph = networkx.DiGraph([("rows", "mart"), ("mart", "is_key"), ("others", "other mart")])
    assert gates(graph, {"is_key": ["mart"], "alone": []}, {"mart", "other mart"}) == []


def test_a_test_of_two_models_holds_up_what_stands_on_both():
    graph = networkx.DiGraph([("a", "of a"), ("a", "of both"), ("b", "of both"), ("a", "fits"), ("b", "fits")])
    assert gates(graph, {"fits": ["a", "b"]}, {"of a", "of both"}) == [("fits", "of both")]


@given(st.data())
def test_all_that_is_read_waits_and_no_circle_comes_of_it(data):
    count = data.draw(st.integers(2, 9))
    ways = data.draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))))
    graph = networkx.DiGraph()
    graph.add_nodes_from(map(str, range(count)))
    graph.add_edges_from((str(start), str(end)) for start, end in ways if start < end)
    read = data.draw(st.sets(st.sampled_from(sorted(graph))))
    looked_at = data.draw(st.lists(st.sets(st.sampled_from(sorted(graph)), min_size=1, max_size=3), max_size=4))
    tests = {f"test {number}": sorted(nodes) for number, nodes in enumerate(looked_at)}
    graph.add_edges_from((node, test) for test, nodes in tests.items() for node in nodes)

    found = gates(graph, tests, read)
    waiting = graph.copy()
    waiting.add_edges_from(found)
    assert networkx.is_directed_acyclic_graph(waiting)
    assert {node for _, node in found} <= read
    for test, nodes in tests.items():
        standing = set.intersection(*(networkx.descendants(graph, node) for node in nodes)) & read
        assert networkx.descendants(waiting, test) & read >= standing


# In a process of its own: a class of dbt is changed for good.
def test_in_the_project_only_marts_and_reports_wait():
    ensure_manifest()
    program = textwrap.dedent(
        """
        import networkx
        from dbt.compilation import Linker
        from orchestration.dbt_gates import hold_up_what_is_read
        from orchestration.parsed_dbt import _parsed

        hold_up_what_is_read()
        manifest, linker = _parsed(), Linker()
        linker.link_graph(manifest)
        linker.add_test_edges(manifest)
        held = {}
        for start, end, kind in linker.graph.edges(data="edge_type"):
            if kind == "parent_test":
                waiting = manifest.nodes[end]
                held.setdefault(manifest.nodes[start].name, set()).add((waiting.fqn[1], waiting.name))
        assert networkx.is_directed_acyclic_graph(linker.graph)
        assert {room for nodes in held.values() for room, _ in nodes} == {"marts", "reports"}
        key = next(name for name in held if name.startswith("is_key_int_stock_balances_"))
        print(*sorted(name for _, name in held[key]))
        """
    )
    environment = os.environ | {"PARTSBAY_DBT_DBNAME": "unused"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    assert "fct_replenishment_proposals" in done.stdout.split()
