{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select * from {{ ref('int_positions_planned') }}
),

-- What goes back answers no need.
lines as (
    select * from {{ ref('fct_replenishment_proposals') }} where line_type_code <> 'RETURN_EXCESS'
),

parts as (
    select * from {{ ref('dim_parts') }}
),

-- What a need comes to is what its purchase comes to; where other garages give all of it, there is none.
ruled as (
    select distinct on (garage_code, part_id) *
    from lines
    order by garage_code, part_id, line_type_code = 'BUY' desc, proposed_quantity desc, from_garage_code
),

summed as (
    select
        garage_code,
        part_id,
        count(*) filter (where outcome_code = 'PROPOSED')::integer as line_count,
        sum(proposed_quantity) filter (where line_type_code = 'TRANSFER') as transferred_quantity,
        sum(proposed_quantity) filter (where line_type_code = 'BUY') as bought_quantity,
        sum(proposed_quantity) as proposed_quantity,
        sum(line_amount) filter (where outcome_code = 'PROPOSED') as line_amount
    from lines
    group by garage_code, part_id
),

final as (
    select
        positions.garage_code,
        positions.part_id,
        parts.brand_code,
        parts.part_number,
        parts.description,
        case
            when summed.line_count > 0 then 'PROPOSED'
            else coalesce(ruled.outcome_code, 'COVERED')
        end as outcome_code,
        positions.is_below_point,
        positions.demand_class_code,
        positions.method_code,
        positions.policy_code,
        positions.on_hand_quantity,
        positions.held_quantity,
        positions.nonsellable_quantity,
        positions.reserved_quantity,
        positions.backordered_quantity,
        positions.sellable_quantity,
        positions.available_raw_quantity,
        positions.inbound_order_quantity,
        positions.late_supply_quantity,
        positions.inbound_transfer_quantity,
        positions.outbound_transfer_quantity,
        positions.inventory_position_quantity,
        positions.predecessor_words,
        positions.rule_part_words,
        positions.base_mean_quantity,
        positions.season_factor,
        positions.uplift_factor,
        positions.daily_mean_quantity,
        positions.daily_sd_quantity,
        positions.lead_time_days,
        positions.lead_time_sd_days,
        positions.review_days,
        positions.service_level_pct,
        positions.z_value,
        positions.lead_time_demand_quantity,
        positions.safety_stock_quantity,
        positions.reorder_point_quantity,
        positions.order_up_to_quantity,
        positions.spare_quantity,
        coalesce(ruled.raw_quantity, 0) as raw_quantity,
        coalesce(summed.transferred_quantity, 0) as transferred_quantity,
        coalesce(summed.bought_quantity, 0) as bought_quantity,
        coalesce(summed.proposed_quantity, 0) as proposed_quantity,
        coalesce(summed.line_count, 0) as line_count,
        ruled.supplier_code,
        summed.line_amount,
        ruled.currency_code,
        ruled.days_to_stock_out,
        ruled.stock_out_on,
        ruled.review_reason_code,
        coalesce(ruled.explanation, concat(
            'Nothing proposed, the position of ', {{ plain('positions.inventory_position_quantity') }},
            case
                when positions.inventory_position_quantity > positions.reorder_point_quantity then ' is above'
                else ' is at'
            end,
            ' the reorder point of ', {{ plain('positions.reorder_point_quantity') }},
            case
                when positions.reorder_point_quantity > 0 then null
                when positions.daily_mean_quantity > 0 then concat(
                    ': for ', {{ plain('positions.service_level_pct', 1) }}, ' % service none has to be there'
                )
                else ': no demand is expected'
            end,
            {{ explained_rule('positions.rule_part_words') }}, '.'
        )) as explanation,
        {{ as_of() }} as as_of_at
    from positions
    -- One row per part, and at most one per garage and part, on the right sides.
    inner join parts using (part_id)
    left join ruled using (garage_code, part_id)
    left join summed using (garage_code, part_id)
)

select * from final
