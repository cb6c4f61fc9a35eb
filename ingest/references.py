"""Lines that name a garage, supplier or part that the catalogue does not know yet: remembered, and taken again."""

from __future__ import annotations

from uuid import UUID

import psycopg

from ingest.contracts import CONTRACTS

# A batch that was refused for another reason is not taken again. Rows that somebody settled do not count when it is.
_ANSWERED = """
with answered as (
    select distinct batch_id
    from ingest.awaited_references as awaited
    inner join ingest.batches using (batch_id)
    where kind = any(%(kinds)s) and (
        (state = 'HELD' and error_code = 'UNKNOWN_REFERENCES') or state = 'ACCEPTED_WITH_QUARANTINE'
    ) and case reference_code
        when 'GARAGE' then exists (select from catalogue.garages where garage_code = reference_key)
        when 'SUPPLIER' then exists (select from catalogue.suppliers where supplier_code = reference_key)
        when 'PART' then exists (select from catalogue.parts where part_id = reference_key::uuid)
            or ingest.matched_part(source_code, reference_key::uuid) is not null
    end
)

select batch_id
from answered
inner join ingest.batches using (batch_id)
order by array_position(%(order)s::text[], kind), stated_at, sha256
"""


def note_awaited(cursor: psycopg.Cursor, batch_id: UUID, awaited: set[tuple[str, str]]) -> None:
    """Remember what a batch waits for, in place of what it waited for before."""
    cursor.execute("delete from ingest.awaited_references where batch_id = %s", (batch_id,))
    if awaited:
        references, keys = zip(*sorted(awaited), strict=True)
        cursor.execute(
            "insert into ingest.awaited_references (batch_id, reference_code, reference_key)"
            " select %s, * from unnest(%s::text[], %s::text[])",
            (batch_id, list(references), list(keys)),
        )


def answered_batches(connection: psycopg.Connection, kinds: list[str] | None = None) -> list[UUID]:
    """Batches that wait for something that is known now, in the order in which they were stated."""
    values = {"kinds": kinds or list(CONTRACTS), "order": list(CONTRACTS)}
    return [row[0] for row in connection.execute(_ANSWERED, values).fetchall()]
