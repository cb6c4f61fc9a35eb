-- Two regions that send one order send it twice, and give one number to two files: what is entered by hand or by the
-- pipeline is refused where a subscription brings the rows. Triggers of this kind do not fire for rows that it brings.

create function replenishment.refuse_on_standby() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
begin
    perform reservation.refuse_standby();
    return null;
end
$$;
comment on function replenishment.refuse_on_standby is 'Refuse rows of our own where a subscription brings them (PB033).';

create trigger only_on_primary before insert on replenishment.purchase_orders
    for each statement execute function replenishment.refuse_on_standby();
create trigger only_on_primary before insert on replenishment.order_lines
    for each statement execute function replenishment.refuse_on_standby();
create trigger only_on_primary before insert on replenishment.order_files
    for each statement execute function replenishment.refuse_on_standby();
create trigger only_on_primary before insert on replenishment.order_events
    for each statement execute function replenishment.refuse_on_standby();
create trigger only_on_primary before insert on replenishment.decision_documents
    for each statement execute function replenishment.refuse_on_standby();
create trigger only_on_primary before insert on replenishment.transfer_routes
    for each statement execute function replenishment.refuse_on_standby();
create trigger only_on_primary before insert on replenishment.demand_uplifts
    for each statement execute function replenishment.refuse_on_standby();

revoke execute on function replenishment.refuse_on_standby from public;
grant execute on function reservation.refuse_standby to partsbay_pipeline;
