with

source as (
    select * from {{ source('replenishment', 'transfer_routes') }}
),

known as (
    select * from source
    where {{ was_known() }}
),

final as (
    select distinct on (from_garage_code, to_garage_code)
        from_garage_code,
        to_garage_code,
        revision_number,
        transit_days,
        transfer_cost_amount,
        is_closed,
        actor,
        reason,
        event_at,
        recorded_at
    from known
    where event_at <= {{ as_of() }}
    order by from_garage_code, to_garage_code, revision_number desc
)

select * from final
