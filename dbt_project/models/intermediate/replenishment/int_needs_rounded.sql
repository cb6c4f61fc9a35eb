{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

needs as (
    select * from {{ ref('int_needs_triggered') }}
),

offers as (
    select * from {{ ref('int_offers_eligible') }}
),

-- One row per break of the chosen supplier: terms may differ from break to break.
rounded as (
    select
        needs.garage_code,
        needs.part_id,
        needs.raw_quantity,
        needs.max_rule_code,
        offers.break_quantity,
        offers.supplier_part_number,
        offers.unit_price_amount,
        offers.currency_code,
        offers.minimum_order_quantity,
        offers.pack_quantity,
        offers.order_multiple_quantity,
        offers.maximum_order_quantity,
        offers.pack_quantity * offers.order_multiple_quantity as step_quantity,
        case
            when needs.raw_quantity = 0 then 0
            else {{ rounded_quantity(
                'needs.raw_quantity', 'offers.minimum_order_quantity',
                'offers.pack_quantity', 'offers.order_multiple_quantity'
            ) }}
        end as wanted_quantity,
        least(
            offers.maximum_order_quantity,
            needs.maximum_on_hand_quantity - needs.inventory_position_quantity
        ) as limit_quantity
    from needs
    inner join offers using (part_id, supplier_code)
),

limited as (
    select
        *,
        coalesce(wanted_quantity > limit_quantity, false) as is_over_limit,
        greatest(floor(limit_quantity / step_quantity) * step_quantity, 0) as floor_quantity
    from rounded
),

decided as (
    select
        *,
        case
            when not is_over_limit or max_rule_code = 'UP' then wanted_quantity
            when max_rule_code = 'DOWN' and floor_quantity >= minimum_order_quantity then floor_quantity
            else 0
        end as proposed_quantity
    from limited
),

final as (
    -- The highest break that the quantity reaches; the lowest one where nothing is proposed.
    select distinct on (garage_code, part_id)
        garage_code,
        part_id,
        break_quantity,
        supplier_part_number,
        unit_price_amount,
        currency_code,
        minimum_order_quantity,
        pack_quantity,
        order_multiple_quantity,
        maximum_order_quantity,
        wanted_quantity,
        proposed_quantity,
        is_over_limit and max_rule_code <> 'DOWN' as is_exceeding_max,
        is_over_limit and max_rule_code = 'DOWN' and proposed_quantity < raw_quantity as is_below_need
    from decided
    order by
        garage_code,
        part_id,
        break_quantity <= proposed_quantity desc,
        case when break_quantity <= proposed_quantity then -break_quantity else break_quantity end
)

select * from final
