"""What was derived agrees with the lines it was derived from, and is told where it does not."""

from __future__ import annotations

import psycopg

from ingest.feed_rules.proofs import holds_without_line, unlisted_batches
from tests.integration.ingest.rules.conftest import MOMENT
from tests.support.ingest_files import PRICE, lines


def test_a_full_file_without_its_list_and_a_hold_without_its_line_are_told(ingest, full, deliver, stores):
    batch_id = full(1, A="10", B="10").batch_id
    deliver(lines(PRICE, {"part_number": "A", "unit_price_amount": "90", "stated_at": MOMENT.format(2)}))
    assert (unlisted_batches(ingest.connection), holds_without_line(ingest.connection)) == ([], [])
    held = ingest.value("select line_hold_id::text from supplier_feed.line_holds")
    with psycopg.connect(stores.owner) as owner:
        owner.execute("delete from supplier_feed.full_listings")
        owner.execute("delete from supplier_feed.offers where unit_price_amount = 90")
    assert (unlisted_batches(ingest.connection), holds_without_line(ingest.connection)) == ([str(batch_id)], [held])
