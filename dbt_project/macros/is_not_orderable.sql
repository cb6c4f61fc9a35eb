{# Whether the life cycle of a part says that it is ordered no more: renumbered, superseded, discontinued, obsolete. #}
{% macro is_not_orderable(column='parts.lifecycle_code') -%}
    coalesce({{ column }} in ('6', '7', '8', '9'), false)
{%- endmacro %}
