{{ config(indexes=[{'columns': ['supplier_code', 'category_code'], 'unique': true}]) }}

with

lines as (
    select * from {{ ref('stg_replenishment__order_lines') }}
),

receipts as (
    select * from {{ ref('stg_replenishment__order_receipts') }}
),

promises as (
    select * from {{ ref('stg_replenishment__order_promises') }}
),

parts as (
    select part_id, category_code from {{ ref('int_parts_current') }}
),

offers as (
    select distinct supplier_code, category_code from {{ ref('int_offers_judged') }}
),

suppliers as (
    select supplier_code, lead_time_days, lead_time_sd_days from {{ ref('int_suppliers_current') }}
),

-- The clock starts when the order is sent; a line that is still to come in part is no observation yet.
observed as (
    select
        lines.supplier_code,
        parts.category_code,
        round((extract(epoch from lines.last_received_at - lines.sent_at) / 86400)::numeric, 3) as days,
        row_number() over (
            partition by lines.supplier_code, parts.category_code
            order by lines.last_received_at desc, lines.purchase_order_number, lines.line_number
        ) as recency_rank
    from lines
    -- One row per part on the right side.
    inner join parts using (part_id)
    where lines.received_quantity > 0
        and lines.open_quantity = 0
        and lines.last_received_at >= lines.sent_at
),

classes as (
    select
        supplier_code,
        category_code,
        count(*) as observation_count,
        round((percentile_cont(0.5) within group (order by days))::numeric, 2) as median_days,
        round(stddev_samp(days), 2) as sd_days
    from observed
    where recency_rank <= {{ var('lead_time_observations') | int }}
    group by supplier_code, category_code
),

wholes as (
    select
        supplier_code,
        count(*) as supplier_observation_count,
        round(avg(days), 2) as mean_days,
        round(stddev_samp(days), 2) as supplier_sd_days
    from observed
    group by supplier_code
),

in_time as (
    select
        promises.purchase_order_number,
        promises.line_number,
        sum(receipts.quantity) as on_time_quantity
    from promises
    inner join receipts using (purchase_order_number, line_number)
    where {{ utc_day('receipts.received_at') }} <= promises.promised_on
    group by promises.purchase_order_number, promises.line_number
),

-- Lines whose first promise is over, or that came whole before it; where nobody named a day none was kept or broken.
promised as (
    select
        lines.supplier_code,
        parts.category_code,
        sum(lines.ordered_quantity) as promised_quantity,
        sum(least(coalesce(in_time.on_time_quantity, 0), lines.ordered_quantity)) as on_time_quantity
    from lines
    inner join parts using (part_id)
    -- One row per line of an order on the right sides.
    inner join promises using (purchase_order_number, line_number)
    left join in_time using (purchase_order_number, line_number)
    where lines.sent_at is not null
        and lines.status_code <> 'CANCELLED'
        and promises.promised_on is not null
        and (promises.promised_on < {{ as_of_on() }} or (lines.open_quantity = 0 and lines.received_quantity > 0))
    group by lines.supplier_code, parts.category_code
),

pairs as (
    select supplier_code, category_code from offers
    union
    select supplier_code, category_code from classes
    union
    select supplier_code, category_code from promised
),

final as (
    select
        supplier_code,
        category_code,
        coalesce(classes.observation_count, 0) as observation_count,
        coalesce(wholes.supplier_observation_count, 0) as supplier_observation_count,
        case
            when classes.observation_count >= {{ var('lead_time_minimum_observations') | int }} then 'CLASS_MEDIAN'
            when wholes.supplier_observation_count > 0 then 'SUPPLIER_MEAN'
            else 'QUOTED'
        end as lead_time_source_code,
        case
            when classes.observation_count >= {{ var('lead_time_minimum_observations') | int }} then classes.median_days
            else coalesce(wholes.mean_days, suppliers.lead_time_days)
        end as lead_time_days,
        case
            when classes.observation_count >= {{ var('lead_time_minimum_observations') | int }} then classes.sd_days
            -- One observation has no spread.
            else coalesce(wholes.supplier_sd_days, suppliers.lead_time_sd_days)
        end as lead_time_sd_days,
        suppliers.lead_time_days as quoted_lead_time_days,
        promised.promised_quantity,
        promised.on_time_quantity,
        round(100 * promised.on_time_quantity / promised.promised_quantity, 2) as on_time_pct
    from pairs
    -- One row per supplier, and per supplier and category, on the right sides.
    inner join suppliers using (supplier_code)
    left join classes using (supplier_code, category_code)
    left join wholes using (supplier_code)
    left join promised using (supplier_code, category_code)
)

select * from final
