"""What partners say about orders and does not fit them: who says it, of which line, what was ordered, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import class_row

# What is wrong with an answer, a ship notice or a receipt → its words, with {said} and {ours}, and what to do about it.
_ASK = "Ask which order and line are meant, and for a file that names them."
_WORDS = {
    "UNKNOWN_ORDER": ("names an order that nobody made here{ours}", _ASK),
    "OTHER_SUPPLIER": ("names an order that {ours} has", _ASK),
    "UNKNOWN_LINE": ("names {said}, which the order does not have", _ASK),
    "PART": ("is about {said} instead of {ours}", "Have what comes in its place received under the line of the order."),
    "UNIT": (
        "counts in {said} what is counted in {ours}, and says nothing",
        "Give the part, or the profile, the unit.",
    ),
    "PRICE": ("is at {said} instead of {ours}", "Take the price, or call the supplier before it delivers."),
    "MORE": ("confirms {said} of {ours} that were ordered", "Call the supplier, or expect them all."),
    "ENDED": ("confirms {said} of a line that was {ours}", "Tell the supplier, or it delivers."),
    "RECEIVED_MORE": ("brought {said} of {ours} that were to come", "Send back what is too much, or keep it."),
}
_DIFFERENCES = """
with said as (
    select
        'ANSWER' as source_code, supplier_code, purchase_order_number, purchase_order_line, brand_code, part_number,
        supplier_part_number, acknowledgement_code, coalesce(acknowledged_quantity, ordered_quantity) as quantity,
        uom_code, unit_price_amount, currency_code, stated_at,
        rank() over (
            partition by supplier_code, purchase_order_number, purchase_order_line order by stated_at desc
        ) as age
    from replenishment.acknowledgements
    where stated_at <= %(at)s
    union all
    select
        'NOTICE', supplier_code, purchase_order_number, coalesce(purchase_order_line, ''), brand_code, part_number,
        supplier_part_number, null, shipped_quantity, uom_code, null, null, stated_at, 1
    from replenishment.shipment_lines
    where stated_at <= %(at)s and purchase_order_number is not null
),

answers as (
    select
        said.*,
        orders.supplier_code as ordered_from_code,
        orders.currency_code as order_currency_code,
        case when orders.purchase_order_number is not null then replenishment.meant_line(
            orders.purchase_order_number, said.purchase_order_line,
            catalogue.part_id(said.brand_code, said.part_number), said.part_number, said.supplier_part_number
        ) end as meant_line_number
    from said
    -- At most one order on the right side.
    left join replenishment.purchase_orders as orders using (purchase_order_number)
    where said.age = 1 and said.stated_at > %(since)s
),

answered as (
    select
        answers.*,
        lines.line_number as order_line_number,
        lines.part_number as line_part_number,
        lines.part_id is not distinct from catalogue.part_id(answers.brand_code, answers.part_number)
            or lines.supplier_part_number = answers.supplier_part_number
            or catalogue.part_key(lines.part_number) = catalogue.part_key(answers.part_number)
            or coalesce(answers.part_number, answers.supplier_part_number) is null as is_its_part,
        lines.uom_code as base_uom_code,
        lines.ordered_quantity as line_quantity,
        lines.unit_price_amount as line_price_amount,
        replenishment.line_quantity(
            lines.part_id, lines.pack_quantity, answers.uom_code, 1, answers.stated_at
        ) as unit_quantity
    from answers
    left join replenishment.order_lines as lines
        on lines.purchase_order_number = answers.purchase_order_number
        and lines.line_number = answers.meant_line_number
        and answers.ordered_from_code = answers.supplier_code
),

-- Who writes the number of an order in another way most often has its digits.
meant as (
    select distinct said.supplier_code, said.purchase_order_number, orders.purchase_order_number as own_number
    from (
        select supplier_code, purchase_order_number from answers where ordered_from_code is null
        union all
        select supplier_code, purchase_order_number from garage_inventory.receipts
        where event_at > %(since)s and event_at <= %(at)s
    ) as said
    inner join replenishment.purchase_orders as orders
        on orders.supplier_code = said.supplier_code
        and orders.serial_number::text = ltrim(regexp_replace(said.purchase_order_number, '\\D', '', 'g'), '0')
        and orders.purchase_order_number <> said.purchase_order_number
),

