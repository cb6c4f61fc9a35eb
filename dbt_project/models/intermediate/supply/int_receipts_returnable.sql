{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'supplier_code', 'received_on'], 'unique': true}]) }}

with

receipts as (
    select * from {{ ref('stg_garage_inventory__receipts') }}
),

orders as (
    select distinct purchase_order_number, supplier_code as order_supplier_code
    from {{ ref('stg_replenishment__order_lines') }}
    where purchase_order_number is not null
),

terms as (
    select supplier_code, return_days from {{ ref('int_supplier_terms_current') }} where return_days is not null
),

-- A delivery that names no supplier is that of its order.
received as (
    select
        receipts.garage_code,
        receipts.part_id,
        coalesce(receipts.supplier_code, orders.order_supplier_code) as supplier_code,
        {{ utc_day('receipts.event_at') }} as received_on,
        sum(receipts.quantity) as quantity
    from receipts
    -- At most one row per order on the right side.
    left join orders using (purchase_order_number)
    where receipts.condition_code = 'NEW'
    group by receipts.garage_code, receipts.part_id, 3, 4
),

final as (
    select
        received.garage_code,
        received.part_id,
        supplier_code,
        received.received_on,
        received.received_on + terms.return_days as return_until_on,
        received.quantity,
        -- Units that came of the supplier since.
        sum(received.quantity) over (
            partition by received.garage_code, received.part_id, supplier_code
            order by received.received_on desc
        ) - received.quantity as newer_quantity
    from received
    -- One row per supplier on the right side.
    inner join terms using (supplier_code)
    where received.received_on + terms.return_days >= {{ as_of_on() }}
)

select * from final
