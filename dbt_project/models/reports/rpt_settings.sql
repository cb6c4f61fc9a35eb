{{ config(indexes=[{'columns': ['setting_code'], 'unique': true}]) }}
{#- The group, the variable, what it is called, its unit, what it does. -#}
{%- set settings = [
    ('CLASSES', 'a_below_share', 'A parts make the first', 'SHARE', 'Of the yearly usage value of a garage.'),
    ('CLASSES', 'b_below_share', 'A and B parts make the first', 'SHARE', 'Of the same; the rest is C.'),
    ('CLASSES', 'x_below_cv', 'X below a variation of', 'NUMBER', 'Standard deviation of monthly demand by its mean.'),
    ('CLASSES', 'y_below_cv', 'Y below a variation of', 'NUMBER', 'Of the same; the rest is Z.'),
    ('CLASSES', 'minimum_history_days', 'New below', 'DAYS', 'With less history a part is planned by its class.'),
    ('CLASSES', 'class_window_months', 'Classes look back', 'MONTHS', 'Over so much of the history.'),
    ('DEMAND', 'demand_window_days', 'A year of demand is', 'DAYS', 'What means, service levels and dead stock look at.'),
    ('DEMAND', 'outlier_mad_factor', 'A day is capped above', 'DEVIATIONS', 'Median deviations above the median day.'),
    ('DEMAND', 'outlier_minimum_days', 'No capping below', 'DAYS', 'Fewer days of demand say nothing.'),
    ('DEMAND', 'jump_factor', 'A jump is more than', 'TIMES', 'The usual demand: somebody looks at it.'),
    ('DEMAND', 'jump_days', 'A jump is within', 'DAYS', 'Demand of so many days is compared.'),
    ('DEMAND', 'jump_minimum_quantity', 'A jump is at least', 'UNITS', 'So many more than usual.'),
    ('DEMAND', 'price_rise_pct', 'A price is up by', 'PCT', 'More than this: somebody looks at it.'),
    ('DEMAND', 'price_rise_days', 'A price is up within', 'DAYS', 'Prices of so many days ago are compared.'),
    ('FORECAST', 'prior_months', 'Slow demand is drawn to the network by', 'MONTHS', 'As if that had been seen so long.'),
    ('FORECAST', 'knowledge_months', 'A mean is as uncertain as of', 'MONTHS', 'Spread of demand that is not known better.'),
    ('LEAD_TIME', 'lead_time_observations', 'Lead times are learned from the last', 'LINES', 'Of a supplier and category.'),
    ('LEAD_TIME', 'lead_time_minimum_observations', 'Learned from', 'LINES', 'With fewer: mean of the supplier, else as quoted.'),
    ('LEAD_TIME', 'default_lead_time_days', 'Without a supplier a lead time is', 'DAYS', 'Flagged on the line.'),
    ('LEAD_TIME', 'default_lead_time_sd_days', 'And spreads by', 'DAYS', 'Standard deviation.'),
    ('LEAD_TIME', 'availability_max_age_days', 'Availability counts for', 'DAYS', 'Since the supplier stated it.'),
    ('HORIZON', 'upcoming_days', 'Coming up within', 'DAYS', 'Parts that come down to their reorder point by then.'),
    ('HORIZON', 'use_up_days', 'Excess is left to be used up within', 'DAYS', 'What lasts longer goes back or elsewhere.'),
    ('TRANSFERS', 'default_transit_days', 'A transfer takes', 'DAYS', 'Where no route is stated: partsbay routes set.'),
    ('TRANSFERS', 'default_transfer_cost_amount', 'A transfer costs', 'MONEY', 'Likewise, in the currency of the garage.'),
    ('RETURNS', 'core_return_pct', 'Old parts come back', 'PCT', 'Where the terms of a supplier say nothing else.'),
] %}

with

figures as (
    {% for group, name, words, unit, does in settings -%}
        select
            {{ loop.index }} as place_number,
            '{{ group }}' as group_code,
            '{{ name }}' as setting_code,
            '{{ words }}' as name,
            {{ var(name) }}::numeric {{ '* 100' if unit == 'SHARE' }} as value,
            '{{ 'PCT' if unit == 'SHARE' else unit }}' as unit_code,
            '{{ does }}' as description,
            'VARIABLE' as set_by_code
        union all
    {% endfor -%}
    -- Syntetos and Boylan (F8); int_demand_series has them.
    select 101, 'CLASSES', 'adi', 'Smooth or erratic below an interval of', 1.32, 'MONTHS',
        'Months between months with demand, in the mean.', 'FIXED'
    union all
    select 102, 'CLASSES', 'cv2', 'Smooth or intermittent below a squared variation of', 0.49, 'NUMBER',
        'Of the sizes of the months with demand.', 'FIXED'
),

final as (
    select
        setting_code,
        group_code,
        name,
        round(value, 4) as value,
        unit_code,
        description,
        set_by_code,
        row_number() over (order by group_code <> 'CLASSES', place_number)::integer as place_number
    from figures
)

select * from final
