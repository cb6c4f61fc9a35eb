{# Many small groups whose rows a window then needs in order: grouped by hash they outgrow memory, and are sorted after it. #}
{% macro group_by_sorting() -%}
    set local enable_hashagg = off
{%- endmacro %}
