with

garages as (
    select garage_code, is_retired from {{ ref('int_garages_current') }}
),

-- Every pair of garages; a closed one may send what it has left, and gets nothing.
final as (
    select
        donors.garage_code as from_garage_code,
        recipients.garage_code as to_garage_code,
        {{ var('default_transit_days') }}::integer as transit_days,
        {{ var('default_transfer_cost_amount') }}::numeric as transfer_cost_amount
    from garages as donors
    inner join garages as recipients
        on donors.garage_code <> recipients.garage_code
            and not recipients.is_retired
)

select * from final
