-- Receipts, transfers, approvals and reversals of stock.
--
-- Documents say what happened to stock; each line of one makes its movements in the same statement
-- or by a trigger of its table, and never changes. What was wrong is reversed by a further line.
-- Refusals carry an SQLSTATE of class PB and a hint that says how to mend.

-- ------------------------------------------------- what lines also say

alter table garage_inventory.counts
    alter column batch_id drop not null,
    alter column line_number drop not null,
    add column stated_quantity numeric(14, 3),
    add column stated_uom_code text,
    add column system_quantity numeric(14, 3),
    add column count_round integer check (count_round between 1 and 3),
    add column is_blind boolean,
    add column count_status_code text,
    add column inventory_type_code text,
    add column discrepancy_reason_code text,
    add column expires_on date,
    add check (counted_quantity <> 'NaN');
comment on column garage_inventory.counts.stated_quantity is 'Quantity as the line said it, where that was not in the base unit.';
comment on column garage_inventory.counts.system_quantity is 'What the garage''s own system expected: a finding where it differs from ours, never a balance.';

alter table garage_inventory.usage_lines
    alter column batch_id drop not null,
    alter column line_number drop not null,
    add column stated_quantity numeric(14, 3),
    add column stated_uom_code text,
    add column condition_code text,
    add column reservation_number text,
    add column requested_quantity numeric(14, 3),
    add column requested_at timestamptz,
    add column substituted_for_part_number text,
    add column emergency_supplier_code text,
    add column unit_cost_amount numeric(14, 4),
    add column core_returned_quantity numeric(14, 3),
    add check (quantity <> 'NaN');
comment on column garage_inventory.usage_lines.condition_code is 'Condition of the stock that was used; NEW where the line says nothing.';
create index usage_lines_by_work_order on garage_inventory.usage_lines (garage_code, work_order_number, work_order_line);

alter table garage_inventory.adjustments
    alter column batch_id drop not null,
    alter column line_number drop not null,
    add column stated_quantity numeric(14, 3),
    add column stated_uom_code text,
    add column claimed_approval_code text,
    add column to_condition_code text,
    add column bin_code text,
    add column reverses_number text,
    add column reverses_line text,
    add column count_number text,
    add column evidence_ref text,
    add column value_impact_amount numeric(14, 4),
    add column transfer_number text,
    add check (quantity <> 'NaN'),
    add check (lower(btrim(approver)) <> lower(btrim(actor))),
    add check (to_condition_code is null or (direction_code = 'OUT' and to_condition_code <> condition_code));
comment on column garage_inventory.adjustments.claimed_approval_code is 'What the file said of its approval, where the limits asked for another''s word.';
comment on column garage_inventory.adjustments.to_condition_code is 'Condition that the units have from now on; without it they leave stock.';
create index adjustments_by_number on garage_inventory.adjustments (adjustment_number, adjustment_line);
create index adjustments_reversing on garage_inventory.adjustments (reverses_number, reverses_line)
    where reverses_number is not null;
create index adjustments_pending on garage_inventory.adjustments (recorded_at) where approval_code = 'PENDING';

alter table garage_inventory.movements
    alter column batch_id drop not null,
    alter column line_number drop not null,
    add column reverses_id uuid,
    add check (quantity <> 'NaN');
comment on column garage_inventory.movements.reverses_id is 'The movement that this one undoes.';
create unique index movements_reversed_once on garage_inventory.movements (reverses_id) where reverses_id is not null;

-- The lists of this file are the same in every region, so no rows of a table that regions copy from each other.
create view garage_inventory.adjustment_reasons as
select reasons.adjustment_reason_code, reasons.edifact_4499_code, reasons.description
from (
    values
        ('RECEIPT', '1', 'Received'),
        ('ISSUE', '2', 'Issued'),
        ('SCRAPPED', '3', 'Scrapped'),
        ('COUNT_DIFFERENCE', '4', 'A count found another quantity'),
        ('OWNER_TRANSFER', '5', 'Moved to another owner or garage'),
        ('RECONDITIONED', '6', 'Made usable again'),
        ('REVERSAL', '7', 'Undoes another line'),
        ('TECHNICAL_DEFECT', '8', 'Technically defective'),
        ('COMMERCIAL', '9', 'Commercial reason'),
        ('CONVERSION', '10', 'Repacked or converted'),
        ('CONSUMPTION', '11', 'Consumed'),
        ('DAMAGED', '8', 'Damaged'),
        ('EXPIRED', '3', 'Expired'),
        ('FOUND', '4', 'Found'),
        ('MISSING', '4', 'Missing'),
        ('STOLEN', '4', 'Stolen'),
        ('RECOUNTED', '4', 'Counted again'),
        ('DATA_ENTRY_ERROR', '7', 'Entered wrongly'),
        ('BIN_CORRECTION', '4', 'In another bin'),
        ('LOT_CORRECTION', '4', 'Of another lot'),
        ('MISPLACED', '4', 'In a wrong place'),
        ('INBOUND_NOT_RECORDED', '1', 'Received and never recorded'),
        ('OUTBOUND_NOT_RECORDED', '2', 'Issued and never recorded'),
        ('RETURN_NOT_RECORDED', '1', 'Returned and never recorded'),
        ('ERROR_IN_INBOUND', '1', 'Received in another quantity'),
        ('ERROR_IN_OUTBOUND', '2', 'Issued in another quantity'),
        ('REJECTED', '9', 'Refused'),
        ('CORE_RETURN', '6', 'An old unit came back'),
        ('WARRANTY_SWAP', '8', 'Swapped under warranty'),
        ('OTHER', '9', 'Another reason, said in a note')
) as reasons (adjustment_reason_code, edifact_4499_code, description);
comment on view garage_inventory.adjustment_reasons is 'One row per reason of an adjustment: the closed list, and what EDIFACT 4499 calls it.';

create table garage_inventory.receipts (
    receipt_line_id uuid primary key default uuidv7(),
    delivery_number text not null,
    delivery_line text not null,
    garage_code text not null,
    part_id uuid not null,
    lot_number text,
    condition_code text not null,
    quantity numeric(14, 3) not null check (quantity > 0 and quantity <> 'NaN'),
    uom_code text not null,
    stated_quantity numeric(14, 3),
    stated_uom_code text,
    expires_on date,
    manufactured_on date,
    supplier_code text,
    purchase_order_number text,
    purchase_order_line text,
    event_at timestamptz not null,
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    idempotency_key bytea not null unique,
    payload_hash bytea not null,
    actor text not null,
    recorded_at timestamptz not null default now()
);
comment on table garage_inventory.receipts is 'One row per line of a delivery that a garage received, with its lot and the order it answers. Append-only.';
create index receipts_by_cell on garage_inventory.receipts (garage_code, part_id, event_at);
create index receipts_by_delivery on garage_inventory.receipts (delivery_number, delivery_line);
create index receipts_by_order on garage_inventory.receipts (purchase_order_number, purchase_order_line)
    where purchase_order_number is not null;

create table garage_inventory.approval_limits (
    approval_limit_id uuid primary key default uuidv7(),
    garage_code text,
    adjustment_reason_code text,
    valid_from_at timestamptz not null,
    limit_amount numeric(14, 4) check (limit_amount >= 0),
    limit_pct numeric(7, 2) check (limit_pct >= 0),
    minimum_quantity numeric(14, 3) not null default 0 check (minimum_quantity >= 0),
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    actor text not null,
    recorded_at timestamptz not null default now()
);
comment on table garage_inventory.approval_limits is 'One row per statement of how much an adjustment may move without a second person: for a reason, a garage, both, or everybody. Append-only; the newest in force counts, of the most specific ones.';
comment on column garage_inventory.approval_limits.limit_amount is 'Most value of a line, at the part''s unit cost and in its currency; none is no limit.';
comment on column garage_inventory.approval_limits.limit_pct is 'Most units of a line in percent of what the cell holds when the line arrives, but never fewer than minimum_quantity; none is no limit.';

create view garage_inventory.approval_limits_in_use as
select garage_code, adjustment_reason_code, valid_from_at, recorded_at, limit_amount, limit_pct, minimum_quantity
from garage_inventory.approval_limits
union all
select null, defaults.adjustment_reason_code, '-infinity', '-infinity', defaults.limit_amount, defaults.limit_pct,
    defaults.minimum_quantity
from (
    values
        (null, 1000::numeric, null::numeric, 0::numeric),
        -- What a document of its own stands behind.
        ('RECEIPT', null, null, 0), ('ISSUE', null, null, 0), ('CONSUMPTION', null, null, 0),
        ('OWNER_TRANSFER', null, null, 0), ('REVERSAL', null, null, 0),
        -- What nobody can look at any more.
        ('STOLEN', 250, null, 0), ('MISSING', 250, null, 0)
) as defaults (adjustment_reason_code, limit_amount, limit_pct, minimum_quantity);
comment on view garage_inventory.approval_limits_in_use is 'One row per limit that was ever stated, and the defaults, which hold where nobody stated any.';

create table garage_inventory.approvals (
    approval_id uuid primary key default uuidv7(),
    adjustment_line_id uuid not null unique,
    decision_code text not null check (decision_code in ('APPROVED', 'REJECTED')),
    reason text not null check (btrim(reason) <> ''),
    event_at timestamptz not null default clock_timestamp(),
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    idempotency_key bytea not null unique,
    actor text not null check (btrim(actor) <> ''),
    recorded_at timestamptz not null default clock_timestamp()
);
comment on table garage_inventory.approvals is 'One row per decision about a pending adjustment line, by another person than its author. Append-only.';

create table garage_inventory.reversals (
    reversal_id uuid primary key default uuidv7(),
    line_code text not null check (line_code in ('USAGE', 'ADJUSTMENT', 'RECEIPT')),
    reverses_id uuid not null unique,
    reverses_key bytea not null unique,
    garage_code text not null,
    part_id uuid not null,
    lot_number text,
    condition_code text not null,
    quantity numeric(14, 3) not null,
    reason text not null check (reason <> ''),
    event_at timestamptz not null,
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    idempotency_key bytea not null unique,
    actor text not null,
    recorded_at timestamptz not null default clock_timestamp()
);
comment on table garage_inventory.reversals is 'One row per line of usage, adjustment or receipt that was undone, once only: as if it had never happened, from its own moment on. Append-only.';
comment on column garage_inventory.reversals.quantity is 'Change of stock that the reversal makes in the cell of the line; 0 where the line moved nothing.';

create table garage_inventory.transfer_events (
    transfer_event_id uuid primary key default uuidv7(),
    transfer_number text not null check (transfer_number <> ''),
    sequence_number integer not null check (sequence_number > 0),
    event_type_code text not null
        check (event_type_code in ('REQUESTED', 'SHIPPED', 'RECEIVED', 'CANCELLED', 'SHORT')),
    from_garage_code text not null,
    to_garage_code text not null,
    part_id uuid not null,
    condition_code text not null check (condition_code <> 'IN_TRANSIT'),
    lot_number text,
    quantity numeric(14, 3) not null check (quantity > 0 and quantity <> 'NaN'),
    reservation_number text,
    due_at timestamptz,
    reason text,
    operation_number text,
    event_at timestamptz not null,
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    idempotency_key bytea not null unique,
    actor text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    unique (transfer_number, sequence_number),
    check (from_garage_code <> to_garage_code)
);
comment on table garage_inventory.transfer_events is 'One row per event of a transfer of one part between two garages: requested, shipped, received, cancelled, or declared short. Append-only.';
create index transfer_events_by_reservation on garage_inventory.transfer_events (reservation_number)
    where reservation_number is not null;
create index transfer_events_by_part on garage_inventory.transfer_events (part_id);
create index transfer_events_by_operation on garage_inventory.transfer_events (operation_number)
    where operation_number is not null;

