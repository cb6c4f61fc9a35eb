{# The whole days of lead time and review, one at least: demand of those is what a part is protected against (F9). #}
{% macro protection_days(lead_time, review) -%}
    greatest(ceil({{ lead_time }} + {{ review }}), 1)::integer
{%- endmacro %}