of_answers as (
    select
        answered.source_code, found.difference_code, answered.supplier_code, answered.purchase_order_number,
        answered.order_line_number as line_number,
        answered.purchase_order_line, coalesce(answered.part_number, answered.supplier_part_number) as part_number,
        found.said, found.ours, answered.stated_at
    from answered
    left join meant using (supplier_code, purchase_order_number)
    cross join lateral (
        values
            (
                'UNKNOWN_ORDER',
                -- A supplier that gets no order from here answers those that are made elsewhere.
                answered.ordered_from_code is null and exists (
                    select from replenishment.purchase_orders as orders
                    where orders.supplier_code = answered.supplier_code
                ),
                answered.purchase_order_number, meant.own_number
            ),
            (
                'OTHER_SUPPLIER', answered.ordered_from_code <> answered.supplier_code,
                answered.purchase_order_number, answered.ordered_from_code
            ),
            (
                'UNKNOWN_LINE',
                answered.ordered_from_code = answered.supplier_code and answered.order_line_number is null
                    and answered.purchase_order_line <> 'ALL',
                nullif(answered.purchase_order_line, ''), null
            ),
            (
                'PART',
                answered.order_line_number is not null and not coalesce(answered.is_its_part, false),
                coalesce(answered.part_number, answered.supplier_part_number), answered.line_part_number
            ),
            (
                'UNIT',
                answered.order_line_number is not null and answered.unit_quantity is null
                    and answered.quantity > 0,
                answered.uom_code, answered.base_uom_code
            ),
            (
                'PRICE',
                answered.acknowledgement_code not in ('ID', 'IR') and answered.unit_price_amount is not null
                    and answered.line_price_amount is not null
                    and (
                        coalesce(answered.currency_code, answered.order_currency_code) <> answered.order_currency_code
                        -- A cent of the line and more.
                        or abs(answered.unit_price_amount / answered.unit_quantity - answered.line_price_amount)
                            * answered.line_quantity >= 0.01
                    ),
                trim_scale(round(answered.unit_price_amount / coalesce(answered.unit_quantity, 1), 4)) || ' '
                    || coalesce(answered.currency_code, answered.order_currency_code),
                trim_scale(answered.line_price_amount) || ' ' || answered.order_currency_code
            )
    ) as found (difference_code, is_found, said, ours)
    where found.is_found
),

of_lines as (
    select
        told.source_code, found.difference_code, states.supplier_code, states.purchase_order_number, states.line_number,
        states.line_number::text, lines.part_number, found.said, found.ours, found.stated_at
    from replenishment.order_lines_as_of(%(at)s) as states
    inner join replenishment.order_lines as lines using (purchase_order_number, line_number)
    left join lateral (
        select max(event_at) as ended_at, lower(max(event_type_code)) as word
        from replenishment.order_events as events
        where events.purchase_order_number = states.purchase_order_number
            and events.event_type_code in ('CANCELLED', 'CLOSED')
            and coalesce(events.line_number, states.line_number) = states.line_number and events.event_at <= %(at)s
    ) as ended on true
    cross join lateral (
        select states.acknowledged_quantity + states.pending_quantity as quantity
    ) as coming
    cross join lateral (
        values
            (
                'ANSWER', 'MORE', coming.quantity > states.ordered_quantity, coming.quantity, states.answered_at,
                trim_scale(states.ordered_quantity)::text
            ),
            (
                'ANSWER', 'ENDED', coming.quantity > 0 and states.answered_at > ended.ended_at, coming.quantity,
                states.answered_at, ended.word
            ),
            (
                'RECEIPT', 'RECEIVED_MORE',
                states.received_quantity
                    > greatest(states.ordered_quantity, coming.quantity, states.shipped_quantity),
                states.received_quantity, states.last_received_at,
                trim_scale(greatest(states.ordered_quantity, coming.quantity, states.shipped_quantity))::text
            )
    ) as told (source_code, difference_code, is_found, quantity, stated_at, ours)
    cross join lateral (
        select told.difference_code, trim_scale(told.quantity)::text as said, told.ours, told.stated_at
    ) as found
    where told.is_found and told.stated_at > %(since)s
),

