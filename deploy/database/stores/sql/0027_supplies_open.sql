-- What is still to come from suppliers, for whoever asks: a recall of the parts, a promise by a day. Who asks about one
-- part does not go through the orders of all.

create function replenishment.order_answers_as_of(at timestamptz, known_at timestamptz, part_ids uuid[])
    returns table (
        purchase_order_number text, line_number integer, acknowledged_quantity numeric, pending_quantity numeric,
        is_dated boolean, promised_on date, acknowledgement_codes text, unit_price_amount numeric,
        currency_code text, answered_at timestamptz
    )
    language sql stable
    set search_path = pg_catalog
as $$
    with stated as (
        select lines.purchase_order_number, lines.line_number, answers.acknowledgement_code, answers.promised_on,
            answers.unit_price_amount, answers.currency_code, answers.stated_at,
            answers.acknowledgement_code in ('ID', 'IR') as is_refused,
            answers.acknowledgement_code in ('IH', 'IP') as is_pending,
            replenishment.line_quantity(
                lines.part_id, lines.pack_quantity, answers.uom_code,
                coalesce(answers.acknowledged_quantity, answers.ordered_quantity), answers.stated_at
            ) as quantity,
            coalesce(answers.acknowledged_quantity, answers.ordered_quantity) is null as is_whole,
            lines.ordered_quantity,
            -- Each answer says all of a line anew.
            rank() over (
                partition by lines.purchase_order_number, lines.line_number order by answers.stated_at desc
            ) as age
        from replenishment.acknowledgements as answers
        inner join replenishment.purchase_orders as orders using (purchase_order_number, supplier_code)
        inner join replenishment.order_lines as lines
            on lines.purchase_order_number = orders.purchase_order_number
            and lines.line_number = replenishment.meant_line(
                answers.purchase_order_number, answers.purchase_order_line,
                catalogue.part_id(answers.brand_code, answers.part_number), answers.part_number,
                answers.supplier_part_number
            )
        where answers.stated_at <= order_answers_as_of.at and answers.recorded_at <= order_answers_as_of.known_at
            and lines.recorded_at <= order_answers_as_of.known_at
            and (order_answers_as_of.part_ids is null or lines.part_id = any (order_answers_as_of.part_ids))
    ),

    weighed as (
        select stated.*,
            case when is_refused then 0 when is_whole then ordered_quantity else quantity end as base_quantity
        from stated
        where age = 1
    )

    select weighed.purchase_order_number, weighed.line_number,
        coalesce(sum(base_quantity) filter (where not is_pending), 0),
        coalesce(sum(base_quantity) filter (where is_pending), 0),
        coalesce(bool_and(weighed.promised_on is not null) filter (
            where not is_pending and not is_refused and weighed.acknowledgement_code = 'IB'), true),
        max(weighed.promised_on) filter (where not is_refused),
        string_agg(distinct weighed.acknowledgement_code, ',' order by weighed.acknowledgement_code),
        max(weighed.unit_price_amount), max(weighed.currency_code), max(weighed.stated_at)
    from weighed
    group by weighed.purchase_order_number, weighed.line_number
    -- An answer in a unit that means nothing says nothing of how many come.
    having bool_and(base_quantity is not null)
$$;
comment on function replenishment.order_answers_as_of(timestamptz, timestamptz, uuid[]) is 'The same of these parts; of all where none is named.';
create or replace function replenishment.order_answers_as_of(at timestamptz, known_at timestamptz default 'infinity')
    returns table (
        purchase_order_number text, line_number integer, acknowledged_quantity numeric, pending_quantity numeric,
        is_dated boolean, promised_on date, acknowledgement_codes text, unit_price_amount numeric,
        currency_code text, answered_at timestamptz
    )
    language sql stable
    set search_path = pg_catalog
as $$
    select * from replenishment.order_answers_as_of(order_answers_as_of.at, order_answers_as_of.known_at, null)
$$;

