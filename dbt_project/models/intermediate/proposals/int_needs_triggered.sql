{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select * from {{ ref('int_positions_planned') }}
),

acts as (
    select * from {{ ref('int_planner_acts') }}
),

-- What a planner has made firm stays, whatever the position does.
firm as (
    select distinct garage_code, part_id from acts where act_code = 'FIRM'
),

final as (
    select
        positions.*,
        case
            when positions.is_below_point
                then greatest(positions.order_up_to_quantity - positions.inventory_position_quantity, 0)
            else 0
        end as raw_quantity,
        case
            when positions.daily_mean_quantity > 0 then least(
                floor(greatest(positions.available_raw_quantity, 0) / positions.daily_mean_quantity), 36500
            )::integer
        end as days_to_stock_out
    from positions
    -- At most one row per garage and part on the right side.
    left join firm using (garage_code, part_id)
    where positions.is_below_point or firm.part_id is not null
)

select * from final
