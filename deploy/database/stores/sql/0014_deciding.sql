-- Deciding about proposals, one or thousands at once.
--
-- Each decision is judged apart, and what is refused says why; the others are entered, all in one transaction. Whoever
-- decides names the revision that they saw: where a later one says something else, or somebody else decided meanwhile,
-- the decision is refused and shows both.

create table replenishment.decision_documents (
    document_sha256 text primary key check (document_sha256 ~ '^[0-9a-f]{64}$'),
    file_name text not null,
    edition_id text,
    line_count integer not null check (line_count >= 0),
    done_count integer not null,
    same_count integer not null,
    refused_count integer not null,
    actor text not null,
    recorded_at timestamptz not null default clock_timestamp()
);
comment on table replenishment.decision_documents is 'One row per file of decisions that was carried out, by the hash of its bytes: the same bytes again change nothing. Append-only.';
comment on column replenishment.decision_documents.edition_id is 'The report that the file was made from; none where the file was made by hand.';

create table replenishment.workbook_secrets (
    is_only boolean primary key default true check (is_only),
    secret bytea not null check (length(secret) = 32),
    recorded_at timestamptz not null default clock_timestamp()
);
comment on table replenishment.workbook_secrets is 'One row: what the lines of exported workbooks are signed with, made when it is first needed. Append-only.';

