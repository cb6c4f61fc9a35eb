{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select * from {{ ref('int_positions_planned') }}
),

offers as (
    select * from {{ ref('int_offers_ranked') }} where is_chosen
),

top_ups as (
    select * from {{ ref('int_top_ups') }}
),

parts as (
    select part_id, unit_cost_amount, currency_code as cost_currency_code from {{ ref('int_parts_current') }}
),

final as (
    select
        positions.garage_code,
        positions.part_id,
        positions.policy_code,
        positions.demand_class_code,
        positions.abc_code,
        positions.xyz_code,
        positions.service_level_pct,
        positions.base_mean_quantity,
        positions.daily_mean_quantity,
        positions.lead_time_days,
        positions.safety_stock_quantity,
        positions.reorder_point_quantity,
        positions.order_up_to_quantity,
        positions.maximum_on_hand_quantity,
        positions.on_hand_quantity,
        positions.sellable_quantity,
        positions.available_raw_quantity,
        positions.inventory_position_quantity,
        positions.excess_quantity,
        positions.spare_quantity,
        positions.supplier_code,
        positions.supplier_name,
        offers.supplier_part_number,
        offers.unit_price_amount,
        offers.currency_code,
        offers.minimum_order_quantity,
        offers.pack_quantity,
        offers.order_multiple_quantity,
        coalesce(top_ups.top_up_quantity, 0) as top_up_quantity,
        coalesce(parts.unit_cost_amount, offers.unit_price_amount) as unit_value_amount,
        case when parts.unit_cost_amount is null then offers.currency_code else parts.cost_currency_code end
            as value_currency_code,
        {{ as_of() }} as as_of_at
    from positions
    -- One row per part, and at most one per garage and part, on the right sides.
    inner join parts using (part_id)
    left join offers using (garage_code, part_id)
    left join top_ups using (garage_code, part_id)
)

select * from final
