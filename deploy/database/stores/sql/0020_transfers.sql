-- A transfer that was approved is promised, though nobody has asked the other garage for it yet.

create function replenishment.transfers_approved_as_of(at timestamptz, known_at timestamptz default 'infinity')
    returns table (
        transfer_number text, act_id uuid, proposal_id uuid, from_garage_code text, to_garage_code text, part_id uuid,
        quantity numeric, due_on date
    )
    language sql stable
    set search_path = pg_catalog
as $$
    with approved as (
        select
            -- As partsbay orders make numbers it.
            'T-' || left(replace(acts.act_id::text, '-', ''), 12) as transfer_number,
            acts.act_id, acts.proposal_id, proposals.explanation ->> 'from_garage_code' as from_garage_code,
            acts.garage_code as to_garage_code, acts.part_id, acts.quantity,
            (acts.event_at at time zone 'UTC')::date
                + ceil((proposals.explanation ->> 'arrival_days')::numeric)::integer as due_on
        from replenishment.planner_acts as acts
        inner join replenishment.proposals
            on proposals.proposal_id = acts.proposal_id and proposals.revision_number = acts.revision_number
        where acts.act_code = 'APPROVE' and acts.line_type_code = 'TRANSFER' and acts.quantity > 0
            and acts.event_at <= transfers_approved_as_of.at
            and acts.recorded_at <= transfers_approved_as_of.known_at
    )

    select approved.*
    from approved
    where not exists (
            select from garage_inventory.transfer_events as events
            where events.transfer_number = approved.transfer_number
                and events.event_at <= transfers_approved_as_of.at
                and events.recorded_at <= transfers_approved_as_of.known_at
        )
        and not exists (
            select from replenishment.planner_acts as undoing
            where undoing.undoes_act_id = approved.act_id and undoing.event_at <= transfers_approved_as_of.at
                and undoing.recorded_at <= transfers_approved_as_of.known_at
        )
$$;
comment on function replenishment.transfers_approved_as_of is 'One row per transfer that was approved at a moment, by what was known at another, and asked of the other garage nowhere yet: its units are promised already.';

revoke execute on function replenishment.transfers_approved_as_of from public;
grant execute on function replenishment.transfers_approved_as_of to partsbay_pipeline;
