-- An approval whose message was discarded is carried out by nobody: nothing of it is to come, and nothing is promised.

create or replace function replenishment.order_lines_as_of(at timestamptz, known_at timestamptz, part_ids uuid[])
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
        -- What was taken out of the queue for good is carried out by nobody.
        and not exists (
            select from replenishment.messages
            where messages.topic_code = 'replenishment.order' and messages.deduplication_key = acts.act_id::text
                and messages.status_code = 'DISCARDED' and messages.finished_at <= order_lines_as_of.at
                and messages.finished_at <= order_lines_as_of.known_at
        )
$$;

create or replace function replenishment.transfers_approved_as_of(at timestamptz, known_at timestamptz default 'infinity')
    returns table (
        transfer_number text, act_id uuid, proposal_id uuid, from_garage_code text, to_garage_code text, part_id uuid,
        quantity numeric, due_on date
    )
    language sql stable
    set search_path = pg_catalog
as $$
    with approved as (
        select
            -- As partsbay orders make numbers it.
            'T-' || left(replace(acts.act_id::text, '-', ''), 12) as transfer_number,
            acts.act_id, acts.proposal_id, proposals.explanation ->> 'from_garage_code' as from_garage_code,
            acts.garage_code as to_garage_code, acts.part_id, acts.quantity,
            (acts.event_at at time zone 'UTC')::date
                + ceil((proposals.explanation ->> 'arrival_days')::numeric)::integer as due_on
        from replenishment.planner_acts as acts
        inner join replenishment.proposals
            on proposals.proposal_id = acts.proposal_id and proposals.revision_number = acts.revision_number
        where acts.act_code = 'APPROVE' and acts.line_type_code = 'TRANSFER' and acts.quantity > 0
            and acts.event_at <= transfers_approved_as_of.at
            and acts.recorded_at <= transfers_approved_as_of.known_at
    )

    select approved.*
    from approved
    where not exists (
            select from garage_inventory.transfer_events as events
            where events.transfer_number = approved.transfer_number
                and events.event_at <= transfers_approved_as_of.at
                and events.recorded_at <= transfers_approved_as_of.known_at
        )
        and not exists (
            select from replenishment.planner_acts as undoing
            where undoing.undoes_act_id = approved.act_id and undoing.event_at <= transfers_approved_as_of.at
                and undoing.recorded_at <= transfers_approved_as_of.known_at
        )
        -- What was taken out of the queue for good is carried out by nobody.
        and not exists (
            select from replenishment.messages
            where messages.topic_code = 'replenishment.order' and messages.deduplication_key = approved.act_id::text
                and messages.status_code = 'DISCARDED' and messages.finished_at <= transfers_approved_as_of.at
                and messages.finished_at <= transfers_approved_as_of.known_at
        )
$$;
