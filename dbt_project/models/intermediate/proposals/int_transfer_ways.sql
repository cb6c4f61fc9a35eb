{# Of tables that were just made nothing is known; every part would be joined with every route. #}
{{ config(pre_hook=[
    "analyze {{ ref('int_positions_planned') }} (garage_code, part_id, spare_quantity)",
    "analyze {{ ref('int_needs_triggered') }} (garage_code, part_id)",
    "analyze {{ ref('int_transfer_routes') }} (from_garage_code, to_garage_code)",
]) }}

with

positions as (
    select * from {{ ref('int_positions_planned') }}
),

needs as (
    select * from {{ ref('int_needs_triggered') }}
),

acts as (
    select * from {{ ref('int_planner_acts') }}
),

eligible as (
    select distinct part_id, supplier_code from {{ ref('int_offers_eligible') }}
),

-- What planners said is to be bought, where it can be.
bought as (
    select acts.*
    from acts
    -- One row per part and supplier on the right side.
    left join eligible using (part_id, supplier_code)
    where acts.line_type_code = 'BUY'
        and acts.act_code in ('FIRM', 'OVERRIDE')
        and (acts.supplier_code is null or eligible.part_id is not null)
),

moved as (
    select * from acts where line_type_code = 'TRANSFER'
),

parts as (
    select part_id, criticality_code, lifecycle_code from {{ ref('int_parts_current') }}
),

garages as (
    select garage_code, currency_code as garage_currency_code from {{ ref('int_garages_current') }}
),

offers as (
    select * from {{ ref('int_offers_ranked') }} where is_chosen
),

routes as (
    select * from {{ ref('int_transfer_routes') }}
),

donors as (
    select part_id, garage_code as from_garage_code, spare_quantity
    from positions
    where spare_quantity > 0
),

-- Who needs how much, as far as a planner did not say that it is to be bought.
recipients as (
    select
        needs.part_id,
        needs.garage_code,
        case when needs.backordered_quantity > 0 then 0 else needs.days_to_stock_out end as urgency_days,
        array_position(array['SAFETY', 'IMMOBILISING', 'COMFORT'], parts.criticality_code) as criticality_number,
        needs.supplier_code,
        needs.lead_time_days,
        needs.backordered_quantity,
        needs.days_to_stock_out,
        floor(greatest(needs.raw_quantity - case
            when coalesce(bought.supplier_code, needs.supplier_code) is null or {{ is_not_orderable() }} then 0
            else coalesce(bought.quantity, 0)
        end, 0)) as needed_quantity,
        -- Money of another currency cannot be compared.
        case when offers.currency_code = garages.garage_currency_code then offers.landed_unit_cost_amount end
            as landed_unit_cost_amount
    from needs
    -- One row per part and garage, at most one per garage and part, on the right sides.
    inner join parts using (part_id)
    inner join garages using (garage_code)
    left join offers using (garage_code, part_id)
    left join bought using (garage_code, part_id)
),

-- Faster than the supplier, or cheaper than buying; without a supplier there is no other way. What a planner refused
-- is none, what one set is asked for whatever is needed, and what one put off waits.
ways as (
    select
        needs.part_id,
        needs.garage_code,
        donors.from_garage_code,
        needs.needed_quantity,
        moved.quantity as asked_quantity,
        donors.spare_quantity,
        routes.transit_days,
        routes.transfer_cost_amount,
        needs.urgency_days,
        needs.criticality_number,
        coalesce(moved.act_code = 'SNOOZE', false) and not {{ is_woken('moved') }} as is_asleep
    from recipients as needs
    inner join donors using (part_id)
    inner join routes
        on donors.from_garage_code = routes.from_garage_code
            and needs.garage_code = routes.to_garage_code
    -- At most one row per proposal on the right side. By this operator an id is made where somebody decided alone.
    left join moved
        on needs.garage_code = moved.garage_code
            and needs.part_id = moved.part_id
            and moved.proposal_id is not distinct from {{ proposal_id(
                'needs.garage_code', 'needs.part_id', "'TRANSFER'", 'donors.from_garage_code'
            ) }}
    where (moved.act_code is distinct from 'REJECT' or {{ is_woken('moved') }})
        and (
            moved.quantity > 0
            or moved.quantity is null and needs.needed_quantity >= 1 and (
                needs.supplier_code is null
                or routes.transit_days <= needs.lead_time_days
                or routes.transfer_cost_amount < needs.landed_unit_cost_amount
                    * least(needs.needed_quantity, donors.spare_quantity)
            )
        )
),

final as (
    select
        part_id,
        garage_code,
        from_garage_code,
        needed_quantity,
        asked_quantity,
        transit_days,
        transfer_cost_amount,
        is_asleep,
        -- The most urgent first. Both windows need one order alone: a garage and part are of one urgency.
        dense_rank() over (partition by part_id order by urgency_days, criticality_number, garage_code)
            as recipient_number,
        row_number() over (
            partition by part_id, urgency_days, criticality_number, garage_code
            order by transit_days, transfer_cost_amount, spare_quantity desc, from_garage_code
        ) as place_number
    from ways
)

select * from final
