-- Purchase orders: what was approved becomes lines of an order, an order becomes a file, and answers, ship notices and
-- receipts say what became of it. Nothing here is ever changed: the state of a line is a fold.

-- ---------------------------------------------------------------- orders

create table replenishment.purchase_orders (
    purchase_order_number text primary key check (purchase_order_number ~ '^[A-Z0-9-]{1,22}$'),
    serial_number bigint not null unique check (serial_number > 0),
    supplier_code text not null check (supplier_code <> ''),
    garage_code text not null check (garage_code <> ''),
    order_type_code text not null default 'STOCK' check (order_type_code in ('STOCK', 'RUSH')),
    currency_code text not null check (currency_code ~ '^[A-Z]{3}$'),
    created_at timestamptz not null,
    actor text not null check (actor <> ''),
    recorded_at timestamptz not null default clock_timestamp()
);
comment on table replenishment.purchase_orders is 'One row per order of one garage to one supplier, in one currency: stock, or rush for a vehicle that waits. Append-only.';
comment on column replenishment.purchase_orders.serial_number is 'Numbers of orders count on from one to the next and are never given twice.';
create index purchase_orders_by_supplier on replenishment.purchase_orders (supplier_code, garage_code);

create table replenishment.order_lines (
    purchase_order_number text not null references replenishment.purchase_orders,
    line_number integer not null check (line_number between 1 and 99999),
    act_id uuid unique,
    proposal_id uuid,
    revision_number integer,
    garage_code text not null check (garage_code <> ''),
    part_id uuid not null,
    brand_code text not null,
    part_number text not null check (length(part_number) between 1 and 48),
    description text,
    supplier_part_number text,
    ordered_quantity numeric(14, 3) not null check (ordered_quantity > 0 and ordered_quantity <> 'NaN'),
    uom_code text not null,
    pack_quantity numeric(14, 3) not null default 1 check (pack_quantity > 0 and pack_quantity <> 'NaN'),
    pack_count numeric(14, 3) not null check (pack_count > 0 and pack_count <> 'NaN'),
    unit_price_amount numeric(14, 4) check (unit_price_amount >= 0 and unit_price_amount <> 'NaN'),
    need_by_on date,
    expected_on date,
    created_at timestamptz not null,
    actor text not null check (actor <> ''),
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (purchase_order_number, line_number)
);
comment on table replenishment.order_lines is 'One row per line of a purchase order: one part, the one that is ordered after supersession (F16), in base units. Append-only.';
comment on column replenishment.order_lines.act_id is 'The act of a planner that the line carries out, once only.';
comment on column replenishment.order_lines.unit_price_amount is 'Price of one base unit when it was ordered.';
comment on column replenishment.order_lines.expected_on is 'When the line was expected when it was ordered.';
create index order_lines_by_part on replenishment.order_lines (garage_code, part_id);

create table replenishment.order_files (
    supplier_code text not null check (supplier_code <> ''),
    control_number bigint not null check (control_number > 0),
    file_name text not null unique check (file_name <> ''),
    format_code text not null check (format_code in ('CSV', 'XLSX', 'X12', 'EDIFACT')),
    content bytea not null,
    sha256 text not null check (sha256 = encode(sha256(content), 'hex')),
    made_at timestamptz not null,
    actor text not null check (actor <> ''),
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (supplier_code, control_number)
);
comment on table replenishment.order_files is 'One row per file of orders that was ever made for a supplier, with its bytes: the same file can be had again, and never another under its number. Append-only.';
comment on column replenishment.order_files.control_number is 'Counts on from one file of the supplier to the next and is never given twice.';

create table replenishment.order_events (
    order_event_id uuid primary key default uuidv7(),
    purchase_order_number text not null references replenishment.purchase_orders,
    sequence_number integer not null check (sequence_number > 0),
    event_type_code text not null
        check (event_type_code in ('CREATED', 'FILED', 'SENT', 'RESENT', 'CANCELLED', 'CLOSED')),
    line_number integer,
    supplier_code text,
    control_number bigint,
    reason text,
    event_at timestamptz not null,
    actor text not null check (actor <> ''),
    recorded_at timestamptz not null default clock_timestamp(),
    unique (purchase_order_number, sequence_number),
    foreign key (supplier_code, control_number) references replenishment.order_files,
    check ((event_type_code in ('FILED', 'SENT', 'RESENT')) = (control_number is not null and supplier_code is not null)),
    check (line_number is null or event_type_code in ('CANCELLED', 'CLOSED')),
    check (event_type_code not in ('CANCELLED', 'CLOSED') or reason <> '')
);
comment on table replenishment.order_events is 'One row per event of a purchase order, or of one of its lines: made, written into a file, sent, sent again, cancelled, closed. Append-only.';
comment on column replenishment.order_events.line_number is 'The line that it is about; all of them where none is named.';
create unique index order_events_once on replenishment.order_events (purchase_order_number, event_type_code)
    where event_type_code in ('CREATED', 'FILED', 'SENT');
create index order_events_by_file on replenishment.order_events (supplier_code, control_number)
    where control_number is not null;

-- ------------------------------------------- which line somebody means

