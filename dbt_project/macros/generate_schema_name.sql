{# Schemas are named as configured, with no prefix of a target: the four that the pipeline may build in. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
