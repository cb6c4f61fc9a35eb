{# A quantity as people write it: no trailing zeros. #}
{% macro plain(column, digits=3) -%}
    trim_scale(round({{ column }}, {{ digits }}))
{%- endmacro %}

{# One sentence in which every sum adds up: stock, position, reorder point, need, rounding. #}
{% macro explanation() -%}
    concat(
        case outcome_code
            when 'PROPOSED' then concat(
                'Order ', {{ plain('proposed_quantity') }}, ' ', base_uom_code, ' from ', supplier_name
            )
            when 'NO_OFFER' then 'Nothing proposed, no supplier has a valid offer'
            when 'DO_NOT_STOCK' then 'Nothing proposed, the policy is special order only'
            when 'NOT_ORDERABLE' then 'Nothing proposed, the catalogue says the part is out of its life cycle'
            else 'Nothing proposed, the rounded order would exceed the maximum'
        end,
        ': ', {{ plain('on_hand_quantity') }}, ' on hand - ', {{ plain('held_quantity') }}, ' held - ',
        {{ plain('nonsellable_quantity') }}, ' unsellable',
        case when on_hand_quantity - held_quantity - nonsellable_quantity < 0 then ', below zero and so taken as' else ' =' end,
        ' ', {{ plain('sellable_quantity') }}, ' sellable; + ', {{ plain('on_order_quantity') }}, ' on order - ',
        {{ plain('reserved_quantity') }}, ' reserved - ', {{ plain('backordered_quantity') }}, ' backordered = position ',
        {{ plain('inventory_position_quantity') }}, ', ',
        case when inventory_position_quantity < reorder_point_quantity then 'below' else 'at' end,
        ' the reorder point of ', {{ plain('reorder_point_quantity') }}, ' (',
        {{ plain('lead_time_demand_quantity', 2) }}, ' expected in ', {{ plain('lead_time_days + review_days', 1) }},
        ' days + ', {{ plain('safety_stock_quantity', 2) }}, ' safety stock for ', {{ plain('service_level_pct', 1) }},
        ' % service', ' by a ' || distribution_words, ', rounded up); up to ', {{ plain('order_up_to_quantity') }}, ' needs ', {{ plain('raw_quantity') }},
        case
            when minimum_order_quantity is null or raw_quantity = 0 then ''
            else concat(
                ', minimum ', {{ plain('minimum_order_quantity') }}, ', packs of ', {{ plain('pack_quantity') }},
                case
                    when order_multiple_quantity <> 1 then concat(' in multiples of ', {{ plain('order_multiple_quantity') }})
                    else ''
                end,
                case
                    when is_exceeding_max then ', above the maximum'
                    when is_below_need then ', cut to the maximum'
                    else ''
                end,
                ': ', {{ plain('proposed_quantity') }}
            )
        end,
        '.'
    )
{%- endmacro %}

{# Which distribution a reorder point is a quantile of, with its figures; empty where there is no demand. #}
{% macro distribution_words() -%}
    case distribution_code
        when 'NORMAL' then concat(
            'normal distribution that deviates by ', {{ plain('daily_sd_quantity', 2) }}, ' a day and ',
            {{ plain('lead_time_sd_days', 1) }}, ' days of lead time'
        )
        when 'POISSON' then 'Poisson distribution'
        when 'NEGATIVE_BINOMIAL' then concat(
            'negative binomial distribution of variance ', {{ plain('variance_value', 2) }}, ', from ',
            {{ plain('monthly_mean_quantity', 2) }}, ' a month of variance ', {{ plain('monthly_variance_quantity', 2) }}
        )
    end
{%- endmacro %}
