{{ config(indexes=[{'columns': ['garage_code'], 'unique': true}]) }}

with

garages as (
    select * from {{ ref('int_garages_current') }}
),

final as (
    select
        garage_code,
        garage_name,
        country_code,
        time_zone,
        currency_code
    from garages
)

select * from final