of_receipts as (
    select
        'RECEIPT', found.difference_code, receipts.supplier_code, receipts.purchase_order_number, null::integer,
        receipts.purchase_order_line, parts.part_number, found.said, found.ours, receipts.event_at
    from garage_inventory.receipts
    left join replenishment.purchase_orders as orders using (purchase_order_number)
    left join lateral (
        select part_number from catalogue.parts
        where parts.part_id = receipts.part_id order by valid_from_at desc, revision_number desc limit 1
    ) as parts on true
    left join meant
        on meant.supplier_code = receipts.supplier_code
        and meant.purchase_order_number = receipts.purchase_order_number
    cross join lateral (
        values
            (
                'UNKNOWN_ORDER',
                orders.purchase_order_number is null and exists (
                    select from replenishment.purchase_orders as made
                    where made.supplier_code = receipts.supplier_code
                ) and not exists (
                    select from replenishment.acknowledgements as elsewhere
                    where elsewhere.purchase_order_number = receipts.purchase_order_number
                ),
                receipts.purchase_order_number, meant.own_number
            ),
            (
                'OTHER_SUPPLIER', orders.supplier_code <> receipts.supplier_code, receipts.purchase_order_number,
                orders.supplier_code
            ),
            (
                'UNKNOWN_LINE',
                orders.supplier_code = coalesce(receipts.supplier_code, orders.supplier_code)
                    and replenishment.meant_line(
                        orders.purchase_order_number, receipts.purchase_order_line, receipts.part_id, null, null
                    ) is null,
                receipts.purchase_order_line, null
            )
    ) as found (difference_code, is_found, said, ours)
    where receipts.purchase_order_number is not null and receipts.event_at > %(since)s
        and receipts.event_at <= %(at)s and found.is_found
        and not exists (
            select from garage_inventory.reversals where reversals.reverses_id = receipts.receipt_line_id
        )
)

select * from of_answers
union all
select * from of_lines
union all
select * from of_receipts
order by purchase_order_number, line_number nulls first, purchase_order_line, stated_at, difference_code
"""


@dataclass(frozen=True)
class Difference:
    """One thing that an answer, a ship notice or a receipt says and that does not fit: ``said`` there, ``ours`` here.

    ``line_number`` is the line that is meant, where it is known, and ``purchase_order_line`` what was said of it.
    """

    source_code: str
    difference_code: str
    supplier_code: str | None
    purchase_order_number: str
    line_number: int | None
    purchase_order_line: str | None
    part_number: str | None
    said: str | None
    ours: str | None
    stated_at: datetime

    @property
    def words(self) -> str:
        """What is wrong, as a sentence without its subject."""
        ours = self.ours or ""
        if self.difference_code == "UNKNOWN_ORDER":
            ours = f"; {ours} is one of theirs" if ours else ""
        said = self.said
        if self.difference_code == "UNKNOWN_LINE":
            said = f"line {said}" if said else "this part"
        return _WORDS[self.difference_code][0].format(said=said, ours=ours)

    @property
    def mend(self) -> str:
        """What to do about it."""
        return _WORDS[self.difference_code][1]


def differences(
    connection: psycopg.Connection, at: datetime, within: timedelta, supplier_code: str | None = None
) -> list[Difference]:
    """What answers, notices and receipts of so long before a moment say that fits no order; of a line the newest."""
    with connection.cursor(row_factory=class_row(Difference)) as cursor:
        found = cursor.execute(_DIFFERENCES, {"at": at, "since": at - within}).fetchall()
    return [one for one in found if supplier_code in (None, one.supplier_code)]
