{{ config(indexes=[{'columns': ['batch_id'], 'unique': true}]) }}

with

batches as (
    select * from {{ ref('stg_ingest__batches') }}
),

suppliers as (
    select supplier_code from {{ ref('dim_suppliers') }}
),

final as (
    select
        batches.batch_id,
        batches.source_code,
        batches.kind,
        batches.received_at,
        batches.state_code,
        batches.row_count,
        batches.quarantined_row_count,
        suppliers.supplier_code,
        {{ as_of() }} as as_of_at
    from batches
    -- One row per supplier; a garage that sends is none.
    left join suppliers on suppliers.supplier_code = batches.source_code
)

select * from final
