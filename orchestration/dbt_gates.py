"""Which models wait for which tests: what people read waits, what is made on the way to it does not.

dbt itself holds up every model until all tests before it are done, so that the longest way through the models is also a
way through their tests. A model between is made anew by every run; wrong, it ends with the run that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import reduce
from operator import and_

# The rooms of the project whose models are read by people and programs.
READ_ROOMS = ("marts", "reports")


def hold_up_what_is_read() -> None:
    """From here on dbt, in this process, lets tests hold up what :func:`gates` says and nothing else."""
    from dbt.compilation import Linker

    def add_test_edges(linker, manifest):
        nodes = manifest.nodes
        read = {name for name in nodes if nodes[name].resource_type == "model" and nodes[name].fqn[1] in READ_ROOMS}
        tests = {
            name: nodes[name].depends_on_nodes
            for name in linker.graph
            if name in nodes and nodes[name].resource_type == "test"
        }
        linker.graph.add_edges_from(gates(linker.graph, tests, read), edge_type="parent_test")

    Linker.add_test_edges = add_test_edges


def gates(graph, tests: dict[str, Collection[str]], read: set[str]) -> list[tuple[str, str]]:
    """Pairs of a test and a node of ``read`` that waits for it: one that stands on all that the test looks at.

    ``tests`` gives the nodes that each looks at. Of the nodes that stand on each other only the first is named: the
    others wait for it. No way leads from such a node back to its test, so the graph stays without cycles.
    Work grows with edges and, per test, with the read nodes.
    """
    import networkx

    # Sets of read nodes as bits of a number: of those that stand on a node, and of those that a node stands on.
    bits = {node: 1 << place for place, node in enumerate(sorted(read & set(graph)))}
    order = list(networkx.topological_sort(graph))
    after = _read_beyond(reversed(order), graph.successors, bits)
    before = _read_beyond(order, graph.predecessors, bits)

    found, firsts = [], {}
    for test, looked_at in tests.items():
        common = reduce(and_, (after[node] for node in looked_at)) if looked_at else 0
        if common not in firsts:
            firsts[common] = [node for node, bit in bits.items() if common & bit and not common & before[node]]
        found += [(test, node) for node in firsts[common]]
    return found


def _read_beyond(order: Iterable[str], next_of: Callable[[str], Iterable[str]], bits: dict[str, int]) -> dict[str, int]:
    """Per node of ``order`` the bits of what is met on any way from it, where those next to it were told before it."""
    met: dict[str, int] = {}
    for node in order:
        met[node] = 0
        for other in next_of(node):
            met[node] |= met[other] | bits.get(other, 0)
    return met
