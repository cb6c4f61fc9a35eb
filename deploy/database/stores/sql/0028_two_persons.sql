-- A part may name its successor itself: that is a supersession as much as an edge of its own (F16).

create function catalogue.said_successor(content jsonb) returns text
    language sql stable
    set search_path = pg_catalog
    return case when lower(btrim(coalesce(content ->> 'is_retired', ''))) in ('true', '1', 'yes') then null
        else nullif(catalogue.part_key(content ->> 'superseded_by_part_number'), '') end;
comment on function catalogue.said_successor is 'The key of the successor that a draft of a part names; null for none, or where it ends the part.';

create function catalogue.successor_before(content jsonb) returns text
    language sql stable
    set search_path = pg_catalog
    set timezone = 'UTC'
as $$
    select case when not parts.is_retired then nullif(catalogue.part_key(parts.superseded_by_part_number), '') end
    from catalogue.parts
    where parts.part_id = catalogue.part_id(content ->> 'brand_code', content ->> 'part_number')
        and parts.valid_from_at <= case when pg_input_is_valid(content ->> 'valid_from_at', 'timestamptz')
            then (content ->> 'valid_from_at')::timestamptz else now() end
    order by parts.valid_from_at desc, parts.revision_number desc
    limit 1
$$;
comment on function catalogue.successor_before is 'The key of the successor in force at the moment from which a draft of a part is to hold.';

create or replace function catalogue.check_draft_event() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
declare
    last_event catalogue.draft_events;
    said jsonb;
    is_allowed boolean;
    needs_two boolean;
begin
    -- Whoever takes the next step of a draft waits for the one before, and sees what it did.
    perform pg_advisory_xact_lock(hashtextextended('catalogue.draft ' || new.draft_id, 0));
    select events.* into last_event
    from catalogue.draft_events as events
    where events.draft_id = new.draft_id
    order by events.sequence_number desc
    limit 1;
    new.sequence_number := coalesce(last_event.sequence_number, 0) + 1;
    is_allowed := case new.event_type_code
        when 'DRAFTED' then last_event.event_type_code is null or last_event.event_type_code in ('DRAFTED', 'REJECTED')
        when 'SUBMITTED' then last_event.event_type_code in ('DRAFTED', 'REJECTED')
        when 'APPROVED' then last_event.event_type_code = 'SUBMITTED'
        when 'REJECTED' then last_event.event_type_code in ('SUBMITTED', 'APPROVED')
        when 'PUBLISHED' then last_event.event_type_code = 'APPROVED'
        when 'RETIRED' then last_event.event_type_code = 'PUBLISHED'
    end;
    if is_allowed is not true then
        raise exception 'draft % was % last and cannot be %', new.draft_id,
            coalesce(last_event.event_type_code, 'never there'), new.event_type_code
            using errcode = 'check_violation', constraint = 'draft_events_in_order';
    end if;
    if new.entity_code is distinct from coalesce(last_event.entity_code, new.entity_code) then
        raise exception 'draft % is of a %', new.draft_id, last_event.entity_code
            using errcode = 'check_violation', constraint = 'draft_events_in_order';
    end if;
    if new.event_type_code in ('APPROVED', 'RETIRED') then
        select events.content into said
        from catalogue.draft_events as events
        where events.draft_id = new.draft_id and events.event_type_code = 'DRAFTED'
        order by events.sequence_number desc
        limit 1;
        needs_two := case
            when new.entity_code = 'supersession' then true
            when new.entity_code <> 'part' then false
            when new.event_type_code = 'APPROVED'
                then catalogue.said_successor(said) is distinct from catalogue.successor_before(said)
            -- Who ends a part ends what it says of its successor.
            else coalesce(
                catalogue.said_successor(said), catalogue.successor_before(said - 'valid_from_at')
            ) is not null
        end;
        if needs_two and exists (
            select from catalogue.draft_events as events
            where events.draft_id = new.draft_id and events.event_type_code = 'DRAFTED'
                and lower(btrim(events.actor)) = lower(btrim(new.actor))
        ) then
            raise exception '% wrote draft % and cannot decide about it', new.actor, new.draft_id
                using errcode = 'check_violation', constraint = 'draft_events_two_persons';
        end if;
    end if;
    return new;
end
$$;
