{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

excess as (
    select * from {{ ref('fct_excess_stock') }}
),

garages as (
    select garage_code, garage_name from {{ ref('dim_garages') }}
),

parts as (
    select part_id, brand_code, part_number, description from {{ ref('dim_parts') }}
),

suppliers as (
    select supplier_code, supplier_name from {{ ref('dim_suppliers') }}
),

final as (
    select
        excess.action_code,
        excess.affected_quantity,
        excess.garage_code,
        garages.garage_name,
        excess.part_id,
        parts.brand_code,
        parts.part_number,
        parts.description,
        excess.excess_quantity,
        excess.excess_amount,
        excess.is_dead,
        excess.dead_amount,
        excess.to_garage_code,
        receiving.garage_name as to_garage_name,
        excess.supplier_code,
        excess.return_until_on,
        suppliers.supplier_name,
        excess.on_hand_quantity,
        excess.order_up_to_quantity,
        excess.excess_days,
        excess.last_demand_on,
        excess.abc_code,
        excess.currency_code
    from excess
    -- One row per garage, part and supplier on the right sides.
    inner join garages using (garage_code)
    inner join parts using (part_id)
    left join garages as receiving on receiving.garage_code = excess.to_garage_code
    left join suppliers on suppliers.supplier_code = excess.supplier_code
)

select * from final
