{{ config(indexes=[{'columns': ['supplier_code'], 'unique': true}]) }}

with

suppliers as (
    select * from {{ ref('int_suppliers_current') }}
),

final as (
    select
        supplier_code,
        supplier_name,
        currency_code,
        lead_time_days,
        lead_time_sd_days,
        review_days,
        minimum_order_amount,
        is_active
    from suppliers
)

select * from final
