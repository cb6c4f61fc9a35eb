{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'stock_on'], 'unique': true}]) }}

with

stock_days as (
    select * from {{ ref('int_stock_days') }}
),

final as (
    select
        garage_code,
        part_id,
        stock_on,
        change_quantity,
        closing_stock_quantity,
        is_stock_known
    from stock_days
)

select * from final
