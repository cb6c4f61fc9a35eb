{{ config(indexes=[{'columns': ['garage_code', 'part_id', 'supplier_code'], 'unique': true}]) }}

with

inputs as (
    select * from {{ ref('int_replenishment_inputs') }}
),

positions as (
    select * from {{ ref('int_positions_rolled_up') }}
),

offers as (
    select * from {{ ref('int_offers_eligible') }}
),

-- Who delivers is not chosen yet: what is used until the first could is what counts.
factors as (
    select * from {{ ref('int_demand_factors') }} where is_shortest
),

ordered as (
    select garage_code, part_id, due_on, sum(quantity) as quantity
    from {{ ref('int_supply_rolled_up') }}
    where source_code = 'ORDER'
    group by garage_code, part_id, due_on
),

needed as (
    select
        inputs.garage_code,
        inputs.part_id,
        inputs.garage_currency_code,
        {{ lot_quantity('inputs.base_mean_quantity * coalesce(factors.season_factor, 1)') }} as lot_quantity,
        positions.sellable_quantity + positions.inbound_order_quantity + positions.inbound_transfer_quantity
            - positions.outbound_transfer_quantity - positions.reserved_quantity - positions.backordered_quantity
            as left_quantity,
        {{ expected_quantity('inputs.base_mean_quantity', 'factors') }} as daily_mean_quantity
    from inputs
    -- One row per garage and part on every side.
    inner join positions using (garage_code, part_id)
    left join factors using (garage_code, part_id)
),

-- The day on which what is there without an order, and those after it, will have been used.
awaited as (
    select
        needed.garage_code,
        needed.part_id,
        ordered.due_on,
        {{ as_of_on() }} + least(floor(greatest(
            needed.left_quantity - sum(ordered.quantity) over (
                partition by needed.garage_code, needed.part_id order by ordered.due_on desc
            ),
            0
        ) / needed.daily_mean_quantity), 36500)::integer as used_up_on
    from needed
    -- One row per garage and part on the left side.
    inner join ordered using (garage_code, part_id)
    where needed.daily_mean_quantity > 0
),

fastest as (
    select part_id, min(next_order_on + ceil(lead_time_days)::integer) as arrives_on
    from offers
    group by part_id
),

-- An order that comes after that day, and after the first day on which another could, hides no shortage.
gaps as (
    select awaited.garage_code, awaited.part_id, min(awaited.used_up_on) as used_up_on
    from awaited
    -- At most one row per part on the right side.
    inner join fastest using (part_id)
    where awaited.due_on > greatest(awaited.used_up_on, fastest.arrives_on)
    group by awaited.garage_code, awaited.part_id
),

-- Needed when what is there and what comes will have been used; at once where more is wanted than that already.
dated as (
    select
        needed.*,
        case
            when needed.left_quantity < 0 then {{ as_of_on() }}
            when needed.daily_mean_quantity > 0
                then least(
                    gaps.used_up_on,
                    {{ as_of_on() }} + least(floor(needed.left_quantity / needed.daily_mean_quantity), 36500)::integer
                )
        end as need_by_on
    from needed
    -- At most one row per garage and part on the right side.
    left join gaps using (garage_code, part_id)
),

-- What one ordinary order would be: the lot that the policy asks for, rounded as the offer demands.
costed as (
    select
        dated.garage_code,
        dated.need_by_on,
        offers.*,
        offers.currency_code <> dated.garage_currency_code as is_other_currency,
        {{ rounded_quantity(
            'greatest(dated.lot_quantity, 1)', 'offers.minimum_order_quantity',
            'offers.pack_quantity', 'offers.order_multiple_quantity'
        ) }} as reference_quantity,
        offers.next_order_on + ceil(offers.lead_time_days)::integer as arrives_on
    from dated
    inner join offers on dated.part_id = offers.part_id
),

-- One row per supplier: the price at the highest break that the order reaches.
priced as (
    select distinct on (garage_code, part_id, supplier_code) *
    from costed
    where break_quantity <= reference_quantity
    order by garage_code, part_id, supplier_code, break_quantity desc
),

landed as (
    select
        *,
        coalesce(arrives_on > need_by_on, false) as is_late,
        round(
            unit_price_amount * (1 - discount_pct / 100)
                + (freight_amount + case when is_hazmat then hazmat_fee_amount else 0 end) / reference_quantity
                + core_deposit_amount * (1 - core_return_pct / 100),
            4
        ) as landed_unit_cost_amount
    from priced
),

-- Money of another currency cannot be compared, so such offers come last.
ranked as (
    select
        *,
        round(landed_unit_cost_amount * reference_quantity, 4) as landed_amount,
        row_number() over (
            partition by garage_code, part_id
            order by
                is_other_currency,
                is_late,
                round(landed_unit_cost_amount * reference_quantity, 4),
                on_time_pct desc nulls last,
                supplier_code
        ) as rank_number
    from landed
),

final as (
    select
        garage_code,
        part_id,
        supplier_code,
        supplier_name,
        supplier_part_number,
        rank_number,
        rank_number = 1 as is_chosen,
        case
            when rank_number = 1 then null
            when is_other_currency and not first_value(is_other_currency) over best then 'OTHER_CURRENCY'
            when is_late and not first_value(is_late) over best then 'ARRIVES_LATER'
            when landed_amount > first_value(landed_amount) over best then 'DEARER'
            when on_time_pct is distinct from first_value(on_time_pct) over best then 'LESS_ON_TIME'
            else 'LATER_CODE'
        end as lost_reason_code,
        currency_code,
        unit_price_amount,
        reference_quantity,
        landed_unit_cost_amount,
        landed_amount,
        core_deposit_amount,
        minimum_order_quantity,
        pack_quantity,
        order_multiple_quantity,
        maximum_order_quantity,
        lead_time_days,
        lead_time_sd_days,
        lead_time_source_code,
        review_days,
        arrives_on,
        need_by_on,
        on_time_pct,
        count(*) over (partition by garage_code, part_id) as eligible_count
    from ranked
    window best as (partition by garage_code, part_id order by rank_number)
)

select * from final
