with

source as (
    select * from {{ source('audit', 'entries') }}
),

final as (
    select
        transaction_id,
        reservation_number,
        actor,
        service_code,
        action_code,
        garage_code,
        part_id,
        condition_code,
        lot_number,
        work_order_number,
        cardinality(event_hashes) as event_count,
        reason,
        correlation_id,
        recorded_at
    from source
    where {{ was_known() }}
)

select * from final
