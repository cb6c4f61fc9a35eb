-- Two persons for every supersession: what a file says replaces nothing until somebody else has approved it (F16).

create table catalogue.stated_supersessions (
    batch_id uuid not null,
    line_number bigint not null,
    predecessor_part_id uuid not null,
    successor_part_id uuid not null check (successor_part_id <> predecessor_part_id),
    valid_from_at timestamptz not null,
    kit_group_code text,
    conversion_quantity numeric(14, 3) not null check (conversion_quantity > 0),
    direction_code text not null check (direction_code in ('ONE_WAY', 'TWO_WAY')),
    disposition_code text not null check (disposition_code in ('USE_UP', 'RETURN', 'SCRAP', 'SERVICE_ONLY')),
    effective_from_on date not null,
    is_of_part boolean not null,
    source_code text not null,
    actor text not null,
    payload_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (batch_id, line_number)
);
comment on table catalogue.stated_supersessions is 'One row per line of a file that says what replaces a part; it holds once somebody other than its sender and who handed it in has approved it.';
comment on column catalogue.stated_supersessions.is_of_part is 'Whether a line of parts names the successor; a line of supersessions, which says more, goes before it.';
create index stated_supersessions_by_parts
    on catalogue.stated_supersessions (predecessor_part_id, successor_part_id, valid_from_at);

create table catalogue.stated_decisions (
    batch_id uuid not null,
    line_number bigint not null,
    decision_code text not null check (decision_code in ('APPROVED', 'REJECTED')),
    reason text not null check (btrim(reason) <> ''),
    actor text not null check (btrim(actor) <> ''),
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (batch_id, line_number),
    foreign key (batch_id, line_number) references catalogue.stated_supersessions
);
comment on table catalogue.stated_decisions is 'One row per line of catalogue.stated_supersessions that was decided: who approved or rejected it, and why.';

create view catalogue.supersessions_waiting as
select stated.*
from catalogue.stated_supersessions as stated
where not exists (
    select from catalogue.stated_decisions as decided
    where decided.batch_id = stated.batch_id and decided.line_number = stated.line_number
);
comment on view catalogue.supersessions_waiting is 'One row per supersession of a file that nobody has decided yet.';

create view catalogue.supersession_claims as
select stated.predecessor_part_id, stated.successor_part_id, stated.valid_from_at, stated.batch_id,
    stated.line_number, stated.payload_hash, decided.decision_code is not distinct from 'REJECTED' as is_rejected
from catalogue.stated_supersessions as stated
left join catalogue.stated_decisions as decided using (batch_id, line_number)
where not stated.is_of_part
union all
select edges.predecessor_part_id, edges.successor_part_id, edges.valid_from_at, edges.batch_id, edges.line_number,
    edges.payload_hash, false
from catalogue.supersessions as edges
where not exists (
    select from catalogue.stated_supersessions as stated
    where stated.batch_id = edges.batch_id and stated.line_number = edges.line_number
);
comment on view catalogue.supersession_claims is 'One row per statement of a moment that a line of supersessions is compared with: lines of files, and what people wrote. What was rejected stands against nothing but the same said again.';

create function catalogue.refuse_own_statements() returns trigger
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
    limit 1;
    if found then
        raise exception '% sent these supersessions, or handed them in, and cannot decide about them', found_actor
            using errcode = 'check_violation', constraint = 'stated_decisions_two_persons';
    end if;
    return null;
end
$$;
create trigger stated_decisions_two_persons after insert on catalogue.stated_decisions
    referencing new table as new_rows for each statement execute function catalogue.refuse_own_statements();

create function catalogue.refuse_undecided() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
begin
    if exists (
        select from new_rows
        where new_rows.batch_id is not null and not exists (
            select from catalogue.stated_decisions as decided
            where decided.batch_id = new_rows.batch_id and decided.line_number = new_rows.line_number
                and decided.decision_code = 'APPROVED'
        )
    ) then
        raise exception 'a supersession is of a line that nobody approved'
            using errcode = 'check_violation', constraint = 'supersessions_are_approved';
    end if;
    return null;
end
$$;
create trigger supersessions_are_approved after insert on catalogue.supersessions
    referencing new table as new_rows for each statement execute function catalogue.refuse_undecided();

grant select, insert on catalogue.stated_supersessions, catalogue.stated_decisions to partsbay_pipeline;
grant select on catalogue.supersessions_waiting, catalogue.supersession_claims to partsbay_pipeline;
grant select on catalogue.stated_supersessions, catalogue.stated_decisions to partsbay_replication;
alter publication pub_catalogue add table catalogue.stated_supersessions, catalogue.stated_decisions;
select audit.watch('catalogue.stated_supersessions');
select audit.watch('catalogue.stated_decisions');