create function replenishment.receipts_matched_as_of(at timestamptz, known_at timestamptz, part_ids uuid[])
    returns table (
        receipt_line_id uuid, purchase_order_number text, line_number integer, quantity numeric,
        received_at timestamptz, match_code text
    )
    language plpgsql stable
    set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
    step record;
    group_key text := '';
    -- Lines of the supplier, garage and part at hand, the one that was sent first in front, and what each still takes.
    order_numbers text[];
    line_numbers integer[];
    rooms numeric[];
    place integer;
    units numeric;
begin
    for step in
        with lines as materialized (
            select lines.*, orders.supplier_code
            from replenishment.order_lines as lines
            inner join replenishment.purchase_orders as orders using (purchase_order_number)
            where lines.created_at <= receipts_matched_as_of.at
                and lines.recorded_at <= receipts_matched_as_of.known_at
                and (receipts_matched_as_of.part_ids is null or lines.part_id = any (receipts_matched_as_of.part_ids))
        ),

        events as (
            select events.*
            from replenishment.order_events as events
            where events.event_at <= receipts_matched_as_of.at
                and events.recorded_at <= receipts_matched_as_of.known_at
        ),

        known as (
            select receipts.*
            from garage_inventory.receipts
            where receipts.event_at <= receipts_matched_as_of.at
                and receipts.recorded_at <= receipts_matched_as_of.known_at
                and (
                    (receipts.garage_code, receipts.part_id) in (select lines.garage_code, lines.part_id from lines)
                    or receipts.purchase_order_number in (select lines.purchase_order_number from lines)
                )
                and not exists (
                    select from garage_inventory.reversals
                    where reversals.reverses_id = receipts.receipt_line_id
                        and reversals.recorded_at <= receipts_matched_as_of.known_at
                )
        ),

        -- A receipt that names no order may name the shipment of one.
        shipped as (
            select known.receipt_line_id, min(shipments.purchase_order_number) as purchase_order_number,
                min(shipments.purchase_order_line) as purchase_order_line
            from known
            inner join replenishment.shipment_lines as shipments
                on (shipments.supplier_code, shipments.shipment_number)
                    = (known.supplier_code, known.delivery_number)
                and shipments.recorded_at <= receipts_matched_as_of.known_at
                and known.part_id = (
                    select lines.part_id from lines
                    where lines.purchase_order_number = shipments.purchase_order_number
                        and lines.line_number = replenishment.meant_line(
                            shipments.purchase_order_number, shipments.purchase_order_line,
                            catalogue.part_id(shipments.brand_code, shipments.part_number), shipments.part_number,
                            shipments.supplier_part_number
                        )
                )
            where known.purchase_order_number is null
            group by known.receipt_line_id
            having count(distinct (shipments.purchase_order_number, shipments.purchase_order_line)) = 1
        ),

        named as materialized (
            select known.receipt_line_id, known.supplier_code, known.garage_code, known.part_id, known.quantity,
                known.event_at, known.purchase_order_number is not null as is_named, lines.purchase_order_number,
                lines.line_number,
                case when shipped.receipt_line_id is null then 'ORDER' else 'SHIPMENT' end as match_code
            from known
            left join shipped using (receipt_line_id)
            left join lines
                on lines.purchase_order_number = coalesce(known.purchase_order_number, shipped.purchase_order_number)
                and lines.supplier_code = coalesce(known.supplier_code, lines.supplier_code)
                and lines.line_number = replenishment.meant_line(
                    coalesce(known.purchase_order_number, shipped.purchase_order_number),
                    coalesce(known.purchase_order_line, shipped.purchase_order_line), known.part_id, null, null
                )
        ),

        named_sums as (
            select named.purchase_order_number, named.line_number, sum(named.quantity) as quantity
            from named
            where named.line_number is not null
            group by 1, 2
        ),

        steps as (
            select 1 as kind, events.event_at, lines.supplier_code, lines.garage_code, lines.part_id,
                lines.purchase_order_number, lines.line_number, null::uuid as receipt_line_id, null as match_code,
                greatest(coalesce(answers.acknowledged_quantity + answers.pending_quantity, lines.ordered_quantity)
                    - coalesce(named_sums.quantity, 0), 0) as quantity
            from lines
            inner join events on events.purchase_order_number = lines.purchase_order_number
                and events.event_type_code = 'SENT'
            left join replenishment.order_answers_as_of(
                receipts_matched_as_of.at, receipts_matched_as_of.known_at,
                receipts_matched_as_of.part_ids) as answers
                on answers.purchase_order_number = lines.purchase_order_number
                and answers.line_number = lines.line_number
            left join named_sums on named_sums.purchase_order_number = lines.purchase_order_number
                and named_sums.line_number = lines.line_number
            union all
            select case when named.line_number is null then 2 else 0 end, named.event_at, named.supplier_code,
                named.garage_code, named.part_id, named.purchase_order_number, named.line_number,
                named.receipt_line_id, named.match_code, named.quantity
            from named
            where named.line_number is not null or (not named.is_named and named.supplier_code is not null)
            union all
            select 3, events.event_at, lines.supplier_code, lines.garage_code, lines.part_id,
                lines.purchase_order_number, lines.line_number, null, null, 0
            from events
            inner join lines on lines.purchase_order_number = events.purchase_order_number
                and lines.line_number = coalesce(events.line_number, lines.line_number)
            where events.event_type_code in ('CANCELLED', 'CLOSED')
        )

        select steps.*
        from steps
        order by steps.supplier_code, steps.garage_code, steps.part_id, steps.event_at, steps.kind,
            steps.purchase_order_number, steps.line_number, steps.receipt_line_id
    loop
        if step.kind = 0 then
            return query select step.receipt_line_id, step.purchase_order_number, step.line_number, step.quantity,
                step.event_at, step.match_code;
            continue;
        end if;
        if group_key <> concat_ws(chr(31), step.supplier_code, step.garage_code, step.part_id) then
            group_key := concat_ws(chr(31), step.supplier_code, step.garage_code, step.part_id);
            order_numbers := '{}';
            line_numbers := '{}';
            rooms := '{}';
        end if;
        if step.kind = 1 then
            order_numbers := order_numbers || step.purchase_order_number;
            line_numbers := line_numbers || step.line_number;
            rooms := rooms || step.quantity;
            continue;
        end if;
        for place in 1 .. cardinality(rooms) loop
            if step.kind = 3 then
                if order_numbers[place] = step.purchase_order_number and line_numbers[place] = step.line_number then
                    rooms[place] := 0;
                end if;
                continue;
            end if;
            units := least(rooms[place], step.quantity);
            if units > 0 then
                rooms[place] := rooms[place] - units;
                step.quantity := step.quantity - units;
                return query select step.receipt_line_id, order_numbers[place], line_numbers[place], units,
                    step.event_at, 'FIRST_SENT';
            end if;
        end loop;
    end loop;
