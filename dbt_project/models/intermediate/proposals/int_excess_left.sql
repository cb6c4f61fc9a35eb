{{ config(indexes=[{'columns': ['garage_code', 'part_id'], 'unique': true}]) }}

with

positions as (
    select * from {{ ref('int_positions_planned') }}
),

-- Of several garages that get units, the one that takes most is named.
moves as (
    select
        from_garage_code as garage_code,
        part_id,
        (array_agg(to_garage_code order by move_quantity desc, to_garage_code))[1] as to_garage_code,
        max(move_quantity) as move_quantity,
        sum(move_quantity) as movable_quantity
    from {{ ref('int_moves_suggested') }}
    group by from_garage_code, part_id
),

final as (
    select
        positions.garage_code,
        positions.part_id,
        positions.excess_quantity,
        positions.spare_quantity,
        moves.to_garage_code,
        moves.move_quantity,
        coalesce(moves.movable_quantity, 0) as movable_quantity,
        greatest(positions.surplus_quantity - coalesce(moves.movable_quantity, 0), 0) as left_quantity
    from positions
    -- At most one row per garage and part on the right side.
    left join moves using (garage_code, part_id)
    where positions.excess_quantity > 0 or positions.spare_quantity > 0
)

select * from final
