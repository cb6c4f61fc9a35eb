-- Where no planner said so, nothing is moved beyond the need, and only what is left of it is bought (F15), at least the
-- minimum and rounded up by less than one step (F13).
with

needs as (
    select
        garage_code,
        part_id,
        max(raw_quantity) as raw_quantity,
        coalesce(sum(suggested_quantity) filter (where line_type_code = 'TRANSFER'), 0) as transferred_quantity,
        coalesce(sum(suggested_quantity) filter (where line_type_code = 'BUY'), 0) as bought_quantity,
        max(minimum_order_quantity) as minimum_order_quantity,
        max(pack_quantity * order_multiple_quantity) as step_quantity
    from {{ ref('fct_replenishment_proposals') }}
    group by garage_code, part_id
    having not bool_or(status_code in ('FIRM', 'OVERRIDDEN'))
)

select *
from needs
where transferred_quantity > raw_quantity
    or bought_quantity > 0 and (
        transferred_quantity >= raw_quantity
        or bought_quantity >= greatest(raw_quantity - transferred_quantity, minimum_order_quantity) + step_quantity
    )
