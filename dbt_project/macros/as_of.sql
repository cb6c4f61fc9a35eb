{# The moment that rules every model; without the variable, the start of the run. #}
{% macro as_of() -%}
    {{ moment(var('as_of', none), run_started_at) }}
{%- endmacro %}

{# The UTC day of the moment; the days before it are complete. #}
{% macro as_of_on() -%}
    ({{ as_of() }} at time zone 'UTC')::date
{%- endmacro %}

{# Whether a row had been recorded at known_at, the second axis of time; without the variable, every row had. #}
{% macro was_known(column='recorded_at') -%}
    {%- set stated = var('known_at', none) -%}
    {%- if stated is none or stated | string | trim == '' -%}
        true
    {%- else -%}
        {{ column }} <= {{ moment(stated) }}
    {%- endif -%}
{%- endmacro %}

{# The second axis as a moment; without the variable, the end of time. #}
{% macro known_at() -%}
    {%- set stated = var('known_at', none) -%}
    {%- if stated is none or stated | string | trim == '' -%}
        timestamptz 'infinity'
    {%- else -%}
        {{ moment(stated) }}
    {%- endif -%}
{%- endmacro %}

{# Parsed and written out again, so that nothing but a moment reaches the SQL. #}
{% macro moment(stated, otherwise=none) -%}
    {%- if stated is none or stated | string | trim == '' -%}
        {%- set parsed = otherwise -%}
    {%- else -%}
        {%- set parsed = modules.datetime.datetime.fromisoformat(stated | string | trim) -%}
        {%- if parsed.tzinfo is none -%}
            {%- set parsed = parsed.replace(tzinfo=modules.pytz.utc) -%}
        {%- endif -%}
    {%- endif -%}
    timestamptz '{{ parsed.astimezone(modules.pytz.utc).isoformat() }}'
{%- endmacro %}
