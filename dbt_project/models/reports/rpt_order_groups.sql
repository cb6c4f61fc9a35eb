{{ config(indexes=[{'columns': ['supplier_code', 'garage_code', 'currency_code'], 'unique': true}]) }}

with

proposals as (
    select * from {{ ref('fct_replenishment_proposals') }}
),

orders as (
    select * from {{ ref('fct_purchase_orders') }}
),

points as (
    select * from {{ ref('fct_reorder_points') }}
),

excess as (
    select garage_code, part_id from {{ ref('fct_excess_stock') }}
),

parts as (
    select part_id, brand_code, part_number, description from {{ ref('dim_parts') }}
),

garages as (
    select garage_code, garage_name, time_zone from {{ ref('dim_garages') }}
),

suppliers as (
    select * from {{ ref('dim_suppliers') }}
),

-- What is proposed, and what is approved and still waits to be sent: both go out in the next order.
gathered as (
    select supplier_code, garage_code, currency_code, line_amount, 0::numeric as approved_amount, stock_out_on
    from proposals
    where outcome_code = 'PROPOSED' and line_type_code = 'BUY'
    union all
    select supplier_code, garage_code, currency_code, line_amount, line_amount, null
    from orders
    where status_code = 'APPROVED' and unit_price_amount is not null
),

summed as (
    select
        supplier_code,
        garage_code,
        currency_code,
        count(*)::integer as line_count,
        sum(line_amount) as order_amount,
        sum(approved_amount) as approved_amount,
        min(stock_out_on) as first_stock_out_on
    from gathered
    group by supplier_code, garage_code, currency_code
),

-- Amounts agreed in another currency than that of the order say nothing of it.
agreed as (
    select
        summed.*,
        suppliers.supplier_name,
        garages.garage_name,
        case when suppliers.terms_currency_code = summed.currency_code then suppliers.agreed_minimum_amount end
            as minimum_order_amount,
        case
            when suppliers.terms_currency_code = summed.currency_code and suppliers.freight_amount > 0
                then suppliers.free_freight_amount
        end as free_freight_amount,
        case
            when suppliers.terms_currency_code <> summed.currency_code then null
            when summed.order_amount >= suppliers.free_freight_amount then 0
            else suppliers.freight_amount * summed.line_count
        end as borne_freight_amount,
        replenishment.next_cut_off(
            string_to_array(suppliers.order_weekdays, ' ')::smallint[], suppliers.cut_off_at, garages.time_zone,
            {{ as_of() }}
        ) as order_by_at
    from summed
    -- One row per supplier and per garage on the right sides.
    inner join suppliers using (supplier_code)
    inner join garages using (garage_code)
),

gapped as (
    select
        *,
        greatest(coalesce(minimum_order_amount, 0) - order_amount, 0) as minimum_gap_amount,
        greatest(coalesce(free_freight_amount, 0) - order_amount, 0) as free_freight_gap_amount
    from agreed
),

-- Parts of the same supplier that have room below their level; what is too much already or dead fills no order.
fillers as (
    select
        points.supplier_code,
        points.garage_code,
        points.currency_code,
        points.part_id,
        points.unit_price_amount,
        points.inventory_position_quantity,
        points.daily_mean_quantity,
        points.top_up_quantity,
        points.pack_quantity * points.order_multiple_quantity as step_quantity,
        {{ rounded_quantity(
            '0', 'points.minimum_order_quantity', 'points.pack_quantity', 'points.order_multiple_quantity'
        ) }} as first_quantity
    from points
    where points.top_up_quantity > 0
        and not exists (
            select from excess
            where excess.garage_code = points.garage_code and excess.part_id = points.part_id
        )
),

available as (
    select supplier_code, garage_code, currency_code, sum(top_up_quantity * unit_price_amount) as available_amount
    from fillers
    group by supplier_code, garage_code, currency_code
),