create table garage_inventory.count_rules (
    count_rule_id uuid primary key default uuidv7(),
    garage_code text,
    valid_from_at timestamptz not null,
    tolerance_quantity numeric(14, 3) not null check (tolerance_quantity >= 0),
    tolerance_pct numeric(7, 2) not null check (tolerance_pct >= 0),
    limit_amount numeric(14, 4) check (limit_amount >= 0),
    source_code text not null,
    batch_id uuid,
    line_number bigint,
    actor text not null,
    recorded_at timestamptz not null default now()
);
comment on table garage_inventory.count_rules is 'One row per statement of how far a count may be from what was expected before it is counted again: for a garage or for all. Append-only; the newest in force counts.';

create view garage_inventory.count_rules_in_use as
select garage_code, valid_from_at, recorded_at, tolerance_quantity, tolerance_pct, limit_amount
from garage_inventory.count_rules
union all
values (null::text, '-infinity'::timestamptz, '-infinity'::timestamptz, 1::numeric, 5::numeric, 1000::numeric);
comment on view garage_inventory.count_rules_in_use is 'One row per rule for counts that was ever stated, and the default: again where it is off by more than one unit and 5 percent, or by more than 1000.';

-- ----------------------------------------------------- what acts share

create function garage_inventory.is_late(event_at timestamptz, recorded_at timestamptz) returns boolean
    language sql immutable parallel safe
    return is_late.recorded_at - is_late.event_at > interval '48 hours';
comment on function garage_inventory.is_late is 'Whether we came to know of an event more than 48 hours after it happened.';

create function garage_inventory.is_counted_in_pieces(uom_code text) returns boolean
    language sql immutable parallel safe
    return is_counted_in_pieces.uom_code in ('EA', 'PR', 'SET', 'KT');
comment on function garage_inventory.is_counted_in_pieces is 'Whether half of one is nothing.';

create function garage_inventory.base_uom_code(part_id uuid, at timestamptz) returns text
    language sql stable
    return (
        select parts.base_uom_code
        from catalogue.parts
        where parts.part_id = base_uom_code.part_id
        order by parts.valid_from_at > base_uom_code.at,
            case when parts.valid_from_at <= base_uom_code.at then parts.valid_from_at end desc,
            parts.valid_from_at, parts.revision_number desc
        limit 1
    );
comment on function garage_inventory.base_uom_code is 'Unit in which the stock of a part is kept at a moment.';

create function garage_inventory.stock_quantity(part_id uuid, uom_code text, quantity numeric, at timestamptz)
    returns numeric
    language sql stable
    return (
        select case when base.quantity = round(base.quantity, 3) and base.quantity < 'Infinity'
            and (not garage_inventory.is_counted_in_pieces(base.uom_code) or base.quantity = trunc(base.quantity))
            then base.quantity::numeric(14, 3) end
        from (
            select catalogue.base_quantity(
                    stock_quantity.part_id, stock_quantity.uom_code, stock_quantity.quantity, stock_quantity.at
                ) as quantity,
                garage_inventory.base_uom_code(stock_quantity.part_id, stock_quantity.at) as uom_code
        ) as base
    );
comment on function garage_inventory.stock_quantity is 'A quantity in base units, exactly; null where the part does not have the unit, or where pieces do not come out whole.';

create function garage_inventory.unit_cost_amount(part_id uuid, at timestamptz) returns numeric
    language sql stable
    return (
        select parts.unit_cost_amount
        from catalogue.parts
        where parts.part_id = unit_cost_amount.part_id and parts.unit_cost_amount is not null
        order by parts.valid_from_at > unit_cost_amount.at,
            case when parts.valid_from_at <= unit_cost_amount.at then parts.valid_from_at end desc,
            parts.valid_from_at, parts.revision_number desc
        limit 1
    );
comment on function garage_inventory.unit_cost_amount is 'Cost of one base unit at a moment, in the currency of the part; null where nobody said.';

create function garage_inventory.needs_approval(
    garage_code text, part_id uuid, condition_code text, lot_number text, adjustment_reason_code text,
    quantity numeric, at timestamptz
) returns boolean
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    return coalesce((
        select (in_force.limit_amount is not null
                and needs_approval.quantity * garage_inventory.unit_cost_amount(needs_approval.part_id, needs_approval.at)
                    > in_force.limit_amount)
            or (in_force.limit_pct is not null
                and needs_approval.quantity > greatest(in_force.minimum_quantity, in_force.limit_pct / 100 * coalesce((
                    select abs(cells.on_hand_quantity) from garage_inventory.cells
                    where (cells.part_id, cells.garage_code, cells.condition_code, cells.lot_number)
                        = (needs_approval.part_id, needs_approval.garage_code, needs_approval.condition_code,
                            coalesce(needs_approval.lot_number, ''))
                ), 0)))
        from (
            select limits.*
            from garage_inventory.approval_limits_in_use as limits
            where coalesce(limits.garage_code, needs_approval.garage_code) = needs_approval.garage_code
                and coalesce(limits.adjustment_reason_code, needs_approval.adjustment_reason_code)
                    = needs_approval.adjustment_reason_code
                and limits.valid_from_at <= needs_approval.at
            order by limits.adjustment_reason_code is null, limits.garage_code is null, limits.valid_from_at desc,
                limits.recorded_at desc
            limit 1
        ) as in_force
    ), false);
comment on function garage_inventory.needs_approval is 'Whether an adjustment is above the limit in force, by value or by percent, and waits for a second person.';

create function garage_inventory.check_act(
    garage_code text, part_id uuid, happened_at timestamptz, actor text
) returns void
    language plpgsql stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(btrim(check_act.actor), '') = '' then
        raise exception 'nobody is named who did it' using errcode = 'PB600', hint = 'Say who, with --actor.';
    end if;
    if check_act.happened_at > clock_timestamp() + interval '15 minutes' then
        raise exception '% is in the future', check_act.happened_at
            using errcode = 'PB601', hint = 'Give the moment at which it happened, with its time zone.';
    end if;
    if not exists (select from catalogue.garages where garages.garage_code = check_act.garage_code) then
        raise exception 'the catalogue does not know garage %', check_act.garage_code
            using errcode = 'PB602', hint = 'Check the code; partsbay ingest garages adds a garage.';
    end if;
    if not exists (select from catalogue.parts where parts.part_id = check_act.part_id) then
        raise exception 'the catalogue does not know part %', check_act.part_id
            using errcode = 'PB602', hint = 'Check brand and part number; partsbay ingest parts adds a part.';
    end if;
end
$$;
comment on function garage_inventory.check_act is 'Refuse what nobody did, what is to happen, and what the catalogue does not know (PB600 to PB602).';

create function garage_inventory.check_condition(condition_code text) returns void
    language plpgsql immutable
    set search_path = pg_catalog, pg_temp
as $$
begin
    if (check_condition.condition_code in ('NEW', 'REMAN', 'USED', 'CORE', 'DAMAGED', 'EXPIRED', 'DISPLAY'))
        is not true then
        raise exception '% is no condition of stock in a garage', coalesce(check_condition.condition_code, 'nothing')
            using errcode = 'PB612',
            hint = 'Use NEW, REMAN, USED, CORE, DAMAGED, EXPIRED or DISPLAY; what is in transit comes by a transfer.';
    end if;
end
$$;
comment on function garage_inventory.check_condition is 'Refuse a condition that is none, or that only transfers bring about (PB612).';

create function garage_inventory.keeps_until(part_id uuid, manufactured_on date, at timestamptz) returns date
    language sql stable
    return case when keeps_until.manufactured_on is not null then (
        select keeps_until.manufactured_on + parts.shelf_life_days
        from catalogue.parts
        where parts.part_id = keeps_until.part_id and parts.shelf_life_days is not null
        order by parts.valid_from_at > keeps_until.at,
            case when parts.valid_from_at <= keeps_until.at then parts.valid_from_at end desc,
            parts.valid_from_at, parts.revision_number desc
        limit 1
    ) end;
comment on function garage_inventory.keeps_until is 'When a lot of which nobody states the expiry expires (F17): its date of manufacture and the shelf life of the part; null where one of them is not known.';

create function garage_inventory.checked_quantity(part_id uuid, uom_code text, quantity numeric, at timestamptz)
    returns numeric
    language plpgsql stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    base numeric := garage_inventory.stock_quantity(
        checked_quantity.part_id, checked_quantity.uom_code, checked_quantity.quantity, checked_quantity.at
    );
begin
    if base is null or base <= 0 then
        raise exception '% % of the part are no quantity of its unit %', checked_quantity.quantity,
            checked_quantity.uom_code, garage_inventory.base_uom_code(checked_quantity.part_id, checked_quantity.at)
            using errcode = 'PB603', hint = 'Give a quantity above nothing in a unit that the part has; pieces are whole.';
    end if;
    return base;
end
$$;
comment on function garage_inventory.checked_quantity is 'A quantity in base units, or a refusal (PB603).';

create function garage_inventory.act_key(variadic words text[]) returns bytea
    language sql immutable parallel safe
    return sha256(convert_to(to_jsonb(array_prepend('partsbay', act_key.words))::text, 'UTF8'));
comment on function garage_inventory.act_key is 'What identifies an act of Partsbay itself for ever (F19).';

create function garage_inventory.other_key(idempotency_key bytea, words text) returns bytea
    language sql immutable parallel safe
    return sha256(other_key.idempotency_key || convert_to(other_key.words, 'UTF8'));
comment on function garage_inventory.other_key is 'The key of a further movement of a line.';

create function garage_inventory.key_id(idempotency_key bytea) returns uuid
    language sql immutable parallel safe
    return encode(substring(key_id.idempotency_key for 16), 'hex')::uuid;
comment on function garage_inventory.key_id is 'The row id that follows from a key: the same in every copy of the stores.';

-- ------------------------------------------------ which line moves what

create view garage_inventory.adjustment_movements as
select adjustments.adjustment_line_id, adjustments.garage_code, adjustments.part_id, adjustments.lot_number,
    moves.condition_code,
    case adjustments.adjustment_reason_code when 'RECEIPT' then 'RECEIPT' else 'ADJUSTMENT' end as movement_type_code,
    moves.quantity, adjustments.adjustment_reason_code as reason_code,
    adjustments.adjustment_number as document_number, adjustments.adjustment_line as document_line,
    adjustments.event_at, adjustments.source_code, adjustments.batch_id, adjustments.line_number,
    moves.idempotency_key, adjustments.actor
from garage_inventory.adjustments
cross join lateral (
    select adjustments.condition_code,
        case adjustments.direction_code when 'IN' then adjustments.quantity else -adjustments.quantity end as quantity,
        adjustments.idempotency_key
    union all
    select adjustments.to_condition_code, adjustments.quantity,
        garage_inventory.other_key(adjustments.idempotency_key, 'to condition')
    where adjustments.to_condition_code is not null
) as moves;
comment on view garage_inventory.adjustment_movements is 'The movements that an adjustment line makes once it may.';

create view garage_inventory.transfer_movements as
select events.transfer_event_id, moves.garage_code, events.part_id, events.lot_number, moves.condition_code,
    'TRANSFER' as movement_type_code, moves.quantity, 'OWNER_TRANSFER' as reason_code,
    events.transfer_number as document_number, events.sequence_number::text as document_line,
    events.event_at, events.source_code, events.batch_id, events.line_number,
    garage_inventory.other_key(events.idempotency_key, moves.side) as idempotency_key, events.actor
from garage_inventory.transfer_events as events
cross join lateral (
    values
        ('SHIPPED', 'out', events.from_garage_code, events.condition_code, -events.quantity),
        ('SHIPPED', 'in', events.to_garage_code, 'IN_TRANSIT', events.quantity),
        ('RECEIVED', 'out', events.to_garage_code, 'IN_TRANSIT', -events.quantity),
        ('RECEIVED', 'in', events.to_garage_code, events.condition_code, events.quantity)
) as moves (event_type_code, side, garage_code, condition_code, quantity)
where moves.event_type_code = events.event_type_code;
comment on view garage_inventory.transfer_movements is 'The movements of an event of a transfer: units on their way are at the destination, in transit, and nowhere else.';

create view garage_inventory.adjustment_states as
select adjustments.*,
    coalesce(approvals.decision_code, adjustments.approval_code) as state_code,
    coalesce(approvals.actor, adjustments.approver) as decided_by,
    approvals.reason as decision_reason, approvals.event_at as decided_at,
    reversals.reversal_id is not null as is_reversed
