with

garages as (
    select garage_code, is_retired from {{ ref('int_garages_current') }}
),

stated as (
    select * from {{ ref('stg_replenishment__transfer_routes') }}
),

-- Every pair of garages; a closed one may send what it has left, and gets nothing.
final as (
    select
        donors.garage_code as from_garage_code,
        recipients.garage_code as to_garage_code,
        coalesce(stated.transit_days, {{ var('default_transit_days') }})::integer as transit_days,
        coalesce(stated.transfer_cost_amount, {{ var('default_transfer_cost_amount') }})::numeric as transfer_cost_amount
    from garages as donors
    inner join garages as recipients
        on donors.garage_code <> recipients.garage_code
            and not recipients.is_retired
    -- At most one row per pair on the right side.
    left join stated
        on stated.from_garage_code = donors.garage_code
            and stated.to_garage_code = recipients.garage_code
    where not coalesce(stated.is_closed, false)
)

select * from final
