{{ config(indexes=[{'columns': ['transfer_number'], 'unique': true}]) }}

with

events as (
    select * from {{ ref('stg_garage_inventory__transfer_events') }}
),

folded as (
    {{ folded_transfers('events') }}
),

final as (
    select
        transfer_number,
        from_garage_code,
        to_garage_code,
        part_id,
        condition_code,
        reservation_number,
        requested_quantity,
        cancelled_quantity,
        shipped_quantity,
        received_quantity,
        short_quantity,
        open_quantity,
        in_transit_quantity,
        case
            when in_transit_quantity > 0 then 'IN_TRANSIT'
            when open_quantity > 0 and shipped_quantity > 0 then 'PARTIALLY_SHIPPED'
            when open_quantity > 0 then 'REQUESTED'
            when shipped_quantity = 0 then 'CANCELLED'
            when short_quantity > 0 then 'RECEIVED_SHORT'
            else 'RECEIVED'
        end as status_code,
        requested_at,
        shipped_at,
        received_at,
        due_at,
        -- The clock starts when the first unit leaves and stops when the last is there.
        case
            when received_quantity > 0 and in_transit_quantity = 0
                then round((extract(epoch from received_at - shipped_at) / 86400)::numeric, 3)
        end as transit_days,
        (due_at < {{ as_of() }} and (open_quantity > 0 or in_transit_quantity > 0)) is true as is_overdue,
        {{ as_of() }} as as_of_at
    from folded
)

select * from final
