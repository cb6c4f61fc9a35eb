"""Counts, receipts, usage and adjustments, and the stock movements that the last three make."""

from __future__ import annotations

from ingest.stores.loading import ROW_ID, UNKNOWN_GARAGE, UNKNOWN_PART, Statements
from ingest.stores.units import in_base_units, wrong_unit

# What was said of a lot before.
_KNOWN_LOT = """
        select lots.* from garage_inventory.lots
        where (lots.part_id, lots.lot_number) = (stored.part_id, stored.lot_number)
        order by lots.stated_at desc
        limit 1
"""

STOCK_COUNT = Statements(
    relations=("garage_inventory.counts", "garage_inventory.lots"),
    prepare=in_base_units("counted_quantity", "counted_at"),
    unknown=(UNKNOWN_GARAGE, UNKNOWN_PART, wrong_unit("counted_quantity", "counted_at")),
    insert=f"""
with stored as (
    insert into garage_inventory.counts (
        count_line_id, count_number, garage_code, part_id, lot_number, condition_code, bin_code, counted_quantity,
        uom_code, stated_quantity, stated_uom_code, system_quantity, count_round, is_blind, count_status_code,
        inventory_type_code, discrepancy_reason_code, expires_on, event_at, source_code, batch_id, line_number,
        idempotency_key, payload_hash, actor, recorded_at
    )
    select
        -- Each further round is a count of its own, which counts from its own moment on.
        {ROW_ID}, case when count_round > 1 then count_number || '/' || count_round else count_number end,
        garage_code, part_id, lot_number, condition_code, bin_code, counted_quantity, uom_code, stated_quantity,
        stated_uom_code, system_quantity, count_round, is_blind, count_status_code, inventory_type_code,
        discrepancy_reason_code, expires_on, counted_at, %(source_code)s, %(batch_id)s, line_number, idempotency_key,
        payload_hash, actor, %(received_at)s
    from keyed
    order by line_number
    on conflict (idempotency_key) do nothing
    returning *
),

stated as (
    insert into garage_inventory.lots (
        part_id, lot_number, stated_at, expires_on, manufactured_on, supplier_code, received_at, source_code, batch_id,
        line_number, actor, recorded_at
    )
    select stored.part_id, stored.lot_number, stored.event_at, stored.expires_on, known.manufactured_on,
        known.supplier_code, known.received_at, stored.source_code, stored.batch_id, stored.line_number, stored.actor,
        stored.recorded_at
    from stored
    left join lateral ({_KNOWN_LOT}) as known on true
    where stored.lot_number is not null and stored.expires_on is distinct from known.expires_on
        and stored.expires_on is not null
    order by stored.line_number
    on conflict do nothing
    returning 1
)

select (select count(*) from stored), (select count(*) from stated)
""",
    unstored="""
select keyed.line_number, keyed.payload_hash = counts.payload_hash
from keyed
inner join garage_inventory.counts using (idempotency_key)
where (counts.batch_id, counts.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

RECEIPT = Statements(
    relations=("garage_inventory.receipts", "garage_inventory.lots", "garage_inventory.movements"),
    prepare=in_base_units("quantity", "received_at"),
    unknown=(UNKNOWN_GARAGE, UNKNOWN_PART, wrong_unit("quantity", "received_at")),
    insert=f"""
with stored as (
    insert into garage_inventory.receipts (
        receipt_line_id, delivery_number, delivery_line, garage_code, part_id, lot_number, condition_code, quantity,
        uom_code, stated_quantity, stated_uom_code, expires_on, manufactured_on, supplier_code, purchase_order_number,
        purchase_order_line, event_at, source_code, batch_id, line_number, idempotency_key, payload_hash, actor,
        recorded_at
    )
    select
        {ROW_ID}, delivery_number, delivery_line, garage_code, part_id, lot_number, condition_code, quantity, uom_code,
        stated_quantity, stated_uom_code, expires_on, manufactured_on, supplier_code, purchase_order_number,
        purchase_order_line, received_at, %(source_code)s, %(batch_id)s, line_number, idempotency_key, payload_hash,
        actor, %(received_at)s
    from keyed
    order by line_number
    on conflict (idempotency_key) do nothing
    returning *
),

stated as (
    insert into garage_inventory.lots (
        part_id, lot_number, stated_at, expires_on, manufactured_on, supplier_code, received_at, source_code, batch_id,
        line_number, actor, recorded_at
    )
    select stored.part_id, stored.lot_number, stored.event_at,
        coalesce(stored.expires_on, known.expires_on, garage_inventory.keeps_until(
            stored.part_id, coalesce(stored.manufactured_on, known.manufactured_on), stored.event_at
        )),
        coalesce(stored.manufactured_on, known.manufactured_on), coalesce(stored.supplier_code, known.supplier_code),
        least(stored.event_at, known.received_at), stored.source_code, stored.batch_id, stored.line_number,
        stored.actor, stored.recorded_at
    from stored
    left join lateral ({_KNOWN_LOT}) as known on true
    where stored.lot_number is not null
    order by stored.line_number
    on conflict do nothing
    returning 1
),

moved as (
    insert into garage_inventory.movements (
        movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
        document_number, document_line, event_at, source_code, batch_id, line_number, idempotency_key, actor,
        recorded_at
    )
    select
        {ROW_ID}, garage_code, part_id, lot_number, condition_code, 'RECEIPT', quantity, 'RECEIPT', delivery_number,
        delivery_line, event_at, source_code, batch_id, line_number, idempotency_key, actor, recorded_at
    from stored
    -- Lots are known before their units are given to anybody.
    where (select count(*) from stated) >= 0
    order by line_number
    returning 1
)

select (select count(*) from stored), (select count(*) from stated), (select count(*) from moved)
""",
    unstored="""
select keyed.line_number, keyed.payload_hash = receipts.payload_hash
from keyed
inner join garage_inventory.receipts using (idempotency_key)
where (receipts.batch_id, receipts.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

USAGE = Statements(
    relations=(
        "garage_inventory.usage_lines",
        "garage_inventory.movements",
    ),
    prepare=in_base_units("quantity", "consumed_at"),
    unknown=(UNKNOWN_GARAGE, UNKNOWN_PART, wrong_unit("quantity", "consumed_at")),
    insert=f"""
with stored as (
    insert into garage_inventory.usage_lines (
        usage_line_id, garage_code, work_order_number, work_order_line, part_id, lot_number, usage_type_code, quantity,
        uom_code, stated_quantity, stated_uom_code, unit_price_amount, is_one_off, vehicle_ref, shortage_reason_code,
        condition_code, reservation_number, requested_quantity, requested_at, substituted_for_part_number,
        emergency_supplier_code, unit_cost_amount, core_returned_quantity, event_at, source_code, batch_id, line_number,
        idempotency_key, payload_hash, actor, recorded_at
    )
    select
        {ROW_ID}, garage_code, work_order_number, work_order_line, part_id, lot_number, usage_type_code, quantity,
        uom_code, stated_quantity, stated_uom_code, unit_price_amount, is_one_off, vehicle_ref, shortage_reason_code,
        condition_code, reservation_number, requested_quantity, requested_at, substituted_for_part_number,
        emergency_supplier_code, unit_cost_amount, core_returned_quantity, consumed_at, %(source_code)s, %(batch_id)s,
        line_number, idempotency_key, payload_hash, actor, %(received_at)s
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
        {ROW_ID}, garage_code, part_id, lot_number, coalesce(condition_code, 'NEW'),
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

# Undone by a line of an earlier file, by an earlier line of this one, or by a person here.
_REVERSED_ALREADY = """
select sent.line_number,
    'CONFLICT: adjustment ' || sent.reverses_number || ' line ' || sent.reverses_line || ' was reversed already',
    null, null
from (
    select line_number, idempotency_key, garage_code, reverses_number, coalesce(reverses_line, '1') as reverses_line,
        min(idempotency_key::text) over same <> max(idempotency_key::text) over same
            and row_number() over (same order by line_number) > 1 as is_repeated
    from keyed
    where adjustment_reason_code = 'REVERSAL' and reverses_number is not null
    window same as (partition by garage_code, reverses_number, coalesce(reverses_line, '1'))
) as sent
where sent.is_repeated
    or exists (
        select from garage_inventory.adjustments as undoing
        where undoing.reverses_number = sent.reverses_number
            and coalesce(undoing.reverses_line, '1') = sent.reverses_line
            and undoing.garage_code = sent.garage_code and undoing.adjustment_reason_code = 'REVERSAL'
            and undoing.idempotency_key <> sent.idempotency_key
    )
    or exists (
        select from garage_inventory.adjustments as undone
        inner join garage_inventory.reversals on reversals.reverses_id = undone.adjustment_line_id
        where (undone.garage_code, undone.adjustment_number, undone.adjustment_line)
            = (sent.garage_code, sent.reverses_number, sent.reverses_line)
    )
"""

ADJUSTMENT = Statements(
    relations=(
        "garage_inventory.adjustments",
        "garage_inventory.movements",
    ),
    prepare=in_base_units("quantity", "adjusted_at"),
    unknown=(UNKNOWN_GARAGE, UNKNOWN_PART, wrong_unit("quantity", "adjusted_at"), _REVERSED_ALREADY),
    insert=f"""
with limited as materialized (
    -- Garages and reasons that have a limit at all: most lines are asked nothing further.
    select sent.garage_code, sent.adjustment_reason_code
    from (select distinct garage_code, adjustment_reason_code from keyed where approval_code = 'AUTO') as sent
    where exists (
        select from garage_inventory.approval_limits_in_use as limits
        where coalesce(limits.garage_code, sent.garage_code) = sent.garage_code
            and (limits.limit_amount is not null or limits.limit_pct is not null)
            and (
                limits.adjustment_reason_code = sent.adjustment_reason_code
                or limits.adjustment_reason_code is null and not exists (
                    select from garage_inventory.approval_limits_in_use as own
                    where own.adjustment_reason_code = sent.adjustment_reason_code
                )
            )
    )
),

judged as materialized (
    select keyed.*,
        approval_code = 'AUTO' and limited.garage_code is not null and garage_inventory.needs_approval(
            keyed.garage_code, part_id, condition_code, lot_number, keyed.adjustment_reason_code, quantity, adjusted_at
        ) as must_wait
    from keyed
    left join limited using (garage_code, adjustment_reason_code)
),

stored as (
    insert into garage_inventory.adjustments (
        adjustment_line_id, adjustment_number, adjustment_line, garage_code, part_id, lot_number, condition_code,
        to_condition_code, direction_code, quantity, uom_code, stated_quantity, stated_uom_code,
        adjustment_reason_code, reason_note, approval_code, claimed_approval_code, approver, bin_code, reverses_number,
        reverses_line, count_number, evidence_ref, value_impact_amount, event_at, source_code, batch_id, line_number,
        idempotency_key, payload_hash, actor, recorded_at
    )
    select
        {ROW_ID}, adjustment_number, adjustment_line, garage_code, part_id, lot_number, condition_code,
        to_condition_code, direction_code, quantity, uom_code, stated_quantity, stated_uom_code,
        adjustment_reason_code, reason_note, case when must_wait then 'PENDING' else approval_code end,
        case when must_wait then approval_code end, approver, bin_code, reverses_number, reverses_line, count_number,
        evidence_ref, value_impact_amount, adjusted_at, %(source_code)s, %(batch_id)s, line_number, idempotency_key,
        payload_hash, actor, %(received_at)s
    from judged
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
        garage_inventory.key_id(moves.idempotency_key), garage_code, part_id, lot_number, moves.condition_code,
        case adjustment_reason_code when 'RECEIPT' then 'RECEIPT' else 'ADJUSTMENT' end, moves.quantity,
        adjustment_reason_code, adjustment_number, adjustment_line,
        event_at, source_code, batch_id, line_number, moves.idempotency_key, actor, recorded_at
    from stored
    cross join lateral (
        select stored.condition_code, stored.idempotency_key,
            case direction_code when 'IN' then stored.quantity else -stored.quantity end as quantity
        union all
        select to_condition_code, garage_inventory.other_key(stored.idempotency_key, 'to condition'), stored.quantity
        where to_condition_code is not null
    ) as moves
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

STATEMENTS = {"stock_count": STOCK_COUNT, "receipt": RECEIPT, "usage": USAGE, "adjustment": ADJUSTMENT}
