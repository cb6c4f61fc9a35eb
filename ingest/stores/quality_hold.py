"""Events of quality holds, append-only; what names no lot is spread over the lots that are there."""

from __future__ import annotations

from ingest.stores.loading import UNKNOWN_GARAGE, UNKNOWN_PART, Statements

QUALITY_HOLD = Statements(
    relations=("quality_hold.events",),
    unknown=(UNKNOWN_GARAGE, UNKNOWN_PART),
    insert="select quality_hold.load_keyed(%(source_code)s, %(batch_id)s, %(received_at)s)",
    unstored="""
select keyed.line_number, keyed.payload_hash = events.payload_hash
from keyed
inner join quality_hold.events using (idempotency_key)
where (events.batch_id, events.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

STATEMENTS = {"quality_hold": QUALITY_HOLD}
