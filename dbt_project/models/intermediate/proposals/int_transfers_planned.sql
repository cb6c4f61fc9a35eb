{# Of tables that were just made nothing is known, and each round would look at all preferences. The positions were looked at for the ways. #}
{{ config(
    indexes=[{'columns': ['garage_code', 'part_id', 'from_garage_code'], 'unique': true}],
    pre_hook="analyze {{ ref('int_transfer_ways') }} (garage_code, part_id, from_garage_code, recipient_number)"
) }}

with recursive

positions as (
    select * from {{ ref('int_positions_planned') }}
),

ways as (
    select * from {{ ref('int_transfer_ways') }}
),

-- Who may give how much of a part: the one pool of the run.
donors as (
    select
        part_id,
        garage_code as from_garage_code,
        spare_quantity,
        row_number() over (partition by part_id order by garage_code) as donor_number
    from positions
    where spare_quantity > 0 and part_id in (select ways.part_id from ways)
),

-- The donors of each recipient, the preferred first, the quantities that a planner set, and what one put off.
preferences as (
    select
        ways.part_id,
        ways.recipient_number,
        min(ways.needed_quantity) as needed_quantity,
        array_agg(donors.donor_number order by ways.place_number) as donor_numbers,
        array_agg(ways.asked_quantity order by ways.place_number) as asked_quantities,
        array_agg(ways.is_asleep order by ways.place_number) as are_asleep
    from ways
    -- One row per part and giving garage on the right side.
    inner join donors using (part_id, from_garage_code)
    group by ways.part_id, ways.recipient_number
),

-- One recipient of every part in each round, from what the rounds before have left: no unit is promised twice.
rounds as (
    select
        part_id,
        0::bigint as recipient_number,
        array_agg(spare_quantity order by donor_number) as left_quantities,
        array[]::numeric[] as taken_quantities
    from donors
    group by part_id
    union all
    select
        rounds.part_id,
        preferences.recipient_number,
        shared.left_quantities,
        shared.taken_quantities
    from rounds
    inner join preferences
        on rounds.part_id = preferences.part_id
            and rounds.recipient_number + 1 = preferences.recipient_number
    cross join lateral (
        select
            array_agg(
                taken.left_quantity - case when taken.is_asleep then 0 else taken.quantity end
                order by taken.donor_number
            ) as left_quantities,
            array_agg(taken.quantity order by taken.donor_number) as taken_quantities
        from ({{ shared_out('rounds.left_quantities', 'preferences') }}) as taken
    ) as shared
),

-- Few of the ways were taken: those first, then what is known of each.
taken as materialized (
    select
        rounds.part_id,
        rounds.recipient_number,
        shares.donor_number,
        shares.quantity
    from rounds
    cross join lateral unnest(rounds.taken_quantities) with ordinality as shares (quantity, donor_number)
    where shares.quantity > 0
),

final as (
    select
        ways.garage_code,
        taken.part_id,
        ways.from_garage_code,
        {{ proposal_id('ways.garage_code', 'taken.part_id', "'TRANSFER'", 'ways.from_garage_code') }} as proposal_id,
        taken.quantity as transfer_quantity,
        ways.is_asleep,
        ways.transit_days,
        ways.transfer_cost_amount
    from taken
    -- One row per part and number, and per part, recipient and giving garage, on the right sides.
    inner join donors using (part_id, donor_number)
    inner join ways
        on taken.part_id = ways.part_id
            and taken.recipient_number = ways.recipient_number
            and donors.from_garage_code = ways.from_garage_code
)

select * from final
