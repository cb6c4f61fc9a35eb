with

source as (
    select * from {{ source('quality_hold', 'rules') }}
),

final as (
    select
        hold_number,
        sequence_number,
        event_type_code,
        scope_code,
        campaign_number,
        automatic_code,
        garage_code,
        part_id,
        condition_code,
        lot_number,
        lot_from_number,
        lot_to_number,
        manufactured_from_on,
        manufactured_to_on,
        supplier_code,
        includes_unknown,
        quantity,
        is_open,
        expires_on,
        subject,
        hold_reason_code,
        severity_code,
        due_at,
        reason,
        evidence_ref,
        event_at,
        source_code,
        actor,
        recorded_at
    from source
    where event_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