end
$$;
comment on function replenishment.receipts_matched_as_of(timestamptz, timestamptz, uuid[]) is 'The same of these parts; of all where none is named.';
create or replace function replenishment.receipts_matched_as_of(at timestamptz, known_at timestamptz default 'infinity')
    returns table (
        receipt_line_id uuid, purchase_order_number text, line_number integer, quantity numeric,
        received_at timestamptz, match_code text
    )
    language sql stable
    set search_path = pg_catalog
as $$
    select * from replenishment.receipts_matched_as_of(receipts_matched_as_of.at, receipts_matched_as_of.known_at, null)
$$;

create function replenishment.order_lines_as_of(at timestamptz, known_at timestamptz, part_ids uuid[])
    returns table (
        purchase_order_number text, line_number integer, supplier_code text, garage_code text, part_id uuid,
        order_type_code text, proposal_id uuid, act_id uuid, unit_price_amount numeric, currency_code text,
        ordered_quantity numeric, acknowledged_quantity numeric, pending_quantity numeric, rejected_quantity numeric,
        shipped_quantity numeric, received_quantity numeric, open_quantity numeric, is_confirmed boolean,
        need_by_on date, expected_on date, created_at timestamptz, sent_at timestamptz, answered_at timestamptz,
        first_received_at timestamptz, last_received_at timestamptz, acknowledgement_codes text, status_code text
    )
    language sql stable
    set search_path = pg_catalog
