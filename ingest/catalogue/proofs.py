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
with recursive reached as (
    select started.part_id as origin_part_id, edges.successor_part_id as part_id, edges.span
    from (
        select predecessor_part_id as part_id from catalogue.supersessions
        union
        select part_id from catalogue.parts where superseded_by_part_number is not null
    ) as started
    cross join lateral catalogue.supersession_spans(started.part_id) as edges
    union
    select reached.origin_part_id, edges.successor_part_id, reached.span * edges.span
    from reached
    cross join lateral catalogue.supersession_spans(reached.part_id) as edges
    where reached.part_id <> reached.origin_part_id and reached.span && edges.span
)

select distinct origin_part_id::text from reached where part_id = origin_part_id limit 1000
"""


def unpublished_drafts(connection: psycopg.Connection) -> list[str]:
    """Drafts whose published steps and versions do not match, a thousand at most."""
    return [draft_id for (draft_id,) in connection.execute(_UNPUBLISHED)]


def circles(connection: psycopg.Connection) -> list[str]:
    """Parts whose successor leads back to them at some moment, a thousand at most."""
    return [part_id for (part_id,) in connection.execute(_CIRCLES)]
