{# ABC: the class of a row by the share of usage_amount that rows of more value in its group have; ties go by the key. #}
{% macro value_class(key, groups) -%}
    {%- set share -%}
        sum(usage_amount) over (
            partition by {{ groups }} order by usage_amount desc, {{ key }} rows unbounded preceding
        ) - usage_amount
    {%- endset -%}
    {%- set total = 'sum(usage_amount) over (partition by ' ~ groups ~ ')' -%}
    case
        when usage_amount <= 0 then 'C'
        when {{ share }} < {{ var('a_below_share') }} * {{ total }} then 'A'
        when {{ share }} < {{ var('b_below_share') }} * {{ total }} then 'B'
        else 'C'
    end
{%- endmacro %}
