{{ config(indexes=[{'columns': ['source_code', 'kind', 'due_at'], 'unique': true}]) }}

with

arrivals as (
    select * from {{ ref('stg_ingest__feed_arrivals') }}
),

suppliers as (
    select * from {{ ref('dim_suppliers') }}
),

final as (
    select
        arrivals.source_code,
        arrivals.kind,
        arrivals.due_at,
        arrivals.late_after_at,
        arrivals.arrived_at,
        coalesce(arrivals.arrived_at <= arrivals.late_after_at, false) as is_on_time,
        suppliers.supplier_code,
        {{ as_of() }} as as_of_at
    from arrivals
    -- One row per supplier; a garage that sends is none.
    left join suppliers on suppliers.supplier_code = arrivals.source_code
)

select * from final
