"""Events of quality holds, append-only."""

from __future__ import annotations

from ingest.stores.loading import ROW_ID, UNKNOWN_GARAGE, UNKNOWN_PART, Statements

QUALITY_HOLD = Statements(
    relations=("quality_hold.events",),
    unknown=(UNKNOWN_GARAGE, UNKNOWN_PART),
    insert=f"""
with stored as (
    insert into quality_hold.events (
        event_id, hold_number, sequence_number, event_type_code, scope_code, garage_code, part_id, lot_number, quantity,
        hold_reason_code, severity_code, due_at, event_at, source_code, batch_id, line_number, idempotency_key,
        payload_hash, actor, recorded_at
    )
    select
        {ROW_ID}, hold_number, sequence_number, event_type_code, scope_code, garage_code, part_id, lot_number, quantity,
        hold_reason_code, severity_code, due_at, event_at, %(source_code)s, %(batch_id)s, line_number,
        idempotency_key, payload_hash, actor, %(received_at)s
    from keyed
    order by line_number
    on conflict (idempotency_key) do nothing
    returning 1
)

select count(*) from stored
""",
    unstored="""
select keyed.line_number, keyed.payload_hash = events.payload_hash
from keyed
inner join quality_hold.events using (idempotency_key)
where (events.batch_id, events.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

STATEMENTS = {"quality_hold": QUALITY_HOLD}
