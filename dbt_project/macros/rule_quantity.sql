{# A quantity of a rule that is taken over from a replaced part: as many units of the part to order, up to whole ones. #}
{% macro rule_quantity(column) -%}
    case when conversion_quantity = 1 then {{ column }} else ceil({{ column }} * conversion_quantity) end
{%- endmacro %}
