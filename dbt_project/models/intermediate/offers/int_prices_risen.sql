{{ config(indexes=[{'columns': ['supplier_code', 'part_id', 'break_quantity'], 'unique': true}]) }}

with

eligible as (
    select * from {{ ref('int_offers_eligible') }}
),

stated as (
    select * from {{ ref('int_offers_stated') }} where not is_held
),

latest as (
    select * from stated where is_latest
),

-- What the same offer asked then: the last that had been stated, and had begun, by that day.
earlier as (
    select distinct on (supplier_code, part_id, price_type_code, break_quantity) *
    from stated
    where stated_at <= {{ as_of() }} - interval '{{ var("price_rise_days") | int }} days'
        and coalesce(effective_from_on <= {{ as_of_on() }} - {{ var('price_rise_days') | int }}, true)
    order by supplier_code, part_id, price_type_code, break_quantity, stated_at desc
),

final as (
    select
        eligible.supplier_code,
        eligible.part_id,
        eligible.break_quantity,
        round(100 * (latest.unit_price_amount / earlier.unit_price_amount - 1), 1) as price_rise_pct
    from eligible
    -- One row per offer and break on both right sides.
    inner join latest using (supplier_code, part_id, price_type_code, break_quantity)
    inner join earlier using (supplier_code, part_id, price_type_code, break_quantity)
    -- Prices of other units or money, or of packs of another size, say nothing about each other.
    where (latest.currency_code, latest.price_uom_code) = (earlier.currency_code, earlier.price_uom_code)
        and latest.pack_quantity = earlier.pack_quantity
        and earlier.unit_price_amount > 0
        and latest.unit_price_amount > earlier.unit_price_amount * (1 + {{ var('price_rise_pct') }} / 100.0)
)

select * from final
