with

suppliers as (
    select supplier_code, currency_code, minimum_order_amount from {{ ref('int_suppliers_current') }}
),

versions as (
    select * from {{ ref('stg_replenishment__supplier_terms') }}
),

newest as (
    select distinct on (supplier_code) *
    from versions
    order by supplier_code, valid_from_at desc
),

weekdays as (
    select distinct supplier_code, unnest(string_to_array(order_weekdays, ' ')::integer[]) as weekday from newest
),

spaced as (
    select
        supplier_code,
        coalesce(lead(weekday) over week, first_value(weekday) over week + 7) - weekday as gap_days
    from weekdays
    window week as (partition by supplier_code order by weekday)
),

-- The longest wait from one order day to the next; five days a week are as good as every day.
calendars as (
    select supplier_code, case when count(*) < 5 then max(gap_days) else 0 end as order_gap_days
    from spaced
    group by supplier_code
),

-- The first day on which orders are taken, as if today's cut-off were still to come.
next_days as (
    select
        supplier_code,
        {{ as_of_on() }} + min((weekday - extract(isodow from {{ as_of_on() }})::integer + 7) % 7) as next_order_on
    from weekdays
    group by supplier_code
),

final as (
    select
        suppliers.supplier_code,
        coalesce(newest.currency_code, suppliers.currency_code) as currency_code,
        -- The record of a supplier may name a least value as well; that of the terms goes before it.
        coalesce(
            newest.minimum_order_amount,
            case
                when coalesce(newest.currency_code, suppliers.currency_code) = suppliers.currency_code
                    then nullif(suppliers.minimum_order_amount, 0)
            end
        ) as minimum_order_amount,
        newest.free_freight_amount,
        newest.freight_amount,
        newest.hazmat_fee_amount,
        newest.discount_pct,
        newest.core_return_pct,
        newest.order_weekdays,
        coalesce(calendars.order_gap_days, 0) as order_gap_days,
        coalesce(next_days.next_order_on, {{ as_of_on() }}) as next_order_on,
        newest.cut_off_at,
        newest.return_days
    from suppliers
    -- At most one row per supplier on the right sides.
    left join newest using (supplier_code)
    left join calendars using (supplier_code)
    left join next_days using (supplier_code)
)

select * from final
