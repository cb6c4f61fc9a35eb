{# F11: what an ordinary order adds above the reorder point, at a rate a day. #}
{% macro lot_quantity(rate) -%}
    case
        when policy_code = 'NO_STOCK' or {{ rate }} = 0 then 0
        when policy_code = 'BASE_STOCK' then 1
        else greatest({{ rate }} * cover_days, economic_quantity)
    end
{%- endmacro %}
