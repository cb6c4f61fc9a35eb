{# The proposals that were put off until a day that has come. #}
{% macro ended_snoozes() -%}
    select proposal_id
    from {{ ref('stg_replenishment__planner_acts') }}
    where act_code = 'SNOOZE' and until_on <= {{ as_of_on() }}
{%- endmacro %}
