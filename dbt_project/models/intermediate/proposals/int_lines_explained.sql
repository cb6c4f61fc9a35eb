with

returns as (
    select * from {{ ref('int_returns_planned') }}
),

lines as (
    select
        garage_code, part_id, line_type_code, from_garage_code, proposal_id, line_supplier_code, line_supplier_name,
        supplier_part_number, unit_price_amount, currency_code, minimum_order_quantity, pack_quantity,
        order_multiple_quantity, maximum_order_quantity, wanted_quantity, limit_quantity, is_exceeding_max, is_below_need,
        suggested_quantity, arrival_days, transfer_cost_amount, transferred_quantity, formula_outcome_code, act_id,
        act_code, act_quantity, act_until_on, act_actor, is_snooze_ended, status_code, proposed_quantity, outcome_code,
        null::date as return_until_on
    from {{ ref('int_lines_planned') }}
    union all
    select
        garage_code, part_id, 'RETURN_EXCESS', null, proposal_id, supplier_code, supplier_name, null, null, null, null,
        null, null, null, null, null, false, false, return_quantity, null, null, 0, 'PROPOSED', act_id, act_code,
        act_quantity, act_until_on, act_actor, is_snooze_ended, status_code, proposed_quantity, outcome_code,
        return_until_on
    from returns
),

-- What goes back is above its point; a line that is kept firm is so, too.
needs as (
    select * from {{ ref('int_needs_triggered') }}
    union all
    select positions.*, 0, null
    from {{ ref('int_positions_planned') }} as positions
    -- At most one row per garage and part on both right sides.
    inner join returns using (garage_code, part_id)
    left join {{ ref('int_needs_triggered') }} as triggered using (garage_code, part_id)
    where triggered.part_id is null
),

parts as (
    select * from {{ ref('int_parts_current') }}
),

ranked as (
    select * from {{ ref('int_offers_ranked') }}
),

offers as (
    select * from {{ ref('int_offers_listed') }}
),

calendars as (
    select supplier_code, order_weekdays, next_order_on from {{ ref('int_supplier_terms_current') }}
),

explained as (
    select * from {{ ref('int_needs_explained') }}
),

rounded as (
    select garage_code, part_id, supplier_code, break_quantity from {{ ref('int_needs_rounded') }}
),

jumps as (
    select * from {{ ref('int_demand_jumps') }}
),

-- The price at the break that what is bought reaches.
risen as (
    select rounded.garage_code, rounded.part_id, 'BUY' as line_type_code, prices.price_rise_pct
    from rounded
    -- One row per supplier, part and break on the right side.
    inner join {{ ref('int_prices_risen') }} as prices using (supplier_code, part_id, break_quantity)
),

gathered as (
    select
        needs.*,
        lines.proposal_id,
        parts.brand_code,
        parts.part_number,
        parts.description,
        parts.base_uom_code,
        lines.line_type_code,
        lines.from_garage_code,
        lines.line_supplier_code,
        lines.line_supplier_name,
        lines.supplier_part_number,
        lines.unit_price_amount,
        lines.currency_code,
        lines.minimum_order_quantity,
        lines.pack_quantity,
        lines.order_multiple_quantity,
        lines.maximum_order_quantity,
        lines.transferred_quantity,
        lines.wanted_quantity,
        lines.limit_quantity,
        lines.suggested_quantity,
        lines.proposed_quantity,
        lines.is_exceeding_max,
        lines.is_below_need,
        lines.outcome_code,
        lines.formula_outcome_code,
        lines.status_code,
        lines.act_id,
        lines.act_code,
        lines.act_quantity,
        lines.act_until_on,
        lines.act_actor,
        lines.is_snooze_ended,
        lines.arrival_days,
        lines.transfer_cost_amount,
        lines.return_until_on,
        ranked.landed_unit_cost_amount,
        ranked.core_deposit_amount,
        ranked.arrives_on,
        calendars.order_weekdays,
        calendars.next_order_on,
        offers.offers,
        jumps.recent_quantity,
        jumps.usual_quantity,
        risen.price_rise_pct,
        greatest(needs.raw_quantity - lines.transferred_quantity, 0) as residual_quantity,
        case
            when lines.line_type_code = 'RETURN_EXCESS' then null
            when needs.backordered_quantity > 0 or needs.available_raw_quantity <= 0 then {{ as_of_on() }}
            else {{ as_of_on() }} + needs.days_to_stock_out
        end as need_by_on
    from lines
    -- One row per garage and part, per part, per garage, part and supplier, and per supplier on the right sides.
    inner join needs using (garage_code, part_id)
    inner join parts using (part_id)
    left join offers using (garage_code, part_id)
    left join jumps using (garage_code, part_id)
    left join risen using (garage_code, part_id, line_type_code)
    left join ranked
        on lines.garage_code = ranked.garage_code
            and lines.part_id = ranked.part_id
            and lines.line_supplier_code = ranked.supplier_code
    left join calendars on lines.line_supplier_code = calendars.supplier_code
),

final as (
    select
        gathered.*,
        gathered.proposed_quantity / gathered.pack_quantity as pack_count,
        round(gathered.proposed_quantity * gathered.unit_price_amount, 4) as line_amount,
        {{ as_of_on() }} + gathered.days_to_stock_out as stock_out_on,
        coalesce(
            gathered.return_until_on, greatest(latest.order_on, gathered.next_order_on, {{ as_of_on() }})
        ) as order_by_on,
        -- Of a supplier that takes orders on some days, from the next of them on.
        coalesce(gathered.arrives_on, {{ as_of_on() }} + ceil(gathered.arrival_days)::integer) as expected_on,
        {{ line_flags() }} as flags,
        {{ review_reason() }} as review_reason_code,
        steps.rounding_steps,
        -- What goes back or is kept firm is no need.
        coalesce(explained.ip_parts, {{ position_parts() }}) as ip_parts,
        coalesce(explained.calculation, {{ calculation() }}) as calculation,
        {{ explanation() }} as explanation
    from gathered
    -- At most one row per garage and part on the right side.
    left join explained using (garage_code, part_id)
    -- The last day on which the supplier takes orders that it delivers by the day of need.
    cross join lateral (
        select wished.order_on - coalesce((
            select min((extract(isodow from wished.order_on)::integer - weekday + 7) % 7)
            from unnest(string_to_array(gathered.order_weekdays, ' ')::integer[]) as weekday
        ), 0) as order_on
        from (select gathered.need_by_on - ceil(gathered.arrival_days)::integer as order_on) as wished
    ) as latest
    cross join lateral (
        select jsonb_agg(
            jsonb_build_object('step', step_code, 'quantity', {{ plain('step_quantity') }}) order by place
        ) as rounding_steps
        from ({{ rounding_steps() }}) as listed (place, step_code, step_quantity)
        where step_quantity is not null
    ) as steps
)

select * from final
