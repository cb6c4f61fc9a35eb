-- The roles of a cluster. Run as superuser at the first start of an embedded
-- cluster, or by an administrator on a server of one's own. Passwords are set
-- apart from this file: none is written here.
do $$
begin
    if not exists (select from pg_roles where rolname = 'partsbay_owner') then
        create role partsbay_owner login noinherit;
    end if;
    if not exists (select from pg_roles where rolname = 'partsbay_pipeline') then
        create role partsbay_pipeline login;
    end if;
    if not exists (select from pg_roles where rolname = 'partsbay_analyst') then
        create role partsbay_analyst login;
    end if;
    if not exists (select from pg_roles where rolname = 'partsbay_replication') then
        create role partsbay_replication login replication;
    end if;
    if not exists (select from pg_roles where rolname = 'partsbay_ledger') then
        create role partsbay_ledger nologin;
    end if;
end
$$;

-- Owns what enters rows together with their folds and their record; the owner of the tables hands it over.
grant partsbay_ledger to partsbay_owner with inherit false, set true;

-- The owner of the tables also owns the subscriptions, so that the apply
-- worker may write them without being a superuser.
grant pg_create_subscription to partsbay_owner with inherit true;

-- Whoever logs in as the analyst reads, for a minute at most, and nothing else.
alter role partsbay_analyst set default_transaction_read_only = on;
alter role partsbay_analyst set statement_timeout = '60s';
alter role partsbay_analyst set search_path = marts, serving;
alter role partsbay_analyst connection limit 20;

-- A subscription's connection holds a password: whoever creates one keeps that statement out of the log.
grant set on parameter log_statement, log_min_error_statement, log_min_duration_statement to partsbay_owner;

-- Follows how far the standby is behind.
grant pg_monitor to partsbay_replication;
