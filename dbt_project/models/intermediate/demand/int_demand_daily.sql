{{ config(
    indexes=[{'columns': ['garage_code', 'part_id', 'demand_on'], 'unique': true}],
    pre_hook=group_by_sorting()
) }}

with

usage_lines as (
    select * from {{ ref('stg_garage_inventory__usage_lines') }}
),

-- A one-off line says nothing about tomorrow, and a warranty swap replaces a part that was already demanded.
counted as (
    select
        *,
        {{ utc_day('event_at') }} as demand_on
    from usage_lines
    where not is_one_off
        and usage_type_code <> 'WARRANTY'
),

summed as (
    select
        garage_code,
        part_id,
        demand_on,
        coalesce(sum(quantity) filter (where usage_type_code in ('FITTED', 'SOLD_COUNTER', 'INTERNAL')), 0)
            as consumed_quantity,
        coalesce(sum(quantity) filter (where usage_type_code = 'LOST_SALE'), 0) as lost_sale_quantity,
        coalesce(sum(quantity) filter (where usage_type_code = 'EMERGENCY_BUY'), 0) as emergency_buy_quantity,
        coalesce(sum(quantity) filter (where usage_type_code = 'RETURN_UNUSED'), 0) as returned_quantity,
        count(*) as source_line_count
    from counted
    group by garage_code, part_id, demand_on
),

final as (
    select
        garage_code,
        part_id,
        demand_on,
        consumed_quantity,
        lost_sale_quantity,
        emergency_buy_quantity,
        returned_quantity,
        consumed_quantity + lost_sale_quantity + emergency_buy_quantity - returned_quantity as demand_quantity,
        source_line_count
    from summed
)

select * from final
