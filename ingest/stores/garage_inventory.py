"""Counts, usage and adjustments, and the stock movements that the last two make."""

from __future__ import annotations

from ingest.stores.loading import ROW_ID, UNKNOWN_GARAGE, UNKNOWN_PART, Statements

STOCK_COUNT = Statements(
    relations=("garage_inventory.counts",),
    unknown=(UNKNOWN_GARAGE, UNKNOWN_PART),
    insert=f"""
with stored as (
    insert into garage_inventory.counts (
        count_line_id, count_number, garage_code, part_id, lot_number, condition_code, bin_code, counted_quantity,
        uom_code, event_at, source_code, batch_id, line_number, idempotency_key, payload_hash, actor, recorded_at
    )
    select
        {ROW_ID}, count_number, garage_code, part_id, lot_number, condition_code, bin_code, counted_quantity, uom_code,
        counted_at, %(source_code)s, %(batch_id)s, line_number, idempotency_key, payload_hash, actor,
        %(received_at)s
    from keyed
    order by line_number
    on conflict (idempotency_key) do nothing
    returning 1
)

select count(*) from stored
""",
    unstored="""
select keyed.line_number, keyed.payload_hash = counts.payload_hash
from keyed
inner join garage_inventory.counts using (idempotency_key)
where (counts.batch_id, counts.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

USAGE = Statements(
    relations=(
        "garage_inventory.usage_lines",
        "garage_inventory.movements",
    ),
    unknown=(UNKNOWN_GARAGE, UNKNOWN_PART),
    insert=f"""
with stored as (
    insert into garage_inventory.usage_lines (
        usage_line_id, garage_code, work_order_number, work_order_line, part_id, lot_number, usage_type_code, quantity,
        uom_code, unit_price_amount, is_one_off, vehicle_ref, shortage_reason_code, event_at, source_code,
        batch_id, line_number, idempotency_key, payload_hash, actor, recorded_at
    )
    select
        {ROW_ID}, garage_code, work_order_number, work_order_line, part_id, lot_number, usage_type_code, quantity,
        uom_code, unit_price_amount, is_one_off, vehicle_ref, shortage_reason_code, consumed_at,
        %(source_code)s, %(batch_id)s, line_number, idempotency_key, payload_hash, actor, %(received_at)s
    from keyed
    order by line_number
    on conflict (idempotency_key) do nothing
    returning *
),

moved as (
    insert into garage_inventory.movements (
        movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
        document_number, document_line, event_at, source_code, batch_id, line_number, idempotency_key, actor,
        recorded_at
    )
    select
        {ROW_ID}, garage_code, part_id, lot_number, 'NEW',
        case usage_type_code when 'RETURN_UNUSED' then 'RETURN' else 'USAGE' end,
        case usage_type_code when 'RETURN_UNUSED' then quantity else -quantity end,
        usage_type_code, work_order_number, work_order_line,
        event_at, source_code, batch_id, line_number, idempotency_key, actor, recorded_at
    from stored
    -- A lost sale and an emergency purchase are demand, but never were in our stock.
    where usage_type_code not in ('LOST_SALE', 'EMERGENCY_BUY')
    order by line_number
    returning 1
)

select (select count(*) from stored), (select count(*) from moved)
""",
    unstored="""
select keyed.line_number, keyed.payload_hash = usage_lines.payload_hash
from keyed
inner join garage_inventory.usage_lines using (idempotency_key)
where (usage_lines.batch_id, usage_lines.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

ADJUSTMENT = Statements(
    relations=(
        "garage_inventory.adjustments",
        "garage_inventory.movements",
    ),
    unknown=(UNKNOWN_GARAGE, UNKNOWN_PART),
    insert=f"""
with stored as (
    insert into garage_inventory.adjustments (
        adjustment_line_id, adjustment_number, adjustment_line, garage_code, part_id, lot_number, condition_code,
        direction_code, quantity, uom_code, adjustment_reason_code, reason_note, approval_code, approver, event_at,
        source_code, batch_id, line_number, idempotency_key, payload_hash, actor, recorded_at
    )
    select
        {ROW_ID}, adjustment_number, adjustment_line, garage_code, part_id, lot_number, condition_code, direction_code,
        quantity, uom_code, adjustment_reason_code, reason_note, approval_code, approver, adjusted_at,
        %(source_code)s, %(batch_id)s, line_number, idempotency_key, payload_hash, actor, %(received_at)s
    from keyed
    order by line_number
    on conflict (idempotency_key) do nothing
    returning *
),

moved as (
    insert into garage_inventory.movements (
        movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
        document_number, document_line, event_at, source_code, batch_id, line_number, idempotency_key, actor,
        recorded_at
    )
    select
        {ROW_ID}, garage_code, part_id, lot_number, condition_code,
        case adjustment_reason_code when 'RECEIPT' then 'RECEIPT' else 'ADJUSTMENT' end,
        case direction_code when 'IN' then quantity else -quantity end,
        adjustment_reason_code, adjustment_number, adjustment_line,
        event_at, source_code, batch_id, line_number, idempotency_key, actor, recorded_at
    from stored
    where approval_code not in ('PENDING', 'REJECTED')
    order by line_number
    returning 1
)

select (select count(*) from stored), (select count(*) from moved)
""",
    unstored="""
select keyed.line_number, keyed.payload_hash = adjustments.payload_hash
from keyed
inner join garage_inventory.adjustments using (idempotency_key)
where (adjustments.batch_id, adjustments.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

STATEMENTS = {"stock_count": STOCK_COUNT, "usage": USAGE, "adjustment": ADJUSTMENT}
