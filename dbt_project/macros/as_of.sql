{# The moment that rules every model. Parsed and written out again, so that nothing but a moment reaches the SQL. #}
{% macro as_of() -%}
    {%- set stated = var('as_of', none) -%}
    {%- if stated is none or stated | string | trim == '' -%}
        {%- set moment = run_started_at -%}
    {%- else -%}
        {%- set moment = modules.datetime.datetime.fromisoformat(stated | string | trim) -%}
        {%- if moment.tzinfo is none -%}
            {%- set moment = moment.replace(tzinfo=modules.pytz.utc) -%}
        {%- endif -%}
    {%- endif -%}
    timestamptz '{{ moment.astimezone(modules.pytz.utc).isoformat() }}'
{%- endmacro %}

{# The UTC day of the moment; the days before it are complete. #}
{% macro as_of_on() -%}
    ({{ as_of() }} at time zone 'UTC')::date
{%- endmacro %}
