-- Two persons for what a file says of successors, whoever takes it again: who handed it in is written down as it
-- lands, and what is approved is the line as it was said.

alter table ingest.deliveries add column actor text check (btrim(actor) <> '');
comment on column ingest.deliveries.actor is 'Who handed the file in; empty where it was fetched.';

create or replace function catalogue.refuse_own_statements() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
declare
    found_actor text;
begin
    select new_rows.actor into found_actor
    from new_rows
    inner join catalogue.stated_supersessions as stated using (batch_id, line_number)
    where lower(btrim(new_rows.actor)) in (lower(btrim(stated.actor)), lower(btrim(stated.source_code)))
        -- Somebody else may have taken the file again, or mended lines of it.
        or (new_rows.batch_id, lower(btrim(new_rows.actor))) in (
            select batches.batch_id, lower(btrim(deliveries.actor))
            from ingest.batches
            inner join ingest.deliveries
                on deliveries.batch_id in (batches.batch_id, (batches.controls ->> 'repairs')::uuid)
            where batches.batch_id in (select decided.batch_id from new_rows as decided)
                and deliveries.actor is not null
        )
    limit 1;
    if found then
        raise exception '% sent these supersessions, or handed them in, and cannot decide about them', found_actor
            using errcode = 'check_violation', constraint = 'stated_decisions_two_persons';
    end if;
    return null;
end
$$;

create or replace function catalogue.refuse_undecided() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
begin
    if exists (
        select from new_rows
        where new_rows.batch_id is not null and not exists (
            select from catalogue.stated_decisions as decided
            inner join catalogue.stated_supersessions as stated using (batch_id, line_number)
            where decided.batch_id = new_rows.batch_id and decided.line_number = new_rows.line_number
                and decided.decision_code = 'APPROVED' and not new_rows.is_retired
                and (stated.predecessor_part_id, stated.successor_part_id, stated.valid_from_at,
                        stated.conversion_quantity, stated.direction_code, stated.disposition_code,
                        stated.effective_from_on)
                    = (new_rows.predecessor_part_id, new_rows.successor_part_id, new_rows.valid_from_at,
                        new_rows.conversion_quantity, new_rows.direction_code, new_rows.disposition_code,
                        new_rows.effective_from_on)
                and stated.kit_group_code is not distinct from new_rows.kit_group_code
        )
    ) then
        raise exception 'a supersession is not what a line says that somebody approved'
            using errcode = 'check_violation', constraint = 'supersessions_are_approved';
    end if;
    return null;
end
$$;
