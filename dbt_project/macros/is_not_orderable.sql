{# Whether the life cycle of a part says that it is not ordered: only 2, available to order, and A, while supplies last, are. #}
{% macro is_not_orderable(column='parts.lifecycle_code') -%}
    coalesce({{ column }} not in ('2', 'A'), false)
{%- endmacro %}
