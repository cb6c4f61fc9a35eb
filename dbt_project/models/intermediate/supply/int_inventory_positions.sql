{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select * from {{ ref('int_positions_rolled_up') }}
),

suppliers as (
    select garage_code, part_id, lead_time_days, review_days from {{ ref('int_suppliers_chosen') }}
),

supplies as (
    select * from {{ ref('int_supply_rolled_up') }}
),

reached as (
    select
        positions.*,
        {{ as_of_on() }} + ceil(suppliers.lead_time_days + suppliers.review_days)::integer as horizon_on
    from positions
    -- One row per garage and part on both sides.
    inner join suppliers using (garage_code, part_id)
),

-- An order that comes after the next one could come hides no shortage (F6).
ordered as (
    select
        garage_code,
        part_id,
        coalesce(sum(supplies.quantity) filter (where supplies.due_on <= reached.horizon_on), 0) as due_order_quantity,
        coalesce(sum(supplies.quantity) filter (where supplies.due_on > reached.horizon_on), 0) as later_order_quantity
    from reached
    inner join supplies using (garage_code, part_id)
    where supplies.source_code = 'ORDER'
    group by garage_code, part_id
),

coming as (
    select garage_code, part_id, min(due_on) as next_receipt_on
    from supplies
    group by garage_code, part_id
),

final as (
    select
        reached.garage_code,
        reached.part_id,
        reached.horizon_on,
        reached.sellable_quantity,
        coalesce(ordered.due_order_quantity, 0) as due_order_quantity,
        coalesce(ordered.later_order_quantity, 0) as later_order_quantity,
        reached.inbound_transfer_quantity,
        reached.outbound_transfer_quantity,
        reached.reserved_quantity,
        reached.backordered_quantity,
        reached.sellable_quantity + coalesce(ordered.due_order_quantity, 0) + reached.inbound_transfer_quantity
            - reached.outbound_transfer_quantity - reached.reserved_quantity - reached.backordered_quantity
            as inventory_position_quantity,
        coming.next_receipt_on
    from reached
    -- One row per garage and part on every side.
    left join ordered using (garage_code, part_id)
    left join coming using (garage_code, part_id)
)

select * from final
