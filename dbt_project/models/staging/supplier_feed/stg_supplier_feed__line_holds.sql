with

source as (
    select * from {{ source('supplier_feed', 'line_holds') }}
),

decided as (
    select
        *,
        supplier_feed.line_decision(line_hold_id) as decision_code
    from source
),

final as (
    select
        line_hold_id,
        kind,
        reason_code,
        supplier_code,
        brand_code,
        part_number,
        price_type_code,
        break_quantity,
        stated_at,
        case decision_code when 'RELEASE' then 'RELEASED' when 'DISCARD' then 'DISCARDED' else 'OPEN' end as status_code,
        details,
        source_code,
        batch_id,
        line_number,
        recorded_at
    from decided
    where stated_at <= {{ as_of() }}
        and {{ was_known() }}
)

select * from final
