-- What each life cycle allows: a part may be sold from stock that is ordered no more, and some are neither.

-- The same in every region, so no rows of a table that regions copy from each other.
create view catalogue.life_cycles as
select *
from (
    values
        ('0', 'proposed', false, false),
        ('1', 'released', false, false),
        ('2', 'available to order', true, true),
        ('3', 'electronically announced', false, false),
        ('4', 'announced', false, false),
        ('5', 'temporarily unavailable', false, false),
        ('6', 'renumbered', false, false),
        ('7', 'superseded', false, true),
        ('8', 'discontinued', false, true),
        ('9', 'obsolete', false, false),
        ('A', 'only while supplies last', true, true)
) as cycles (lifecycle_code, lifecycle_name, is_orderable, is_sold_from_stock);
comment on view catalogue.life_cycles is 'One row per life-cycle status of PIES: whether such a part is ordered, and whether it is sold from stock.';
grant select on catalogue.life_cycles to partsbay_pipeline;
