with

reservations as (
    select * from {{ ref('int_reservations_folded') }}
),

final as (
    select
        reservation_number,
        garage_code,
        part_id,
        condition_code,
        work_order_number,
        need_by_at,
        expires_at,
        reserved_quantity,
        backordered_quantity
    from reservations
    where not is_ended
        and (reserved_quantity > 0 or backordered_quantity > 0)
)

select * from final
