{{ config(indexes=[
    {'columns': ['proposal_id'], 'unique': true},
    {'columns': ['garage_code', 'part_id'], 'unique': true}
]) }}

with

needs as (
    select * from {{ ref('int_needs_explained') }}
),

final as (
    select
        md5(garage_code || '|' || part_id || '|' || line_type_code)::uuid as proposal_id,
        garage_code,
        part_id,
        brand_code,
        part_number,
        description,
        line_type_code,
        outcome_code,
        demand_class_code,
        method_code,
        policy_code,
        on_hand_quantity,
        held_quantity,
        nonsellable_quantity,
        reserved_quantity,
        backordered_quantity,
        sellable_quantity,
        available_raw_quantity,
        on_order_quantity,
        inventory_position_quantity,
        daily_mean_quantity,
        daily_sd_quantity,
        history_days,
        no_data_days,
        lead_time_days,
        lead_time_sd_days,
        review_days,
        service_level_pct,
        z_value,
        safety_stock_quantity,
        reorder_point_quantity,
        order_up_to_quantity,
        cover_days,
        raw_quantity,
        minimum_order_quantity,
        pack_quantity,
        order_multiple_quantity,
        maximum_order_quantity,
        maximum_on_hand_quantity,
        max_rule_code,
        proposed_quantity,
        pack_count,
        flags,
        supplier_code,
        supplier_name,
        supplier_part_number,
        unit_price_amount,
        currency_code,
        line_amount,
        days_to_stock_out,
        stock_out_on,
        explanation,
        {{ as_of() }} as as_of_at
    from needs
)

select * from final
