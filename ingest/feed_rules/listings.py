"""What a FULL file names, kept as eight bytes a line, so that what two in a row leave out can be seen.

Which files came when does not matter: ``supplier_feed.withdrawn_at`` compares what was ever
stated with the two newest lists at a moment. Cost: one pass over the lines that are in the
database anyway, and one row; nothing is read again and nothing updated line by line.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

from ingest.feed_rules.submission import VARIANTS, Submission

_STORE = """
with named as (
    select supplier_code,
        array_agg(distinct supplier_feed.key_hash(brand_code, part_number, {variant})) as key_hashes
    from keyed
    group by supplier_code
)

insert into supplier_feed.full_listings as listings (
    batch_id, supplier_code, kind, source_code, stated_at, key_hashes, doubtful_part_hashes, is_complete, recorded_at
)
select %(batch_id)s, supplier_code, %(kind)s, %(source_code)s,
    coalesce(%(stated_at)s::timestamptz, %(latest_at)s, %(received_at)s), key_hashes,
    array(
        select distinct supplier_feed.key_hash(brand_code, part_number, '') as hash
        from unnest(%(brands)s::text[], %(numbers)s::text[]) as bad (brand_code, part_number)
        order by hash
    ),
    %(is_complete)s, %(received_at)s
from named
on conflict (batch_id, supplier_code) do update set
    key_hashes = excluded.key_hashes,
    -- A line that was settled by hand meanwhile is not read again, and still is no omission.
    doubtful_part_hashes = array(
        select distinct unnest(listings.doubtful_part_hashes || excluded.doubtful_part_hashes) as hash order by hash
    ),
    is_complete = excluded.is_complete
"""


def store_listing(
    cursor: psycopg.Cursor, values: dict[str, Any], submission: Submission, latest_at: datetime | None
) -> None:
    """Keep what a FULL batch names, from the temporary table ``keyed``; nothing for other batches and kinds."""
    variant = VARIANTS.get(values["kind"])
    if not submission.is_full or variant is None:
        return
    brands, numbers = zip(*sorted(submission.doubtful), strict=True) if submission.doubtful else ((), ())
    cursor.execute(
        _STORE.format(variant=variant),
        {
            **values,
            "stated_at": submission.stated_at,
            "latest_at": latest_at,
            "brands": list(brands),
            "numbers": list(numbers),
            "is_complete": not submission.unnamed_count,
        },
    )
