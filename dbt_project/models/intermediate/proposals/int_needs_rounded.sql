{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

needs as (
    select * from {{ ref('int_needs_triggered') }}
),

transfers as (
    select garage_code, part_id, sum(transfer_quantity) as transferred_quantity
    from {{ ref('int_transfers_planned') }}
    group by garage_code, part_id
),

acts as (
    select * from {{ ref('int_planner_acts') }} where line_type_code = 'BUY'
),

offers as (
    select * from {{ ref('int_offers_eligible') }}
),

-- What is left to buy once other garages have given what they can, from the supplier that the planner chose, if one did.
residual as (
    select
        needs.*,
        greatest(needs.raw_quantity - coalesce(transfers.transferred_quantity, 0), 0) as residual_quantity,
        coalesce(transfers.transferred_quantity, 0) as transferred_quantity,
        coalesce(acts.supplier_code, needs.supplier_code) as ordered_supplier_code,
        acts.quantity as act_quantity
    from needs
    -- At most one row per garage and part on the right sides.
    left join transfers using (garage_code, part_id)
    left join acts using (garage_code, part_id)
),

-- One row per break of the chosen supplier: terms may differ from break to break.
rounded as (
    select
        residual.garage_code,
        residual.part_id,
        residual.residual_quantity,
        residual.max_rule_code,
        residual.act_quantity,
        offers.supplier_code,
        offers.supplier_name,
        offers.lead_time_days,
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
            when residual.residual_quantity = 0 then 0
            else {{ rounded_quantity(
                'residual.residual_quantity', 'offers.minimum_order_quantity',
                'offers.pack_quantity', 'offers.order_multiple_quantity'
            ) }}
        end as wanted_quantity,
        least(
            offers.maximum_order_quantity,
            residual.maximum_on_hand_quantity - residual.inventory_position_quantity - residual.transferred_quantity
        ) as limit_quantity
    from residual
    inner join offers
        on residual.part_id = offers.part_id
            and residual.ordered_supplier_code = offers.supplier_code
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

priced as (
    select *, coalesce(act_quantity, proposed_quantity) as ordered_quantity from decided
),

final as (
    -- The highest break that the quantity reaches, a planner's where one set it; the lowest one where nothing is proposed.
    select distinct on (garage_code, part_id)
        garage_code,
        part_id,
        supplier_code,
        supplier_name,
        lead_time_days,
        break_quantity,
        supplier_part_number,
        unit_price_amount,
        currency_code,
        residual_quantity,
        minimum_order_quantity,
        pack_quantity,
        order_multiple_quantity,
        maximum_order_quantity,
        wanted_quantity,
        limit_quantity,
        proposed_quantity,
        is_over_limit and max_rule_code <> 'DOWN' as is_exceeding_max,
        is_over_limit and max_rule_code = 'DOWN' and proposed_quantity < residual_quantity as is_below_need
    from priced
    order by
        garage_code,
        part_id,
        break_quantity <= ordered_quantity desc,
        case when break_quantity <= ordered_quantity then -break_quantity else break_quantity end
)

select * from final