as $$
    with lines as (
        select lines.*, orders.supplier_code, orders.order_type_code, orders.currency_code
        from replenishment.order_lines as lines
        inner join replenishment.purchase_orders as orders using (purchase_order_number)
        where lines.created_at <= order_lines_as_of.at and lines.recorded_at <= order_lines_as_of.known_at
            and (order_lines_as_of.part_ids is null or lines.part_id = any (order_lines_as_of.part_ids))
    ),

    -- Line 0 stands for events of the whole order.
    events as (
        select events.purchase_order_number, coalesce(events.line_number, 0) as line_number,
            min(events.event_at) filter (where events.event_type_code = 'SENT') as sent_at,
            bool_or(events.event_type_code = 'CANCELLED') as is_cancelled,
            bool_or(events.event_type_code = 'CLOSED') as is_closed
        from replenishment.order_events as events
        where events.event_at <= order_lines_as_of.at and events.recorded_at <= order_lines_as_of.known_at
        group by 1, 2
    ),

    shipped as (
        select lines.purchase_order_number, lines.line_number,
            sum(replenishment.line_quantity(
                lines.part_id, lines.pack_quantity, shipments.uom_code, shipments.shipped_quantity, shipments.stated_at
            )) as quantity,
            max(shipments.expected_on) as expected_on
        from replenishment.shipment_lines as shipments
        inner join lines on lines.purchase_order_number = shipments.purchase_order_number
            and lines.supplier_code = shipments.supplier_code
            and lines.line_number = replenishment.meant_line(
                shipments.purchase_order_number, shipments.purchase_order_line,
                catalogue.part_id(shipments.brand_code, shipments.part_number), shipments.part_number,
                shipments.supplier_part_number
            )
        where shipments.stated_at <= order_lines_as_of.at and shipments.recorded_at <= order_lines_as_of.known_at
        group by 1, 2
    ),

    received as (
        select matched.purchase_order_number, matched.line_number, sum(matched.quantity) as quantity,
            min(matched.received_at) as first_received_at, max(matched.received_at) as last_received_at
        from replenishment.receipts_matched_as_of(
            order_lines_as_of.at, order_lines_as_of.known_at, order_lines_as_of.part_ids) as matched
        group by 1, 2
    ),

    gathered as (
        select lines.*, orders.sent_at,
            coalesce(orders.is_cancelled, false) or coalesce(own.is_cancelled, false) as is_cancelled,
            coalesce(orders.is_closed, false) or coalesce(own.is_closed, false) as is_closed,
            answers.acknowledged_quantity, coalesce(answers.pending_quantity, 0) as pending_quantity,
            answers.answered_at, answers.promised_on, answers.acknowledgement_codes,
            coalesce(answers.is_dated, false) as is_dated,
            coalesce(shipped.quantity, 0) as shipped_quantity, shipped.expected_on as announced_on,
            coalesce(received.quantity, 0) as received_quantity, received.first_received_at, received.last_received_at,
            coalesce(answers.acknowledged_quantity + answers.pending_quantity, lines.ordered_quantity)
                as coming_quantity
        from lines
        left join events as orders
            on orders.purchase_order_number = lines.purchase_order_number and orders.line_number = 0
        left join events as own
            on own.purchase_order_number = lines.purchase_order_number and own.line_number = lines.line_number
        left join replenishment.order_answers_as_of(
            order_lines_as_of.at, order_lines_as_of.known_at, order_lines_as_of.part_ids) as answers
            on answers.purchase_order_number = lines.purchase_order_number and answers.line_number = lines.line_number
        left join shipped
            on shipped.purchase_order_number = lines.purchase_order_number and shipped.line_number = lines.line_number
        left join received
            on received.purchase_order_number = lines.purchase_order_number and received.line_number = lines.line_number
    ),

    weighed as (
        select gathered.*,
            case when is_cancelled or is_closed then 0
                -- What is on its way comes, whatever was answered.
                else greatest(greatest(coming_quantity, shipped_quantity) - received_quantity, 0)
            end as open_quantity
        from gathered
    )

    select purchase_order_number, line_number, supplier_code, garage_code, part_id, order_type_code, proposal_id,
        act_id, unit_price_amount, currency_code, ordered_quantity, acknowledged_quantity, pending_quantity,
        case when is_cancelled or is_closed then greatest(ordered_quantity - received_quantity, 0)
            else greatest(ordered_quantity - greatest(coming_quantity, shipped_quantity, received_quantity), 0)
        end,
        shipped_quantity, received_quantity, open_quantity,
        open_quantity > 0 and (shipped_quantity > received_quantity
            or coalesce(acknowledged_quantity, 0) > received_quantity and is_dated),
        need_by_on,
        coalesce(case when shipped_quantity > received_quantity then announced_on end, promised_on, expected_on),
        created_at, sent_at, answered_at, first_received_at, last_received_at, acknowledgement_codes,
        case
            when received_quantity > 0 and is_closed then 'CLOSED'
            when received_quantity > 0 and open_quantity = 0 then 'RECEIVED'
            when is_cancelled then 'CANCELLED'
            when is_closed then 'CLOSED'
            when received_quantity > 0 then 'PART_RECEIVED'
            when coming_quantity = 0 and shipped_quantity = 0 then 'CANCELLED'
            when shipped_quantity > 0 then 'SHIPPED'
            when acknowledged_quantity is not null then 'ACKNOWLEDGED'
            when sent_at is not null then 'SENT'
            else 'APPROVED'
        end
    from weighed
    union all
    -- Approved, and in no order yet.
    select null, null, acts.supplier_code, acts.garage_code, acts.part_id, null, acts.proposal_id, acts.act_id, null,
        null, acts.quantity, null, 0, 0, 0, 0, acts.quantity, false, null, null, acts.event_at, null, null, null, null,
        null, 'APPROVED'
    from replenishment.planner_acts as acts
    where acts.act_code = 'APPROVE' and acts.line_type_code = 'BUY' and acts.quantity > 0
        and acts.event_at <= order_lines_as_of.at and acts.recorded_at <= order_lines_as_of.known_at
        and (order_lines_as_of.part_ids is null or acts.part_id = any (order_lines_as_of.part_ids))
        and not exists (select from lines where lines.act_id = acts.act_id)
        and not exists (
            select from replenishment.planner_acts as undoing
            where undoing.undoes_act_id = acts.act_id and undoing.event_at <= order_lines_as_of.at
                and undoing.recorded_at <= order_lines_as_of.known_at
        )
