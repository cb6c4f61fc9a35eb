{# Whether what a planner said of a line no longer holds. A snooze does not outlast the risk: with somebody waiting, or less on the shelf than the lead time needs, it ends. What was refused knew who waited: it ends when more do. #}
{% macro is_woken(act) -%}
    coalesce(case {{ act }}.act_code
        when 'SNOOZE' then needs.backordered_quantity > 0 or needs.days_to_stock_out < needs.lead_time_days
        when 'REJECT' then needs.backordered_quantity > {{ act }}.seen_backordered_quantity
    end, false)
{%- endmacro %}
