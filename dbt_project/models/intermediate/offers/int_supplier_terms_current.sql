with

suppliers as (
    select supplier_code, currency_code, minimum_order_amount from {{ ref('int_suppliers_current') }}
),

versions as (
    select * from {{ ref('stg_replenishment__supplier_terms') }}
),

newest as (
    select distinct on (supplier_code) *
    from versions
    order by supplier_code, valid_from_at desc
),

final as (
    select
        suppliers.supplier_code,
        coalesce(newest.currency_code, suppliers.currency_code) as currency_code,
        -- The record of a supplier may name a least value as well; that of the terms goes before it.
        coalesce(
            newest.minimum_order_amount,
            case
                when coalesce(newest.currency_code, suppliers.currency_code) = suppliers.currency_code
                    then nullif(suppliers.minimum_order_amount, 0)
            end
        ) as minimum_order_amount,
        newest.free_freight_amount,
        newest.freight_amount,
        newest.hazmat_fee_amount,
        newest.discount_pct,
        newest.core_return_pct,
        newest.order_weekdays,
        newest.cut_off_at,
        newest.return_days
    from suppliers
    -- At most one row per supplier on the right side.
    left join newest using (supplier_code)
)

select * from final