from garage_inventory.adjustments
left join garage_inventory.approvals using (adjustment_line_id)
left join garage_inventory.reversals on reversals.reverses_id = adjustments.adjustment_line_id;
comment on view garage_inventory.adjustment_states is 'One row per adjustment line with what was decided about it: PENDING, APPROVED, REJECTED or AUTO.';

create view garage_inventory.moving_lines as
-- Few lines are ever undone: those are looked up by their keys instead of reading all lines again.
with lines as not materialized (
    select usage_lines.idempotency_key, usage_lines.garage_code, usage_lines.part_id,
        coalesce(usage_lines.condition_code, 'NEW') as condition_code, usage_lines.lot_number,
        case usage_lines.usage_type_code when 'RETURN_UNUSED' then usage_lines.quantity else -usage_lines.quantity end
            as quantity
    from garage_inventory.usage_lines
    where usage_lines.usage_type_code in ('FITTED', 'SOLD_COUNTER', 'INTERNAL', 'WARRANTY', 'RETURN_UNUSED')
    union all
    select moves.idempotency_key, moves.garage_code, moves.part_id, moves.condition_code, moves.lot_number,
        moves.quantity
    from garage_inventory.adjustment_movements as moves
    inner join garage_inventory.adjustments using (adjustment_line_id)
    left join garage_inventory.approvals using (adjustment_line_id)
    where coalesce(approvals.decision_code, adjustments.approval_code) in ('APPROVED', 'AUTO')
    union all
    select receipts.idempotency_key, receipts.garage_code, receipts.part_id, receipts.condition_code,
        receipts.lot_number, receipts.quantity
    from garage_inventory.receipts
    union all
    select moves.idempotency_key, moves.garage_code, moves.part_id, moves.condition_code, moves.lot_number,
        moves.quantity
    from garage_inventory.transfer_movements as moves
    union all
    -- What leaves stock from a hold; a garage's file of holds moves nothing by itself.
    select events.idempotency_key, events.garage_code, events.part_id, events.condition_code, events.lot_number,
        -events.quantity
    from quality_hold.events
    where events.event_type_code in ('SCRAPPED', 'RETURNED_TO_SUPPLIER') and events.source_code = 'partsbay'
)

select lines.* from lines
union all
select garage_inventory.other_key(lines.idempotency_key, 'reversal'), lines.garage_code, lines.part_id,
    lines.condition_code, lines.lot_number, -lines.quantity
from garage_inventory.reversals
cross join lateral unnest(array[
    reversals.reverses_key, garage_inventory.other_key(reversals.reverses_key, 'to condition')
]) as undone (idempotency_key)
inner join lines on lines.idempotency_key = undone.idempotency_key;
comment on view garage_inventory.moving_lines is 'One row per movement that some line of a document asks for: key, cell and signed quantity.';

-- -------------------------------------------------------------- receipts

create function garage_inventory.receive(
    delivery_number text, delivery_line text, garage_code text, part_id uuid, quantity numeric, uom_code text,
    actor text, lot_number text default null, condition_code text default 'NEW', expires_on date default null,
    manufactured_on date default null, supplier_code text default null, purchase_order_number text default null,
    purchase_order_line text default null, received_at timestamptz default clock_timestamp()
) returns garage_inventory.receipts
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    received garage_inventory.receipts;
    key bytea := garage_inventory.act_key(
        'receipt', receive.garage_code, receive.delivery_number, receive.delivery_line
    );
    base numeric;
    content bytea;
begin
    perform garage_inventory.check_act(receive.garage_code, receive.part_id, receive.received_at, receive.actor);
    perform garage_inventory.check_condition(receive.condition_code);
    base := garage_inventory.checked_quantity(
        receive.part_id, receive.uom_code, receive.quantity, receive.received_at
    );
    content := garage_inventory.act_key(
        receive.part_id::text, base::text, receive.lot_number, receive.condition_code, receive.expires_on::text,
        receive.manufactured_on::text, receive.supplier_code, receive.purchase_order_number,
        receive.purchase_order_line
    );
    perform garage_inventory.lock_positions(array[receive.garage_code], array[receive.part_id]);
    select * into received from garage_inventory.receipts where idempotency_key = key;
    if found then
        if received.payload_hash <> content then
            raise exception 'line % of delivery % is received already, and says something else',
                receive.delivery_line, receive.delivery_number
                using errcode = 'PB604', hint = 'Use another line number, or reverse the line that is wrong.';
        end if;
        return received;
    end if;

    with stored as (
        insert into garage_inventory.receipts (
            receipt_line_id, delivery_number, delivery_line, garage_code, part_id, lot_number, condition_code, quantity,
            uom_code, stated_quantity, stated_uom_code, expires_on, manufactured_on, supplier_code,
            purchase_order_number, purchase_order_line, event_at, source_code, idempotency_key, payload_hash, actor,
            recorded_at
        )
        select garage_inventory.key_id(key), receive.delivery_number, receive.delivery_line, receive.garage_code,
            receive.part_id, receive.lot_number, receive.condition_code, base, own.uom_code,
            case when own.uom_code <> receive.uom_code then receive.quantity end,
            case when own.uom_code <> receive.uom_code then receive.uom_code end,
            receive.expires_on, receive.manufactured_on, receive.supplier_code, receive.purchase_order_number,
            receive.purchase_order_line, receive.received_at, 'partsbay', key, content, receive.actor, clock_timestamp()
        from (
            select garage_inventory.base_uom_code(receive.part_id, receive.received_at) as uom_code
        ) as own
        returning *
    ),

    stated as (
        insert into garage_inventory.lots (
            part_id, lot_number, stated_at, expires_on, manufactured_on, supplier_code, received_at, source_code,
            batch_id, line_number, actor, recorded_at
        )
        select stored.part_id, stored.lot_number, stored.event_at,
            coalesce(stored.expires_on, known.expires_on, garage_inventory.keeps_until(
                stored.part_id, coalesce(stored.manufactured_on, known.manufactured_on), stored.event_at
            )),
            coalesce(stored.manufactured_on, known.manufactured_on),
            coalesce(stored.supplier_code, known.supplier_code), least(stored.event_at, known.received_at),
            stored.source_code, stored.batch_id, stored.line_number, stored.actor, stored.recorded_at
        from stored
        left join lateral (
            select lots.* from garage_inventory.lots
            where (lots.part_id, lots.lot_number) = (stored.part_id, stored.lot_number)
            order by lots.stated_at desc
            limit 1
        ) as known on true
        where stored.lot_number is not null
        on conflict do nothing
        returning 1
    )

    insert into garage_inventory.movements (
        movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
        document_number, document_line, event_at, source_code, idempotency_key, actor, recorded_at
    )
    select receipt_line_id, garage_code, part_id, lot_number, condition_code, 'RECEIPT', quantity, 'RECEIPT',
        delivery_number, delivery_line, event_at, source_code, idempotency_key, actor, recorded_at
    from stored
    -- The lot is known before its units are given to anybody.
    where (select count(*) from stated) >= 0;
    select * into received from garage_inventory.receipts where idempotency_key = key;
    return received;
end
$$;
comment on function garage_inventory.receive is 'Take a line of a delivery into stock: its receipt, lot and movement, and whoever waits for it is served in the same transaction. The same line again answers as the first time; other content under it is refused (PB604).';

-- ----------------------------------------------------------- adjustments

create function garage_inventory.adjust(
    adjustment_number text, adjustment_line text, garage_code text, part_id uuid, direction_code text,
    quantity numeric, uom_code text, adjustment_reason_code text, actor text, reason_note text default null,
    lot_number text default null, condition_code text default 'NEW', to_condition_code text default null,
    evidence_ref text default null, count_number text default null, transfer_number text default null,
    adjusted_at timestamptz default clock_timestamp()
) returns garage_inventory.adjustments
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    adjusted garage_inventory.adjustments;
    key bytea := garage_inventory.act_key(
        'adjustment', adjust.garage_code, adjust.adjustment_number, adjust.adjustment_line
    );
    base numeric;
    content bytea;
begin
    perform garage_inventory.check_act(adjust.garage_code, adjust.part_id, adjust.adjusted_at, adjust.actor);
    if not exists (
        select from garage_inventory.adjustment_reasons as reasons
        where reasons.adjustment_reason_code = adjust.adjustment_reason_code
    ) then
        raise exception '% is no reason for an adjustment', coalesce(adjust.adjustment_reason_code, 'nothing')
            using errcode = 'PB605', hint = 'Give one of the closed list, as DAMAGED, FOUND or MISSING.';
    end if;
    if adjust.adjustment_reason_code = 'OTHER' and coalesce(btrim(adjust.reason_note), '') = '' then
        raise exception 'reason OTHER says nothing by itself'
            using errcode = 'PB605', hint = 'Say why in words, with a note.';
    end if;
    if adjust.adjustment_reason_code = 'REVERSAL' then
        raise exception 'a reversal names the line that it undoes'
            using errcode = 'PB605', hint = 'Reverse that line; its opposite is entered for you.';
    end if;
    if adjust.transfer_number is null then
        perform garage_inventory.check_condition(adjust.condition_code);
    end if;
    if adjust.to_condition_code is not null then
        perform garage_inventory.check_condition(adjust.to_condition_code);
        if adjust.direction_code <> 'OUT' or adjust.to_condition_code = adjust.condition_code then
            raise exception 'units become % by going OUT of another condition', adjust.to_condition_code
                using errcode = 'PB612', hint = 'Name the condition that they have now, and the direction OUT.';
        end if;
    end if;
    base := garage_inventory.checked_quantity(adjust.part_id, adjust.uom_code, adjust.quantity, adjust.adjusted_at);
    content := garage_inventory.act_key(
        adjust.part_id::text, adjust.direction_code, base::text, adjust.adjustment_reason_code, adjust.lot_number,
        adjust.condition_code, adjust.to_condition_code
    );
    perform garage_inventory.lock_positions(array[adjust.garage_code], array[adjust.part_id]);
    select * into adjusted from garage_inventory.adjustments where idempotency_key = key;
    if found then
        if adjusted.payload_hash <> content then
            raise exception 'line % of adjustment % is there already, and says something else',
                adjust.adjustment_line, adjust.adjustment_number
                using errcode = 'PB604', hint = 'Use another number, or reverse the line that is wrong.';
        end if;
        return adjusted;
    end if;

    insert into garage_inventory.adjustments (
        adjustment_line_id, adjustment_number, adjustment_line, garage_code, part_id, lot_number, condition_code,
        to_condition_code, direction_code, quantity, uom_code, stated_quantity, stated_uom_code,
        adjustment_reason_code, reason_note, approval_code, count_number, evidence_ref, transfer_number,
        value_impact_amount, event_at, source_code, idempotency_key, payload_hash, actor, recorded_at
    )
    select garage_inventory.key_id(key), adjust.adjustment_number, adjust.adjustment_line, adjust.garage_code,
        adjust.part_id, adjust.lot_number, adjust.condition_code, adjust.to_condition_code, adjust.direction_code, base,
        own.uom_code, case when own.uom_code <> adjust.uom_code then adjust.quantity end,
        case when own.uom_code <> adjust.uom_code then adjust.uom_code end, adjust.adjustment_reason_code,
        adjust.reason_note,
        case when garage_inventory.needs_approval(
            adjust.garage_code, adjust.part_id, adjust.condition_code, adjust.lot_number,
            adjust.adjustment_reason_code, base, adjust.adjusted_at
        ) then 'PENDING' else 'AUTO' end,
        adjust.count_number, adjust.evidence_ref, adjust.transfer_number,
        base * garage_inventory.unit_cost_amount(adjust.part_id, adjust.adjusted_at), adjust.adjusted_at, 'partsbay',
        key, content, adjust.actor, clock_timestamp()
    from (select garage_inventory.base_uom_code(adjust.part_id, adjust.adjusted_at) as uom_code) as own
    returning * into adjusted;
    if adjusted.approval_code = 'AUTO' then
        insert into garage_inventory.movements (
            movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
            document_number, document_line, event_at, source_code, idempotency_key, actor, recorded_at
        )
        select garage_inventory.key_id(idempotency_key), garage_code, part_id, lot_number, condition_code,
            movement_type_code, quantity, reason_code, document_number, document_line, event_at, source_code,
            idempotency_key, actor, adjusted.recorded_at
        from garage_inventory.adjustment_movements
        where adjustment_line_id = adjusted.adjustment_line_id;
    end if;
    return adjusted;
