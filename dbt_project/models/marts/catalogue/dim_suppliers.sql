{{ config(indexes=[{'columns': ['supplier_code'], 'unique': true}]) }}

with

suppliers as (
    select * from {{ ref('int_suppliers_current') }}
),

terms as (
    select * from {{ ref('int_supplier_terms_current') }}
),

final as (
    select
        suppliers.supplier_code,
        suppliers.supplier_name,
        suppliers.currency_code,
        suppliers.lead_time_days,
        suppliers.lead_time_sd_days,
        suppliers.review_days,
        suppliers.minimum_order_amount,
        suppliers.is_active,
        terms.currency_code as terms_currency_code,
        terms.minimum_order_amount as agreed_minimum_amount,
        terms.free_freight_amount,
        terms.freight_amount,
        terms.hazmat_fee_amount,
        terms.discount_pct,
        terms.core_return_pct,
        terms.order_weekdays,
        terms.cut_off_at,
        terms.return_days
    from suppliers
    -- One row per supplier on both sides.
    inner join terms using (supplier_code)
)

select * from final
