with

source as (
    select * from {{ source('audit', 'anchors') }}
),

final as (
    select
        anchor_number,
        heads,
        encode(anchor_hash, 'hex') as anchor_hash,
        anchored_at
    from source
    where {{ was_known('anchored_at') }}
)

select * from final
