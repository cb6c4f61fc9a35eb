{# A base rate as the days to come have it, by the factors of an interval; the rate itself where they say nothing. #}
{% macro expected_quantity(rate, factors) -%}
    round({{ rate }} * coalesce({{ factors }}.season_factor * {{ factors }}.uplift_factor, 1), 9)
{%- endmacro %}
