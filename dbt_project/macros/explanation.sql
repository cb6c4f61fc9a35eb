{# A quantity as people write it: no trailing zeros. #}
{% macro plain(column, digits=3) -%}
    trim_scale(round({{ column }}, {{ digits }}))
{%- endmacro %}

{# One sentence in which every sum adds up: stock, position, reorder point, need, transfers, rounding, the planner's word. #}
{% macro explanation() -%}
    concat(
        {{ explained_outcome() }},
        ': ', {{ explained_position() }}, ', ',
        case
            when inventory_position_quantity < reorder_point_quantity then 'below'
            when inventory_position_quantity = reorder_point_quantity then 'at'
            else 'above'
        end,
        ' the reorder point of ', {{ plain('reorder_point_quantity') }}, ' (',
        {{ plain('lead_time_demand_quantity', 2) }}, ' expected in ', {{ plain('lead_time_days + review_days', 1) }},
        ' days', {{ factor_words() }}, ' + ', {{ plain('safety_stock_quantity', 2) }}, ' safety stock for ', {{ plain('service_level_pct', 1) }},
        ' % service', ' by a ' || distribution_words, ', rounded up); up to ', {{ plain('order_up_to_quantity') }}, ' needs ', {{ plain('raw_quantity') }},
        case
            when line_type_code = 'TRANSFER'
                then concat(', ', from_garage_code, ' has more than it needs itself: ', {{ plain('suggested_quantity') }})
            when line_type_code = 'RETURN_EXCESS'
                then concat(
                    ', ', {{ plain('excess_quantity') }}, ' too many are here, of which ', line_supplier_name, ' takes back ',
                    {{ plain('suggested_quantity') }}, ' until ', return_until_on
                )
            else concat({{ explained_rounding() }})
        end,
        case
            when status_code in ('FIRM', 'OVERRIDDEN') then concat(
                '; ', act_actor, case status_code when 'FIRM' then ' made it firm at ' else ' set it to ' end,
                {{ plain('proposed_quantity') }}, ' until ', act_until_on
            )
            when status_code = 'WOKEN' then concat(
                '; ', act_actor,
                case act_code when 'REJECT' then ' refused it until ' else ' put it off until ' end, act_until_on,
                case act_code
                    when 'REJECT' then ', but more wait for it since' else ', but stock would run out before'
                end
            )
        end,
        {{ explained_rule('rule_part_words') }},
        '; ' || {{ plain('recent_quantity') }} || ' were asked for in the last {{ var("jump_days") }} days, where '
            || {{ plain('usual_quantity', 1) }} || ' are usual',
        '; the price rose by ' || {{ plain('price_rise_pct', 1) }}
            || ' % in the last {{ var("price_rise_days") }} days',
        '.'
    )
{%- endmacro %}

{# Of which replaced part the stocking rule is; null where of none. #}
{% macro explained_rule(column) -%}
    '; its stocking rule is taken over from ' || {{ column }}
{%- endmacro %}

{# What the days of lead time and review are of usual days; nothing where they are usual. #}
{% macro factor_words() -%}
    case when season_factor <> 1 or uplift_factor <> 1 then ' with' end,
    case when season_factor <> 1 then concat(' × ', {{ plain('season_factor', 2) }}, ' for the season') end,
    case when uplift_factor <> 1 then concat(' × ', {{ plain('uplift_factor', 2) }}, ' by planners') end
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

{% macro explained_outcome() -%}
    case outcome_code
        when 'PROPOSED' then concat(
            case line_type_code when 'TRANSFER' then 'Move ' when 'RETURN_EXCESS' then 'Return ' else 'Order ' end,
            {{ plain('proposed_quantity') }}, ' ', base_uom_code,
            case line_type_code when 'RETURN_EXCESS' then ' to ' else ' from ' end,
            coalesce(from_garage_code, line_supplier_name)
        )
        when 'SNOOZED' then concat('Nothing proposed, snoozed until ', act_until_on, ' by ', act_actor)
        when 'REJECTED' then concat('Nothing proposed, rejected until ', act_until_on, ' by ', act_actor)
        when 'NO_OFFER' then 'Nothing proposed, no supplier has a valid offer'
        when 'DO_NOT_STOCK' then 'Nothing proposed, the policy is special order only'
        when 'NOT_ORDERABLE' then 'Nothing proposed, by its life cycle the part is not ordered'
        when 'COVERED' then 'Nothing proposed, the stock is covered'
        else 'Nothing proposed, the rounded order would exceed the maximum'
    end
{%- endmacro %}

{% macro explained_position() -%}
    {{ plain('on_hand_quantity') }}, ' on hand - ', {{ plain('held_quantity') }}, ' held - ',
    {{ plain('nonsellable_quantity') }}, ' unsellable',
    case when on_hand_quantity - held_quantity - nonsellable_quantity < 0 then ', below zero and so taken as' else ' =' end,
    ' ', {{ plain('sellable_quantity') }}, ' sellable; + ',
    {{ plain('inbound_order_quantity - late_supply_quantity') }}, ' on order',
    case when inbound_transfer_quantity <> 0 then concat(' + ', {{ plain('inbound_transfer_quantity') }}, ' from other garages') end,
    case when outbound_transfer_quantity <> 0 then concat(' - ', {{ plain('outbound_transfer_quantity') }}, ' for others') end,
    ' - ', {{ plain('reserved_quantity') }}, ' reserved - ', {{ plain('backordered_quantity') }},
    ' backordered = position ', {{ plain('inventory_position_quantity') }},
    case when late_supply_quantity <> 0 then concat(' (', {{ plain('late_supply_quantity') }}, ' more are ordered and come too late to count)') end
{%- endmacro %}

{% macro explained_rounding() -%}
    case
        when transferred_quantity > 0 then concat(
            ', ', {{ plain('transferred_quantity') }}, ' come from other garages, ', {{ plain('residual_quantity') }}, ' are left'
        )
    end,
    case
        when minimum_order_quantity is null or residual_quantity = 0 then ''
        else concat(
            ', minimum ', {{ plain('minimum_order_quantity') }}, ', packs of ', {{ plain('pack_quantity') }},
            case when order_multiple_quantity <> 1 then concat(' in multiples of ', {{ plain('order_multiple_quantity') }}) end,
            case
                when is_exceeding_max then ', above the maximum'
                when is_below_need then ', cut to the maximum'
            end,
            ': ', {{ plain("case when formula_outcome_code = 'PROPOSED' then suggested_quantity else 0 end") }}
        )
    end
{%- endmacro %}

{# What to look at, comma separated. #}
{% macro line_flags() -%}
    concat_ws(
        ',',
        case when is_exceeding_max then 'EXCEEDS_MAX' end,
        case when is_below_need then 'BELOW_NEED' end,
        case when is_overcommitted then 'OVERCOMMITTED' end,
        case when on_hand_quantity < 0 then 'NEGATIVE_STOCK' end,
        case when order_up_to_quantity = 0 and raw_quantity > 0 then 'SPECIAL_ORDER' end,
        case when is_forecast_missing then 'NO_FORECAST' end,
        case when supplier_code is null then 'DEFAULT_LEAD_TIME' end,
        case when late_supply_quantity > 0 then 'LATE_SUPPLY' end,
        case
            when status_code in ('FIRM', 'OVERRIDDEN') and mod(proposed_quantity, pack_quantity * order_multiple_quantity) <> 0
                then 'OFF_PACK'
        end,
        case when not is_below_point and line_type_code <> 'RETURN_EXCESS' then 'ABOVE_POINT' end
    )
{%- endmacro %}

{# Why a person should look before the line goes out; the first that applies. #}
{% macro review_reason() -%}
    case
        when outcome_code in ('SNOOZED', 'REJECTED') then 'ROUTINE'
        when line_type_code = 'RETURN_EXCESS' then case when is_snooze_ended then 'SNOOZE_ENDED' else 'ROUTINE' end
        when backordered_quantity > 0 then 'VOR_WAITING'
        when outcome_code in ('DO_NOT_STOCK', 'COVERED') then 'ROUTINE'
        when outcome_code in ('NO_OFFER', 'NOT_ORDERABLE') then 'NO_OFFER'
        when on_hand_quantity < 0 then 'DATA_PROBLEM'
        when available_raw_quantity <= 0 then 'STOCKED_OUT'
        when days_to_stock_out < lead_time_days then 'RUNS_OUT'
        when held_quantity > 0 and inventory_position_quantity + held_quantity > reorder_point_quantity then 'HELD'
        when is_snooze_ended then 'SNOOZE_ENDED'
        when recent_quantity is not null then 'JUMP'
        when price_rise_pct is not null then 'PRICE_UP'
        when demand_class_code = 'NEW' then 'NEW_PART'
        when predecessor_words is not null then 'SUPERSEDED'
        else 'ROUTINE'
    end
{%- endmacro %}

{# Where the number stands after each step from the need to the proposal (F13). #}
{% macro rounding_steps() -%}
    values
        (1, 'NEEDED', raw_quantity),
        (2, 'TRANSFERRED', case when line_type_code = 'BUY' and transferred_quantity > 0 then residual_quantity end),
        (3, 'MINIMUM_ORDER', case
            when minimum_order_quantity is not null and residual_quantity > 0
                then greatest(residual_quantity, minimum_order_quantity)
        end),
        (4, 'PACKS', case when minimum_order_quantity is not null and residual_quantity > 0 then wanted_quantity end),
        (5, 'MAXIMUM', case when wanted_quantity > limit_quantity then suggested_quantity end),
        (6, 'DONOR_EXCESS', case when line_type_code = 'TRANSFER' then suggested_quantity end),
        (6, 'RETURNABLE', case when line_type_code = 'RETURN_EXCESS' then suggested_quantity end),
        (7, case when status_code = 'NOT_PROPOSED' then outcome_code else status_code end, case
            when status_code in ('FIRM', 'OVERRIDDEN') then proposed_quantity
            when proposed_quantity <> case
                when line_type_code = 'BUY' and minimum_order_quantity is null then residual_quantity
                else suggested_quantity
            end then proposed_quantity
        end)
{%- endmacro %}

{# What the position is made of (F6), signed, so that the parts add up to it. #}
{% macro position_parts() -%}
    jsonb_build_array(
        {% for code, quantity in [
            ('ON_HAND', 'on_hand_quantity'),
            ('HELD', '-held_quantity'),
            ('NONSELLABLE', '-nonsellable_quantity'),
            ('BELOW_ZERO', 'sellable_quantity - (on_hand_quantity - held_quantity - nonsellable_quantity)'),
            ('INBOUND_ORDERS', 'inbound_order_quantity - late_supply_quantity'),
            ('INBOUND_TRANSFERS', 'inbound_transfer_quantity'),
            ('OUTBOUND_TRANSFERS', '-outbound_transfer_quantity'),
            ('RESERVED', '-reserved_quantity'),
            ('BACKORDERED', '-backordered_quantity'),
        ] -%}
            jsonb_build_object('part', '{{ code }}', 'quantity', {{ plain(quantity) }}){{ '' if loop.last else ',' }}
        {% endfor -%}
    )
{%- endmacro %}

{# Every number of the reorder point and the level (F9 to F11). #}
{% macro calculation() -%}
    jsonb_build_object(
        'base', trim_scale(base_mean_quantity),
        'season_factor', trim_scale(season_factor),
        'uplift_factor', trim_scale(uplift_factor),
        'd_bar', trim_scale(daily_mean_quantity),
        'sigma_d', trim_scale(daily_sd_quantity),
        'lead_time', trim_scale(lead_time_days),
        'sigma_l', trim_scale(lead_time_sd_days),
        'review', review_days,
        'service_level_pct', trim_scale(service_level_pct),
        'z', trim_scale(z_value),
        'lead_time_demand', {{ plain('lead_time_demand_quantity') }},
        'safety_stock', {{ plain('safety_stock_quantity') }},
        's', {{ plain('reorder_point_quantity') }},
        'S', {{ plain('order_up_to_quantity') }},
        'cover_days', cover_days,
        'policy', policy_code,
        'demand_class', demand_class_code,
        'method', method_code,
        'distribution', distribution_code,
        'monthly_mean', trim_scale(round(monthly_mean_quantity, 6)),
        'monthly_variance', trim_scale(round(monthly_variance_quantity, 6)),
        'mean_variance', trim_scale(round(mean_variance_quantity, 6))
    )
{%- endmacro %}