-- Up to free freight where the parts suffice for it, else up to the minimum.
wanted as (
    select
        supplier_code,
        garage_code,
        currency_code,
        case
            when available.available_amount >= gapped.free_freight_gap_amount
                then greatest(gapped.free_freight_gap_amount, gapped.minimum_gap_amount)
            else gapped.minimum_gap_amount
        end as gap_amount
    from gapped
    -- At most one row per order on the right side.
    inner join available using (supplier_code, garage_code, currency_code)
),

-- The least that can be ordered of a part, then one pack after the other, each with what is there before it.
lots as (
    select
        fillers.*,
        wanted.gap_amount,
        case when numbers.lot_number = 1 then fillers.first_quantity else fillers.step_quantity end as lot_quantity,
        case
            when numbers.lot_number = 1 then 0
            else fillers.first_quantity + (numbers.lot_number - 2) * fillers.step_quantity
        end as filled_quantity
    from fillers
    inner join wanted using (supplier_code, garage_code, currency_code)
    cross join lateral generate_series(1, 1 + least(
        (fillers.top_up_quantity - fillers.first_quantity) / fillers.step_quantity,
        ceil(wanted.gap_amount / (fillers.step_quantity * fillers.unit_price_amount))
    )::integer) as numbers (lot_number)
    where wanted.gap_amount > 0
),

-- Whatever lasts the fewest days comes first; a part of which the least alone is worth more than is missing, last.
ranked as (
    select
        *,
        lot_quantity * unit_price_amount as lot_amount,
        sum(lot_quantity * unit_price_amount) over (
            partition by supplier_code, garage_code, currency_code
            order by
                first_quantity * unit_price_amount > gap_amount,
                (inventory_position_quantity + filled_quantity) / daily_mean_quantity,
                part_id,
                filled_quantity
        ) as reached_amount
    from lots
),

taken as (
    select
        supplier_code,
        garage_code,
        currency_code,
        part_id,
        min(inventory_position_quantity / daily_mean_quantity) as days_of_cover,
        sum(lot_quantity) as quantity,
        sum(lot_amount) as amount
    from ranked
    where reached_amount - lot_amount < gap_amount
    group by supplier_code, garage_code, currency_code, part_id
),

filled as (
    select
        taken.supplier_code,
        taken.garage_code,
        taken.currency_code,
        sum(taken.amount) as top_up_amount,
        jsonb_agg(
            jsonb_build_object(
                'brand_code', parts.brand_code,
                'part_number', parts.part_number,
                'description', parts.description,
                'quantity', trim_scale(taken.quantity),
                'amount', round(taken.amount, 2),
                'days_of_cover', round(taken.days_of_cover, 1)
            )
            order by taken.days_of_cover, taken.part_id
        ) as candidates
    from taken
    inner join parts using (part_id)
    group by taken.supplier_code, taken.garage_code, taken.currency_code
),

final as (
    select
        gapped.supplier_code,
        gapped.supplier_name,
        gapped.garage_code,
        gapped.garage_name,
        case
            when gapped.minimum_gap_amount > coalesce(filled.top_up_amount, 0) then 'BELOW_MINIMUM'
            when gapped.free_freight_gap_amount > 0 and filled.top_up_amount >= gapped.free_freight_gap_amount
                then 'TOP_UP_TO_FREE_FREIGHT'
            when gapped.minimum_gap_amount > 0 then 'TOP_UP_TO_MINIMUM'
            else 'ORDER'
        end as action_code,
        gapped.order_by_at,
        gapped.line_count,
        gapped.order_amount,
        gapped.approved_amount,
        gapped.minimum_order_amount,
        gapped.minimum_gap_amount,
        gapped.free_freight_amount,
        gapped.free_freight_gap_amount,
        gapped.borne_freight_amount,
        coalesce(filled.top_up_amount, 0) as top_up_amount,
        coalesce(filled.candidates, '[]') as candidates,
        gapped.first_stock_out_on,
        gapped.currency_code
    from gapped
    left join filled using (supplier_code, garage_code, currency_code)
)

select * from final
