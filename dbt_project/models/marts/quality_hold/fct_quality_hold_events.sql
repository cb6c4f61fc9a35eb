{{ config(indexes=[
    {'columns': ['event_id'], 'unique': true},
    {'columns': ['hold_number']}
]) }}

with

events as (
    select *, coalesce(lot_number, '') as cell_lot_number from {{ ref('stg_quality_hold__events') }}
),

rules as (
    select hold_number, campaign_number
    from {{ ref('stg_quality_hold__rules') }}
    where event_type_code = 'OPENED'
),

-- What is open of a hold on a cell after each of its events (F2); once it is released, nothing is.
folded as (
    select
        *,
        case
            when bool_or(event_type_code = 'RELEASED') over so_far then 0
            else coalesce(sum(quantity) filter (where event_type_code = 'PLACED') over so_far, 0)
                - coalesce(sum(quantity) filter (
                    where event_type_code in ('PARTIALLY_RELEASED', 'SCRAPPED', 'RETURNED_TO_SUPPLIER', 'REWORKED')
                ) over so_far, 0)
        end as open_quantity
    from events
    window so_far as (
        partition by hold_number, garage_code, part_id, condition_code, cell_lot_number
        order by sequence_number, event_id
        rows between unbounded preceding and current row
    )
),

final as (
    select
        folded.event_id,
        folded.hold_number,
        folded.sequence_number::bigint as sequence_number,
        folded.event_type_code,
        coalesce(rules.campaign_number, folded.campaign_number) as campaign_number,
        folded.garage_code,
        folded.part_id,
        folded.condition_code,
        folded.cell_lot_number as lot_number,
        folded.scope_code,
        folded.hold_reason_code,
        folded.severity_code,
        folded.quantity as stated_quantity,
        folded.open_quantity - lag(folded.open_quantity, 1, 0) over (
            partition by hold_number, folded.garage_code, folded.part_id, folded.condition_code, folded.cell_lot_number
            order by folded.sequence_number, folded.event_id
        ) as change_quantity,
        folded.open_quantity,
        folded.due_at,
        folded.inspector,
        folded.verdict_code,
        folded.disposition_code,
        folded.supplier_claim_number,
        folded.evidence_ref,
        folded.reason,
        folded.actor,
        folded.event_at,
        {{ utc_day('folded.event_at') }} as event_on,
        {{ as_of() }} as as_of_at
    from folded
    -- At most one opening per hold.
    left join rules using (hold_number)
)

select * from final
