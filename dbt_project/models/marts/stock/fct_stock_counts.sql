{{ config(indexes=[
    {'columns': ['garage_code', 'part_id', 'condition_code', 'lot_number', 'segment_number'], 'unique': true}
]) }}

with

balances as (
    select
        *,
        lag(event_at) over (
            partition by garage_code, part_id, condition_code, lot_number order by segment_number, event_at, is_count
        ) is null as is_opening
    from {{ ref('int_stock_balances') }}
),

final as (
    select
        garage_code,
        part_id,
        condition_code,
        lot_number,
        segment_number,
        event_at as counted_at,
        {{ utc_day('event_at') }} as counted_on,
        balance_quantity as counted_quantity,
        balance_quantity - change_quantity as expected_quantity,
        change_quantity as variance_quantity,
        is_opening
    from balances
    where is_count
)

select * from final
