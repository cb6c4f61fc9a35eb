{{ config(indexes=[{'columns': ['group_code', 'member_code'], 'unique': true}]) }}

with

points as (
    select * from {{ ref('fct_reorder_points') }}
),

demand as (
    select *
    from {{ ref('fct_demand') }}
    where demand_on >= {{ as_of_on() }} - {{ var('demand_window_days') }} and demand_on < {{ as_of_on() }}
),

garages as (
    select garage_code, garage_name from {{ ref('dim_garages') }}
),

suppliers as (
    select supplier_code, supplier_name from {{ ref('dim_suppliers') }}
),

asked as (
    select
        garage_code,
        part_id,
        sum(demand_quantity + returned_quantity) as asked_quantity,
        sum(lost_sale_quantity) as lost_sale_quantity,
        sum(emergency_buy_quantity) as emergency_buy_quantity,
        sum(waited_quantity) as waited_quantity
    from demand
    group by garage_code, part_id
),

-- Parts that are stocked, and whatever else was asked for: special orders, and parts that others have replaced.
measured as (
    select
        coalesce(points.policy_code <> 'NO_STOCK' and points.order_up_to_quantity > 0, false) as is_stocked,
        garage_code,
        points.supplier_code,
        points.abc_code,
        points.xyz_code,
        points.service_level_pct,
        points.available_raw_quantity > 0 as is_in_stock,
        coalesce(asked.asked_quantity, 0) as asked_quantity,
        coalesce(asked.lost_sale_quantity, 0) as lost_sale_quantity,
        coalesce(asked.emergency_buy_quantity, 0) as emergency_buy_quantity,
        coalesce(asked.waited_quantity, 0) as waited_quantity,
        coalesce(asked.lost_sale_quantity + asked.emergency_buy_quantity + asked.waited_quantity, 0) as missed_quantity
    from points
    -- One row per garage and part on both sides.
    full join asked using (garage_code, part_id)
),

placed as (
    select
        measured.*,
        groups.group_code,
        groups.member_code
    from measured
    cross join lateral (values
        ('NETWORK', case when is_stocked then 'STOCKED' else 'OTHER' end),
        ('CLASS', case when is_stocked then abc_code || xyz_code end),
        ('GARAGE', case when is_stocked then garage_code end),
        ('SUPPLIER', case when is_stocked then coalesce(supplier_code, '-') end)
    ) as groups (group_code, member_code)
    where groups.member_code is not null and (measured.is_stocked or measured.asked_quantity > 0)
),

summed as (
    select
        group_code,
        member_code,
        count(*)::integer as part_count,
        100.0 * count(*) filter (where is_in_stock) / count(*) as in_stock_pct,
        -- Each part counts by what was asked for of it, as it does in what was reached.
        sum(service_level_pct * asked_quantity) / nullif(sum(asked_quantity), 0) as target_pct,
        100 * (1 - sum(missed_quantity) / nullif(sum(asked_quantity), 0)) as reached_pct,
        count(*) filter (where asked_quantity > 0)::integer as asked_part_count,
        count(*) filter (
            where asked_quantity > 0 and 100 * (1 - missed_quantity / nullif(asked_quantity, 0)) < service_level_pct
        )::integer as below_target_count,
        sum(asked_quantity) as asked_quantity,
        sum(lost_sale_quantity) as lost_sale_quantity,
        sum(emergency_buy_quantity) as emergency_buy_quantity,
        sum(waited_quantity) as waited_quantity
    from placed
    group by group_code, member_code
),

final as (
    select
        summed.group_code,
        summed.member_code,
        coalesce(garages.garage_name, suppliers.supplier_name) as member_name,
        summed.part_count,
        case when summed.member_code <> 'OTHER' then round(summed.in_stock_pct, 1) end as in_stock_pct,
        case when summed.member_code <> 'OTHER' then round(summed.target_pct, 1) end as target_pct,
        round(summed.reached_pct, 1) as reached_pct,
        case when summed.member_code <> 'OTHER' then round(summed.reached_pct, 1) - round(summed.target_pct, 1) end as gap_pct,
        summed.asked_part_count,
        case when summed.member_code <> 'OTHER' then summed.below_target_count end as below_target_count,
        summed.asked_quantity,
        summed.lost_sale_quantity,
        summed.emergency_buy_quantity,
        summed.waited_quantity,
        {{ as_of_on() }} - {{ var('demand_window_days') | int }} as from_on,
        {{ as_of_on() }} - 1 as to_on
    from summed
    -- One row per garage and supplier on the right sides.
    left join garages on summed.group_code = 'GARAGE' and garages.garage_code = summed.member_code
    left join suppliers on summed.group_code = 'SUPPLIER' and suppliers.supplier_code = summed.member_code
)

select * from final
