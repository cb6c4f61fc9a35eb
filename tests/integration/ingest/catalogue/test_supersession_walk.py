"""Random graphs of supersessions, walked by SQL for all parts at once, against the walk of one part in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import md5
from math import prod
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.catalogue.reviewing import APPROVED, decide
from tests.support.catalogue_files import parts

NODES = "ABCDEFGH"
ORDERABLE = "2"


@dataclass(frozen=True)
class Edge:
    """An edge of a random graph; later letters replace earlier ones, so there is no circle."""

    before: str
    after: str
    kit: str | None
    conversion: int
    disposition: str
    effective_on: date


@dataclass(frozen=True)
class Way:
    """What is ordered in place of ``first``, with the parts and dispositions on the way."""

    first: str
    ordered: str
    conversion: Decimal
    path: tuple[str, ...]
    dispositions: tuple[str, ...]
    is_kit: bool
    is_orderable: bool


def part_id(number: str) -> str:
    return md5(f"BOSC|{number}".encode()).hexdigest()


def successors(graph: list[Edge], part: str) -> list[Edge]:
    """The edges of the group, a kit or a single successor, that took effect last; of one day, the first by its key."""
    groups: dict[str, list[Edge]] = {}
    for edge in graph:
        if edge.before == part:
            groups.setdefault(f"kit {edge.kit}" if edge.kit else part_id(edge.after), []).append(edge)
    if not groups:
        return []
    newest = max(max(edge.effective_on for edge in group) for group in groups.values())
    return groups[min(key for key, group in groups.items() if max(edge.effective_on for edge in group) == newest)]


def ways(graph: list[Edge], lifecycles: dict[str, str], first: str) -> set[Way]:
    """Step by step from one part: F16 as it is written."""

    def walk(path: list[str], taken: list[Edge]) -> set[Way]:
        following = successors(graph, path[-1])
        if following:
            return {way for edge in following for way in walk([*path, edge.after], [*taken, edge])}
        since = max([place + 1 for place, edge in enumerate(taken) if edge.kit], default=0)
        may = [place for place in range(since, len(path)) if lifecycles[path[place]] == ORDERABLE]
        place = may[-1] if may else len(path) - 1
        return {
            Way(
                first, path[place], Decimal(prod(edge.conversion for edge in taken[:place])), tuple(path[: place + 1]),
                tuple(edge.disposition for edge in taken[:place]), any(edge.kit for edge in taken), bool(may),
            )
        }  # fmt: skip

    return walk([first], [])


@st.composite
def graphs(draw) -> list[Edge]:
    pairs = [(before, after) for place, before in enumerate(NODES) for after in NODES[place + 1 :]]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=14, unique=True))
    return [
        Edge(
            before, after,
            kit=draw(st.sampled_from((None, None, "K", "L"))),
            conversion=draw(st.sampled_from((1, 1, 2, 3))),
            disposition=draw(st.sampled_from(("USE_UP", "USE_UP", "USE_UP", "RETURN"))),
            effective_on=date(2024, draw(st.integers(1, 6)), 1),
        )
        for before, after in chosen
    ]  # fmt: skip


BATCH = UUID(int=1)
INSERT = f"""
insert into catalogue.stated_supersessions (predecessor_part_id, successor_part_id, valid_from_at, kit_group_code,
    conversion_quantity, direction_code, disposition_code, effective_from_on, is_of_part, source_code, actor, batch_id,
    line_number, payload_hash)
select catalogue.part_id('BOSC', before), catalogue.part_id('BOSC', after), '2024-01-01', kit, conversion, 'ONE_WAY',
    disposition, effective_on, false, 'test', 'pipeline', '{BATCH}', row_number() over (), 'x'
from unnest(%s::text[], %s::text[], %s::text[], %s::numeric[], %s::text[], %s::date[])
    as said (before, after, kit, conversion, disposition, effective_on)
"""
NUMBERS = "array(select number from unnest({path}) with ordinality as step (id, place)"
NUMBERS += " join numbers on numbers.id = step.id order by place)"
NAMED = """
with numbers as (select part_number as number, part_id as id from catalogue.parts where valid_from_at = '2024-01-01')
"""
ORDERED = f"""{NAMED}
select first.number, ordered.number, conversion_quantity, {NUMBERS.format(path="path")}, dispositions, is_kit,
    is_orderable
from catalogue.orderable_parts(array(select id from numbers), '2025-01-01') as found
join numbers as first on first.id = found.part_id
join numbers as ordered on ordered.id = found.orderable_part_id
"""
ROLLED_UP = f"""{NAMED}
select first.number, ordered.number, conversion_quantity, {NUMBERS.format(path="path")}, is_kit
from catalogue.supersession_rollup_at('2025-01-01') as found
join numbers as first on first.id = found.predecessor_part_id
join numbers as ordered on ordered.id = found.part_id
"""
ROLLED_UP_TO = f"""{NAMED}
select first.number, ordered.number, conversion_quantity, {NUMBERS.format(path="path")}, is_kit
from numbers as ordered
cross join lateral catalogue.supersession_rollup_to(ordered.id, '2025-01-01') as found
join numbers as first on first.id = found.predecessor_part_id
"""


@pytest.fixture
def connection(ingest):
    parts(ingest, *NODES)
    return ingest.connection


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(graph=graphs(), orderable=st.sets(st.sampled_from(NODES)))
def test_all_parts_walked_at_once_end_where_each_ends_alone(connection, graph, orderable):
    lifecycles = {node: ORDERABLE if node in orderable else "8" for node in NODES}
    expected = {way for node in NODES for way in ways(graph, lifecycles, node)}
    with connection.transaction(force_rollback=True):
        connection.execute(
            "insert into catalogue.parts (part_id, part_key, valid_from_at, revision_number, brand_code, part_number,"
            " description, category_code, base_uom_code, lifecycle_code, stocking_class_code, criticality_code,"
            " unit_cost_amount, currency_code, source_code, batch_id, line_number, payload_hash)"
            " select part_id, part_key, '2024-02-01', 1, brand_code, part_number, description, category_code,"
            " base_uom_code, '8', stocking_class_code, criticality_code, unit_cost_amount, currency_code, source_code,"
            " uuidv7(), line_number, 'x' from catalogue.parts where part_number <> all(%s)",
            ([*orderable],),
        )
        columns = ("before", "after", "kit", "conversion", "disposition", "effective_on")
        connection.execute(INSERT, [[getattr(edge, name) for edge in graph] for name in columns])
        if graph:
            decide(connection, BATCH, APPROVED, "checked", "bob")
        found = {
            Way(*row[:3], tuple(row[3]), tuple(row[4]), *row[5:]) for row in connection.execute(ORDERED).fetchall()
        }
        rolled_up = {(*row[:3], tuple(row[3]), row[4]) for row in connection.execute(ROLLED_UP).fetchall()}
        one_by_one = {(*row[:3], tuple(row[3]), row[4]) for row in connection.execute(ROLLED_UP_TO).fetchall()}
    assert found == expected
    used_up = {way for way in expected if way.dispositions and {*way.dispositions} == {"USE_UP"}}
    assert rolled_up == {(way.first, way.ordered, way.conversion, way.path, way.is_kit) for way in used_up}
    assert one_by_one == rolled_up
