-- Which stock is to be counted next, so that a garage counts all the year round and never all at once.

-- The same in every region, so no rows of a table that regions copy from each other.
create view garage_inventory.count_intervals as
select *
from (values ('A', 30), ('B', 90), ('C', 180), ('D', 365)) as intervals (stocking_class_code, interval_days);
comment on view garage_inventory.count_intervals is 'One row per stocking class: within how many days such a part is counted again.';

create function garage_inventory.counting_plan_at(at timestamptz) returns table (
    garage_code text, part_id uuid, stocking_class_code text, reason_code text, due_on date, last_counted_at timestamptz,
    cell_count bigint, value_amount numeric
)
    language sql stable
    set search_path = pg_catalog
as $$
    with there as (
        select cells.garage_code, cells.part_id, count(*) as cell_count, sum(cells.on_hand_quantity) as quantity,
            -- The cell that nobody has counted for longest speaks for the part.
            case when bool_and(cells.counted_at is not null) then min(cells.counted_at) end as counted_at
        from garage_inventory.cells
        where cells.on_hand_quantity <> 0 and cells.condition_code <> 'IN_TRANSIT'
        group by cells.garage_code, cells.part_id
    ),

    disputed as (
        select variances.garage_code, variances.part_id, min(variances.counted_at) as counted_at
        from garage_inventory.count_variances_at('infinity') as variances
        where variances.needs_recount
        group by variances.garage_code, variances.part_id
    ),

    planned as (
        select garage_code, part_id, coalesce(parts.stocking_class_code, 'D') as stocking_class_code,
            case when disputed.counted_at is not null then 'RECOUNT' when there.counted_at is null then 'NEVER_COUNTED'
                else 'DUE' end as reason_code,
            case
                when disputed.counted_at is not null then (disputed.counted_at at time zone 'UTC')::date
                when there.counted_at is null then (counting_plan_at.at at time zone 'UTC')::date
                else (there.counted_at at time zone 'UTC')::date + intervals.interval_days
            end as due_on,
            coalesce(there.counted_at, disputed.counted_at) as last_counted_at,
            coalesce(there.cell_count, 0) as cell_count,
            there.quantity * garage_inventory.unit_cost_amount(part_id, counting_plan_at.at) as value_amount
        from there
        full join disputed using (garage_code, part_id)
        left join catalogue.parts_at(counting_plan_at.at) as parts using (part_id)
        left join garage_inventory.count_intervals as intervals
            on intervals.stocking_class_code = coalesce(parts.stocking_class_code, 'D')
    )

    select planned.* from planned
    where planned.due_on <= (counting_plan_at.at at time zone 'UTC')::date
$$;
comment on function garage_inventory.counting_plan_at is 'One row per garage and part that is to be counted by a moment: RECOUNT, the last count was too far off; NEVER_COUNTED, some of what is there; DUE, longer ago than its stocking class allows.';
revoke execute on function garage_inventory.counting_plan_at from public;
grant execute on function garage_inventory.counting_plan_at to partsbay_pipeline;
grant select on garage_inventory.count_intervals to partsbay_pipeline;
