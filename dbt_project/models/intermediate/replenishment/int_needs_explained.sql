with

needs as (
    select * from {{ ref('int_needs_triggered') }}
),

rounded as (
    select * from {{ ref('int_needs_rounded') }}
),

parts as (
    select * from {{ ref('int_parts_current') }}
),

gathered as (
    select
        needs.*,
        parts.brand_code,
        parts.part_number,
        parts.description,
        parts.base_uom_code,
        'BUY' as line_type_code,
        rounded.supplier_part_number,
        rounded.unit_price_amount,
        rounded.currency_code,
        rounded.minimum_order_quantity,
        rounded.pack_quantity,
        rounded.order_multiple_quantity,
        rounded.maximum_order_quantity,
        coalesce(rounded.is_exceeding_max, false) as is_exceeding_max,
        coalesce(rounded.is_below_need, false) as is_below_need,
        rounded.proposed_quantity as rounded_quantity,
        case
            when parts.lifecycle_code in ('6', '7', '8', '9') then 'NOT_ORDERABLE'
            when needs.raw_quantity = 0 then 'DO_NOT_STOCK'
            when needs.supplier_code is null then 'NO_OFFER'
            when rounded.proposed_quantity = 0 then 'EXCEEDS_MAX_SKIPPED'
            else 'PROPOSED'
        end as outcome_code,
        case
            when needs.daily_mean_quantity > 0
                then least(floor(greatest(needs.available_raw_quantity, 0) / needs.daily_mean_quantity), 36500)::integer
        end as days_to_stock_out
    from needs
    -- One row per part, and per garage and part, on the right sides.
    inner join parts using (part_id)
    left join rounded using (garage_code, part_id)
),

proposed as (
    select
        *,
        case when outcome_code = 'PROPOSED' then rounded_quantity else 0 end as proposed_quantity
    from gathered
),

final as (
    select
        *,
        proposed_quantity / pack_quantity as pack_count,
        round(proposed_quantity * unit_price_amount, 4) as line_amount,
        {{ as_of_on() }} + days_to_stock_out as stock_out_on,
        concat_ws(
            ',',
            case when is_exceeding_max then 'EXCEEDS_MAX' end,
            case when is_below_need then 'BELOW_NEED' end,
            case when is_overcommitted then 'OVERCOMMITTED' end,
            case when on_hand_quantity < 0 then 'NEGATIVE_STOCK' end,
            case when order_up_to_quantity = 0 and raw_quantity > 0 then 'SPECIAL_ORDER' end,
            case when is_forecast_missing then 'NO_FORECAST' end,
            case when supplier_code is null then 'DEFAULT_LEAD_TIME' end
        ) as flags,
        {{ explanation() }} as explanation
    from proposed
)

select * from final
