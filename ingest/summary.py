"""The numbers that the end of a run prints."""

from __future__ import annotations

import psycopg
from psycopg.rows import dict_row

from ingest.catalogue.reviewing import waiting_count
from ingest.check_results import count_checks

BATCHES = """
    select
        count(*) as batch_count,
        coalesce(sum(rows_read), 0)::bigint as rows_read,
        coalesce(sum(rows_accepted), 0)::bigint as rows_accepted,
        coalesce(sum(rows_duplicate), 0)::bigint as rows_duplicate,
        coalesce(sum(rows_quarantined), 0)::bigint as rows_quarantined,
        coalesce(sum(rows_held), 0)::bigint as rows_held,
        count(*) filter (where state in ('HELD', 'REJECTED')) as batches_refused
    from ingest.batches
"""

NEEDS = """
    select count(*) as line_count, count(*) filter (where outcome_code = 'PROPOSED') as proposed_count
    from serving.replenishment_needs
"""

AMOUNTS = """
    select currency_code, sum(line_amount) as amount
    from serving.replenishment_needs
    -- What is only moved between garages costs no supplier's money.
    where outcome_code = 'PROPOSED' and line_amount is not null
    group by currency_code
    order by amount desc
"""


def summarise(connection: psycopg.Connection) -> dict:
    """Rows in and out, what waits, checks, needs and order value per currency, as they stand now."""
    with connection.cursor(row_factory=dict_row) as cursor:
        amounts = {row["currency_code"]: row["amount"] for row in cursor.execute(AMOUNTS).fetchall()}
        return {
            "batches": cursor.execute(BATCHES).fetchone(),
            "supersessions_waiting": waiting_count(connection),
            "checks": count_checks(connection),
            "needs": {**cursor.execute(NEEDS).fetchone(), "order_amounts": amounts},
        }