create function replenishment.workbook_secret() returns bytea
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    found_secret bytea := (select secret from replenishment.workbook_secrets);
begin
    if found_secret is null then
        perform reservation.refuse_standby();
        -- 32 bytes of which 244 bits are random.
        insert into replenishment.workbook_secrets (secret)
        values (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        on conflict do nothing;
        select secret into found_secret from replenishment.workbook_secrets;
    end if;
    return found_secret;
end
$$;
comment on function replenishment.workbook_secret is 'What the lines of exported workbooks are signed with.';

-- ---------------------------------------------------------------- judging

create type replenishment.decision as (
    place integer, act_code text, proposal_id uuid, revision_number integer, quantity numeric, supplier_code text,
    until_on date, reason_code text, reason text, undoes_act_id uuid, operation_number text
);
create type replenishment.answer as (
    place integer, outcome_code text, refusal_code text, field_code text, problem text, act_id uuid, act_code text,
    proposal_id uuid, revision_number integer, garage_code text, part_id uuid, line_type_code text, policy_code text,
    quantity numeric, seen_quantity numeric, current_quantity numeric, supplier_code text, until_on date,
    reason_code text, reason text, undoes_act_id uuid, operation_number text
);

create function replenishment.in_words(proposal replenishment.proposals) returns text
    language sql immutable
    set search_path = pg_catalog
    return case
        when (proposal).change_code = 'GONE' then 'gone'
        else trim_scale((proposal).quantity)::text
            || coalesce(' at ' || trim_scale((proposal).unit_price_amount) || ' ' || (proposal).currency_code, '')
            || coalesce(' from ' || (proposal).supplier_code, '')
            || case when (proposal).status_code in ('PROPOSED', 'WITHDRAWN') then ''
                else ', ' || lower(replace((proposal).status_code, '_', ' ')) end
    end;
comment on function replenishment.in_words is 'What a planner decides about: quantity, price, supplier, state.';

create function replenishment.act_in_words(act replenishment.planner_acts) returns text
    language sql immutable
    set search_path = pg_catalog
    return format('%s%s%s by %s on %s UTC', (act).act_code, coalesce(' ' || trim_scale((act).quantity), ''),
        coalesce(' until ' || (act).until_on, ''), (act).actor,
        to_char((act).recorded_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'));
comment on function replenishment.act_in_words is 'A decision as a planner would tell it.';

create function replenishment.quantity_problem(
    act_code text, quantity numeric, proposal replenishment.proposals, supplier_is_other boolean, at timestamptz
) returns text
    language plpgsql stable
    set search_path = pg_catalog
as $$
declare
    step numeric := ((proposal).explanation ->> 'pack_quantity')::numeric
        * ((proposal).explanation ->> 'order_multiple_quantity')::numeric;
    said text := trim_scale(quantity_problem.quantity)::text;
begin
    if quantity is null then
        return act_code || ' needs a final quantity';
    elsif quantity < 0 then
        return said || ' is not a whole number >= 0';
    elsif quantity <> trunc(quantity) and (
        quantity <> round(quantity, 3)
        or coalesce(garage_inventory.is_counted_in_pieces(
            garage_inventory.base_uom_code((proposal).part_id, quantity_problem.at)), true)
    ) then
        return said || ' is not a whole number >= 0';
    elsif quantity > 1000000 then
        return said || ' is more than a million units';
    elsif quantity = 0 and act_code <> 'OVERRIDE' then
        return '0 orders nothing; REJECT the line instead';
    elsif (proposal).line_type_code <> 'BUY' and act_code = 'APPROVE' and quantity > (proposal).quantity then
        return format('%s is more than the %s that the garage can spare', said, trim_scale((proposal).quantity));
    elsif (proposal).line_type_code = 'BUY' and not supplier_is_other and step > 0 and mod(quantity, step) <> 0 then
        return format('%s is not in whole packs of %s; the next are %s and %s', said, trim_scale(step),
            trim_scale(floor(quantity / step) * step), trim_scale(ceil(quantity / step) * step));
    end if;
    return null;
end
$$;
comment on function replenishment.quantity_problem is 'Why a quantity cannot be ordered; null where it can.';

create function replenishment.refusal(
    said replenishment.answer, turn bigint, latest replenishment.proposals, seen replenishment.proposals,
    approved replenishment.planner_acts, approved_status_code text, by_other replenishment.planner_acts,
    undone replenishment.planner_acts, decided_at timestamptz
) returns text[]
    language plpgsql stable
    set search_path = pg_catalog
as $$
declare
    today date := (decided_at at time zone 'UTC')::date;
    has_reason boolean := coalesce(btrim((said).reason), '') <> '' or (said).reason_code is not null;
    problem text;
begin
    if (said).act_code is null
        or (said).act_code not in ('APPROVE', 'OVERRIDE', 'FIRM', 'SNOOZE', 'REJECT', 'UNDO') then
        return array['UNKNOWN_ACT', 'DECISION', format('''%s'' is none of APPROVE, OVERRIDE, FIRM, SNOOZE, REJECT',
            (said).act_code)];
    elsif (latest).proposal_id is null then
        return array['NO_PROPOSAL', 'PROPOSAL', 'there is no such proposal'];
    elsif turn > 1 then
        return array['TWICE', 'DECISION', 'an earlier line decides about the same proposal'];
    elsif (said).act_code = 'UNDO' then
        if (undone).act_id is null then
            return array['NOTHING_TO_UNDO', 'DECISION', 'there is no such decision, or it is undone already'];
        elsif (undone).act_id = (approved).act_id and approved_status_code in ('LEASED', 'DONE') then
            return array['ORDERED', 'DECISION', 'it is ordered already, cancel the order line instead: '
                || replenishment.act_in_words(undone)];
        end if;
    elsif (seen).proposal_id is null then
        return array['NO_REVISION', 'PROPOSAL', format('the proposal has no revision %s, its latest is %s',
            (said).revision_number, (latest).revision_number)];
    elsif (latest).change_code = 'GONE'
        or ((seen).quantity, (seen).supplier_code, (seen).unit_price_amount, (seen).currency_code, (seen).status_code)
            is distinct from ((latest).quantity, (latest).supplier_code, (latest).unit_price_amount,
                (latest).currency_code, (latest).status_code) then
        return array['STALE', 'PROPOSAL', format('the proposal changed meanwhile: it was %s and is %s',
            replenishment.in_words(seen), replenishment.in_words(latest))];
    elsif (by_other).act_id is not null then
        return array['DECIDED', 'DECISION', 'somebody else decided meanwhile: '
            || replenishment.act_in_words(by_other)];
    elsif (said).act_code = 'APPROVE' and (approved).act_id is not null
        and ((approved).revision_number >= (latest).revision_number
            or approved_status_code in ('READY', 'LEASED', 'DEAD')) then
        return array['APPROVED', 'DECISION', 'the line is approved already: '
            || replenishment.act_in_words(approved)];
    end if;
    if (said).act_code in ('APPROVE', 'OVERRIDE', 'FIRM') then
        problem := replenishment.quantity_problem((said).act_code, (said).quantity, latest,
            (said).supplier_code is not null, decided_at);
        if problem is not null then
            return array['QUANTITY', 'QUANTITY', problem];
        elsif (said).act_code = 'APPROVE' and (latest).line_type_code = 'BUY'
            and coalesce((said).supplier_code, (latest).supplier_code) is null then
            return array['SUPPLIER', 'SUPPLIER', 'no supplier offers it; name the one to order from'];
        elsif (said).supplier_code is not null and not exists (
            select from supplier_feed.offers
            where offers.supplier_code = (said).supplier_code
                and offers.brand_code = (latest).explanation ->> 'brand_code'
                and offers.part_number = coalesce((latest).explanation ->> 'ordered_part_number',
                    (latest).explanation ->> 'part_number')
        ) then
            return array['SUPPLIER', 'SUPPLIER', format('%s has never offered it', (said).supplier_code)];
        end if;
    end if;
    if (said).act_code = 'APPROVE' and (said).until_on is not null then
        return array['UNTIL', 'UNTIL', 'APPROVE has no end; leave the day out'];
    elsif (said).act_code = 'SNOOZE' and (said).until_on is null then
        return array['UNTIL', 'UNTIL', 'SNOOZE needs a day until which it counts'];
    elsif (said).act_code <> 'UNDO' and (said).until_on <= today then
        return array['UNTIL', 'UNTIL', format('%s is not after today, %s', (said).until_on, today)];
    elsif (said).act_code <> 'UNDO' and (said).until_on > today + 366 then
        return array['UNTIL', 'UNTIL', format('%s is more than a year ahead', (said).until_on)];
    elsif not has_reason and (said).act_code <> 'APPROVE' then
        return array['REASON', 'REASON', (said).act_code || ' needs a reason'];
    elsif not has_reason and ((said).quantity <> (latest).quantity or (said).supplier_code is not null) then
        return array['REASON', 'REASON', 'another quantity or supplier than proposed needs a reason'];
    elsif (said).reason_code not in (
        'NOT_NEEDED', 'TOO_MUCH', 'TOO_LITTLE', 'TOO_EXPENSIVE', 'BUDGET', 'NO_SPACE', 'SEASON', 'CAMPAIGN',
        'CUSTOMER_ORDER', 'OTHER_SUPPLIER', 'SUPERSEDED', 'DATA_PROBLEM', 'OTHER'
    ) then
        return array['REASON', 'REASON', format('''%s'' is no reason code', (said).reason_code)];
    end if;
    return null;
end
$$;
comment on function replenishment.refusal is 'Why a decision is refused: a code, the field, and words; null where it is not.';

create function replenishment.is_repeat(said replenishment.answer, act replenishment.planner_acts) returns boolean
    language sql immutable
    set search_path = pg_catalog
    return coalesce((act).proposal_id = (said).proposal_id and (act).act_code = (said).act_code and case
        when (said).act_code = 'UNDO' then true
        else (act).revision_number >= (said).revision_number
            and (act).quantity is not distinct from (said).quantity
            and (act).supplier_code is not distinct from (said).supplier_code
            and (act).until_on is not distinct from (said).until_on
    end, false);
comment on function replenishment.is_repeat is 'Whether an act says what is to be decided, so that nothing is left to do.';

create function replenishment.judged(
    decisions replenishment.decision[], actor text, decided_at timestamptz, seen_at timestamptz
) returns setof replenishment.answer
    language sql stable
    set search_path = pg_catalog
as $$
    with said as (
        select decision.*, row_number() over (partition by decision.proposal_id order by decision.place) as turn
        from unnest(judged.decisions) as decision
    ),

    latest as (
        select distinct on (proposals.proposal_id) proposals.*
        from replenishment.proposals
        where proposals.proposal_id in (select said.proposal_id from said)
        order by proposals.proposal_id, proposals.revision_number desc
    ),

    acts as (
        select planner_acts.*
        from replenishment.planner_acts
        where planner_acts.proposal_id in (select said.proposal_id from said)
    ),

    standing as (
        select acts.*
        from acts
        left join acts as undoing on undoing.undoes_act_id = acts.act_id
        where acts.act_code <> 'UNDO' and undoing.act_id is null
    ),

    last_standing as (
        select distinct on (standing.proposal_id) standing.*
        from standing
        order by standing.proposal_id, standing.event_at desc, standing.recorded_at desc, standing.act_id desc
    ),

    last_approved as (
        select distinct on (standing.proposal_id) standing.*
        from standing
        where standing.act_code = 'APPROVE'
        order by standing.proposal_id, standing.event_at desc, standing.recorded_at desc, standing.act_id desc
    ),

    by_others as (
        select distinct on (acts.proposal_id) acts.*
        from acts
        where acts.recorded_at > judged.seen_at and acts.actor <> judged.actor
        order by acts.proposal_id, acts.recorded_at desc, acts.act_id desc
    ),

    -- Materialized, so that what is worked out of a decision is worked out once.
    facing as materialized (
        select
            said.turn,
            row(latest.*)::replenishment.proposals as latest,
            row(seen.*)::replenishment.proposals as seen,
            row(last_standing.*)::replenishment.planner_acts as last_act,
            row(last_approved.*)::replenishment.planner_acts as approved,
            messages.status_code as approved_status_code,
            row(by_others.*)::replenishment.planner_acts as by_other,
            row(earlier.*)::replenishment.planner_acts as earlier,
            row(undone.*)::replenishment.planner_acts as undone,
            row(
                said.place, null, null, null, null, null, said.act_code, said.proposal_id,
                case when said.act_code = 'UNDO' then undone.revision_number else said.revision_number end,
                latest.garage_code, latest.part_id, latest.line_type_code, latest.explanation ->> 'policy_code',
                case
                    when said.act_code = 'APPROVE' then coalesce(said.quantity, latest.quantity)
                    when said.act_code in ('OVERRIDE', 'FIRM') then said.quantity
                end,
                seen.quantity, latest.quantity,
                case when said.act_code in ('APPROVE', 'OVERRIDE', 'FIRM') and said.supplier_code
                    is distinct from latest.supplier_code then said.supplier_code end,
                case when said.act_code in ('OVERRIDE', 'FIRM', 'REJECT')
                    then coalesce(said.until_on, (judged.decided_at at time zone 'UTC')::date + 30)
                    when said.act_code <> 'UNDO' then said.until_on end,
                nullif(btrim(said.reason_code), ''), nullif(btrim(said.reason), ''), undone.act_id,
                said.operation_number
            )::replenishment.answer as answer
        from said
        left join latest on latest.proposal_id = said.proposal_id
        left join replenishment.proposals as seen
            on seen.proposal_id = said.proposal_id and seen.revision_number = said.revision_number
        left join last_standing on last_standing.proposal_id = said.proposal_id
        left join last_approved on last_approved.proposal_id = said.proposal_id
        left join replenishment.messages on messages.topic_code = 'replenishment.order'
            and messages.deduplication_key = last_approved.act_id::text
        left join by_others on by_others.proposal_id = said.proposal_id
        left join replenishment.planner_acts as earlier on earlier.operation_number = said.operation_number
        left join standing as undone on said.act_code = 'UNDO' and undone.proposal_id = said.proposal_id
            and undone.act_id = coalesce(said.undoes_act_id, last_standing.act_id)
    ),

    known as materialized (
        select facing.*,
            case
                when (earlier).act_id is not null then (earlier).act_id
                when turn = 1 and (answer).act_code <> 'UNDO' and replenishment.is_repeat(answer, last_act)
                    then (last_act).act_id
            end as known_act_id,
            (earlier).act_id is not null and not replenishment.is_repeat(answer, earlier) as is_other
        from facing
    ),

    found as materialized (
        select known.*,
            case
                when is_other then array['OPERATION', 'DECISION', 'this operation number was another act: '
                    || replenishment.act_in_words(earlier)]
                when known_act_id is null then replenishment.refusal(answer, turn, latest, seen, approved,
                    approved_status_code, by_other, undone, judged.decided_at)
            end as refused
        from known
    )

    select (answer).place,
        case when refused is not null then 'REFUSED' when known_act_id is not null then 'SAME' else 'DONE' end,
        refused[1], refused[2], refused[3],
        case when refused is null then coalesce(known_act_id, garage_inventory.key_id(
            garage_inventory.act_key('planner_act', (answer).operation_number))) end,
        (answer).act_code, (answer).proposal_id,
        case when refused is null and (answer).act_code <> 'UNDO' then (latest).revision_number
            else (answer).revision_number end,
        (answer).garage_code, (answer).part_id, (answer).line_type_code, (answer).policy_code, (answer).quantity,
        (answer).seen_quantity, (answer).current_quantity, (answer).supplier_code, (answer).until_on,
        (answer).reason_code, (answer).reason, (answer).undoes_act_id, (answer).operation_number
    from found
    order by (answer).place
$$;
comment on function replenishment.judged is 'What would become of decisions: each is done, the same as an act that stands, or refused with the field and the reason.';

-- ---------------------------------------------------------------- deciding

create function replenishment.decide(
    decisions replenishment.decision[], actor text, decided_at timestamptz default clock_timestamp(),
    seen_at timestamptz default null, document_sha256 text default null, is_preview boolean default false
) returns setof replenishment.answer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    answers replenishment.answer[];
begin
    perform reservation.refuse_standby();
    if coalesce(btrim(decide.actor), '') = '' then
        raise exception 'nobody is named who decides' using errcode = 'PB710', hint = 'Say who, with --actor.';
    end if;
    if decide.decided_at > clock_timestamp() + interval '15 minutes' then
        raise exception '% is in the future', decide.decided_at
            using errcode = 'PB711', hint = 'Give the moment at which it was decided, with its time zone.';
    end if;
    -- While a run stores its proposals, or somebody else decides, we wait: nothing is decided about what is no more.
    perform pg_advisory_xact_lock(hashtext('replenishment.proposals'));
    select array_agg(answer order by answer.place) into answers
    from replenishment.judged(decide.decisions, decide.actor, decide.decided_at, decide.seen_at) as answer;
    if decide.is_preview then
        return query select * from unnest(answers);
        return;
    end if;
    insert into replenishment.planner_acts (
        act_id, act_code, proposal_id, revision_number, garage_code, part_id, line_type_code, policy_code, quantity,
        supplier_code, until_on, reason_code, reason, undoes_act_id, document_sha256, operation_number, actor, event_at
    )
    select act_id, act_code, proposal_id, revision_number, garage_code, part_id, line_type_code, policy_code, quantity,
        supplier_code, until_on, reason_code, reason, undoes_act_id, decide.document_sha256, operation_number,
        decide.actor, decide.decided_at
    from unnest(answers)
    where outcome_code = 'DONE';
    insert into replenishment.messages (topic_code, deduplication_key, payload)
    select 'replenishment.order', answer.act_id::text, jsonb_build_object(
        'act_id', answer.act_id, 'proposal_id', answer.proposal_id, 'revision_number', answer.revision_number,
        'line_type_code', answer.line_type_code, 'garage_code', answer.garage_code, 'part_id', answer.part_id,
        'supplier_code', coalesce(answer.supplier_code, proposals.supplier_code),
        'supplier_is_changed', answer.supplier_code is not null, 'quantity', trim_scale(answer.quantity),
        'suggested_quantity', trim_scale(proposals.quantity), 'unit_price_amount', proposals.unit_price_amount,
        'currency_code', proposals.currency_code, 'actor', decide.actor, 'approved_at', decide.decided_at,
        'reason', answer.reason, 'numbers', proposals.explanation
    )
    from unnest(answers) as answer
    inner join replenishment.proposals using (proposal_id, revision_number)
    -- Nothing is sent for what goes back; the warehouse acts on the decision itself.
    where answer.outcome_code = 'DONE' and answer.act_code = 'APPROVE' and answer.line_type_code <> 'RETURN_EXCESS'
    order by answer.place;
    update replenishment.messages
    set status_code = 'DISCARDED', finished_at = clock_timestamp(), last_error = 'the approval was undone'
    where messages.topic_code = 'replenishment.order' and messages.status_code in ('READY', 'DEAD')
        and messages.deduplication_key in (
            select undoes_act_id::text from unnest(answers) where outcome_code = 'DONE' and act_code = 'UNDO'
        );
    return query select * from unnest(answers);
end
$$;
comment on function replenishment.decide is 'Enter decisions, each judged apart: what is refused says why, and the others are entered, with a message for each line that is to be ordered. The same again answers as the first time. A preview enters nothing.';

-- ---------------------------------------------------------------- grants

grant select, insert on replenishment.decision_documents to partsbay_pipeline;
grant select on replenishment.workbook_secrets to partsbay_pipeline;
grant select on replenishment.decision_documents, replenishment.workbook_secrets to partsbay_replication;
revoke execute on function replenishment.workbook_secret, replenishment.in_words, replenishment.act_in_words,
    replenishment.quantity_problem, replenishment.refusal, replenishment.is_repeat, replenishment.judged,
    replenishment.decide from public;
grant execute on function replenishment.workbook_secret, replenishment.in_words, replenishment.act_in_words,
    replenishment.decide to partsbay_pipeline;
alter publication pub_replenishment add table replenishment.decision_documents, replenishment.workbook_secrets;
select audit.watch('replenishment.decision_documents');
select audit.watch('replenishment.workbook_secrets');
