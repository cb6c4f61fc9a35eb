{# No row lacks a part of the key, and no two rows share it. A unique index has seen to the second already: of the model, or
   of the table that its rows are rows of (kept_in), all of them or those of a condition (kept_where). #}
{% test is_key(model, columns, kept_in=none, kept_where=none) %}
    select {{ columns | join(', ') }}, count(*) as row_count
    from {{ model }}
    {% if is_indexed(kept_in or model, columns) -%}
        where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
        {%- if kept_where %} or not ({{ kept_where }}){% endif %}
    {%- endif %}
    group by {{ columns | join(', ') }}
    having count(*) > 1 or {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}

{# Whether the relation has a valid unique index over these very columns. #}
{% macro is_indexed(model, columns) %}
    {%- set question -%}
        select exists (
            select from pg_index
            where indrelid = to_regclass('{{ model }}') and indisunique and indisvalid and indpred is null
                and (
                    select array_agg(attname::text order by attname::text)
                    from pg_attribute
                    where attrelid = indrelid and attnum = any(indkey)
                ) = '{ {{- columns | sort | join(", ") -}} }'::text[]
        )
    {%- endset -%}
    {{- return(execute and run_query(question).columns[0].values()[0]) -}}
{% endmacro %}

{# Every value that is there lies within the range. #}
{% test is_within(model, column_name, minimum=none, maximum=none) %}
    select {{ column_name }}
    from {{ model }}
    where false
    {%- if minimum is not none %} or {{ column_name }} < {{ minimum }}{% endif %}
    {%- if maximum is not none %} or {{ column_name }} > {{ maximum }}{% endif %}
{% endtest %}

{# A condition between columns holds for every row; null counts as a failure. #}
{% test holds(model, condition) %}
    select *
    from {{ model }}
    where ({{ condition }}) is not true
{% endtest %}
