-- What is on its way for an order comes to the garage that ordered it, whatever the supplier calls that.

create or replace function replenishment.supplies_open_of(part_ids uuid[]) returns table (
    stage_code text, supplier_code text, garage_code text, part_id uuid, lot_number text, document_number text,
    document_line text, quantity numeric(14, 3), confirmed_quantity numeric(14, 3), expected_on date, proposal_id uuid
)
    language sql stable
    set search_path = pg_catalog
as $$
    with ours as materialized (
        select * from replenishment.order_lines_as_of(now(), 'infinity', supplies_open_of.part_ids)
    ),

    -- Which line is meant is asked of no shipment that cannot bring the parts.
    shipments as materialized (
        select shipment_lines.*
        from replenishment.shipment_lines
        where supplies_open_of.part_ids is null
            or catalogue.part_id(shipment_lines.brand_code, shipment_lines.part_number) = any (supplies_open_of.part_ids)
            or shipment_lines.purchase_order_number in (
                select lines.purchase_order_number from replenishment.order_lines as lines
                where lines.part_id = any (supplies_open_of.part_ids)
            )
    ),

    announced as (
        select shipments.supplier_code, shipments.shipment_number, shipments.shipment_line, shipments.stated_at,
            shipments.purchase_order_number, lines.line_number, shipments.lot_number,
            coalesce(lines.part_id, catalogue.part_id(shipments.brand_code, shipments.part_number)) as part_id,
            -- Suppliers know garages by numbers of their own.
            coalesce(lines.garage_code, shipments.ship_to_code) as garage_code,
            coalesce(replenishment.line_quantity(
                coalesce(lines.part_id, catalogue.part_id(shipments.brand_code, shipments.part_number)),
                lines.pack_quantity, shipments.uom_code, shipments.shipped_quantity, shipments.stated_at
            ), shipments.shipped_quantity) as quantity,
            coalesce(shipments.expected_on, (shipments.shipped_at at time zone 'UTC')::date) as expected_on
        from shipments
        left join replenishment.purchase_orders as orders using (purchase_order_number, supplier_code)
        left join replenishment.order_lines as lines
            on lines.purchase_order_number = orders.purchase_order_number
            and lines.line_number = replenishment.meant_line(
                shipments.purchase_order_number, shipments.purchase_order_line,
                catalogue.part_id(shipments.brand_code, shipments.part_number), shipments.part_number,
                shipments.supplier_part_number
            )
        where supplies_open_of.part_ids is null
            or coalesce(lines.part_id, catalogue.part_id(shipments.brand_code, shipments.part_number))
                = any (supplies_open_of.part_ids)
    ),

    received as not materialized (
        select receipts.* from garage_inventory.receipts
        where not exists (
            select from garage_inventory.reversals where reversals.reverses_id = receipts.receipt_line_id
        )
    ),

    -- What a delivery says of lots is held against the lots that were announced, where it says anything of them.
    arrived as (
        select announced.*, named.lot_key, named.quantity as arrived_quantity
        from announced
        cross join lateral (
            select kinds.lot_key, coalesce(sum(received.quantity) filter (
                where kinds.lot_key is null or coalesce(received.lot_number, '') = kinds.lot_key
            ), 0) as quantity
            from (
                select case when bool_or(others.lot_number is not null) then coalesce(announced.lot_number, '') end as lot_key
                from received as others
                where (others.delivery_number, others.part_id) = (announced.shipment_number, announced.part_id)
                    and coalesce(others.supplier_code, announced.supplier_code) = announced.supplier_code
            ) as kinds
            left join received on (received.delivery_number, received.part_id)
                    = (announced.shipment_number, announced.part_id)
                and coalesce(received.supplier_code, announced.supplier_code) = announced.supplier_code
            group by kinds.lot_key
        ) as named
    ),

    lacking as (
        select arrived.*, arrived.quantity - least(arrived.quantity, greatest(arrived.arrived_quantity - (
            sum(arrived.quantity) over (
                partition by arrived.supplier_code, arrived.shipment_number, arrived.part_id, arrived.lot_key
                order by arrived.shipment_line rows unbounded preceding
            ) - arrived.quantity
        ), 0)) as left_quantity
        from arrived
    ),

    -- Deliveries that name the order and no shipment were of those that were announced first.
    awaited as (
        select lacking.*, least(lacking.left_quantity, greatest(coalesce(ours.open_quantity, lacking.order_quantity) - (
            lacking.order_left_quantity - lacking.left_quantity
        ), 0)) as awaited_quantity
        from (
            select lacking.*,
                sum(lacking.left_quantity) over later as order_left_quantity,
                sum(lacking.left_quantity) over whole - coalesce((
                    select sum(received.quantity) from received
                    where (received.purchase_order_number, received.part_id)
                            = (lacking.purchase_order_number, lacking.part_id)
                        and not exists (
                            select from replenishment.shipment_lines as named
                            where (named.supplier_code, named.shipment_number)
                                = (lacking.supplier_code, received.delivery_number)
                        )
                ), 0) as order_quantity
            from lacking
            window whole as (
                    partition by lacking.supplier_code, lacking.purchase_order_number, lacking.line_number, lacking.part_id
                ),
                later as (
                    partition by lacking.supplier_code, lacking.purchase_order_number, lacking.line_number, lacking.part_id
                    order by lacking.stated_at desc, lacking.shipment_number desc, lacking.shipment_line desc
                    rows unbounded preceding
                )
        ) as lacking
        left join ours using (purchase_order_number, line_number)
    ),

    on_the_way as (
        select awaited.purchase_order_number, awaited.line_number, sum(awaited.awaited_quantity) as quantity
        from awaited
        where awaited.line_number is not null
        group by awaited.purchase_order_number, awaited.line_number
    ),

    -- Orders that were not made here: the newest answer to each part of a line.
    answered as (
        select answers.supplier_code, answers.purchase_order_number, answers.purchase_order_line, answers.part_id,
            sum(answers.quantity) as quantity, max(answers.promised_on) as promised_on
        from (
            select distinct on (stated.supplier_code, stated.purchase_order_number, stated.purchase_order_line,
                    stated.schedule_number)
                stated.*, catalogue.part_id(stated.brand_code, stated.part_number) as part_id,
                coalesce(catalogue.base_quantity(
                    catalogue.part_id(stated.brand_code, stated.part_number), stated.uom_code,
                    coalesce(stated.acknowledged_quantity, stated.ordered_quantity), stated.stated_at
                ), stated.acknowledged_quantity, stated.ordered_quantity) as quantity
            from replenishment.acknowledgements as stated
            where (supplies_open_of.part_ids is null
                    or catalogue.part_id(stated.brand_code, stated.part_number) = any (supplies_open_of.part_ids))
                and not exists (
                    select from replenishment.purchase_orders as orders
                    where (orders.purchase_order_number, orders.supplier_code)
                        = (stated.purchase_order_number, stated.supplier_code)
                )
            order by stated.supplier_code, stated.purchase_order_number, stated.purchase_order_line,
                stated.schedule_number, stated.stated_at desc
        ) as answers
        where answers.acknowledgement_code not in ('ID', 'IR')
        group by 1, 2, 3, 4
    )

    select 'SHIPPED' as stage_code, awaited.supplier_code, awaited.garage_code, awaited.part_id, awaited.lot_number,
        awaited.shipment_number as document_number, awaited.shipment_line as document_line,
        awaited.awaited_quantity::numeric(14, 3) as quantity, awaited.awaited_quantity::numeric(14, 3) as confirmed_quantity,
        awaited.expected_on, null::uuid as proposal_id
    from awaited
    where awaited.awaited_quantity > 0
    union all
    select
        case when ours.answered_at is not null then 'ACKNOWLEDGED' when ours.sent_at is not null then 'SENT' else 'APPROVED' end,
        ours.supplier_code, ours.garage_code, ours.part_id, null,
        coalesce(ours.purchase_order_number, ours.act_id::text), coalesce(ours.line_number::text, ''),
        rest.quantity::numeric(14, 3),
        case when answers.is_dated then greatest(least(
            rest.quantity,
            answers.acknowledged_quantity - ours.received_quantity - coalesce(on_the_way.quantity, 0)
        ), 0) else 0 end::numeric(14, 3),
        -- The day of a shipment is that of its own units alone.
        coalesce(answers.promised_on, lines.expected_on), ours.proposal_id
    from ours
    left join on_the_way using (purchase_order_number, line_number)
    left join replenishment.order_answers_as_of(now(), 'infinity', supplies_open_of.part_ids) as answers using (purchase_order_number, line_number)
    left join replenishment.order_lines as lines using (purchase_order_number, line_number)
    cross join lateral (select ours.open_quantity - coalesce(on_the_way.quantity, 0) as quantity) as rest
    where rest.quantity > 0
    union all
    select 'ACKNOWLEDGED', answered.supplier_code, null, answered.part_id, null, answered.purchase_order_number,
        answered.purchase_order_line, rest.quantity::numeric(14, 3), rest.quantity::numeric(14, 3), answered.promised_on, null
    from answered
    left join (
        select supplier_code, purchase_order_number, part_id, sum(quantity) as quantity
        from announced
        group by supplier_code, purchase_order_number, part_id
    ) as shipped using (supplier_code, purchase_order_number, part_id)
    cross join lateral (
        select answered.quantity - greatest(
            coalesce(shipped.quantity, 0),
            coalesce((
                select sum(received.quantity) from received
                where (received.purchase_order_number, received.part_id)
                    = (answered.purchase_order_number, answered.part_id)
            ), 0)
        ) as quantity
    ) as rest
    where rest.quantity > 0