end
$$;
comment on function garage_inventory.adjust is 'Enter an adjustment with its reason. Below the limits it moves stock at once (AUTO), above it waits for a second person and moves nothing (PENDING). The same line again answers as the first time.';

create function garage_inventory.check_approval() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    adjusted garage_inventory.adjustments;
begin
    select adjustments.* into adjusted
    from garage_inventory.adjustments
    where adjustments.adjustment_line_id = new.adjustment_line_id;
    if adjusted.approval_code is distinct from 'PENDING' then
        raise exception 'line % of adjustment % does not wait for anybody', adjusted.adjustment_line,
            adjusted.adjustment_number
            using errcode = 'PB606', hint = 'partsbay stock exceptions lists what waits.';
    end if;
    if lower(btrim(adjusted.actor)) = lower(btrim(new.actor)) then
        raise exception '% made adjustment % and cannot decide about it', new.actor, adjusted.adjustment_number
            using errcode = 'PB607', hint = 'Let somebody else decide.';
    end if;
    return new;
end
$$;
create trigger check_approval before insert on garage_inventory.approvals
    for each row execute function garage_inventory.check_approval();

create function garage_inventory.move_approved() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into garage_inventory.movements (
        movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
        document_number, document_line, event_at, source_code, idempotency_key, actor, recorded_at
    )
    select garage_inventory.key_id(moves.idempotency_key), moves.garage_code, moves.part_id, moves.lot_number,
        moves.condition_code, moves.movement_type_code, moves.quantity, moves.reason_code, moves.document_number,
        moves.document_line, moves.event_at, 'partsbay', moves.idempotency_key, added.actor, added.recorded_at
    from added
    inner join garage_inventory.adjustment_movements as moves using (adjustment_line_id)
    where added.decision_code = 'APPROVED'
    order by moves.idempotency_key;

    perform garage_inventory.enter_loss(adjustments.adjustment_line_id, added.actor)
    from added
    inner join garage_inventory.adjustments using (adjustment_line_id)
    where added.decision_code = 'APPROVED' and adjustments.transfer_number is not null;
    return null;
end
$$;
create trigger move_approved after insert on garage_inventory.approvals
    referencing new table as added for each statement execute function garage_inventory.move_approved();

create function garage_inventory.decide(
    adjustment_line_id uuid, decision_code text, reason text, actor text
) returns garage_inventory.approvals
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    adjusted garage_inventory.adjustments;
    decided garage_inventory.approvals;
begin
    select * into adjusted from garage_inventory.adjustments
    where adjustments.adjustment_line_id = decide.adjustment_line_id;
    if not found then
        raise exception 'there is no such adjustment line'
            using errcode = 'PB606', hint = 'partsbay stock exceptions lists what waits.';
    end if;
    perform garage_inventory.lock_positions(array[adjusted.garage_code], array[adjusted.part_id]);
    select * into decided from garage_inventory.approvals
    where approvals.adjustment_line_id = decide.adjustment_line_id;
    if found then
        if (decided.decision_code, lower(btrim(decided.actor)))
            is distinct from (decide.decision_code, lower(btrim(decide.actor))) then
            raise exception 'line % of adjustment % is % by % already', adjusted.adjustment_line,
                adjusted.adjustment_number, decided.decision_code, decided.actor
                using errcode = 'PB606', hint = 'A decision stays; reverse the line if it was wrong.';
        end if;
        return decided;
    end if;
    if coalesce(btrim(decide.actor), '') = '' then
        raise exception 'nobody is named who decides' using errcode = 'PB600', hint = 'Say who, with --actor.';
    end if;
    if coalesce(btrim(decide.reason), '') = '' then
        raise exception 'a decision needs a reason' using errcode = 'PB605', hint = 'Say why in words.';
    end if;
    insert into garage_inventory.approvals (
        approval_id, adjustment_line_id, decision_code, reason, source_code, idempotency_key, actor
    )
    select garage_inventory.key_id(key), adjusted.adjustment_line_id, decide.decision_code, decide.reason, 'partsbay',
        key, decide.actor
    from garage_inventory.act_key('approval', adjusted.adjustment_line_id::text) as key
    returning * into decided;
    return decided;
end
$$;
comment on function garage_inventory.decide is 'Approve or reject a pending adjustment line; an approved one moves stock at the moment of the adjustment. Never by its author (PB607), and never twice (PB606).';

-- ------------------------------------------------------------- reversals

create function garage_inventory.move_reversed() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into garage_inventory.movements (
        movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
        document_number, document_line, event_at, source_code, idempotency_key, actor, recorded_at, reverses_id
    )
    select garage_inventory.key_id(keys.idempotency_key), movements.garage_code, movements.part_id,
        movements.lot_number, movements.condition_code, 'REVERSAL', -movements.quantity, 'REVERSAL',
        movements.document_number, movements.document_line, movements.event_at, 'partsbay', keys.idempotency_key,
        added.actor, added.recorded_at, movements.movement_id
    from added
    cross join lateral unnest(array[
        added.reverses_key, garage_inventory.other_key(added.reverses_key, 'to condition')
    ]) as undone (idempotency_key)
    inner join garage_inventory.movements on movements.idempotency_key = undone.idempotency_key
    cross join lateral (
        select garage_inventory.other_key(movements.idempotency_key, 'reversal') as idempotency_key
    ) as keys
    order by keys.idempotency_key;
    return null;
end
$$;
create trigger move_reversed after insert on garage_inventory.reversals
    referencing new table as added for each statement execute function garage_inventory.move_reversed();

create function garage_inventory.reverse(line_code text, line_id uuid, reason text, actor text)
    returns garage_inventory.reversals
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    line record;
    reversed garage_inventory.reversals;
begin
    if coalesce(btrim(reverse.reason), '') = '' then
        raise exception 'a reversal needs a reason' using errcode = 'PB605', hint = 'Say why in words.';
    end if;
    select * into line from (
        select usage_line_id as line_id, 'USAGE' as line_code, garage_code, part_id, lot_number,
            coalesce(condition_code, 'NEW') as condition_code, idempotency_key, event_at
        from garage_inventory.usage_lines where usage_line_id = reverse.line_id
        union all
        select adjustment_line_id, 'ADJUSTMENT', garage_code, part_id, lot_number, condition_code, idempotency_key,
            event_at
        from garage_inventory.adjustments where adjustment_line_id = reverse.line_id
        union all
        select receipt_line_id, 'RECEIPT', garage_code, part_id, lot_number, condition_code, idempotency_key, event_at
        from garage_inventory.receipts where receipt_line_id = reverse.line_id
    ) as lines
    where lines.line_code = reverse.line_code;
    if not found then
        raise exception 'there is no such line of %', lower(reverse.line_code)
            using errcode = 'PB606', hint = 'partsbay stock history names the lines of a part.';
    end if;
    perform garage_inventory.lock_positions(array[line.garage_code], array[line.part_id]);
    select * into reversed from garage_inventory.reversals where reverses_id = reverse.line_id;
    if found then
        raise exception 'the line was reversed already, at % by %', to_char(reversed.recorded_at, 'YYYY-MM-DD HH24:MI'),
            reversed.actor
            using errcode = 'PB608', hint = 'Enter the right line anew; a line is reversed once only.';
    end if;
    if exists (
        select from garage_inventory.adjustments as undone
        inner join garage_inventory.adjustments as undoing on undoing.reverses_number = undone.adjustment_number
            and coalesce(undoing.reverses_line, '1') = undone.adjustment_line
            and undoing.garage_code = undone.garage_code
        where undone.adjustment_line_id = reverse.line_id and undoing.adjustment_reason_code = 'REVERSAL'
    ) then
        raise exception 'the garage has reversed the line itself'
            using errcode = 'PB608', hint = 'Enter the right line anew; a line is reversed once only.';
    end if;
    if exists (
        select from garage_inventory.adjustment_states
        where adjustment_line_id = reverse.line_id and state_code in ('PENDING', 'REJECTED')
    ) then
        raise exception 'the adjustment has moved nothing'
            using errcode = 'PB606', hint = 'Reject it instead of reversing it.';
    end if;
    insert into garage_inventory.reversals (
        reversal_id, line_code, reverses_id, reverses_key, garage_code, part_id, lot_number, condition_code, quantity,
        reason, event_at, source_code, idempotency_key, actor
    )
    select garage_inventory.key_id(key), line.line_code, line.line_id, line.idempotency_key, line.garage_code,
        line.part_id, line.lot_number, line.condition_code,
        coalesce(-(select quantity from garage_inventory.movements where idempotency_key = line.idempotency_key), 0),
        reverse.reason, line.event_at, 'partsbay', key, reverse.actor
    from garage_inventory.act_key('reversal', line.line_id::text) as key
    returning * into reversed;
    return reversed;
end
$$;
comment on function garage_inventory.reverse is 'Undo a line of usage, adjustment or receipt, once only (PB608): its opposite moves at the moment of the line, so that a count since then stands (F1). The line itself stays.';

-- ------------------------------------------------------------- transfers

create view garage_inventory.transfer_states as
select folded.*,
    requested_quantity - cancelled_quantity - shipped_quantity as open_quantity,
    shipped_quantity - received_quantity - short_quantity as in_transit_quantity,
    case
        when shipped_quantity > received_quantity + short_quantity then 'IN_TRANSIT'
        when requested_quantity > cancelled_quantity + shipped_quantity then
            case when shipped_quantity > 0 then 'PARTIALLY_SHIPPED' else 'REQUESTED' end
        when shipped_quantity = 0 then 'CANCELLED'
        when short_quantity > 0 then 'RECEIVED_SHORT'
        else 'RECEIVED'
    end as state_code
from (
    select transfer_number, from_garage_code, to_garage_code, part_id, condition_code,
        (array_agg(lot_number order by sequence_number))[1] as lot_number,
        max(reservation_number) as reservation_number,
        coalesce(sum(quantity) filter (where event_type_code = 'REQUESTED'), 0) as requested_quantity,
        coalesce(sum(quantity) filter (where event_type_code = 'CANCELLED'), 0) as cancelled_quantity,
        coalesce(sum(quantity) filter (where event_type_code = 'SHIPPED'), 0) as shipped_quantity,
        coalesce(sum(quantity) filter (where event_type_code = 'RECEIVED'), 0) as received_quantity,
        coalesce(sum(quantity) filter (where event_type_code = 'SHORT'), 0) as short_quantity,
        min(event_at) filter (where event_type_code = 'REQUESTED') as requested_at,
        min(event_at) filter (where event_type_code = 'SHIPPED') as shipped_at,
        max(event_at) filter (where event_type_code = 'RECEIVED') as received_at,
        max(due_at) as due_at,
        max(sequence_number) as last_sequence_number
    from garage_inventory.transfer_events
    group by transfer_number, from_garage_code, to_garage_code, part_id, condition_code
) as folded;
comment on view garage_inventory.transfer_states is 'One row per transfer: a fold of its events. Shipped and neither received nor declared short is in transit, at the destination.';

create or replace function reservation.inbound_quantity(reservation_number text) returns numeric
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
    return (
        select coalesce(sum(case events.event_type_code
            when 'SHIPPED' then events.quantity
            when 'RECEIVED' then -events.quantity
            when 'SHORT' then -events.quantity
            else 0 end), 0)
        from garage_inventory.transfer_events as events
        where events.reservation_number = inbound_quantity.reservation_number
    );
comment on function reservation.inbound_quantity is 'Units on their way from another garage to a reservation.';

