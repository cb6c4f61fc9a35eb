{{ config(indexes=[{'columns': ['part_id', 'demand_on'], 'unique': true}]) }}

with

demand as (
    select * from {{ ref('int_demand_rolled_up') }}
),

final as (
    select
        part_id,
        demand_on,
        sum(demand_quantity) as demand_quantity,
        count(*) as garage_count
    from demand
    group by part_id, demand_on
)

select * from final
