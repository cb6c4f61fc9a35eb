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

-- What went back already, or is promised to go.
returns as (
    select
        garage_code,
        part_id,
        supplier_code,
        {{ utc_day('approved_at') }} as returned_on,
        sum(sent_quantity + open_quantity) as quantity
    from {{ ref('stg_replenishment__returns') }}
    group by garage_code, part_id, supplier_code, 4
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

open as (
    select received.*, received.received_on + terms.return_days as return_until_on
    from received
    -- One row per supplier on the right side.
    inner join terms using (supplier_code)
    where received.received_on + terms.return_days >= {{ as_of_on() }}
),

-- Of each day on: what came and went since, the deliveries of a day before its returns. What went back was of the newest
-- deliveries at the time; beyond what had come since that day it was of older ones.
moved as (
    select garage_code, part_id, supplier_code, received_on as moved_on, 1 as turn, quantity from open
    union all
    select garage_code, part_id, supplier_code, returned_on, 2, -quantity from returns
),

since as (
    select
        open.*,
        moved.quantity as moved_quantity,
        sum(moved.quantity) over (
            partition by open.garage_code, open.part_id, open.supplier_code, open.received_on
            order by moved.moved_on, moved.turn
        ) as net_quantity
    from open
    inner join moved
        on moved.garage_code = open.garage_code
            and moved.part_id = open.part_id
            and moved.supplier_code = open.supplier_code
            and moved.moved_on >= open.received_on
),

kept as (
    select
        garage_code,
        part_id,
        supplier_code,
        received_on,
        return_until_on,
        sum(moved_quantity) - least(min(net_quantity), 0) as kept_quantity
    from since
    group by garage_code, part_id, supplier_code, received_on, return_until_on
),

-- Beside what is kept of the day and of those after it, what is kept of those after it alone.
beside as (
    select
        *,
        coalesce(lag(kept_quantity) over (
            partition by garage_code, part_id, supplier_code order by received_on desc
        ), 0) as newer_quantity
    from kept
),

final as (
    select
        garage_code,
        part_id,
        supplier_code,
        received_on,
        return_until_on,
        kept_quantity - newer_quantity as quantity,
        newer_quantity
    from beside
    where kept_quantity > newer_quantity
)

select * from final
