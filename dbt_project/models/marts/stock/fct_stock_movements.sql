{{ config(indexes=[{'columns': ['movement_id'], 'unique': true}]) }}

with

movements as (
    select * from {{ ref('stg_garage_inventory__movements') }}
),

final as (
    select
        movement_id,
        garage_code,
        part_id,
        {{ utc_day('event_at') }} as movement_on,
        event_at,
        movement_type_code,
        reason_code,
        quantity,
        document_number,
        document_line,
        batch_id,
        line_number
    from movements
)

select * from final
