with

source as (
    select * from {{ source('replenishment', 'demand_uplifts') }}
),

known as (
    select * from source
    where {{ was_known() }}
),

final as (
    select distinct on (uplift_id)
        uplift_id,
        revision_number,
        garage_code,
        part_id,
        category_code,
        factor_pct,
        from_on,
        to_on,
        actor,
        reason,
        event_at,
        recorded_at
    from known
    where event_at <= {{ as_of() }}
    order by uplift_id, revision_number desc
)

select * from final
