{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

needs as (
    select * from {{ ref('int_needs_triggered') }}
),

-- Numbers of a need that hang on no line of it, put together while transfers are still being worked out.
final as (
    select
        garage_code,
        part_id,
        {{ position_parts() }} as ip_parts,
        {{ calculation() }} as calculation
    from needs
)

select * from final
