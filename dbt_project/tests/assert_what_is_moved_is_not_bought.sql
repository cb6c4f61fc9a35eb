-- Where no planner said so, nothing is moved beyond the need, and only what is left of it is bought (F15).
with

needs as (
    select
        garage_code,
        part_id,
        max(raw_quantity) as raw_quantity,
        sum(suggested_quantity) filter (where line_type_code = 'TRANSFER') as transferred_quantity,
        bool_or(line_type_code = 'BUY' and proposed_quantity > 0) as is_bought
    from {{ ref('fct_replenishment_proposals') }}
    group by garage_code, part_id
    having not bool_or(status_code in ('FIRM', 'OVERRIDDEN'))
)

select *
from needs
where transferred_quantity > raw_quantity
    or transferred_quantity = raw_quantity and is_bought
