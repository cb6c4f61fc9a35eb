{# dbt compares the rows of a unit test as text, where 1 and 1.000 differ; numbers are compared by value here. #}
{% macro postgres__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    with

    dbt_internal_unit_test_actual as (
        select {{ compared_by_value(expected_column_names) }}, 'actual' as "actual_or_expected"
        from ({{ main_sql }}) as actual_rows
    ),

    dbt_internal_unit_test_expected as (
        select {{ compared_by_value(expected_column_names) }}, 'expected' as "actual_or_expected"
        from ({{ expected_fixture_sql }}) as expected_rows
    )

    select * from dbt_internal_unit_test_actual
    union all
    select * from dbt_internal_unit_test_expected
{%- endmacro %}

{% macro compared_by_value(columns) -%}
    {%- for column in columns -%}
        case
            when pg_typeof({{ column }})::text = 'numeric' and {{ column }}::text like '%.%'
                then rtrim(rtrim({{ column }}::text, '0'), '.')
            else {{ column }}::text
        end as {{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