create function garage_inventory.move_transferred() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into garage_inventory.movements (
        movement_id, garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code,
        document_number, document_line, event_at, source_code, idempotency_key, actor, recorded_at
    )
    select garage_inventory.key_id(moves.idempotency_key), moves.garage_code, moves.part_id, moves.lot_number,
        moves.condition_code, moves.movement_type_code, moves.quantity, moves.reason_code, moves.document_number,
        moves.document_line, moves.event_at, moves.source_code, moves.idempotency_key, moves.actor, added.recorded_at
    from added
    inner join garage_inventory.transfer_movements as moves using (transfer_event_id)
    order by moves.idempotency_key;
    return null;
end
$$;
create trigger move_transferred after insert on garage_inventory.transfer_events
    referencing new table as added for each statement execute function garage_inventory.move_transferred();

-- One way in for all events of a transfer: numbers them, and copies what never changes from the first.
create function garage_inventory.enter_transfer_events(
    transfer_number text, event_type_code text, lot_numbers text[], quantities numeric[], happened_at timestamptz,
    actor text, reason text default null, operation_number text default null
) returns setof garage_inventory.transfer_events
    language sql security definer
    set search_path = pg_catalog, pg_temp
as $$
    insert into garage_inventory.transfer_events (
        transfer_event_id, transfer_number, sequence_number, event_type_code, from_garage_code, to_garage_code, part_id,
        condition_code, lot_number, quantity, reservation_number, reason, operation_number, event_at, source_code,
        idempotency_key, actor
    )
    select garage_inventory.key_id(keys.idempotency_key), states.transfer_number, numbered.sequence_number,
        enter_transfer_events.event_type_code, states.from_garage_code, states.to_garage_code, states.part_id,
        states.condition_code, nullif(numbered.lot_number, ''), numbered.quantity, states.reservation_number,
        enter_transfer_events.reason, enter_transfer_events.operation_number, enter_transfer_events.happened_at,
        'partsbay', keys.idempotency_key, enter_transfer_events.actor
    from garage_inventory.transfer_states as states
    cross join lateral (
        select given.lot_number, given.quantity, states.last_sequence_number + given.place as sequence_number
        from unnest(enter_transfer_events.lot_numbers, enter_transfer_events.quantities)
            with ordinality as given (lot_number, quantity, place)
    ) as numbered
    cross join lateral (
        select garage_inventory.act_key('transfer', states.transfer_number, numbered.sequence_number::text)
            as idempotency_key
    ) as keys
    where states.transfer_number = enter_transfer_events.transfer_number
    order by numbered.sequence_number
    returning *
$$;
comment on function garage_inventory.enter_transfer_events is 'Enter events of a transfer that is there; its movements follow in the same transaction.';

create function garage_inventory.enter_loss(adjustment_line_id uuid, actor text) returns void
    language sql security definer
    set search_path = pg_catalog, pg_temp
as $$
    select garage_inventory.enter_transfer_events(
        adjustments.transfer_number, 'SHORT', array[coalesce(adjustments.lot_number, '')], array[adjustments.quantity],
        adjustments.event_at, enter_loss.actor, adjustments.reason_note
    )
    from garage_inventory.adjustments
    where adjustments.adjustment_line_id = enter_loss.adjustment_line_id
$$;
comment on function garage_inventory.enter_loss is 'Declare short what an adjustment took out of transit.';

create function garage_inventory.request_transfer(
    transfer_number text, from_garage_code text, to_garage_code text, part_id uuid, quantity numeric, uom_code text,
    actor text, condition_code text default 'NEW', lot_number text default null,
    reservation_number text default null, due_at timestamptz default null, reason text default null,
    requested_at timestamptz default clock_timestamp()
) returns setof garage_inventory.transfer_states
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    state garage_inventory.transfer_states;
    base numeric;
begin
    perform garage_inventory.check_act(
        request_transfer.from_garage_code, request_transfer.part_id, request_transfer.requested_at,
        request_transfer.actor
    );
    perform garage_inventory.check_act(
        request_transfer.to_garage_code, request_transfer.part_id, request_transfer.requested_at,
        request_transfer.actor
    );
    base := garage_inventory.checked_quantity(
        request_transfer.part_id, request_transfer.uom_code, request_transfer.quantity, request_transfer.requested_at
    );
    if request_transfer.from_garage_code = request_transfer.to_garage_code then
        raise exception 'garage % needs no transfer to itself', request_transfer.to_garage_code
            using errcode = 'PB609', hint = 'Name two garages.';
    end if;
    if request_transfer.reservation_number is not null and not exists (
        select from reservation.states
        where states.reservation_number = request_transfer.reservation_number and states.due_quantity > 0
            and (states.garage_code, states.part_id) = (request_transfer.to_garage_code, request_transfer.part_id)
    ) then
        raise exception 'reservation % waits for nothing of this part in %', request_transfer.reservation_number,
            request_transfer.to_garage_code
            using errcode = 'PB609', hint = 'Name an active reservation of the receiving garage, or none.';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('transfer ' || request_transfer.transfer_number, 0));
    select * into state from garage_inventory.transfer_states as states
    where states.transfer_number = request_transfer.transfer_number;
    if found then
        if (state.from_garage_code, state.to_garage_code, state.part_id, state.condition_code, state.requested_quantity)
            is distinct from (request_transfer.from_garage_code, request_transfer.to_garage_code,
                request_transfer.part_id, request_transfer.condition_code, base) then
            raise exception 'transfer % is there already, and says something else', request_transfer.transfer_number
                using errcode = 'PB604', hint = 'Use another number.';
        end if;
        return next state;
        return;
    end if;
    insert into garage_inventory.transfer_events (
        transfer_event_id, transfer_number, sequence_number, event_type_code, from_garage_code, to_garage_code, part_id,
        condition_code, lot_number, quantity, reservation_number, due_at, reason, event_at, source_code,
        idempotency_key, actor
    )
    select garage_inventory.key_id(key), request_transfer.transfer_number, 1, 'REQUESTED',
        request_transfer.from_garage_code, request_transfer.to_garage_code, request_transfer.part_id,
        request_transfer.condition_code, request_transfer.lot_number, base, request_transfer.reservation_number,
        request_transfer.due_at, request_transfer.reason, request_transfer.requested_at, 'partsbay', key,
        request_transfer.actor
    from garage_inventory.act_key('transfer', request_transfer.transfer_number, '1') as key;
    return query select * from garage_inventory.transfer_states as states
    where states.transfer_number = request_transfer.transfer_number;
end
$$;
comment on function garage_inventory.request_transfer is 'Ask a garage to send units of a part to another; nothing moves before it is shipped. The same number again answers as the first time.';

-- A transfer, with every position locked that it, or allocation after it, may touch: all in one go.
create function garage_inventory.locked_transfer(transfer_number text) returns garage_inventory.transfer_states
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    state garage_inventory.transfer_states;
begin
    select states.* into state from garage_inventory.transfer_states as states
    where states.transfer_number = locked_transfer.transfer_number;
    if not found then
        raise exception 'there is no transfer %', locked_transfer.transfer_number
            using errcode = 'PB602', hint = 'partsbay stock transfers lists them.';
    end if;
    perform garage_inventory.lock_positions(array_agg(touched.garage_code), array_agg(state.part_id))
    from (
        select unnest(array[state.from_garage_code, state.to_garage_code]) as garage_code
        union
        select cells.garage_code from garage_inventory.cells where cells.part_id = state.part_id
    ) as touched;
    -- Who came first may have shipped or received meanwhile.
    select states.* into state from garage_inventory.transfer_states as states
    where states.transfer_number = locked_transfer.transfer_number;
    return state;
end
$$;

create function garage_inventory.check_operation(
    transfer_number text, operation_number text, event_type_code text, quantity numeric, lot_number text
) returns void
    language plpgsql stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select
        from garage_inventory.transfer_events as events
        where events.operation_number = check_operation.operation_number
            and events.transfer_number = check_operation.transfer_number
        having bool_or(events.event_type_code <> check_operation.event_type_code)
            or sum(events.quantity) <> check_operation.quantity
            or bool_or(coalesce(events.lot_number, '') <> check_operation.lot_number)
    ) then
        raise exception 'operation % of transfer % was another one', check_operation.operation_number,
            check_operation.transfer_number
            using errcode = 'PB604', hint = 'Use a new operation number for a new act.';
    end if;
end
$$;
comment on function garage_inventory.check_operation is 'Refuse an act of a transfer whose number another act had, or the same of other units (PB604).';

create function garage_inventory.ship(
    transfer_number text, actor text, quantity numeric default null, lot_number text default null,
    shipped_at timestamptz default clock_timestamp(), operation_number text default null
) returns setof garage_inventory.transfer_events
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    state garage_inventory.transfer_states := garage_inventory.locked_transfer(ship.transfer_number);
    wanted numeric := coalesce(ship.quantity, state.open_quantity);
    picked record;
begin
    perform garage_inventory.check_act(state.from_garage_code, state.part_id, ship.shipped_at, ship.actor);
    perform garage_inventory.check_operation(
        ship.transfer_number, ship.operation_number, 'SHIPPED', ship.quantity, ship.lot_number
    );
    return query
    select * from garage_inventory.transfer_events as events
    where events.operation_number = ship.operation_number and events.transfer_number = ship.transfer_number
    order by events.sequence_number;
    if found then
        return;
    end if;
    if wanted <= 0 or wanted > state.open_quantity then
        raise exception 'transfer % has % units to ship, not %', ship.transfer_number, state.open_quantity, wanted
            using errcode = 'PB610', hint = 'Ship what is open, or request another transfer.';
    end if;
    if wanted <> garage_inventory.checked_quantity(
        state.part_id, garage_inventory.base_uom_code(state.part_id, ship.shipped_at), wanted, ship.shipped_at
    ) then
        return;
    end if;

    -- First what is promised to the reservation that the transfer is for, then what nobody has: as lots are picked (F17).
    with offered as (
        select 1 as place, pegs.lot_number, pegs.quantity
        from reservation.pegs
        where pegs.reservation_number = state.reservation_number
            and (pegs.part_id, pegs.garage_code, pegs.condition_code)
                = (state.part_id, state.from_garage_code, state.condition_code)
            and pegs.quantity > 0
        union all
        select 2, capacities.lot_number, capacities.capacity_quantity - capacities.reserved_quantity
        from garage_inventory.capacities(array[state.from_garage_code], array[state.part_id]) as capacities
        where capacities.condition_code = state.condition_code
            and capacities.capacity_quantity > capacities.reserved_quantity
        union all
        select 2, cells.lot_number, cells.on_hand_quantity - cells.held_quantity
        from garage_inventory.cells
        where (cells.part_id, cells.garage_code, cells.condition_code)
            = (state.part_id, state.from_garage_code, state.condition_code)
            and not garage_inventory.is_sellable(cells.condition_code)
            and cells.on_hand_quantity > cells.held_quantity
    ),

    ranked as (
        select offered.place, offered.lot_number, offered.quantity,
            sum(offered.quantity) over (
                order by offered.place, cells.expires_on nulls last, cells.received_at nulls last, offered.lot_number
                rows unbounded preceding
            ) - offered.quantity as quantity_before
        from offered
        inner join garage_inventory.cells
            on (cells.part_id, cells.garage_code, cells.condition_code, cells.lot_number)
                = (state.part_id, state.from_garage_code, state.condition_code, offered.lot_number)
        where coalesce(ship.lot_number, state.lot_number, offered.lot_number) = offered.lot_number
    ),

    taken as (
        select ranked.place, ranked.lot_number, least(ranked.quantity, wanted - ranked.quantity_before) as quantity
        from ranked
        where ranked.quantity_before < wanted
    ),

    lots as (
        select taken.lot_number, sum(taken.quantity) as quantity
        from taken
        group by taken.lot_number
    )

    select coalesce(sum(lots.quantity), 0) as quantity,
        array_agg(lots.lot_number order by lots.lot_number) as lot_numbers,
        array_agg(lots.quantity order by lots.lot_number) as quantities,
        (
            select array_agg((state.reservation_number, state.part_id, state.from_garage_code, state.condition_code,
                taken.lot_number, taken.quantity)::reservation.match)
            from taken where taken.place = 1
        ) as pegs
    into picked
    from lots;

    if picked.quantity < wanted then
        if exists (
            select from garage_inventory.cells
            where (cells.part_id, cells.garage_code, cells.condition_code)
                = (state.part_id, state.from_garage_code, state.condition_code)
                and cells.on_hand_quantity < 0
                and coalesce(ship.lot_number, state.lot_number, cells.lot_number) = cells.lot_number
        ) then
            raise exception 'stock in % is below nothing, so nothing of it is sent away', state.from_garage_code
                using errcode = 'PB611', hint = 'partsbay stock exceptions says what may be the cause; count it first.';
        end if;
        raise exception '% can send % of % units of transfer %', state.from_garage_code, picked.quantity, wanted,
            ship.transfer_number
            using errcode = 'PB610', hint = 'The rest is held, reserved or not there: partsbay stock show says which.';
    end if;

    if picked.pegs is not null then
        perform reservation.unpeg(
            picked.pegs, 'on its way from ' || state.from_garage_code || ' by transfer ' || ship.transfer_number,
            ship.shipped_at, clock_timestamp(), 'TRANSFER', ship.transfer_number, ship.actor
        );
    end if;
    return query select * from garage_inventory.enter_transfer_events(
        ship.transfer_number, 'SHIPPED', picked.lot_numbers, picked.quantities, ship.shipped_at, ship.actor,
        operation_number => ship.operation_number
    );
