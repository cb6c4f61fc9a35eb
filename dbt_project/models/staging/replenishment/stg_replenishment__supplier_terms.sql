with

source as (
    select * from {{ source('replenishment', 'supplier_terms') }}
),

final as (
    select
        supplier_code,
        valid_from_at,
        currency_code,
        minimum_order_amount,
        free_freight_amount,
        freight_amount,
        hazmat_fee_amount,
        discount_pct,
        core_return_pct,
        -- As text: dbt cannot make up an empty array for a unit test.
        array_to_string(order_weekdays, ' ') as order_weekdays,
        cut_off_at,
        return_days,
        recorded_at
    from source
    where {{ was_known() }} and valid_from_at <= {{ as_of() }}
)

select * from final
