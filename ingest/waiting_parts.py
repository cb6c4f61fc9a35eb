"""Parts that refused rows wait for, each with the parts of the catalogue that may be meant."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.audit import attribute
from ingest.errors import SettingsError
from ingest.matching import candidates, record_match

# Brand and number stand in the reason as the sender wrote them: a brand has no blank in it, a part number may.
_WAITING = r"""
with said as (
    select source_code, batch_id,
        substring(reason from '^UNKNOWN_PART: (\S+) .+ is not in the catalogue') as brand_code,
        substring(reason from '^UNKNOWN_PART: \S+ (.+) is not in the catalogue') as part_number
    from ingest.quarantined_rows
    inner join ingest.batches using (batch_id)
    cross join unnest(reasons) as reason
    where status = 'OPEN' and reason like 'UNKNOWN\_PART: %%'
        and (%(source)s::text is null or source_code = %(source)s)
)

select brand_code, min(part_number) as part_number, catalogue.part_key(part_number) as part_key,
    count(*) as row_count, count(distinct batch_id) as batch_count,
    array_agg(distinct source_code) as sources
from said
where part_number is not null
group by brand_code, catalogue.part_key(part_number)
order by row_count desc, brand_code, part_key
limit %(limit)s
"""


def waiting_parts(
    connection: psycopg.Connection, source: str | None = None, limit: int = 50, candidate_count: int = 3
) -> list[dict[str, Any]]:
    """Unknown parts of open rows, the one that most rows wait for first, with ranked candidates."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_WAITING, {"source": source, "limit": limit}).fetchall()
    for one in found:
        near = candidates(connection, one["brand_code"], one["part_number"], candidate_count)
        one["candidates"] = [candidate.__dict__ for candidate in near]
    return found


def part_named(connection: psycopg.Connection, text: str) -> UUID:
    """The catalogue's part that ``BRAND:PART_NUMBER`` names."""
    brand_code, colon, part_number = text.partition(":")
    if not colon or not part_number:
        raise SettingsError("NO_PART", f"'{text}' is not BRAND:PART_NUMBER", "Write a brand, a colon and the number.")
    row = connection.execute(
        "select part_id from catalogue.parts where part_id = catalogue.part_id(%s, %s) limit 1",
        (brand_code, part_number),
    ).fetchone()
    if row is None:
        words = f"the catalogue has no part {brand_code} {part_number}"
        raise SettingsError("UNKNOWN_PART", words, "Choose a part of the catalogue: partsbay match list.")
    return row[0]


def decide_match(
    connection: psycopg.Connection,
    source: str | None,
    brand_code: str,
    part_number: str,
    match_code: str,
    to: str | None,
    reason: str,
    actor: str,
) -> UUID:
    """Keep what a sender means by a part, with its audit record, in one transaction; returns the decision."""
    with connection.transaction(), connection.cursor() as cursor:
        part_id = part_named(connection, to) if to else None
        attribute(cursor, actor, reason, action_code="MATCH")
        return record_match(connection, source, brand_code, part_number, match_code, part_id, reason, actor)
