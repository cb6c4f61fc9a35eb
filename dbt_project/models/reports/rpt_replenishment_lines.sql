{{ config(indexes=[{'columns': ['proposal_id'], 'unique': true}]) }}

with

proposals as (
    select * from {{ ref('fct_replenishment_proposals') }}
),

garages as (
    select * from {{ ref('dim_garages') }}
),

parts as (
    select * from {{ ref('dim_parts') }}
),

final as (
    select
        proposals.proposal_id,
        proposals.garage_code,
        proposals.part_id,
        proposals.brand_code,
        proposals.part_number,
        proposals.description,
        proposals.line_type_code,
        proposals.outcome_code,
        proposals.demand_class_code,
        proposals.method_code,
        proposals.policy_code,
        proposals.on_hand_quantity,
        proposals.held_quantity,
        proposals.nonsellable_quantity,
        proposals.reserved_quantity,
        proposals.backordered_quantity,
        proposals.sellable_quantity,
        proposals.available_raw_quantity,
        proposals.on_order_quantity,
        proposals.inventory_position_quantity,
        proposals.daily_mean_quantity,
        proposals.daily_sd_quantity,
        proposals.history_days,
        proposals.no_data_days,
        proposals.lead_time_days,
        proposals.lead_time_sd_days,
        proposals.review_days,
        proposals.service_level_pct,
        proposals.z_value,
        proposals.safety_stock_quantity,
        proposals.reorder_point_quantity,
        proposals.order_up_to_quantity,
        proposals.cover_days,
        proposals.raw_quantity,
        proposals.minimum_order_quantity,
        proposals.pack_quantity,
        proposals.order_multiple_quantity,
        proposals.maximum_order_quantity,
        proposals.maximum_on_hand_quantity,
        proposals.max_rule_code,
        proposals.proposed_quantity,
        proposals.pack_count,
        proposals.flags,
        proposals.supplier_code,
        proposals.supplier_name,
        proposals.supplier_part_number,
        proposals.unit_price_amount,
        proposals.currency_code,
        proposals.line_amount,
        proposals.days_to_stock_out,
        proposals.stock_out_on,
        proposals.from_garage_code,
        proposals.ordered_part_id,
        proposals.ordered_part_number,
        proposals.need_by_on,
        proposals.order_by_on,
        proposals.expected_on,
        proposals.abc_code,
        proposals.xyz_code,
        proposals.landed_unit_cost_amount,
        proposals.core_deposit_amount,
        proposals.inbound_order_quantity,
        proposals.late_supply_quantity,
        proposals.inbound_transfer_quantity,
        proposals.outbound_transfer_quantity,
        proposals.next_receipt_on,
        proposals.transferred_quantity,
        proposals.suggested_quantity,
        proposals.status_code,
        proposals.act_id,
        proposals.snoozed_until_on,
        proposals.override_quantity,
        proposals.review_reason_code,
        proposals.ip_parts,
        proposals.rounding_steps,
        proposals.offers,
        proposals.calculation,
        proposals.explanation,
        proposals.as_of_at,
        garages.garage_name,
        parts.category_code,
        parts.stocking_class_code,
        parts.criticality_code,
        parts.base_uom_code,
        parts.holding_rate_pct
    from proposals
    -- One row per garage and per part on the right sides.
    inner join garages using (garage_code)
    inner join parts using (part_id)
)

select * from final
