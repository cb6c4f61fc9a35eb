-- An approval that is undone while a worker takes it is ordered, or undone, and never both.

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
    -- What is taken back is taken by nobody meanwhile to be ordered; what somebody took is ordered.
    perform from replenishment.messages
    where messages.topic_code = 'replenishment.order' and not decide.is_preview and messages.deduplication_key in (
        select approved.act_id::text
        from unnest(decide.decisions) as decision
        inner join replenishment.planner_acts as approved
            on approved.proposal_id = decision.proposal_id and approved.act_code = 'APPROVE'
        where decision.act_code = 'UNDO'
    )
    order by messages.message_id for update;
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
