-- Deliveries that come in one file are known at the same moment: the first of them by event time is the first.

create or replace function quality_hold.first_deliveries(keys bytea[], recorded_at timestamptz) returns quality_hold.act[]
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    causes quality_hold.cause[];
    acts quality_hold.act[];
begin
    if not exists (
        select from quality_hold.automatic_rules where automatic_rules.automatic_code = 'FIRST_DELIVERY' and is_on
    ) and not exists (select from catalogue.suppliers where suppliers.is_inspected) then
        return null;
    end if;
    with arrived as materialized (
        select receipts.*, first_value(receipts.delivery_number) over (
            partition by receipts.part_id, receipts.supplier_code order by receipts.event_at, receipts.delivery_number
        ) as first_number
        from garage_inventory.receipts
        where receipts.idempotency_key = any (first_deliveries.keys)
    )

    select array_agg((quality_hold.automatic_number('FIRST_DELIVERY', receipts.supplier_code, receipts.delivery_number,
            receipts.part_id::text), 'FIRST_DELIVERY', 'INCOMING_INSPECTION', rules.severity_code, receipts.garage_code,
            receipts.part_id, null, null, receipts.supplier_code, null, false, null, receipts.delivery_number,
            'first delivery of the part by ' || receipts.supplier_code, receipts.event_at)::quality_hold.cause)
        into causes
    from arrived as receipts
    cross join lateral quality_hold.automatic_rule('FIRST_DELIVERY', receipts.garage_code, receipts.part_id,
        receipts.supplier_code, receipts.event_at) as rules
    where receipts.delivery_number = receipts.first_number and rules.is_on
        -- What nobody stated holds for suppliers that the catalogue says are inspected.
        and (rules.recorded_at > '-infinity' or exists (
            select from catalogue.suppliers_at(receipts.event_at) as suppliers
            where suppliers.supplier_code = receipts.supplier_code and suppliers.is_inspected
        ))
        and not exists (
            select from garage_inventory.receipts as known
            where known.part_id = receipts.part_id and known.supplier_code = receipts.supplier_code
                and known.delivery_number <> receipts.delivery_number
                and known.idempotency_key not in (select arrived.idempotency_key from arrived)
        );
    if causes is null then
        return null;
    end if;
    perform quality_hold.open_automatic(causes, first_deliveries.recorded_at);
    select array_agg((rules.hold_number, 'PLACED', received.garage_code, received.part_id, received.condition_code,
        received.lot_number, received.quantity, rules.due_at, rules.event_at)::quality_hold.act) into acts
    from (select distinct cause.hold_number from unnest(causes) as cause) as named
    inner join quality_hold.rules on rules.hold_number = named.hold_number and rules.sequence_number = 1
    inner join (
        select receipts.supplier_code, receipts.delivery_number, receipts.garage_code, receipts.part_id,
            receipts.condition_code, coalesce(receipts.lot_number, '') as lot_number, sum(receipts.quantity) as quantity
        from garage_inventory.receipts
        where receipts.idempotency_key = any (first_deliveries.keys)
        group by 1, 2, 3, 4, 5, 6
    ) as received on received.part_id = rules.part_id and received.supplier_code = rules.supplier_code
        and received.delivery_number = rules.subject;
    return acts;
end
$$;
