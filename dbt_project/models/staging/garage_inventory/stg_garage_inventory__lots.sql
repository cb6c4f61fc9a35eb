with

source as (
    select * from {{ source('garage_inventory', 'lots') }}
),

newest as (
    select distinct on (part_id, lot_number) *
    from source
    where stated_at <= {{ as_of() }}
        and {{ was_known() }}
    order by part_id, lot_number, stated_at desc
),

final as (
    select
        part_id,
        lot_number,
        stated_at,
        expires_on,
        manufactured_on,
        supplier_code,
        received_at,
        actor,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from newest
)

select * from final
