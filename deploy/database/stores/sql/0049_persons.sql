-- One person stays one, however the name is written: capitals, white space, signs that nobody sees and other forms of a
-- letter make no second person. Letters of other scripts that look alike are others.

create function audit.person_key(name text) returns text
    language sql immutable strict parallel safe
    return normalize(
        regexp_replace(
            casefold(normalize(name, nfkc) collate "pg_unicode_fast"),
            -- White space, controls, and what Unicode lets be ignored or shows as nothing.
            '[\u0001-\u0020\u007F-\u00A0\u00AD\u034F\u0600-\u0605\u061C\u06DD\u070F\u0890\u0891\u08E2\u115F\u1160\u1680'
                '\u17B4\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF'
                '\uFFA0\uFFF0-\uFFFB\U000110BD\U000110CD\U00013430-\U0001343F\U0001BCA0-\U0001BCA3'
                '\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]+',
            '', 'g'
        ),
        nfkc
    );
comment on function audit.person_key is 'What two names of one person have in common: NFKC and case folded, without white space and what nobody sees. Empty for a name that names nobody. Where two persons are asked for, these are compared; ingest.persons has the same in Python.';
revoke execute on function audit.person_key from public;
grant execute on function audit.person_key to partsbay_pipeline;

-- What was entered before stays as it was said.
alter table garage_inventory.adjustments
    drop constraint adjustments_check1,
    add constraint adjustments_two_persons
        check (approver is null or audit.person_key(approver) not in ('', audit.person_key(actor))) not valid,
    add constraint adjustments_by_somebody check (audit.person_key(actor) <> '') not valid;
alter table garage_inventory.approvals
    add constraint approvals_by_somebody check (audit.person_key(actor) <> '') not valid;
alter table garage_inventory.counts
    add constraint counts_by_somebody check (audit.person_key(actor) <> '') not valid;
alter table garage_inventory.count_events
    add constraint count_events_by_somebody check (audit.person_key(actor) <> '') not valid;
alter table catalogue.draft_events
    add constraint draft_events_by_somebody check (audit.person_key(actor) <> '') not valid;
alter table catalogue.stated_supersessions
    add constraint stated_supersessions_by_somebody check (audit.person_key(actor) <> '') not valid;
alter table catalogue.stated_decisions
    add constraint stated_decisions_by_somebody check (audit.person_key(actor) <> '') not valid;
alter table ingest.deliveries
    add constraint deliveries_by_somebody check (audit.person_key(actor) <> '') not valid;

create or replace function garage_inventory.check_approval() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    adjusted garage_inventory.adjustments;
begin
    select adjustments.* into adjusted
    from garage_inventory.adjustments
    where adjustments.adjustment_line_id = new.adjustment_line_id;
    if adjusted.approval_code is distinct from 'PENDING' then
        raise exception 'line % of adjustment % does not wait for anybody', adjusted.adjustment_line,
            adjusted.adjustment_number
            using errcode = 'PB606', hint = 'partsbay stock exceptions lists what waits.';
    end if;
    if audit.person_key(adjusted.actor) = audit.person_key(new.actor) then
        raise exception '% made adjustment % and cannot decide about it', new.actor, adjusted.adjustment_number
            using errcode = 'PB607', hint = 'Let somebody else decide.';
    end if;
    return new;
end
$$;

create or replace function garage_inventory.decide(
    adjustment_line_id uuid, decision_code text, reason text, actor text
) returns garage_inventory.approvals
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    adjusted garage_inventory.adjustments;
    decided garage_inventory.approvals;
begin
    select * into adjusted from garage_inventory.adjustments
    where adjustments.adjustment_line_id = decide.adjustment_line_id;
    if not found then
        raise exception 'there is no such adjustment line'
            using errcode = 'PB606', hint = 'partsbay stock exceptions lists what waits.';
    end if;
    perform garage_inventory.lock_positions(array[adjusted.garage_code], array[adjusted.part_id]);
    select * into decided from garage_inventory.approvals
    where approvals.adjustment_line_id = decide.adjustment_line_id;
    if found then
        if (decided.decision_code, audit.person_key(decided.actor))
            is distinct from (decide.decision_code, audit.person_key(decide.actor)) then
            raise exception 'line % of adjustment % is % by % already', adjusted.adjustment_line,
                adjusted.adjustment_number, decided.decision_code, decided.actor
                using errcode = 'PB606', hint = 'A decision stays; reverse the line if it was wrong.';
        end if;
        return decided;
    end if;
    if coalesce(audit.person_key(decide.actor), '') = '' then
        raise exception 'nobody is named who decides' using errcode = 'PB600', hint = 'Say who, with --actor.';
    end if;
    if coalesce(btrim(decide.reason), '') = '' then
        raise exception 'a decision needs a reason' using errcode = 'PB605', hint = 'Say why in words.';
    end if;
    insert into garage_inventory.approvals (
        approval_id, adjustment_line_id, decision_code, reason, source_code, idempotency_key, actor
    )
    select garage_inventory.key_id(key), adjusted.adjustment_line_id, decide.decision_code, decide.reason, 'partsbay',
        key, decide.actor
    from garage_inventory.act_key('approval', adjusted.adjustment_line_id::text) as key
    returning * into decided;
    return decided;
end
$$;

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
                and audit.person_key(events.actor) = audit.person_key(new.actor)
        ) then
            raise exception '% wrote draft % and cannot decide about it', new.actor, new.draft_id
                using errcode = 'check_violation', constraint = 'draft_events_two_persons';
        end if;
    end if;
    return new;
end
$$;

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
    where audit.person_key(new_rows.actor) in (audit.person_key(stated.actor), audit.person_key(stated.source_code))
        -- Somebody else may have taken the file again, or mended lines of it.
        or (new_rows.batch_id, audit.person_key(new_rows.actor)) in (
            select batches.batch_id, audit.person_key(deliveries.actor)
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
    where new_rows.event_type_code = 'REVIEWED' and audit.person_key(counts.actor) = audit.person_key(new_rows.actor)
        and garage_inventory.answers(first.count_number, first.event_at, counts.count_number, counts.event_at)
    limit 1;
    if found then
        raise exception 'who counted for % cannot review it', found_number
            using errcode = 'check_violation', constraint = 'count_events_two_persons';
    end if;
    return null;
end
$$;