$$;

create or replace view quality_hold.campaign_orders as
with supplies as materialized (
    select open.stage_code, open.supplier_code, open.garage_code, open.part_id, open.lot_number, open.document_number,
        open.document_line, open.quantity::numeric(14, 3), open.expected_on, open.proposal_id
    -- Recalls are of few parts; where one names a supplier alone, everything is looked at.
    from replenishment.supplies_open_of((
        select case when bool_and(rules.part_id is not null) then array_agg(distinct rules.part_id) end
        from quality_hold.rules
        where rules.event_type_code = 'OPENED' and rules.campaign_number is not null
    )) as open
),

proposed as (
    select distinct on (proposals.proposal_id) proposals.*
    from replenishment.proposals
    order by proposals.proposal_id, proposals.revision_number desc
),

orders as (
    select stage_code, supplier_code, garage_code, part_id, lot_number, document_number, document_line, quantity,
        expected_on
    from supplies
    union all
    select 'PROPOSED', supplier_code, garage_code, part_id, null, proposal_id::text, revision_number::text, quantity, null
    from proposed
    where change_code <> 'GONE' and line_type_code = 'BUY' and quantity > 0
        and not exists (select from supplies where supplies.proposal_id = proposed.proposal_id)
)

select rules.campaign_number, rules.hold_number, orders.*
from quality_hold.rules
inner join orders on orders.part_id = rules.part_id or rules.part_id is null
where rules.event_type_code = 'OPENED' and rules.campaign_number is not null
    and (rules.supplier_code is null or orders.supplier_code = rules.supplier_code)
    and (rules.garage_code is null or orders.garage_code is null or orders.garage_code = rules.garage_code)
    -- What is not shipped yet has no lot that could speak for it.
    and (orders.lot_number is null
        or (rules.lot_number is null or rules.lot_number = orders.lot_number)
            and (rules.lot_from_number is null
                or quality_hold.lot_key(orders.lot_number) >= quality_hold.lot_key(rules.lot_from_number))
            and (rules.lot_to_number is null
                or quality_hold.lot_key(orders.lot_number) <= quality_hold.lot_key(rules.lot_to_number)));
