{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select * from {{ ref('int_positions_planned') }}
),

parts as (
    select part_id, lifecycle_code from {{ ref('int_parts_current') }}
),

offers as (
    select * from {{ ref('int_offers_ranked') }} where is_chosen and unit_price_amount > 0
),

-- What is proposed already, or was refused; what a planner put off or refused though nothing asks for it today; what
-- another garage has too many of.
dealt_with as (
    select garage_code, part_id from {{ ref('int_lines_planned') }}
    union
    select garage_code, part_id
    from {{ ref('int_planner_acts') }}
    where line_type_code = 'BUY' and act_code in ('SNOOZE', 'REJECT')
    union
    select to_garage_code, part_id from {{ ref('int_moves_suggested') }}
),

-- What is ordered already and comes late fills the shelf all the same.
limited as (
    select
        positions.garage_code,
        positions.part_id,
        {{ rounded_quantity(
            '0', 'offers.minimum_order_quantity', 'offers.pack_quantity', 'offers.order_multiple_quantity'
        ) }} as first_quantity,
        offers.pack_quantity * offers.order_multiple_quantity as step_quantity,
        least(
            offers.maximum_order_quantity,
            least(positions.order_up_to_quantity, positions.maximum_on_hand_quantity)
                - positions.inventory_position_quantity - positions.late_supply_quantity
        ) as limit_quantity
    from positions
    -- One row per part, and at most one per garage and part, on the right sides.
    inner join parts using (part_id)
    inner join offers using (garage_code, part_id)
    left join dealt_with using (garage_code, part_id)
    where dealt_with.part_id is null
        and positions.policy_code <> 'NO_STOCK'
        and positions.daily_mean_quantity > 0
        and not {{ is_not_orderable() }}
),

final as (
    select
        garage_code,
        part_id,
        first_quantity,
        step_quantity,
        floor(limit_quantity / step_quantity) * step_quantity as top_up_quantity
    from limited
    where limit_quantity >= first_quantity
)

select * from final
