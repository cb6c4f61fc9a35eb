-- What is ordered is ordered on the terms of the supplier that it is ordered from: whoever names another supplier or another
-- quantity says with it what the models know of its offer, so that least order, packs, price, currency and the number of
-- the part are those of that supplier at that quantity.

alter type replenishment.decision add attribute terms jsonb;
alter type replenishment.answer add attribute terms jsonb;
drop function replenishment.quantity_problem;

create function replenishment.quantity_problem(
    act_code text, quantity numeric, proposal replenishment.proposals, supplier_is_other boolean, terms jsonb,
    at timestamptz
) returns text
    language plpgsql stable
    set search_path = pg_catalog
as $$
declare
    -- What the models say of the supplier today; else what they said when they proposed it.
    asked jsonb := coalesce(terms, case when not supplier_is_other then (proposal).explanation end);
    step numeric := (asked ->> 'pack_quantity')::numeric * (asked ->> 'order_multiple_quantity')::numeric;
    least_quantity numeric := (asked ->> 'minimum_order_quantity')::numeric;
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
    elsif (proposal).line_type_code = 'BUY' and quantity > 0 and quantity < least_quantity then
        return format('%s is below the least that the supplier sells, %s', said, trim_scale(least_quantity));
    elsif (proposal).line_type_code = 'BUY' and step > 0 and mod(quantity, step) <> 0 then
        return format('%s is not in whole packs of %s; the next are %s and %s', said, trim_scale(step),
            trim_scale(floor(quantity / step) * step), trim_scale(ceil(quantity / step) * step));
    end if;
    return null;
end
$$;
comment on function replenishment.quantity_problem is 'Why a quantity cannot be ordered; null where it can.';
revoke execute on function replenishment.quantity_problem from public;

create or replace function replenishment.refusal(
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
            (said).supplier_code is not null, (said).terms, decided_at);
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

create or replace function replenishment.judged(
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
                said.operation_number, said.terms
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
        (answer).reason_code, (answer).reason, (answer).undoes_act_id, (answer).operation_number,
        (answer).terms
    from found
    order by (answer).place
$$;

create or replace function replenishment.decide(
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
        'suggested_quantity', trim_scale(proposals.quantity),
        'unit_price_amount', case
            when answer.terms is not null then (answer.terms ->> 'unit_price_amount')::numeric
            when answer.supplier_code is null then proposals.unit_price_amount
        end,
        'currency_code', coalesce(
            answer.terms ->> 'currency_code',
            case when answer.supplier_code is not null then (
                select offers.currency_code
                from supplier_feed.offers
                where offers.supplier_code = answer.supplier_code
                    and offers.brand_code = proposals.explanation ->> 'brand_code'
                    and offers.part_number = coalesce(proposals.explanation ->> 'ordered_part_number',
                        proposals.explanation ->> 'part_number')
                order by offers.stated_at desc
                limit 1
            ) end,
            proposals.currency_code
        ),
        'terms', answer.terms, 'actor', decide.actor, 'approved_at', decide.decided_at,
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
