"""What must hold of the catalogue at any time, each as the list of what breaks it."""

from __future__ import annotations

import psycopg

from ingest.stores.catalogue import VERSIONS

_VERSIONS = " union all ".join(f"select draft_id from {one.relation}" for one in VERSIONS.values())
_UNPUBLISHED = f"""
with versions as (
    select draft_id, count(*) as version_count
    from ({_VERSIONS}) as authored
    where draft_id is not null
    group by draft_id
),

events as (
    select draft_id, count(*) filter (where event_type_code in ('PUBLISHED', 'RETIRED')) as event_count
    from catalogue.draft_events
    group by draft_id
)

select coalesce(events.draft_id, versions.draft_id)::text
from events
full join versions using (draft_id)
where coalesce(event_count, 0) <> coalesce(version_count, 0)
limit 1000
"""
_CIRCLES = """
with edges as (
    select row_number() over () as place, predecessor_part_id, successor_part_id, span from catalogue.supersession_spans
)

select distinct predecessor_part_id::text
from edges
where place in (
    select faults.line_number
    from (
        select array_agg(place) as places, array_agg(predecessor_part_id) as predecessors,
            array_agg(successor_part_id) as successors, array_agg(span) as spans
        from edges
    ) as said
    cross join lateral catalogue.unsound_edges(said.places, said.predecessors, said.successors, said.spans) as faults
)
limit 1000
"""

_SHARED_GTINS = """
with owners as (
    select lpad(gtin, 14, '0') as gtin, brand_code || ' ' || part_number as words
    from catalogue.parts_at()
    where gtin is not null
    union all
    select lpad(packs.gtin, 14, '0'), packs.uom_code || ' of ' || parts.brand_code || ' ' || parts.part_number
    from catalogue.packs_at() as packs
    inner join catalogue.parts_at() as parts using (part_id)
    where packs.gtin is not null
)

select gtin || ': ' || string_agg(words, ', ' order by words)
from owners
group by gtin
having count(*) > 1
order by gtin
limit 1000
"""


def unpublished_drafts(connection: psycopg.Connection) -> list[str]:
    """Drafts whose published steps and versions do not match, a thousand at most."""
    return [draft_id for (draft_id,) in connection.execute(_UNPUBLISHED)]


def circles(connection: psycopg.Connection) -> list[str]:
    """Parts whose successor leads back to them at some moment, or by too long a chain; a thousand at most."""
    return [part_id for (part_id,) in connection.execute(_CIRCLES)]


def shared_gtins(connection: psycopg.Connection) -> list[str]:
    """GTINs that several parts or packs have now, each with its owners; a thousand at most.

    A line that states one is refused; two that are stored at the same moment do not see each other.
    """
    return [words for (words,) in connection.execute(_SHARED_GTINS)]
