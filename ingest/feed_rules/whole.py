"""Why a FULL file must wait for a person although its lines are good: it is much smaller than those before it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import psycopg

from ingest.batches import Batch
from ingest.feed_rules.submission import VARIANTS, Submission
from ingest.profiles.model import Profile
from ingest.tally import Stop

_MEDIAN = """
select percentile_cont(0.5) within group (order by rows_read), count(*)
from (
    select rows_read from ingest.batches
    where source_code = %(source_code)s and kind = %(kind)s and submission_code = 'FULL'
        and state in ('ACCEPTED', 'ACCEPTED_WITH_QUARANTINE') and not controls ? 'repairs'
        and stated_at < %(stated_at)s::timestamptz and batch_id <> %(batch_id)s
    order by stated_at desc, sha256 desc
    limit 5
) as earlier
"""
_COVERAGE = """
with before as (
    select batch_id from supplier_feed.full_listings
    where source_code = %(source_code)s and kind = %(kind)s and stated_at < %(stated_at)s::timestamptz
        and batch_id <> %(batch_id)s
    order by stated_at desc, batch_id desc
    limit 1
),

known as (
    select supplier_code, unnest(key_hashes) as hash
    from supplier_feed.full_listings
    where batch_id in (select batch_id from before)
),

named as (
    select distinct supplier_code, supplier_feed.key_hash(brand_code, part_number, {variant}) as hash from incoming
)

select count(*), count(named.hash)
from known
left join named using (supplier_code, hash)
"""


def hold_whole(
    cursor: psycopg.Cursor,
    batch: Batch,
    profile: Profile,
    submission: Submission,
    row_count: int,
    latest_at: datetime | None,
) -> Stop | None:
    """Why a batch waits for a person, with the figures; a decision RELEASE on the batch lets it pass.

    Only FULL files are compared, with those accepted before that were stated earlier. One
    without a line never empties anything: it waits as well.
    """
    if not submission.is_full:
        return None
    if not row_count:
        return Stop("HELD", "EMPTY_FULL", "a FULL file without a line would withdraw everything. Send it whole")
    values = {
        "source_code": batch.source_code,
        "kind": batch.kind,
        "batch_id": batch.batch_id,
        "stated_at": submission.stated_at or latest_at or batch.received_at,
    }
    return _row_drop(cursor, values, profile, row_count) or _key_coverage(cursor, values, profile)


def _row_drop(cursor: psycopg.Cursor, values: dict, profile: Profile, row_count: int) -> Stop | None:
    limit = profile.tolerances.row_drop_pct
    median, count = cursor.connection.execute(_MEDIAN, values).fetchone()
    if not count or Decimal(row_count) >= Decimal(median) * (100 - limit) / 100:
        return None
    share = 100 - 100 * row_count / median
    before = f"the median of the last {count} FULL files is" if count > 1 else "the last FULL file had"
    words = f"{row_count} rows, where {before} {median:g}"
    limits = f"{share:.1f} % fewer; at most {limit} % may be"
    return Stop("HELD", "ROW_DROP", f"{words} ({limits})")


def _key_coverage(cursor: psycopg.Cursor, values: dict, profile: Profile) -> Stop | None:
    least = profile.tolerances.key_coverage_pct
    variant = VARIANTS.get(values["kind"])
    if least is None or variant is None:
        return None
    known, named = cursor.connection.execute(_COVERAGE.format(variant=variant), values).fetchone()
    if not known or named * 100 >= least * known:
        return None
    words = f"names {named} of the {known} lines of the FULL file before it"
    limits = f"{100 * named / known:.1f} %; at least {least} % must be"
    return Stop("HELD", "KEY_COVERAGE", f"{words} ({limits})")
