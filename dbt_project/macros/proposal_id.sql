{# The id of a proposal, the same in every run: garage, part, kind of line, and of a transfer the garage that gives. #}
{% macro proposal_id(garage, part, line_type, from_garage) -%}
    md5(concat_ws('|', {{ garage }}, {{ part }}, {{ line_type }}, {{ from_garage }}))::uuid
{%- endmacro %}
