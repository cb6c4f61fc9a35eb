{# F13, first half: at least the minimum, in whole multiples of pack times order multiple. #}
{% macro rounded_quantity(raw, minimum, pack, multiple) -%}
    ceil(greatest({{ raw }}, {{ minimum }}) / ({{ pack }} * {{ multiple }})) * ({{ pack }} * {{ multiple }})
{%- endmacro %}
