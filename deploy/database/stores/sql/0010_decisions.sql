-- What planners decide about proposals, and what of it counts at a moment.
--
-- Decisions are kept apart from the proposals that runs make, under the id of the proposal, which is the same in every
-- run: so they survive any number of runs, end on their day, and none of them sticks. Nothing is ever changed here; an
-- UNDO is an act of its own.

create table replenishment.planner_acts (
    act_id uuid primary key,
    act_code text not null check (act_code in ('APPROVE', 'OVERRIDE', 'FIRM', 'SNOOZE', 'REJECT', 'UNDO')),
    proposal_id uuid not null,
    revision_number integer not null check (revision_number > 0),
    garage_code text not null,
    part_id uuid not null,
    line_type_code text not null check (line_type_code in ('BUY', 'TRANSFER', 'RETURN_EXCESS')),
    policy_code text,
    quantity numeric(14, 3) check (quantity >= 0),
    supplier_code text,
    until_on date,
    reason_code text,
    reason text,
    undoes_act_id uuid unique references replenishment.planner_acts,
    document_sha256 text check (document_sha256 ~ '^[0-9a-f]{64}$'),
    operation_number text not null unique,
    actor text not null,
    event_at timestamptz not null,
    recorded_at timestamptz not null default clock_timestamp(),
    check ((act_code = 'UNDO') = (undoes_act_id is not null)),
    check ((act_code in ('APPROVE', 'OVERRIDE', 'FIRM')) = (quantity is not null)),
    check ((act_code in ('OVERRIDE', 'FIRM', 'SNOOZE', 'REJECT')) = (until_on is not null))
);
comment on table replenishment.planner_acts is 'One row per decision of a planner about a revision of a proposal: order it, order another quantity until a day, keep it firm, put it off, refuse it, or undo an earlier decision. Append-only.';
comment on column replenishment.planner_acts.quantity is 'Final quantity in base units of APPROVE, OVERRIDE and FIRM.';
comment on column replenishment.planner_acts.until_on is 'The first UTC day on which OVERRIDE, FIRM, SNOOZE or REJECT no longer counts.';
comment on column replenishment.planner_acts.document_sha256 is 'The file that the decision came in, by the hash of its bytes.';
comment on column replenishment.planner_acts.operation_number is 'Names the act for ever; the same again answers as the first time.';
create index planner_acts_by_proposal on replenishment.planner_acts (proposal_id, event_at);
create index planner_acts_by_document on replenishment.planner_acts (document_sha256) where document_sha256 is not null;

-- What was approved is ordered once and then over: it ends what was put off, refused or kept firm before it, while
-- another quantity that was asked for until a day goes on to its day.
create function replenishment.last_acts(at timestamptz, known_at timestamptz)
    returns setof replenishment.planner_acts
    language sql stable
    set search_path = pg_catalog
as $$
    with known as (
        select *
        from replenishment.planner_acts
        where event_at <= last_acts.at and recorded_at <= last_acts.known_at
    ),

    standing as (
        select known.*
        from known
        left join known as undoing on undoing.undoes_act_id = known.act_id
        where known.act_code <> 'UNDO' and undoing.act_id is null
    ),

    ranked as (
        select
            standing.*,
            row_number() over (partition by proposal_id order by event_at desc, recorded_at desc, act_id desc) as place,
            row_number() over (
                partition by proposal_id, act_code = 'APPROVE' order by event_at desc, recorded_at desc, act_id desc
            ) as place_of_its_kind
        from standing
    ),

    counting as (
        select distinct on (proposal_id) act_id
        from ranked
        where place = 1 or act_code = 'OVERRIDE' and place_of_its_kind = 1
        order by proposal_id, act_code = 'APPROVE'
    )

    select planner_acts.*
    from replenishment.planner_acts
    inner join counting using (act_id)
$$;
comment on function replenishment.last_acts is 'Of each proposal the act that counts at a moment, by what was known then: the last that was not undone, except that an APPROVE leaves an OVERRIDE before it standing. Whether it has expired is not looked at.';

create function replenishment.acts_in_force(at timestamptz, known_at timestamptz default 'infinity')
    returns table (
        proposal_id uuid, garage_code text, part_id uuid, line_type_code text, act_id uuid, act_code text,
        revision_number integer, policy_code text, quantity numeric, supplier_code text, until_on date,
        reason_code text, reason text, actor text, event_at timestamptz
    )
    language sql stable
    set search_path = pg_catalog
as $$
    select acts.proposal_id, acts.garage_code, acts.part_id, acts.line_type_code, acts.act_id, acts.act_code,
        acts.revision_number, acts.policy_code, acts.quantity, acts.supplier_code, acts.until_on, acts.reason_code,
        acts.reason, acts.actor, acts.event_at
    from replenishment.last_acts(acts_in_force.at, acts_in_force.known_at) as acts
    where acts.until_on is null or acts.until_on > (acts_in_force.at at time zone 'UTC')::date
$$;
comment on function replenishment.acts_in_force is 'Of each proposal the decision in force at a moment, by what was known then; expired ones are left out.';

create view replenishment.planner_acts_in_force as
select proposal_id, garage_code, part_id, line_type_code, act_id, act_code, revision_number, policy_code, quantity,
    supplier_code, until_on, reason_code, reason, actor, event_at
from replenishment.last_acts('infinity', 'infinity');
comment on view replenishment.planner_acts_in_force is 'One row per proposal that was decided about: the act that counts, until_on its day.';

-- ---------------------------------------------------------------- grants

-- Acts come about by functions that check them.
grant select on replenishment.planner_acts, replenishment.planner_acts_in_force to partsbay_pipeline;
grant select on replenishment.planner_acts to partsbay_replication;
revoke execute on all functions in schema replenishment from public;
grant execute on function replenishment.last_acts, replenishment.acts_in_force to partsbay_pipeline;
alter publication pub_replenishment add table replenishment.planner_acts;
select audit.watch('replenishment.planner_acts');
