{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'available_on'], 'unique': true}]) }}

with

available as (
    select * from {{ ref('int_available_to_promise') }}
),

final as (
    select
        garage_code,
        part_id,
        available_on,
        confirmed_quantity,
        waiting_quantity,
        available_quantity,
        available_raw_quantity,
        {{ as_of() }} as as_of_at
    from available
)

select * from final
