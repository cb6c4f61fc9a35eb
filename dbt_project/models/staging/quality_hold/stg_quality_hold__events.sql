with

source as (
    select * from {{ source('quality_hold', 'events') }}
),

final as (
    select
        event_id,
        hold_number,
        sequence_number,
        event_type_code,
        scope_code,
        garage_code,
        part_id,
        condition_code,
        lot_number,
        quantity,
        hold_reason_code,
        severity_code,
        due_at,
        campaign_number,
        inspector,
        verdict_code,
        disposition_code,
        supplier_claim_number,
        evidence_ref,
        reason,
        event_at,
        actor,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from source
    where event_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
