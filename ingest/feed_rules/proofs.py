"""Whether what was derived agrees with what it was derived from."""

from __future__ import annotations

import psycopg

_UNLISTED = """
select batch_id::text from ingest.batches
where submission_code = 'FULL' and state in ('ACCEPTED', 'ACCEPTED_WITH_QUARANTINE') and not controls ? 'repairs'
    and kind in ('supplier_price', 'supplier_availability', 'supplier_catalogue')
    and rows_accepted + rows_duplicate + rows_held > 0
    and not exists (select from supplier_feed.full_listings where full_listings.batch_id = batches.batch_id)
order by received_at
limit 1000
"""
_LINELESS = """
select line_hold_id::text from supplier_feed.line_holds
where case kind
    when 'supplier_price' then not exists (
        select from supplier_feed.offers
        where (offers.supplier_code, offers.brand_code, offers.part_number, offers.price_type_code,
                offers.break_quantity, offers.stated_at)
            = (line_holds.supplier_code, line_holds.brand_code, line_holds.part_number, line_holds.price_type_code,
                line_holds.break_quantity, line_holds.stated_at)
    )
    else not exists (
        select from supplier_feed.articles
        where (articles.supplier_code, articles.brand_code, articles.part_number, articles.stated_at)
            = (line_holds.supplier_code, line_holds.brand_code, line_holds.part_number, line_holds.stated_at)
    )
end
limit 1000
"""


def unlisted_batches(connection: psycopg.Connection) -> list[str]:
    """Accepted FULL files whose keys were not kept, a thousand at most."""
    return [batch_id for (batch_id,) in connection.execute(_UNLISTED)]


def holds_without_line(connection: psycopg.Connection) -> list[str]:
    """Holds of lines that are not stored, a thousand at most."""
    return [line_hold_id for (line_hold_id,) in connection.execute(_LINELESS)]
