{# How the units that donors have left go to one recipient: what a planner set first, then the preferred donors in their order. What is put off is kept from nobody else. #}
{% macro shared_out(left_quantities, preferences) -%}
    select
        donor_number,
        left_quantity,
        is_asleep,
        case
            when place is null then 0
            when asked_quantity is not null then set_quantity
            else least(left_quantity, greatest(
                {{ preferences }}.needed_quantity - sum(set_quantity) over ()
                    - (sum(free_quantity) over (order by place nulls last rows unbounded preceding) - free_quantity),
                0
            ))
        end as quantity
    from (
        select
            stock.donor_number,
            stock.left_quantity,
            wanted.place,
            wanted.asked_quantity,
            coalesce(wanted.is_asleep, false) as is_asleep,
            case when wanted.asked_quantity is null then 0 else least(stock.left_quantity, wanted.asked_quantity) end
                as set_quantity,
            case when wanted.place is not null and wanted.asked_quantity is null then stock.left_quantity else 0 end
                as free_quantity
        from unnest({{ left_quantities }}) with ordinality as stock (left_quantity, donor_number)
        left join unnest(
            {{ preferences }}.donor_numbers, {{ preferences }}.asked_quantities, {{ preferences }}.are_asleep
        ) with ordinality as wanted (donor_number, asked_quantity, is_asleep, place)
            using (donor_number)
    ) as offered
{%- endmacro %}
