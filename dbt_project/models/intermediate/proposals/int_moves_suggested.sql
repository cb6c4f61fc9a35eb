{{ config(indexes=[{'columns': ['from_garage_code', 'part_id', 'to_garage_code'], 'unique': true}]) }}

with

positions as (
    select * from {{ ref('int_positions_planned') }}
),

planned as (
    select * from {{ ref('int_transfers_planned') }}
),

awake as (
    select from_garage_code, part_id, sum(transfer_quantity) as awake_quantity
    from planned
    where not is_asleep
    group by from_garage_code, part_id
),

-- What a planner put off stays for its day, as far as nobody else takes it before.
kept as (
    select
        planned.*,
        case
            when is_asleep then least(
                transfer_quantity,
                positions.spare_quantity - coalesce(awake.awake_quantity, 0) - coalesce(sum(transfer_quantity) over (
                    partition by planned.from_garage_code, planned.part_id, is_asleep
                    order by planned.transfer_quantity desc, planned.garage_code
                    rows between unbounded preceding and 1 preceding
                ), 0)
            )
            else transfer_quantity
        end as kept_quantity
    from planned
    -- One row per garage and part, and at most one per giving garage and part, on the right sides.
    inner join positions on positions.garage_code = planned.from_garage_code and positions.part_id = planned.part_id
    left join awake on awake.from_garage_code = planned.from_garage_code and awake.part_id = planned.part_id
),

transfers as (
    select garage_code, part_id, from_garage_code, kept_quantity as transfer_quantity from kept where kept_quantity > 0
),

acts as (
    select * from {{ ref('int_planner_acts') }}
),

-- Below its point a garage has a line; above it, where units are moved to it or a planner has made an order firm.
covered as (
    select garage_code, part_id from positions where is_below_point
    union
    select garage_code, part_id from planned
    union
    select garage_code, part_id from acts where line_type_code = 'BUY' and act_code = 'FIRM' and quantity > 0
),

routes as (
    select from_garage_code, to_garage_code from {{ ref('int_transfer_routes') }}
),

-- What the run's transfers take of what a garage can spare is gone; of the rest, what is excess.
given as (
    select from_garage_code as garage_code, part_id, sum(transfer_quantity) as given_quantity
    from transfers
    group by from_garage_code, part_id
),

left_over as (
    select
        positions.garage_code,
        positions.part_id,
        positions.surplus_quantity - coalesce(given.given_quantity, 0) as quantity
    from positions
    -- At most one row per garage and part on the right side.
    left join given using (garage_code, part_id)
    where positions.surplus_quantity > 0
),

-- A garage whose need the run's lines cover takes what they say and no more; what comes late fills its shelf, too.
rooms as (
    select
        positions.garage_code,
        positions.part_id,
        floor(
            least(positions.order_up_to_quantity, positions.maximum_on_hand_quantity)
                - positions.inventory_position_quantity - positions.late_supply_quantity
        ) as quantity,
        positions.inventory_position_quantity / positions.daily_mean_quantity as days_of_cover
    from positions
    -- At most one row per garage and part on the right side.
    left join covered using (garage_code, part_id)
    where covered.part_id is null and positions.policy_code <> 'NO_STOCK' and positions.daily_mean_quantity > 0
),

-- What is left and room of a part side by side, each garage a stretch: where two stretches overlap, so many units move,
-- and none twice. The largest rest gives first; who runs out first takes first.
givers as (
    select
        garage_code,
        part_id,
        sum(quantity) over stretch - quantity as from_quantity,
        sum(quantity) over stretch as to_quantity
    from left_over
    where quantity > 0
    window stretch as (partition by part_id order by quantity desc, garage_code)
),

takers as (
    select
        garage_code,
        part_id,
        sum(quantity) over stretch - quantity as from_quantity,
        sum(quantity) over stretch as to_quantity
    from rooms
    where quantity > 0
    window stretch as (partition by part_id order by days_of_cover, garage_code)
),

final as (
    select
        from_garage_code,
        part_id,
        garage_code as to_garage_code,
        transfer_quantity as move_quantity,
        true as is_proposed
    from transfers
    union all
    select
        givers.garage_code,
        givers.part_id,
        takers.garage_code,
        least(givers.to_quantity, takers.to_quantity) - greatest(givers.from_quantity, takers.from_quantity),
        false
    from givers
    inner join takers
        on takers.part_id = givers.part_id
            and takers.from_quantity < givers.to_quantity
            and takers.to_quantity > givers.from_quantity
    inner join routes
        on routes.from_garage_code = givers.garage_code and routes.to_garage_code = takers.garage_code
)

select * from final
