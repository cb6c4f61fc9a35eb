{{ config(indexes=[
    {'columns': ['event_id'], 'unique': true},
    {'columns': ['hold_number']}
]) }}

with

events as (
    select * from {{ ref('stg_quality_hold__events') }}
),

changes as (
    select event_id, lot_number as cell_lot_number, change_quantity, open_quantity from {{ ref('int_quality_hold_changes') }}
),

rules as (
    select hold_number, campaign_number
    from {{ ref('stg_quality_hold__rules') }}
    where event_type_code = 'OPENED'
),

final as (
    select
        events.event_id,
        events.hold_number,
        events.sequence_number::bigint as sequence_number,
        events.event_type_code,
        coalesce(rules.campaign_number, events.campaign_number) as campaign_number,
        events.garage_code,
        events.part_id,
        events.condition_code,
        changes.cell_lot_number as lot_number,
        events.scope_code,
        events.hold_reason_code,
        events.severity_code,
        events.quantity as stated_quantity,
        changes.change_quantity,
        changes.open_quantity,
        events.due_at,
        events.inspector,
        events.verdict_code,
        events.disposition_code,
        events.supplier_claim_number,
        events.evidence_ref,
        events.reason,
        events.actor,
        events.event_at,
        {{ utc_day('events.event_at') }} as event_on,
        {{ as_of() }} as as_of_at
    from events
    -- One row per event, and at most one opening per hold.
    inner join changes using (event_id)
    left join rules using (hold_number)
)

select * from final
