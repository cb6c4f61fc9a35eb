"""Events of reservations, append-only: what garages ask for and say; who gets what is decided as they are stored."""

from __future__ import annotations

from ingest.stores.loading import UNKNOWN_GARAGE, UNKNOWN_PART, Statements

RESERVATION = Statements(
    relations=("reservation.events",),
    unknown=(UNKNOWN_GARAGE, UNKNOWN_PART),
    insert="""
with stored as (
    insert into reservation.events (
        reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code,
        lot_number, quantity, work_order_number, work_order_line, priority, need_by_at, expires_at,
        allows_other_garages, minimum_remaining_days, reason, event_at, source_code, batch_id, line_number,
        idempotency_key, payload_hash, actor, recorded_at
    )
    select
        reservation_number, sequence_number, event_type_code, garage_code, part_id,
        coalesce(condition_code, 'NEW'), lot_number, quantity, work_order_number, work_order_line, priority,
        need_by_at, expires_at, coalesce(allows_other_garages, false),
        coalesce(minimum_remaining_days, reservation.remaining_days(part_id, event_at)), reason, event_at,
        %(source_code)s, %(batch_id)s, line_number, idempotency_key, payload_hash, actor, %(received_at)s
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
inner join reservation.events using (idempotency_key)
where (events.batch_id, events.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

STATEMENTS = {"reservation": RESERVATION}
