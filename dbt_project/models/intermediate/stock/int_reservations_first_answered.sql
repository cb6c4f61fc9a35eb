with

events as (
    select * from {{ ref('stg_reservation__events') }}
),

-- Everything that was told of who waited at some time; all others had what they asked for.
told as (
    select
        *,
        source_code <> 'partsbay' as is_stated,
        -- An act is a file, a message or one request, with what allocation entered because of it.
        coalesce(case
            when source_code <> 'partsbay' then batch_id::text
            when event_type_code = 'REQUESTED' then reservation_number
            else caused_by_number
        end, '') as act_code
    from events
    where reservation_number in (select reservation_number from events where event_type_code = 'BACKORDERED')
        and event_type_code in ('REQUESTED', 'RESERVED', 'PARTIALLY_RESERVED', 'BACKORDERED')
        and (
            source_code <> 'partsbay'
            or (event_type_code = 'REQUESTED' and caused_by_code is distinct from 'REVERSAL')
            or (event_type_code <> 'REQUESTED' and caused_by_code = 'REQUEST')
        )
),

placed as (
    select
        *,
        sum(quantity) filter (where event_type_code = 'REQUESTED') over act as asked_quantity,
        coalesce(sum(quantity) filter (where event_type_code in ('RESERVED', 'PARTIALLY_RESERVED')) over voice, 0)
            as promised_quantity,
        bool_or(not is_stated and event_type_code <> 'REQUESTED') over act as is_allocated,
        -- A garage that states promises and backorders alone asks by the first of them.
        bool_or(event_type_code = 'REQUESTED') over act
            or min(recorded_at) over act = min(recorded_at) over (partition by reservation_number) as is_asking
    from told
    window
        act as (partition by reservation_number, act_code),
        voice as (
            partition by reservation_number, act_code, is_stated
            order by sequence_number, event_at, idempotency_key
            rows unbounded preceding
        )
),

-- Allocation's word on what was free; the garage's own where it told of everything when it was over.
answered as (
    select
        reservation_number,
        max(asked_quantity) as asked_quantity,
        max(promised_quantity) filter (where is_stated <> is_allocated) as promised_quantity,
        greatest((array_agg(
            least(quantity, asked_quantity - promised_quantity) order by sequence_number, event_at, idempotency_key
        ) filter (where event_type_code = 'BACKORDERED' and is_stated <> is_allocated))[1], 0) as unserved_quantity
    from placed
    where is_asking
    group by reservation_number, act_code
),

final as (
    select
        reservation_number,
        sum(coalesce(asked_quantity - unserved_quantity, promised_quantity, 0)) as served_quantity,
        sum(unserved_quantity) as unserved_quantity
    from answered
    group by reservation_number
    having sum(unserved_quantity) > 0
)

select * from final
