-- A region that takes over may lack the last orders and files of the one that is lost, whose numbers suppliers have seen:
-- it leaves a gap behind what it knows, and then counts on.

create function replenishment.region_key() returns text
    language sql stable
    set search_path = pg_catalog
as $$
    select control.system_identifier || '/' || pg_database.oid
    from pg_control_system() as control
    inner join pg_database on pg_database.datname = current_database()
$$;
comment on function replenishment.region_key is 'What tells this database from its mirror in another region.';

create function replenishment.next_number(last_number bigint, last_region_key text) returns bigint
    language sql stable
    set search_path = pg_catalog
    return coalesce(last_number, 0)
        + case when coalesce(last_region_key, replenishment.region_key()) = replenishment.region_key() then 1 else 1000 end;
comment on function replenishment.next_number is 'The number after the last one that is known: the next where it was given here, and far behind it where another region gave it, which may have given more.';

alter table replenishment.purchase_orders add column region_key text;
alter table replenishment.purchase_orders alter column region_key set default replenishment.region_key();
comment on column replenishment.purchase_orders.region_key is 'The database that gave the number.';
alter table replenishment.order_files add column region_key text;
alter table replenishment.order_files alter column region_key set default replenishment.region_key();
comment on column replenishment.order_files.region_key is 'The database that gave the number.';

revoke execute on function replenishment.region_key, replenishment.next_number from public;
grant execute on function replenishment.region_key, replenishment.next_number to partsbay_pipeline;