end
$$;
comment on function garage_inventory.ship is 'Send units of a transfer on their way: out of the donor''s cell and into the destination''s, in transit, at one moment. A reservation that they are for gives up its units at the donor and gets them on arrival. Refused where the donor stands below nothing (PB611) or has less (PB610).';

create function garage_inventory.peg_arrival(
    state garage_inventory.transfer_states, lot_numbers text[], quantities numeric[], happened_at timestamptz, actor text
) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    changed_count integer;
begin
    -- The cell must be there before it can carry a promise; the movement that fills it follows at once.
    insert into garage_inventory.cells (garage_code, part_id, condition_code, lot_number, expires_on, received_at)
    select (state).to_garage_code, (state).part_id, (state).condition_code, given.lot_number, lots.expires_on,
        lots.received_at
    from unnest(peg_arrival.lot_numbers) as given (lot_number)
    left join lateral (
        select lots.expires_on, lots.received_at from garage_inventory.lots
        where (lots.part_id, lots.lot_number) = ((state).part_id, given.lot_number)
        order by lots.stated_at desc
        limit 1
    ) as lots on true
    on conflict do nothing;

    insert into reservation.events (
        reservation_number, sequence_number, event_type_code, garage_code, part_id, condition_code, lot_number,
        peg_garage_code, quantity, peg_quantity, work_order_number, work_order_line, priority, need_by_at, expires_at,
        allows_other_garages, minimum_remaining_days, caused_by_code, caused_by_number, event_at, source_code,
        idempotency_key, payload_hash, actor, recorded_at
    )
    select got.reservation_number, got.sequence_number,
        case when got.backordered_quantity = got.quantity_until then 'RESERVED' else 'PARTIALLY_RESERVED' end,
        got.garage_code, got.part_id, got.condition_code, nullif(got.peg_lot_number, ''), got.garage_code, got.peg_quantity,
        got.peg_quantity, got.work_order_number, got.work_order_line, got.priority, got.need_by_at, got.expires_at,
        got.allows_other_garages, got.minimum_remaining_days, 'TRANSFER', (state).transfer_number,
        greatest(peg_arrival.happened_at, got.last_event_at), 'partsbay', keys.idempotency_key, keys.idempotency_key,
        peg_arrival.actor, clock_timestamp()
    from (
        select states.*, lots.lot_number as peg_lot_number,
            least(lots.quantity, states.backordered_quantity - lots.quantity_before) as peg_quantity,
            least(lots.quantity_before + lots.quantity, states.backordered_quantity) as quantity_until,
            states.last_sequence_number + lots.place as sequence_number
        from reservation.states
        cross join lateral (
            select given.lot_number, given.quantity, given.place,
                sum(given.quantity) over (order by given.place rows unbounded preceding) - given.quantity
                    as quantity_before
            from unnest(peg_arrival.lot_numbers, peg_arrival.quantities)
                with ordinality as given (lot_number, quantity, place)
        ) as lots
        where states.reservation_number = (state).reservation_number
            and (states.garage_code, states.part_id, states.condition_code)
                = ((state).to_garage_code, (state).part_id, (state).condition_code)
            and lots.quantity_before < states.backordered_quantity
    ) as got
    cross join lateral (
        select reservation.event_key(got.reservation_number, got.sequence_number) as idempotency_key
    ) as keys
    order by got.sequence_number;
    get diagnostics changed_count = row_count;
    return changed_count;
end
$$;
comment on function garage_inventory.peg_arrival is 'Promise units that arrive to the reservation that their transfer is for, before anybody else is served.';

create function garage_inventory.arrive(
    transfer_number text, actor text, quantity numeric default null, lot_number text default null,
    received_at timestamptz default clock_timestamp(), operation_number text default null
) returns setof garage_inventory.transfer_events
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    state garage_inventory.transfer_states := garage_inventory.locked_transfer(arrive.transfer_number);
    wanted numeric;
    arrived record;
begin
    perform garage_inventory.check_act(state.to_garage_code, state.part_id, arrive.received_at, arrive.actor);
    perform garage_inventory.check_operation(
        arrive.transfer_number, arrive.operation_number, 'RECEIVED', arrive.quantity, arrive.lot_number
    );
    return query
    select * from garage_inventory.transfer_events as events
    where events.operation_number = arrive.operation_number and events.transfer_number = arrive.transfer_number
    order by events.sequence_number;
    if found then
        return;
    end if;
    wanted := coalesce(arrive.quantity, state.in_transit_quantity);
    select sum(taken.quantity) as quantity, array_agg(taken.lot_number order by taken.lot_number) as lot_numbers,
        array_agg(taken.quantity order by taken.lot_number) as quantities into arrived
    from garage_inventory.in_transit(arrive.transfer_number, arrive.lot_number, wanted) as taken;
    if wanted <= 0 or arrived.quantity is distinct from wanted then
        raise exception 'of transfer % are % units on their way, not %', arrive.transfer_number,
            state.in_transit_quantity, wanted
            using errcode = 'PB610', hint = 'Receive what was shipped; more than that is a delivery of its own.';
    end if;
    if state.reservation_number is not null then
        perform garage_inventory.peg_arrival(
            state, arrived.lot_numbers, arrived.quantities, arrive.received_at, arrive.actor
        );
    end if;
    return query select * from garage_inventory.enter_transfer_events(
        arrive.transfer_number, 'RECEIVED', arrived.lot_numbers, arrived.quantities, arrive.received_at, arrive.actor,
        operation_number => arrive.operation_number
    );
end
$$;
comment on function garage_inventory.arrive is 'Take units of a transfer into the stock of the destination; fewer than were shipped leave the rest in transit. The reservation that they are for has them before anybody else.';

create function garage_inventory.in_transit(transfer_number text, lot_number text, quantity numeric)
    returns table (lot_number text, quantity numeric)
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select ranked.lot_number, least(ranked.quantity, in_transit.quantity - ranked.quantity_before)
    from (
        select lots.*, sum(lots.quantity) over (order by lots.lot_number rows unbounded preceding) - lots.quantity
            as quantity_before
        from (
            select coalesce(events.lot_number, '') as lot_number,
                sum(case events.event_type_code
                    when 'SHIPPED' then events.quantity
                    when 'RECEIVED' then -events.quantity
                    when 'SHORT' then -events.quantity else 0 end) as quantity
            from garage_inventory.transfer_events as events
            where events.transfer_number = in_transit.transfer_number
                and coalesce(in_transit.lot_number, events.lot_number, '') = coalesce(events.lot_number, '')
            group by coalesce(events.lot_number, '')
        ) as lots
        where lots.quantity > 0
    ) as ranked
    where ranked.quantity_before < in_transit.quantity
