{# No row lacks a part of the key, and no two rows share it. #}
{% test is_key(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1 or {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}

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
