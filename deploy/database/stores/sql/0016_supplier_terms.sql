-- On what terms a supplier takes orders: least value, freight, fees, and on which days until when.

create table replenishment.supplier_terms (
    supplier_code text not null check (supplier_code <> ''),
    valid_from_at timestamptz not null,
    currency_code text not null check (currency_code ~ '^[A-Z]{3}$'),
    minimum_order_amount numeric(14, 4) check (minimum_order_amount >= 0),
    free_freight_amount numeric(14, 4) check (free_freight_amount >= 0),
    freight_amount numeric(14, 4) check (freight_amount >= 0),
    hazmat_fee_amount numeric(14, 4) check (hazmat_fee_amount >= 0),
    discount_pct numeric(6, 2) check (discount_pct between 0 and 100),
    core_return_pct numeric(6, 2) check (core_return_pct between 0 and 100),
    order_weekdays smallint[] check (
        cardinality(order_weekdays) > 0 and order_weekdays <@ array[1, 2, 3, 4, 5, 6, 7]::smallint[]),
    cut_off_at time,
    source_code text not null,
    batch_id uuid not null,
    line_number bigint not null,
    payload_hash bytea not null,
    recorded_at timestamptz not null default now(),
    primary key (supplier_code, valid_from_at)
);
comment on table replenishment.supplier_terms is 'One row per version of the terms on which a supplier takes orders; what is empty is not agreed. A version never changes.';
comment on column replenishment.supplier_terms.freight_amount is 'Freight that one line of an order bears.';
comment on column replenishment.supplier_terms.free_freight_amount is 'Value of an order from which it bears no freight.';
comment on column replenishment.supplier_terms.order_weekdays is 'Days of the week on which orders are taken, Monday is 1; empty is every day.';
comment on column replenishment.supplier_terms.cut_off_at is 'Until when on such a day, in the local time of the garage; empty is the end of the day.';

create function replenishment.next_cut_off(
    order_weekdays smallint[], cut_off_at time, time_zone text, after timestamptz
) returns timestamptz
    language sql stable
    set search_path = pg_catalog
    return (
        select min(moments.cut_off)
        from (
            -- A week and a day: today's cut-off may be over, and be the only one of the week.
            select (day::date + coalesce(next_cut_off.cut_off_at, time '24:00')) at time zone next_cut_off.time_zone
                as cut_off
            from generate_series(
                date_trunc('day', next_cut_off.after at time zone next_cut_off.time_zone),
                date_trunc('day', next_cut_off.after at time zone next_cut_off.time_zone) + interval '7 days',
                interval '1 day'
            ) as day
            where next_cut_off.order_weekdays is null
                or extract(isodow from day)::smallint = any(next_cut_off.order_weekdays)
        ) as moments
        where num_nonnulls(next_cut_off.order_weekdays, next_cut_off.cut_off_at) > 0
            and moments.cut_off > next_cut_off.after
    );
comment on function replenishment.next_cut_off is 'The next moment until which an order can be placed; null where the supplier takes orders at any time.';

grant select, insert on replenishment.supplier_terms to partsbay_pipeline;
grant select on replenishment.supplier_terms to partsbay_replication;
grant execute on function replenishment.next_cut_off to partsbay_pipeline;
alter publication pub_replenishment add table replenishment.supplier_terms;
select audit.watch('replenishment.supplier_terms');
