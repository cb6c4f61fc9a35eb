{{ config(indexes=[
    {'columns': ['adjustment_line_id'], 'unique': true},
    {'columns': ['garage_code', 'part_id']}
]) }}

with

adjustments as (
    select * from {{ ref('stg_garage_inventory__adjustments') }}
),

approvals as (
    select adjustment_line_id, decision_code, reason, actor, event_at from {{ ref('stg_garage_inventory__approvals') }}
),

reversals as (
    select reverses_id as adjustment_line_id, true as is_reversed
    from {{ ref('stg_garage_inventory__reversals') }}
    where line_code = 'ADJUSTMENT'
),

parts as (
    select part_id, unit_cost_amount, currency_code from {{ ref('int_parts_current') }}
),

decided as (
    select
        adjustments.*,
        coalesce(approvals.decision_code, adjustments.approval_code) as status_code,
        coalesce(approvals.actor, adjustments.approver) as decided_by,
        approvals.reason as decision_reason,
        approvals.event_at as decided_at,
        coalesce(reversals.is_reversed, false) as is_reversed
    from adjustments
    -- At most one row per adjustment line on both right sides.
    left join approvals using (adjustment_line_id)
    left join reversals using (adjustment_line_id)
),

moved as (
    select
        *,
        case
            when status_code not in ('APPROVED', 'AUTO') or is_reversed or to_condition_code is not null then 0
            when direction_code = 'IN' then quantity
            else -quantity
        end as change_quantity
    from decided
),

final as (
    select
        moved.adjustment_line_id,
        moved.adjustment_number,
        moved.adjustment_line,
        moved.garage_code,
        moved.part_id,
        coalesce(moved.lot_number, '') as lot_number,
        moved.condition_code,
        moved.to_condition_code,
        moved.direction_code,
        moved.quantity as adjusted_quantity,
        moved.adjustment_reason_code,
        moved.reason_note,
        moved.status_code,
        moved.decided_by,
        moved.decision_reason,
        moved.decided_at,
        moved.is_reversed,
        moved.change_quantity,
        moved.change_quantity * parts.unit_cost_amount as change_amount,
        parts.currency_code,
        moved.actor,
        moved.event_at as adjusted_at,
        {{ utc_day('moved.event_at') }} as adjusted_on,
        {{ as_of() }} as as_of_at
    from moved
    -- At most one row per part on the right side.
    left join parts using (part_id)
)

select * from final
