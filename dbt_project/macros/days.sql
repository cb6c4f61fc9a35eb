{# The UTC day of a timestamp, whatever the time zone of the session. #}
{% macro utc_day(column) -%}
    ({{ column }} at time zone 'UTC')::date
{%- endmacro %}