$$;
comment on function garage_inventory.in_transit is 'So many units of a transfer that are on their way, by lot, '''' for none.';

create function garage_inventory.declare_short(
    transfer_number text, reason text, actor text, quantity numeric default null,
    declared_at timestamptz default clock_timestamp()
) returns setof garage_inventory.adjustments
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    state garage_inventory.transfer_states := garage_inventory.locked_transfer(declare_short.transfer_number);
    wanted numeric := coalesce(declare_short.quantity, state.in_transit_quantity);
    adjusted garage_inventory.adjustments;
    lot record;
begin
    if coalesce(btrim(declare_short.reason), '') = '' then
        raise exception 'a loss needs a reason' using errcode = 'PB605', hint = 'Say why in words.';
    end if;
    if wanted <= 0 or wanted > state.in_transit_quantity - coalesce((
        select sum(quantity) from garage_inventory.adjustment_states
        where transfer_number = declare_short.transfer_number and state_code = 'PENDING'
    ), 0) then
        raise exception 'of transfer % are % units on their way, not %', declare_short.transfer_number,
            state.in_transit_quantity, wanted
            using errcode = 'PB610', hint = 'Declare short what neither arrived nor waits for approval as lost.';
    end if;
    for lot in select * from garage_inventory.in_transit(declare_short.transfer_number, null, wanted) loop
        adjusted := garage_inventory.adjust(
            declare_short.transfer_number || '/SHORT',
            (1 + (
                select count(*) from garage_inventory.adjustments
                where transfer_number = declare_short.transfer_number
            ))::text,
            state.to_garage_code, state.part_id, 'OUT', lot.quantity,
            garage_inventory.base_uom_code(state.part_id, declare_short.declared_at), 'MISSING', declare_short.actor,
            declare_short.reason, nullif(lot.lot_number, ''), 'IN_TRANSIT',
            transfer_number => declare_short.transfer_number, adjusted_at => declare_short.declared_at
        );
        if adjusted.approval_code = 'AUTO' then
            perform garage_inventory.enter_loss(adjusted.adjustment_line_id, declare_short.actor);
        end if;
        return next adjusted;
    end loop;
end
$$;
comment on function garage_inventory.declare_short is 'Take units that never arrived out of transit, by an adjustment with reason MISSING; above the limits they stay in transit until somebody approves.';

create function garage_inventory.cancel_transfer(
    transfer_number text, reason text, actor text, cancelled_at timestamptz default clock_timestamp()
) returns setof garage_inventory.transfer_events
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    state garage_inventory.transfer_states := garage_inventory.locked_transfer(cancel_transfer.transfer_number);
begin
    if state.open_quantity <= 0 then
        raise exception 'transfer % has nothing left to ship', cancel_transfer.transfer_number
            using errcode = 'PB610', hint = 'What is on its way is received, or declared short.';
    end if;
    if exists (
        select from reservation.pegs
        where pegs.reservation_number = state.reservation_number and pegs.quantity > 0
            and (pegs.part_id, pegs.garage_code) = (state.part_id, state.from_garage_code)
    ) then
        raise exception 'reservation % counts on transfer %', state.reservation_number, cancel_transfer.transfer_number
            using errcode = 'PB609', hint = 'Cancel or release the reservation; its transfer is cancelled with it.';
    end if;
    return query select * from garage_inventory.enter_transfer_events(
        cancel_transfer.transfer_number, 'CANCELLED', array[coalesce(state.lot_number, '')],
        array[state.open_quantity::numeric], cancel_transfer.cancelled_at, cancel_transfer.actor, cancel_transfer.reason
    );
end
$$;
comment on function garage_inventory.cancel_transfer is 'Give up what a transfer has not shipped yet.';

create function garage_inventory.follow_reservations() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    cancelled record;
begin
    if not exists (
        select from added
        where added.source_code = 'partsbay' and added.peg_garage_code <> added.garage_code
    ) then
        return null;
    end if;

    for cancelled in
        select ranked.transfer_number, ranked.lot_number, ranked.actor, ranked.event_at,
            least(ranked.open_quantity, ranked.gone_quantity - ranked.quantity_before) as quantity
        from (
            select states.transfer_number, states.lot_number, states.open_quantity, gone.quantity as gone_quantity,
                gone.actor, gone.event_at,
                sum(states.open_quantity) over (
                    partition by gone.reservation_number, gone.peg_garage_code, gone.lot_number
                    order by states.requested_at, states.transfer_number rows unbounded preceding
                ) - states.open_quantity as quantity_before
            from (
                select added.reservation_number, added.peg_garage_code, added.part_id, added.condition_code,
                    added.lot_number, -sum(added.peg_quantity) as quantity, max(added.actor) as actor,
                    max(added.event_at) as event_at
                from added
                where added.source_code = 'partsbay' and added.peg_garage_code <> added.garage_code
                    and added.peg_quantity < 0 and added.caused_by_code is distinct from 'TRANSFER'
                group by added.reservation_number, added.peg_garage_code, added.part_id, added.condition_code,
                    added.lot_number
            ) as gone
            inner join garage_inventory.transfer_states as states
                on states.reservation_number = gone.reservation_number
                and states.from_garage_code = gone.peg_garage_code and states.part_id = gone.part_id
                and states.condition_code = gone.condition_code
                and states.lot_number is not distinct from gone.lot_number
            where states.open_quantity > 0
        ) as ranked
        where ranked.quantity_before < ranked.gone_quantity
        order by ranked.transfer_number
    loop
        perform garage_inventory.enter_transfer_events(
            cancelled.transfer_number, 'CANCELLED', array[coalesce(cancelled.lot_number, '')],
            array[cancelled.quantity], cancelled.event_at, cancelled.actor, 'the reservation has other units, or none'
        );
    end loop;

    insert into garage_inventory.transfer_events (
        transfer_event_id, transfer_number, sequence_number, event_type_code, from_garage_code, to_garage_code, part_id,
        condition_code, lot_number, quantity, reservation_number, due_at, event_at, source_code, idempotency_key, actor,
        recorded_at
    )
    select garage_inventory.key_id(keys.idempotency_key), keys.transfer_number, 1, 'REQUESTED', added.peg_garage_code,
        added.garage_code, added.part_id, added.condition_code, added.lot_number, added.quantity,
        added.reservation_number, added.need_by_at, added.event_at, 'partsbay', keys.idempotency_key, added.actor,
        added.recorded_at
    from added
    cross join lateral (
        select names.transfer_number, garage_inventory.act_key('transfer', names.transfer_number, '1') as idempotency_key
        from (select 'TR-' || added.reservation_number || '-' || added.sequence_number as transfer_number) as names
    ) as keys
    where added.source_code = 'partsbay' and added.event_type_code = 'TRANSFER_REQUESTED'
        and added.peg_garage_code <> added.garage_code
    order by keys.transfer_number;
    return null;
end
$$;
-- Its name sorts behind fold: pegs are as they shall be before transfers follow them.
create trigger follow_reservations after insert on reservation.events
    referencing new table as added for each statement execute function garage_inventory.follow_reservations();

-- ---------------------------------------------------------------- counts

create function garage_inventory.expected_quantity(
    garage_code text, part_id uuid, condition_code text, lot_number text, count_number text, counted_at timestamptz,
    known_at timestamptz
) returns table (previous_count_number text, previous_counted_at timestamptz, expected_quantity numeric, movement_count bigint)
    language sql stable
    set search_path = pg_catalog, pg_temp
as $$
    select previous.count_number, previous.counted_at,
        coalesce(previous.quantity, 0) + coalesce(moved.quantity, 0), moved.movement_count
    from (values (1)) as one (n)
    left join lateral (
        select counts.count_number, max(counts.event_at) as counted_at, sum(counts.counted_quantity) as quantity
        from garage_inventory.counts
        where (counts.garage_code, counts.part_id) = (expected_quantity.garage_code, expected_quantity.part_id)
            and counts.condition_code = expected_quantity.condition_code
            and coalesce(counts.lot_number, '') = expected_quantity.lot_number
            and counts.count_number <> expected_quantity.count_number
            and counts.recorded_at <= expected_quantity.known_at
        group by counts.count_number
        having (max(counts.event_at), counts.count_number)
            < (expected_quantity.counted_at, expected_quantity.count_number)
        order by counted_at desc, counts.count_number desc
        limit 1
    ) as previous on true
    left join lateral (
        -- A movement at the very moment of a count was seen by it.
        select sum(movements.quantity) as quantity, count(*) as movement_count
        from garage_inventory.movements
        where (movements.garage_code, movements.part_id)
                = (expected_quantity.garage_code, expected_quantity.part_id)
            and movements.condition_code = expected_quantity.condition_code
            and coalesce(movements.lot_number, '') = expected_quantity.lot_number
            and movements.event_at > coalesce(previous.counted_at, '-infinity')
            and movements.event_at <= expected_quantity.counted_at
            and movements.recorded_at <= expected_quantity.known_at
    ) as moved on true
$$;
comment on function garage_inventory.expected_quantity is 'What the ledger expects of a cell at the moment of a count (F1): the count before it and the movements since, as far as they were known.';

create function garage_inventory.count_variances_at(known_at timestamptz) returns table (
    count_number text, garage_code text, part_id uuid, condition_code text, lot_number text, counted_at timestamptz,
    recorded_at timestamptz, count_round integer, is_blind boolean, discrepancy_reason_code text,
    counted_quantity numeric, system_quantity numeric, previous_count_number text, previous_counted_at timestamptz,
    expected_quantity numeric, variance_quantity numeric, unit_cost_amount numeric, variance_amount numeric,
    is_opening boolean, is_beyond_tolerance boolean, is_counted_again boolean, needs_recount boolean,
    system_difference_quantity numeric
)
    language sql stable
    set search_path = pg_catalog, pg_temp
as $$
    with counted as (
        select counts.count_number, counts.garage_code, counts.part_id, counts.condition_code,
            coalesce(counts.lot_number, '') as lot_number, max(counts.event_at) as counted_at,
            max(counts.recorded_at) as recorded_at, max(counts.count_round) as count_round,
            bool_or(counts.is_blind) as is_blind, max(counts.discrepancy_reason_code) as discrepancy_reason_code,
            sum(counts.counted_quantity) as counted_quantity, sum(counts.system_quantity) as system_quantity
        from garage_inventory.counts
        where counts.recorded_at <= count_variances_at.known_at
        group by counts.count_number, counts.garage_code, counts.part_id, counts.condition_code,
            coalesce(counts.lot_number, '')
    ),

    compared as (
        select counted.*, expected.previous_count_number, expected.previous_counted_at, expected.expected_quantity,
            expected.previous_count_number is null and expected.movement_count = 0 as is_opening,
            counted.counted_quantity - expected.expected_quantity as variance_quantity,
            garage_inventory.unit_cost_amount(counted.part_id, counted.counted_at) as unit_cost_amount,
            -- The snapshot of a garage's system is compared with what we expected then, not with what it counted.
            counted.system_quantity - expected.expected_quantity as system_difference_quantity,
            lead(counted.counted_at) over (
                partition by counted.part_id, counted.garage_code, counted.condition_code, counted.lot_number
                order by counted.counted_at, counted.count_number
            ) is not null as is_counted_again
        from counted
        cross join lateral garage_inventory.expected_quantity(
            counted.garage_code, counted.part_id, counted.condition_code, counted.lot_number, counted.count_number,
            counted.counted_at, count_variances_at.known_at
        ) as expected
    ),

    judged as (
        select compared.*, compared.variance_quantity * compared.unit_cost_amount as variance_amount,
            not compared.is_opening and (
                abs(compared.variance_quantity)
                    > greatest(rules.tolerance_quantity, rules.tolerance_pct / 100 * abs(compared.expected_quantity))
                or coalesce(abs(compared.variance_quantity) * compared.unit_cost_amount > rules.limit_amount, false)
            ) as is_beyond_tolerance
        from compared
        cross join lateral (
            select count_rules.*
            from garage_inventory.count_rules_in_use as count_rules
            where coalesce(count_rules.garage_code, compared.garage_code) = compared.garage_code
                and count_rules.valid_from_at <= compared.counted_at
            order by count_rules.garage_code is null, count_rules.valid_from_at desc, count_rules.recorded_at desc
            limit 1
        ) as rules
    )

    select count_number, garage_code, part_id, condition_code, lot_number, counted_at, recorded_at, count_round,
        is_blind, discrepancy_reason_code, counted_quantity, system_quantity, previous_count_number,
        previous_counted_at, expected_quantity, variance_quantity, unit_cost_amount, variance_amount, is_opening,
        is_beyond_tolerance, is_counted_again, is_beyond_tolerance and not is_counted_again, system_difference_quantity
    from judged
$$;
comment on function garage_inventory.count_variances_at is 'Every count as of what was known at a moment: expected, variance, and whether it is to be counted again. Cost: the movements between the counts, once.';

create view garage_inventory.count_variances as
select variances.*,
    first_known.expected_quantity as first_expected_quantity,
    variances.counted_quantity - first_known.expected_quantity as first_variance_quantity,
    variances.expected_quantity <> first_known.expected_quantity as is_restated
from garage_inventory.count_variances_at('infinity') as variances
cross join lateral garage_inventory.expected_quantity(
    variances.garage_code, variances.part_id, variances.condition_code, variances.lot_number, variances.count_number,
    variances.counted_at, variances.recorded_at
) as first_known;
comment on view garage_inventory.count_variances is 'One row per count of a cell: expected and variance by all that is known now, and as first known when the count was recorded. Lines that come late restate the variance, never the balance after the count (F1).';

-- ------------------------------------------------------------- questions

create view garage_inventory.late_lines as
select lines.*, lines.recorded_at - lines.event_at as late_by
from (
    select 'COUNT' as line_code, count_line_id as line_id, garage_code, part_id, event_at, recorded_at, batch_id
    from garage_inventory.counts
    union all
    select 'USAGE', usage_line_id, garage_code, part_id, event_at, recorded_at, batch_id
    from garage_inventory.usage_lines
    union all
    select 'ADJUSTMENT', adjustment_line_id, garage_code, part_id, event_at, recorded_at, batch_id
    from garage_inventory.adjustments
    union all
    select 'RECEIPT', receipt_line_id, garage_code, part_id, event_at, recorded_at, batch_id
    from garage_inventory.receipts
) as lines
where garage_inventory.is_late(lines.event_at, lines.recorded_at);
comment on view garage_inventory.late_lines is 'One row per line that we came to know of more than 48 hours after it happened; it counts all the same, from its own moment on.';

create function garage_inventory.cells_at(part_id uuid, garage_code text, at timestamptz, known_at timestamptz)
    returns table (
        garage_code text, condition_code text, lot_number text, on_hand_quantity numeric, held_quantity numeric,
        reserved_quantity numeric, expires_on date, received_at timestamptz
    )
    language sql stable
    set search_path = pg_catalog, pg_temp
as $$
    with counted as (
        select counts.garage_code, counts.condition_code, coalesce(counts.lot_number, '') as lot_number,
            counts.count_number, max(counts.event_at) as counted_at, sum(counts.counted_quantity) as quantity
        from garage_inventory.counts
        where counts.part_id = cells_at.part_id
            and counts.garage_code = coalesce(cells_at.garage_code, counts.garage_code)
            and counts.event_at <= cells_at.at and counts.recorded_at <= cells_at.known_at
        group by counts.garage_code, counts.condition_code, coalesce(counts.lot_number, ''), counts.count_number
    ),

    last_counts as (
        select distinct on (counted.garage_code, counted.condition_code, counted.lot_number) counted.*
        from counted
        order by counted.garage_code, counted.condition_code, counted.lot_number, counted.counted_at desc,
            counted.count_number desc
    ),

    facts as (
        select last_counts.garage_code, last_counts.condition_code, last_counts.lot_number,
            last_counts.quantity as on_hand, 0::numeric as held, 0::numeric as reserved
        from last_counts
        union all
        select movements.garage_code, movements.condition_code, coalesce(movements.lot_number, ''),
            movements.quantity, 0, 0
        from garage_inventory.movements
        left join last_counts on last_counts.garage_code = movements.garage_code
            and last_counts.condition_code = movements.condition_code
            and last_counts.lot_number = coalesce(movements.lot_number, '')
        where movements.part_id = cells_at.part_id
            and movements.garage_code = coalesce(cells_at.garage_code, movements.garage_code)
            and movements.event_at <= cells_at.at and movements.recorded_at <= cells_at.known_at
            and (last_counts.counted_at is null or movements.event_at > last_counts.counted_at)
        union all
        select holds.garage_code, holds.condition_code, holds.lot_number, 0, holds.open_quantity, 0
        from (
            select events.hold_number, events.garage_code, events.condition_code,
                coalesce(events.lot_number, '') as lot_number,
                case when bool_or(events.event_type_code = 'RELEASED') then 0 else greatest(
                    coalesce(sum(events.quantity) filter (where events.event_type_code = 'PLACED'), 0)
                        - coalesce(sum(events.quantity) filter (where events.event_type_code
                            in ('PARTIALLY_RELEASED', 'SCRAPPED', 'RETURNED_TO_SUPPLIER', 'REWORKED')), 0), 0)
                end as open_quantity
            from quality_hold.events
            where events.part_id = cells_at.part_id
                and events.garage_code = coalesce(cells_at.garage_code, events.garage_code)
                and events.event_at <= cells_at.at and events.recorded_at <= cells_at.known_at
            group by events.hold_number, events.garage_code, events.condition_code, coalesce(events.lot_number, '')
        ) as holds
        union all
        select coalesce(events.peg_garage_code, events.garage_code), events.condition_code,
            coalesce(events.lot_number, ''), 0, 0, events.peg_quantity
        from reservation.events
        where events.part_id = cells_at.part_id and events.peg_quantity <> 0
            and coalesce(events.peg_garage_code, events.garage_code)
                = coalesce(cells_at.garage_code, events.peg_garage_code, events.garage_code)
            and events.event_at <= cells_at.at and events.recorded_at <= cells_at.known_at
    )

    select facts.garage_code, facts.condition_code, facts.lot_number, sum(facts.on_hand),
        least(sum(facts.held), greatest(sum(facts.on_hand), 0)), sum(facts.reserved), max(lots.expires_on),
        max(lots.received_at)
    from facts
    left join lateral (
        select lots.expires_on, lots.received_at
        from garage_inventory.lots
        where (lots.part_id, lots.lot_number) = (cells_at.part_id, facts.lot_number)
            and lots.stated_at <= cells_at.at and lots.recorded_at <= cells_at.known_at
        order by lots.stated_at desc
        limit 1
    ) as lots on true
    group by facts.garage_code, facts.condition_code, facts.lot_number
$$;
comment on function garage_inventory.cells_at is 'The cells of a part as they were at a moment, by what was known at another: on hand (F1), held (F2), reserved (F3), from nothing but the ledgers.';

-- ------------------------------------------------------------ exceptions

create index shipment_lines_by_part on replenishment.shipment_lines (catalogue.part_id(brand_code, part_number));

create view garage_inventory.negative_cells as
select negative.garage_code, negative.part_id, negative.condition_code, negative.lot_number,
    negative.on_hand_quantity as quantity, greatest(negative.counted_at, negative.moved_at) as since_at,
    case
        when causes.missing_receipt is not null then 'MISSING_RECEIPT'
        when causes.wrong_lot is not null then 'WRONG_LOT'
        when causes.wrong_unit is not null then 'WRONG_UNIT'
        when causes.late_feed is not null then 'LATE_FEED'
        else 'UNKNOWN'
    end as suspected_cause_code,
    coalesce(causes.missing_receipt, causes.wrong_lot, causes.wrong_unit, causes.late_feed,
        'nothing that is known explains it: count the cell') as words
from garage_inventory.cells as negative
cross join lateral (
    select
        coalesce(
            (
                select 'transfer ' || states.transfer_number || ' is on its way with ' || states.in_transit_quantity
                from garage_inventory.transfer_states as states
                where states.part_id = negative.part_id and states.to_garage_code = negative.garage_code
                    and states.condition_code = negative.condition_code and states.in_transit_quantity > 0
                order by states.shipped_at
                limit 1
            ),
            (
                select 'shipment ' || lines.shipment_number || ' of ' || lines.supplier_code || ' with '
                    || lines.shipped_quantity || ' ' || lines.uom_code || ' was announced and never received'
                from replenishment.shipment_lines as lines
                where catalogue.part_id(lines.brand_code, lines.part_number) = negative.part_id
                    and coalesce(lines.ship_to_code, negative.garage_code) = negative.garage_code
                    and lines.shipped_quantity > 0
                    and not exists (
                        select from garage_inventory.receipts
                        where (receipts.garage_code, receipts.part_id) = (negative.garage_code, negative.part_id)
                            and (
                                receipts.delivery_number = lines.shipment_number
                                or (receipts.purchase_order_number, receipts.purchase_order_line)
                                    = (lines.purchase_order_number, lines.purchase_order_line)
                            )
                    )
                order by lines.stated_at desc
                limit 1
            )
        ) as missing_receipt,
        (
            select 'lot ' || coalesce(nullif(others.lot_number, ''), 'none') || ' has ' || others.on_hand_quantity
            from garage_inventory.cells as others
            where (others.part_id, others.garage_code, others.condition_code)
                    = (negative.part_id, negative.garage_code, negative.condition_code)
                and others.lot_number <> negative.lot_number
                and others.on_hand_quantity >= -negative.on_hand_quantity
            order by others.on_hand_quantity desc
            limit 1
        ) as wrong_lot,
        (
            -- Taken out as pieces what was meant as one pack, or taken in as one piece what was a pack.
            select movements.document_number || ' moved ' || movements.quantity || ', and one ' || packs.uom_code || ' is '
                || trim_scale(packs.factor_quantity)
            from (
                select distinct on (packs.uom_code) packs.*
                from catalogue.packs
                where packs.part_id = negative.part_id and packs.valid_from_at <= now()
                order by packs.uom_code, packs.valid_from_at desc, packs.revision_number desc
            ) as packs
            inner join garage_inventory.movements
                on (movements.garage_code, movements.part_id, movements.condition_code)
                    = (negative.garage_code, negative.part_id, negative.condition_code)
                and coalesce(movements.lot_number, '') = negative.lot_number
                and movements.event_at > coalesce(negative.counted_at, '-infinity')
            where not packs.is_retired and packs.factor_quantity > 1
                and case when movements.quantity < 0
                    then mod(-movements.quantity, packs.factor_quantity) = 0
                        and negative.on_hand_quantity - movements.quantity
                            + movements.quantity / packs.factor_quantity >= 0
                    else negative.on_hand_quantity + movements.quantity * (packs.factor_quantity - 1) >= 0
                end
            order by movements.event_at desc
            limit 1
        ) as wrong_unit,
        (
            select 'garage ' || negative.garage_code || ' has sent nothing since '
                || to_char(max(greatest(cells.counted_at, cells.moved_at)) at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
            from garage_inventory.cells
            where cells.garage_code = negative.garage_code
            having max(greatest(cells.counted_at, cells.moved_at)) < now() - interval '48 hours'
        ) as late_feed
) as causes
where negative.on_hand_quantity < 0;
comment on view garage_inventory.negative_cells is 'One row per cell below nothing, with the likely cause: MISSING_RECEIPT, WRONG_LOT, WRONG_UNIT, LATE_FEED or UNKNOWN. The ledger stands; somebody looks.';

create view garage_inventory.exceptions as
select 'NEGATIVE_STOCK' as exception_code, garage_code, part_id, condition_code, lot_number, quantity, since_at,
    suspected_cause_code, null::text as document_number, words
from garage_inventory.negative_cells
union all
select 'OVERCOMMIT', garage_code, part_id, null, null, available_raw_quantity, null, null, null,
    -available_raw_quantity || ' more are held and promised than are there'
from garage_inventory.availability
where available_raw_quantity < 0
union all
select 'HOLD_EXCEEDS_STOCK', garage_code, part_id, condition_code, lot_number, hold_quantity, null, null, null,
    hold_quantity || ' are on hold, and ' || greatest(on_hand_quantity, 0) || ' are there'
from garage_inventory.cells
where hold_quantity > greatest(on_hand_quantity, 0)
union all
-- Both from one look at the counts, which is most of the cost of this view.
select kinds.exception_code, variances.garage_code, variances.part_id, variances.condition_code, variances.lot_number,
    kinds.quantity, variances.counted_at, null, variances.count_number, kinds.words
from garage_inventory.count_variances_at('infinity') as variances
cross join lateral (
    values
        ('COUNT_VARIANCE', variances.needs_recount, variances.variance_quantity,
            variances.counted_quantity || ' were counted, and ' || variances.expected_quantity
                || ' expected: count again'),
        ('SYSTEM_DIFFERENCE', variances.system_difference_quantity <> 0 and not variances.is_counted_again
                and not variances.is_opening, variances.system_difference_quantity,
            'the garage''s system had ' || variances.system_quantity || ', and we ' || variances.expected_quantity)
) as kinds (exception_code, is_found, quantity, words)
where kinds.is_found
union all
select 'PENDING_APPROVAL', garage_code, part_id, condition_code, lot_number, quantity, recorded_at, null,
    adjustment_number, 'line ' || adjustment_line || ' (' || adjustment_reason_code || ') by ' || actor
        || ' waits for a second person'
from garage_inventory.adjustment_states
where state_code = 'PENDING' and recorded_at < now() - interval '48 hours'
union all
select 'TRANSFER_OVERDUE', to_garage_code, part_id, condition_code, lot_number,
    case when in_transit_quantity > 0 then in_transit_quantity else open_quantity end,
    coalesce(shipped_at, requested_at), null, transfer_number,
    case when in_transit_quantity > 0 then in_transit_quantity || ' left ' || from_garage_code || ' and did not arrive'
        else open_quantity || ' were asked of ' || from_garage_code || ' and not shipped' end
from garage_inventory.transfer_states
where (in_transit_quantity > 0 or open_quantity > 0)
    and coalesce(due_at, case when in_transit_quantity > 0 then shipped_at + interval '7 days'
        else requested_at + interval '3 days' end) < now();
comment on view garage_inventory.exceptions is 'One row per thing in the stock of a garage that somebody must look at, in words; empty when all is well.';

-- ---------------------------------------------------------------- grants

grant select, insert on garage_inventory.receipts, garage_inventory.approvals, garage_inventory.approval_limits,
    garage_inventory.count_rules to partsbay_pipeline;
-- These come about by acts alone.
grant select on garage_inventory.reversals, garage_inventory.transfer_events to partsbay_pipeline;
grant select on garage_inventory.adjustment_reasons, garage_inventory.approval_limits_in_use,
    garage_inventory.count_rules_in_use, garage_inventory.adjustment_movements,
    garage_inventory.transfer_movements, garage_inventory.adjustment_states, garage_inventory.moving_lines,
    garage_inventory.transfer_states, garage_inventory.count_variances, garage_inventory.late_lines,
    garage_inventory.negative_cells, garage_inventory.exceptions to partsbay_pipeline;
grant select on garage_inventory.receipts, garage_inventory.approvals, garage_inventory.reversals,
    garage_inventory.transfer_events, garage_inventory.approval_limits, garage_inventory.count_rules
    to partsbay_replication;
revoke execute on all functions in schema garage_inventory from public;
grant execute on all functions in schema garage_inventory to partsbay_pipeline;
-- Steps of acts, which check for them.
revoke execute on function garage_inventory.enter_transfer_events, garage_inventory.enter_loss,
    garage_inventory.peg_arrival from partsbay_pipeline;

alter publication pub_garage_inventory add table garage_inventory.receipts, garage_inventory.approvals,
    garage_inventory.reversals, garage_inventory.transfer_events, garage_inventory.approval_limits,
    garage_inventory.count_rules;
