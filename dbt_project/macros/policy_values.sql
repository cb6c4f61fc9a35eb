{# The values of a stocking policy, each with the word that tells of it where it comes from. #}
{% macro policy_values() %}
    {{- return([
        ('policy_code', 'policy'),
        ('service_level_pct', 'service_level'),
        ('minimum_quantity', 'minimum'),
        ('maximum_quantity', 'maximum'),
        ('cover_days', 'cover'),
        ('maximum_cover_days', 'maximum_cover'),
        ('review_days', 'review'),
        ('max_rule_code', 'max_rule'),
        ('is_do_not_stock', 'do_not_stock'),
    ]) -}}
{% endmacro %}
