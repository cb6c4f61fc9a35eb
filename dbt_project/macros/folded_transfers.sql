{# Transfers as far as each has come: quantities in base units and moments of its events, a row a transfer. #}
{% macro folded_transfers(events) %}
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
        requested_quantity - cancelled_quantity - shipped_quantity as open_quantity,
        shipped_quantity - received_quantity - short_quantity as in_transit_quantity,
        requested_at,
        shipped_at,
        received_at,
        due_at
    from (
        select
            transfer_number,
            from_garage_code,
            to_garage_code,
            part_id,
            condition_code,
            max(reservation_number) as reservation_number,
            coalesce(sum(quantity) filter (where event_type_code = 'REQUESTED'), 0) as requested_quantity,
            coalesce(sum(quantity) filter (where event_type_code = 'CANCELLED'), 0) as cancelled_quantity,
            coalesce(sum(quantity) filter (where event_type_code = 'SHIPPED'), 0) as shipped_quantity,
            coalesce(sum(quantity) filter (where event_type_code = 'RECEIVED'), 0) as received_quantity,
            coalesce(sum(quantity) filter (where event_type_code = 'SHORT'), 0) as short_quantity,
            min(event_at) filter (where event_type_code = 'REQUESTED') as requested_at,
            min(event_at) filter (where event_type_code = 'SHIPPED') as shipped_at,
            max(event_at) filter (where event_type_code = 'RECEIVED') as received_at,
            max(due_at) as due_at
        from {{ events }}
        group by transfer_number, from_garage_code, to_garage_code, part_id, condition_code
    ) as summed
{% endmacro %}
