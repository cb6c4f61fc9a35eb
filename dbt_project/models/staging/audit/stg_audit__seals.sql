with

source as (
    select * from {{ source('audit', 'seals') }}
),

final as (
    select
        seal_id,
        reservation_numbers,
        sealed_at
    from source
    where {{ was_known('sealed_at') }}
)

select * from final
