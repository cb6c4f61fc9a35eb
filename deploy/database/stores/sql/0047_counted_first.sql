-- A count that nobody made is neither reviewed nor completed, and no act is of a moment to come.

create or replace function garage_inventory.check_count_events() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
declare
    found_number text;
begin
    select new_rows.count_number into found_number
    from new_rows
    left join garage_inventory.count_events as before
        on (before.count_number, before.garage_code, before.part_id, before.sequence_number)
            = (new_rows.count_number, new_rows.garage_code, new_rows.part_id, new_rows.sequence_number - 1)
    where case new_rows.event_type_code
        when 'REQUESTED' then exists (
            select from garage_inventory.count_events as others
            where others.garage_code = new_rows.garage_code and others.part_id = new_rows.part_id
                and others.count_number <> new_rows.count_number
                and not exists (
                    select from garage_inventory.count_events as ends
                    where (ends.count_number, ends.garage_code, ends.part_id)
                            = (others.count_number, others.garage_code, others.part_id)
                        and ends.event_type_code in ('COMPLETED', 'CANCELED')
                )
        )
        when 'COUNTING' then before.event_type_code is distinct from 'REQUESTED'
        else before.event_type_code is null or before.event_type_code in ('COMPLETED', 'CANCELED')
    end
        -- A review ends the dispute about every count before it: none that is still to be made. Clocks may differ.
        or new_rows.event_at > clock_timestamp() + interval '15 minutes'
        or new_rows.event_type_code in ('REVIEWED', 'COMPLETED') and not exists (
            select from garage_inventory.count_events as first
            inner join garage_inventory.counts
                on (counts.garage_code, counts.part_id) = (first.garage_code, first.part_id)
            where (first.count_number, first.garage_code, first.part_id, first.sequence_number)
                    = (new_rows.count_number, new_rows.garage_code, new_rows.part_id, 1)
                and garage_inventory.answers(first.count_number, first.event_at, counts.count_number, counts.event_at)
        )
    limit 1;
    if found then
        raise exception 'count % is not where it could be taken on from', found_number
            using errcode = 'check_violation', constraint = 'count_events_in_order';
    end if;
    select new_rows.count_number into found_number
    from new_rows
    inner join garage_inventory.count_events as first
        on (first.count_number, first.garage_code, first.part_id, first.sequence_number)
            = (new_rows.count_number, new_rows.garage_code, new_rows.part_id, 1)
    inner join garage_inventory.counts
        on (counts.garage_code, counts.part_id) = (new_rows.garage_code, new_rows.part_id)
    where new_rows.event_type_code = 'REVIEWED' and lower(btrim(counts.actor)) = lower(btrim(new_rows.actor))
        and garage_inventory.answers(first.count_number, first.event_at, counts.count_number, counts.event_at)
    limit 1;
    if found then
        raise exception 'who counted for % cannot review it', found_number
            using errcode = 'check_violation', constraint = 'count_events_two_persons';
    end if;
    return null;
end
$$;
