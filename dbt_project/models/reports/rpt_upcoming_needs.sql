{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

points as (
    select * from {{ ref('fct_reorder_points') }}
),

garages as (
    select garage_code, garage_name from {{ ref('dim_garages') }}
),

parts as (
    select part_id, brand_code, part_number, description from {{ ref('dim_parts') }}
),

-- The first day at whose end the position has come down to the point by mean demand: then the trigger (F12) fires.
projected as (
    select
        points.*,
        {{ as_of_on() }} + ceil(
            (inventory_position_quantity - reorder_point_quantity) / daily_mean_quantity
        )::integer as order_by_on,
        -- What lasts longer than a year does not run out.
        case
            when available_raw_quantity <= daily_mean_quantity * {{ var('days_per_year') }}
                then {{ as_of_on() }} + floor(greatest(available_raw_quantity, 0) / daily_mean_quantity)::integer
        end as stock_out_on,
        order_up_to_quantity - reorder_point_quantity as raw_quantity
    from points
    where policy_code <> 'NO_STOCK'
        and reorder_point_quantity > 0
        and inventory_position_quantity > reorder_point_quantity
        and inventory_position_quantity - reorder_point_quantity <= daily_mean_quantity * {{ var('upcoming_days') }}
),

final as (
    select
        projected.garage_code,
        garages.garage_name,
        projected.part_id,
        parts.brand_code,
        parts.part_number,
        parts.description,
        projected.supplier_code,
        projected.supplier_name,
        projected.order_by_on,
        projected.stock_out_on,
        projected.inventory_position_quantity,
        projected.reorder_point_quantity,
        projected.daily_mean_quantity,
        projected.raw_quantity,
        round(projected.raw_quantity * projected.unit_price_amount, 4) as raw_amount,
        projected.abc_code,
        projected.currency_code
    from projected
    -- One row per garage and per part on the right sides.
    inner join garages using (garage_code)
    inner join parts using (part_id)
)

select * from final
