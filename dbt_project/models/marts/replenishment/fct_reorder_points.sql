{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

points as (
    select * from {{ ref('int_reorder_points') }}
),

positions as (
    select * from {{ ref('int_positions_rolled_up') }}
),

inventory as (
    select garage_code, part_id, inventory_position_quantity from {{ ref('int_inventory_positions') }}
),

offers as (
    select * from {{ ref('int_offers_ranked') }} where is_chosen
),

parts as (
    select part_id, unit_cost_amount, currency_code as cost_currency_code from {{ ref('int_parts_current') }}
),

final as (
    select
        points.garage_code,
        points.part_id,
        points.policy_code,
        points.demand_class_code,
        points.abc_code,
        points.xyz_code,
        points.service_level_pct,
        points.daily_mean_quantity,
        points.lead_time_days,
        points.safety_stock_quantity,
        points.reorder_point_quantity,
        points.order_up_to_quantity,
        points.maximum_on_hand_quantity,
        positions.on_hand_quantity,
        positions.sellable_quantity,
        positions.available_raw_quantity,
        inventory.inventory_position_quantity,
        points.supplier_code,
        points.supplier_name,
        offers.supplier_part_number,
        offers.unit_price_amount,
        offers.currency_code,
        offers.minimum_order_quantity,
        offers.pack_quantity,
        offers.order_multiple_quantity,
        coalesce(parts.unit_cost_amount, offers.unit_price_amount) as unit_value_amount,
        case when parts.unit_cost_amount is null then offers.currency_code else parts.cost_currency_code end
            as value_currency_code,
        {{ as_of() }} as as_of_at
    from points
    -- One row per garage and part, and per part, on every side.
    inner join positions using (garage_code, part_id)
    inner join inventory using (garage_code, part_id)
    inner join parts using (part_id)
    left join offers using (garage_code, part_id)
)

select * from final
