{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}
{%- set quantities = [
    'on_hand_quantity', 'held_quantity', 'nonsellable_quantity', 'in_transit_quantity', 'unheld_quantity',
    'reserved_quantity', 'sellable_quantity', 'on_order_quantity', 'inbound_order_quantity',
    'inbound_transfer_quantity', 'outbound_transfer_quantity'
] %}

with

positions as (
    select * from {{ ref('int_stock_positions') }}
),

planned as (
    select * from {{ ref('int_parts_planned') }}
),

converted as (
    select
        positions.garage_code,
        planned.planned_part_id as part_id,
        {% for name in quantities -%}
            sum(positions.{{ name }} * planned.stock_conversion_quantity) as {{ name }},
        {% endfor -%}
        -- Who waits for a part that is no longer made waits for its successor, whatever becomes of the old stock.
        sum(positions.backordered_quantity * planned.conversion_quantity) as backordered_quantity,
        coalesce(sum(positions.sellable_quantity * planned.stock_conversion_quantity)
            filter (where planned.path is not null), 0) as predecessor_sellable_quantity,
        -- Units of a number that it replaced are no units of the part.
        coalesce(sum(positions.transferable_quantity) filter (where planned.path is null), 0) as transferable_quantity,
        string_agg(planned.path, '; ' order by planned.path) as predecessor_words
    from positions
    -- A part that became a kit has one row per part of the kit.
    inner join planned using (part_id)
    group by positions.garage_code, planned.planned_part_id
),

final as (
    select
        garage_code,
        part_id,
        {{ quantities | join(', ') }},
        backordered_quantity,
        unheld_quantity - reserved_quantity as available_raw_quantity,
        unheld_quantity - reserved_quantity < 0 as is_overcommitted,
        0 as predecessor_sellable_quantity,
        transferable_quantity,
        null as predecessor_words
    from positions
    where part_id not in (select part_id from planned)
    union all
    select
        garage_code,
        part_id,
        {{ quantities | join(', ') }},
        backordered_quantity,
        unheld_quantity - reserved_quantity,
        unheld_quantity - reserved_quantity < 0,
        predecessor_sellable_quantity,
        transferable_quantity,
        predecessor_words
    from converted
)

select * from final
