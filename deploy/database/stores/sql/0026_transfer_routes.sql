-- How long units are on their way from one garage to another, and what that costs: as somebody said for the pair.

create table replenishment.transfer_routes (
    from_garage_code text not null,
    to_garage_code text not null,
    revision_number integer not null check (revision_number > 0),
    transit_days integer not null check (transit_days between 0 and 365),
    transfer_cost_amount numeric(14, 4) not null check (transfer_cost_amount >= 0),
    is_closed boolean not null,
    actor text not null,
    reason text not null check (trim(reason) <> ''),
    event_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    primary key (from_garage_code, to_garage_code, revision_number),
    check (from_garage_code <> to_garage_code)
);
comment on table replenishment.transfer_routes is 'One row per revision of a route: days and cost of sending a line from one garage to another, or that nothing goes that way. The newest revision counts; a pair without one takes the usual days and cost.';
comment on column replenishment.transfer_routes.transfer_cost_amount is 'Cost of sending one line, in the currency of the garage that gets it.';
comment on column replenishment.transfer_routes.is_closed is 'Whether nothing goes that way.';
comment on column replenishment.transfer_routes.actor is 'The planner who says so.';

grant select, insert on replenishment.transfer_routes to partsbay_pipeline;
grant select on replenishment.transfer_routes to partsbay_replication;
alter publication pub_replenishment add table replenishment.transfer_routes;
select audit.watch('replenishment.transfer_routes');
