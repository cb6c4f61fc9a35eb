{# Of the rows of a group that say something in a column, what the one with the highest precedence says. #}
{% macro first_said(column, precedence) -%}
    (array_agg({{ column }} order by {{ precedence }} desc) filter (where {{ column }} is not null))[1]
{%- endmacro %}
