{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

surplus as (
    select garage_code, part_id, left_quantity from {{ ref('int_excess_left') }} where left_quantity > 0
),

receipts as (
    select * from {{ ref('int_receipts_returnable') }}
),

-- What came last is what is left over; of an older delivery, so much as the newer ones do not account for. All of it
-- can go back until the window of the oldest closes.
taken_back as (
    select
        surplus.garage_code,
        surplus.part_id,
        receipts.supplier_code,
        floor(sum(least(receipts.quantity, surplus.left_quantity - receipts.newer_quantity))) as return_quantity,
        min(receipts.return_until_on) as return_until_on
    from surplus
    inner join receipts using (garage_code, part_id)
    where receipts.newer_quantity < surplus.left_quantity
    group by surplus.garage_code, surplus.part_id, receipts.supplier_code
),

-- The supplier that takes most, else the one whose window closes first.
final as (
    select distinct on (garage_code, part_id) *
    from taken_back
    where return_quantity > 0
    order by garage_code, part_id, return_quantity desc, return_until_on, supplier_code
)

select * from final