create function replenishment.meant_line(
    purchase_order_number text, purchase_order_line text, part_id uuid, part_number text, supplier_part_number text
) returns integer
    language sql stable
    return (
        with numbered as (
            -- Zeros in front say nothing.
            select case when meant_line.purchase_order_line ~ '^\s*0*[1-9][0-9]{0,4}\s*$'
                then meant_line.purchase_order_line::integer end as line_number
        ),

        -- Mostly the number is right; then no other line is looked at.
        found as (
            select lines.line_number
            from replenishment.order_lines as lines
            inner join numbered using (line_number)
            where lines.purchase_order_number = meant_line.purchase_order_number
                and (lines.part_id = meant_line.part_id
                    or lines.supplier_part_number = meant_line.supplier_part_number
                    or catalogue.part_key(lines.part_number) = catalogue.part_key(meant_line.part_number))
        ),

        -- Who numbers lines in another way than we do still names the part.
        of_part as (
            select min(lines.line_number) as line_number
            from replenishment.order_lines as lines
            where lines.purchase_order_number = meant_line.purchase_order_number
                and (lines.part_id = meant_line.part_id
                    or lines.supplier_part_number = meant_line.supplier_part_number
                    or catalogue.part_key(lines.part_number) = catalogue.part_key(meant_line.part_number))
                and not exists (select from found)
        )

        select coalesce(
            (select found.line_number from found), of_part.line_number,
            (select lines.line_number
            from replenishment.order_lines as lines
            inner join numbered using (line_number)
            where lines.purchase_order_number = meant_line.purchase_order_number)
        )
        from of_part
    );
comment on function replenishment.meant_line is 'The line of an order that a partner means: by number and part, else by part, else by number; null where no line fits.';

create function replenishment.line_quantity(
    part_id uuid, pack_quantity numeric, uom_code text, quantity numeric, at timestamptz
) returns numeric
    language sql stable
    return coalesce(
        catalogue.base_quantity(
            line_quantity.part_id, line_quantity.uom_code, line_quantity.quantity, line_quantity.at),
        case when line_quantity.uom_code in ('PK', 'CA', 'BX')
            then line_quantity.quantity * line_quantity.pack_quantity end
    );
comment on function replenishment.line_quantity is 'A quantity in base units by the units of the part, else by the pack that was ordered; null where the unit means nothing.';

-- ---------------------------------------------------------------- answers

create function replenishment.order_answers_as_of(at timestamptz, known_at timestamptz default 'infinity')
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
comment on function replenishment.order_answers_as_of is 'One row per line that its supplier answered: how many come, how many are on hold or pending, and the last day promised. The newest answer counts. Backordered units come; without a day they are not dated. A substitute comes in place of what was ordered. What was ordered and neither comes nor is pending is refused.';

-- --------------------------------------------------------------- receipts

create function replenishment.receipts_matched_as_of(at timestamptz, known_at timestamptz default 'infinity')
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
                receipts_matched_as_of.at, receipts_matched_as_of.known_at) as answers
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
comment on function replenishment.receipts_matched_as_of is 'Which receipt answers which line of an order, and by how much: by the order that it names; else by the shipment whose number the delivery bears; else the lines of that supplier, garage and part that were sent before, the first sent first, each as far as it is open. What a receipt brings beyond all that answers nothing.';

-- ---------------------------------------------------------- order lines

create function replenishment.order_lines_as_of(at timestamptz, known_at timestamptz default 'infinity')
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
        from replenishment.receipts_matched_as_of(order_lines_as_of.at, order_lines_as_of.known_at) as matched
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
        left join replenishment.order_answers_as_of(order_lines_as_of.at, order_lines_as_of.known_at) as answers
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
        and not exists (select from lines where lines.act_id = acts.act_id)
        and not exists (
            select from replenishment.planner_acts as undoing
            where undoing.undoes_act_id = acts.act_id and undoing.event_at <= order_lines_as_of.at
                and undoing.recorded_at <= order_lines_as_of.known_at
        )
$$;
comment on function replenishment.order_lines_as_of is 'One row per line of an order as it stood at a moment, by what was known at another: ordered, answered (null: not yet), refused or given up, shipped, received, still to come, and when. A fold over orders, answers, ship notices and receipts. What is approved and in no order yet is a line without a number. Units of lines that were not sent yet count as open.';

-- ---------------------------------------------------------------- grants

grant select, insert on replenishment.purchase_orders, replenishment.order_lines, replenishment.order_files,
    replenishment.order_events to partsbay_pipeline;
grant select on replenishment.purchase_orders, replenishment.order_lines, replenishment.order_files,
    replenishment.order_events to partsbay_replication;
revoke execute on function replenishment.meant_line, replenishment.line_quantity, replenishment.order_answers_as_of,
    replenishment.receipts_matched_as_of, replenishment.order_lines_as_of from public;
grant execute on function replenishment.meant_line, replenishment.line_quantity, replenishment.order_answers_as_of,
    replenishment.receipts_matched_as_of, replenishment.order_lines_as_of to partsbay_pipeline;
alter publication pub_replenishment add table replenishment.purchase_orders, replenishment.order_lines,
    replenishment.order_files, replenishment.order_events;
select audit.watch('replenishment.purchase_orders');
select audit.watch('replenishment.order_lines');
select audit.watch('replenishment.order_files');
select audit.watch('replenishment.order_events');
