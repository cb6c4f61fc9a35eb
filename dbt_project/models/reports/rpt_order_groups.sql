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

-- Parts of the same supplier that will be needed next and have room below their order-up-to level; in whole packs, so
-- that filling an order never makes excess.
fillers as (
    select
        points.supplier_code,
        points.garage_code,
        points.currency_code,
        points.part_id,
        points.unit_price_amount,
        round(points.inventory_position_quantity / points.daily_mean_quantity, 1) as days_of_cover,
        points.minimum_order_quantity,
        floor(
            (least(points.order_up_to_quantity, points.maximum_on_hand_quantity) - points.inventory_position_quantity)
                / (points.pack_quantity * points.order_multiple_quantity)
        ) * points.pack_quantity * points.order_multiple_quantity as quantity
    from points
    where points.policy_code <> 'NO_STOCK'
        and points.daily_mean_quantity > 0
        and points.unit_price_amount > 0
        and points.inventory_position_quantity < points.order_up_to_quantity
        and not exists (
            select from proposals
            where proposals.garage_code = points.garage_code and proposals.part_id = points.part_id
        )
),

ranked as (
    select
        fillers.*,
        fillers.quantity * fillers.unit_price_amount as amount,
        row_number() over ordered as place_number,
        sum(fillers.quantity * fillers.unit_price_amount) over ordered as reached_amount,
        sum(fillers.quantity * fillers.unit_price_amount) over whole as available_amount
    from fillers
    inner join gapped using (supplier_code, garage_code, currency_code)
    where fillers.quantity > 0
        and fillers.quantity >= fillers.minimum_order_quantity
        and gapped.minimum_gap_amount + gapped.free_freight_gap_amount > 0
    window
        whole as (partition by supplier_code, garage_code, currency_code),
        ordered as (whole order by fillers.days_of_cover, fillers.part_id)
),

-- Up to free freight where the parts suffice for it, else up to the minimum.
wanted as (
    select
        ranked.*,
        case
            when ranked.available_amount >= gapped.free_freight_gap_amount
                then greatest(gapped.free_freight_gap_amount, gapped.minimum_gap_amount)
            else gapped.minimum_gap_amount
        end as gap_amount
    from ranked
    inner join gapped using (supplier_code, garage_code, currency_code)
),

filled as (
    select
        wanted.supplier_code,
        wanted.garage_code,
        wanted.currency_code,
        sum(wanted.amount) as top_up_amount,
        jsonb_agg(
            jsonb_build_object(
                'brand_code', parts.brand_code,
                'part_number', parts.part_number,
                'description', parts.description,
                'quantity', trim_scale(wanted.quantity),
                'amount', round(wanted.amount, 2),
                'days_of_cover', wanted.days_of_cover
            )
            order by wanted.place_number
        ) as candidates
    from wanted
    inner join parts using (part_id)
    where wanted.reached_amount - wanted.amount < wanted.gap_amount
    group by wanted.supplier_code, wanted.garage_code, wanted.currency_code
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