$$;
comment on function replenishment.order_lines_as_of(timestamptz, timestamptz, uuid[]) is 'The same of these parts; of all where none is named.';
create or replace function replenishment.order_lines_as_of(at timestamptz, known_at timestamptz default 'infinity')
    returns table (
        purchase_order_number text, line_number integer, supplier_code text, garage_code text, part_id uuid,
        order_type_code text, proposal_id uuid, act_id uuid, unit_price_amount numeric, currency_code text,
        ordered_quantity numeric, acknowledged_quantity numeric, pending_quantity numeric, rejected_quantity numeric,
        shipped_quantity numeric, received_quantity numeric, open_quantity numeric, is_confirmed boolean,
        need_by_on date, expected_on date, created_at timestamptz, sent_at timestamptz, answered_at timestamptz,
        first_received_at timestamptz, last_received_at timestamptz, acknowledgement_codes text, status_code text
    )
    language sql stable
    set search_path = pg_catalog
as $$
    select * from replenishment.order_lines_as_of(order_lines_as_of.at, order_lines_as_of.known_at, null)
$$;

create function replenishment.supplies_open_of(part_ids uuid[]) returns table (
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
comment on function replenishment.supplies_open_of is 'The rows of replenishment.supplies_open of these parts; of all where none is named.';

create view replenishment.supplies_open as
select stage_code, supplier_code, garage_code, part_id, lot_number, document_number, document_line,
    quantity::numeric(14, 3), confirmed_quantity::numeric(14, 3), expected_on, proposal_id
from replenishment.supplies_open_of(null);
comment on view replenishment.supplies_open is 'One row per line of a shipment that is on its way, and per line of an order with units that are not: shipped, acknowledged, sent, approved; of orders that were made elsewhere what their supplier answered. In base units; confirmed_quantity of them are on their way or acknowledged for a day (F5).';
grant select on replenishment.supplies_open to partsbay_pipeline;

-- ----------------------------------------------------------------- recalls

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
comment on view quality_hold.campaign_orders is 'One row per hold of a campaign and open order line that may bring more of it: proposed, approved, sent, acknowledged, or shipped and not received; units that are still to come.';

-- ---------------------------------------------------------------- promises

create or replace function reservation.available_by(garage_code text, part_id uuid, on_date date) returns table (
    available_now_quantity numeric, confirmed_quantity numeric, waiting_quantity numeric, available_quantity numeric
)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    with moment as (
        select (available_by.on_date + 1)::timestamp at time zone coalesce((
            select garages.time_zone from catalogue.garages_at() as garages
            where garages.garage_code = available_by.garage_code
        ), 'UTC') as ends_at
    ),

    supplies as (
        select open.confirmed_quantity as quantity
        from replenishment.supplies_open_of(array[available_by.part_id]) as open
        -- Of what nobody named a day for, the lead time of the supplier is what there is to go by.
        left join catalogue.suppliers_at() as suppliers using (supplier_code)
        where open.garage_code = available_by.garage_code
            and coalesce(open.expected_on,
                (now() at time zone 'UTC')::date + ceil(coalesce(suppliers.lead_time_days, 0))::integer)
                <= available_by.on_date
        union all
        select transfers.in_transit_quantity
        from garage_inventory.transfer_states as transfers
        cross join moment
        where (transfers.to_garage_code, transfers.part_id) = (available_by.garage_code, available_by.part_id)
            and transfers.in_transit_quantity > 0 and transfers.due_at < moment.ends_at
            and garage_inventory.is_sellable(transfers.condition_code)
    ),

    parts as (
        select
            coalesce((
                select availability.available_quantity from garage_inventory.availability
                where (availability.garage_code, availability.part_id) = (available_by.garage_code, available_by.part_id)
            ), 0) as available_now_quantity,
            coalesce((select sum(supplies.quantity) from supplies), 0) as confirmed_quantity,
            coalesce((
                select sum(states.backordered_quantity) from reservation.states cross join moment
                where (states.garage_code, states.part_id) = (available_by.garage_code, available_by.part_id)
                    and coalesce(states.need_by_at, states.requested_at) < moment.ends_at
                    and coalesce(states.expires_at, 'infinity') > now()
            ), 0) as waiting_quantity
    )

    select parts.*, parts.available_now_quantity + parts.confirmed_quantity - parts.waiting_quantity from parts
$$;
comment on function reservation.available_by is 'What can be promised by the end of a day of the garage (F5), with its parts, in base units: available now, plus what suppliers have acknowledged or shipped and transfers on their way, due by then and not arrived, less what waits and is needed by then. May be below nothing.';

revoke execute on function replenishment.order_answers_as_of(timestamptz, timestamptz, uuid[]),
    replenishment.receipts_matched_as_of(timestamptz, timestamptz, uuid[]),
    replenishment.order_lines_as_of(timestamptz, timestamptz, uuid[]), replenishment.supplies_open_of from public;
grant execute on function replenishment.order_answers_as_of(timestamptz, timestamptz, uuid[]),
    replenishment.receipts_matched_as_of(timestamptz, timestamptz, uuid[]),
    replenishment.order_lines_as_of(timestamptz, timestamptz, uuid[]), replenishment.supplies_open_of
    to partsbay_pipeline;
