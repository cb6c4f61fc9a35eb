{{ config(indexes=[
    {'columns': ['change_id'], 'unique': true},
    {'columns': ['garage_code', 'part_id']},
    {'columns': ['reservation_number']},
    {'columns': ['record_id']}
]) }}

with

records as (
    select * from {{ ref('stg_audit__records') }}
),

entries as (
    select * from {{ ref('stg_audit__entries') }}
),

seals as (
    select * from {{ ref('stg_audit__seals') }}
),

named as (
    select
        records.*,
        rows_named.change_number,
        rows_named.said,
        concat_ws('|', stream_code, lane_number, sequence_number, rows_named.change_number) as change_key
    from records
    -- A record of more rows than it names, and one of a load, has none.
    cross join lateral jsonb_array_elements(coalesce(nullif(records.details -> 'rows', 'null'), '[]'))
        with ordinality as rows_named (said, change_number)
),

-- The record of the seal that took an entry into the chain. Sealed twice is a breach, and no second change.
sealed as (
    select distinct on (names.reservation_number)
        names.reservation_number,
        records.record_id,
        records.lane_number,
        records.sequence_number
    from seals
    cross join lateral unnest(seals.reservation_numbers) as names (reservation_number)
    inner join records on records.action_code = 'SEAL' and records.details ->> 'seal_id' = seals.seal_id::text
    order by names.reservation_number, records.lane_number, records.sequence_number
),

changes as (
    select
        md5(change_key)::uuid as change_id,
        record_id,
        stream_code,
        lane_number,
        sequence_number,
        false as is_entry,
        actor,
        service_code,
        action_code,
        operation_code,
        relation_name,
        1::bigint as row_count,
        said ->> 'garage_code' as garage_code,
        coalesce(
            (said ->> 'part_id')::uuid, catalogue.part_id(said ->> 'brand_code', said ->> 'part_number')
        ) as part_id,
        said ->> 'reservation_number' as reservation_number,
        said ->> 'hold_number' as hold_number,
        said - array['before', 'after'] as key_values,
        said -> 'before' as values_before,
        said -> 'after' as values_after,
        reason,
        correlation_id,
        recorded_at
    from named
    union all
    select
        md5(concat_ws('|', entries.transaction_id, entries.reservation_number))::uuid,
        sealed.record_id,
        'reservation',
        sealed.lane_number,
        sealed.sequence_number,
        true,
        entries.actor,
        entries.service_code,
        entries.action_code,
        'INSERT',
        'reservation.events',
        entries.event_count,
        entries.garage_code,
        entries.part_id,
        entries.reservation_number,
        null,
        jsonb_strip_nulls(jsonb_build_object(
            'reservation_number', entries.reservation_number, 'garage_code', entries.garage_code,
            'part_id', entries.part_id, 'condition_code', entries.condition_code, 'lot_number', entries.lot_number,
            'work_order_number', entries.work_order_number
        )),
        null,
        null,
        entries.reason,
        entries.correlation_id,
        entries.recorded_at
    from entries
    -- At most one row per reservation on the right side.
    left join sealed using (reservation_number)
),

final as (
    select
        *,
        {{ utc_day('recorded_at') }} as recorded_on,
        sequence_number is not null as is_chained
    from changes
)

select * from final
