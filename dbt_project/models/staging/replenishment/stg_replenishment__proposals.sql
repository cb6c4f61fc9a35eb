with

source as (
    select * from {{ source('replenishment', 'proposals') }}
),

final as (
    select
        proposal_id,
        revision_number,
        as_of_at,
        line_type_code,
        garage_code,
        part_id,
        supplier_code,
        quantity,
        unit_price_amount,
        currency_code,
        status_code,
        change_code,
        explanation,
        recorded_at
    from source
    where as_of_at <= {{ as_of() }}
)

select * from final
