"""The commands of ``partsbay stock`` that move stock, or ask for it to be moved."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.markup import escape

from ingest.errors import SettingsError
from ingest.garage_inventory import acts
from ingest.garage_inventory.acts import Adjustment, Leg, Receipt, Transfer
from ingest.garage_inventory.limits import Limit, state_limit
from ingest.garage_inventory.showing import line_named
from ingest.quantities import plain
from ingest.readers.typed import as_moment
from ingest.vocabularies import ADJUSTMENT_REASONS, CONDITIONS, UNITS
from ingest.waiting_parts import part_named
from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.cli.taking import ActorOption, ReasonOption, actor_of, connected

Part = Annotated[str, typer.Argument(metavar="BRAND:PART_NUMBER", help="A part; spelling does not matter.")]
Garage = Annotated[str, typer.Argument(help="The garage.")]
GarageOption = Annotated[str | None, typer.Option("--garage", help="Only of this garage.")]
Quantity = Annotated[str, typer.Argument(help="How many; always above nothing.")]
PartOf = Annotated[str | None, typer.Option("--quantity", help="Only so many, in the unit that the part is kept in.")]
Unit = Annotated[str, typer.Option("--unit", help=f"The unit of the quantity: {', '.join(UNITS)}.")]
Lot = Annotated[str | None, typer.Option("--lot", help="The lot; no lot unless named.")]
Condition = Annotated[str, typer.Option("--condition", help=f"The condition: {', '.join(CONDITIONS)}.")]
At = Annotated[str | None, typer.Option("--at", help="When it happened, in ISO 8601 with its zone; now unless given.")]
LineOption = Annotated[str, typer.Option("--line", help="Line of the document.")]
Number = Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer, as partsbay stock transfers names it.")]
Once = Annotated[str | None, typer.Option("--operation", help="A name for this act; the same again changes nothing.")]


def receive(
    garage: Garage,
    part: Part,
    quantity: Quantity,
    delivery: Annotated[str, typer.Option("--delivery", help="Number of the delivery note.")],
    line: LineOption = "1",
    unit: Unit = "EA",
    lot: Lot = None,
    condition: Condition = "NEW",
    expires: Annotated[str | None, typer.Option("--expires", help="Until when the lot keeps: 2027-01-31.")] = None,
    manufactured: Annotated[str | None, typer.Option("--manufactured", help="When the lot was made.")] = None,
    supplier: Annotated[str | None, typer.Option("--supplier", help="Who delivered.")] = None,
    order: Annotated[str | None, typer.Option("--order", metavar="NUMBER[:LINE]", help="Our order.")] = None,
    at: At = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Take a line of a delivery into stock; reservations that wait for the part are served at once.

    The same garage, delivery and line again is the same receipt, and changes nothing.

    Example: partsbay stock receive G01 BOSC:0986424797 2 --unit BX --delivery LS4711 --lot L9 --expires 2027-01-31
    """
    number, _, order_line = (order or "").partition(":")
    with connected() as connection:
        receipt = Receipt(
            delivery, garage, part_named(connection, part), amount(quantity), line, unit, lot, condition,
            day(expires, "--expires"), day(manufactured, "--manufactured"), supplier, number or None,
            order_line or None, _at(at),
        )  # fmt: skip
        made = acts.receive(connection, receipt, actor_of(actor))
    told = f"Received {plain(made['quantity'])} {made['uom_code']} of {part} in {garage}."
    _say(told, json, made)


def adjust(
    garage: Garage,
    part: Part,
    direction: Annotated[str, typer.Argument(help="IN or OUT of stock.")],
    quantity: Quantity,
    reason_code: Annotated[str, typer.Option("--reason-code", help=f"Why, one of {', '.join(ADJUSTMENT_REASONS)}.")],
    note: Annotated[str | None, typer.Option("--note", help="Why, in words; needed for OTHER.")] = None,
    number: Annotated[
        str | None, typer.Option("--number", help="Number of the adjustment; a new one unless given.")
    ] = None,
    line: LineOption = "1",
    unit: Unit = "EA",
    lot: Lot = None,
    condition: Condition = "NEW",
    to_condition: Annotated[
        str | None, typer.Option("--to", help="The condition that the units have from now on.")
    ] = None,
    evidence: Annotated[str | None, typer.Option("--evidence", help="Where the evidence is kept.")] = None,
    at: At = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Adjust stock, with the reason. Below the limits it moves at once; above them it waits for a second person.

    With --to the units stay in the garage and change their condition. Reservations follow what is left.

    Example: partsbay stock adjust G01 BOSC:0986424797 OUT 1 --reason-code DAMAGED --to DAMAGED
    """
    if direction not in ("IN", "OUT"):
        raise SettingsError("NO_DIRECTION", f"'{direction}' is no direction", "Write IN or OUT.")
    with connected() as connection:
        adjustment = Adjustment(
            number or _new("A"), garage, part_named(connection, part), direction, amount(quantity), reason_code, line,
            unit, note, lot, condition, to_condition, evidence, adjusted_at=_at(at),
        )  # fmt: skip
        made = acts.adjust(connection, adjustment, actor_of(actor))
    if made["approval_code"] == "PENDING":
        told = f"Adjustment {made['adjustment_number']} waits for a second person: partsbay stock approve"
        _say(f"{told} {made['adjustment_number']} --line {made['adjustment_line']} --reason WHY", json, made)
        raise typer.Exit(1)
    _say(f"Adjusted by {made['adjustment_number']}.", json, made)


def approve(
    number: Annotated[str, typer.Argument(help="The adjustment, as partsbay stock pending names it.")],
    reason: ReasonOption,
    line: LineOption = "1",
    garage: GarageOption = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Approve an adjustment of somebody else: it moves stock as of the moment of the adjustment.

    Example: partsbay stock approve A-5F3A --line 1 --reason "counted with Ann" --actor eve
    """
    _decide("APPROVED", number, line, garage, reason, actor, json)


def reject(
    number: Annotated[str, typer.Argument(help="The adjustment, as partsbay stock pending names it.")],
    reason: ReasonOption,
    line: LineOption = "1",
    garage: GarageOption = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Reject an adjustment of somebody else: it never moves stock.

    Example: partsbay stock reject A-5F3A --reason "the box was on the other shelf" --actor eve
    """
    _decide("REJECTED", number, line, garage, reason, actor, json)


def _decide(code: str, number: str, line: str, garage: str | None, reason: str, actor, json: bool) -> None:
    with connected() as connection:
        line_id = line_named(connection, "ADJUSTMENT", number, line, garage)
        made = acts.decide(connection, line_id, code, reason, actor_of(actor))
    _say("Approved; the stock has moved." if code == "APPROVED" else "Rejected; nothing moves.", json, made)


def reverse(
    kind: Annotated[str, typer.Argument(help="usage, adjustment or receipt.")],
    number: Annotated[str, typer.Argument(help="Work order, adjustment or delivery, as its line says.")],
    reason: ReasonOption,
    line: LineOption = "1",
    garage: GarageOption = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Undo a line by its opposite, at the moment of the line, once only; the line itself stays.

    A count since then has seen what was really there, and stands.

    Example: partsbay stock reverse receipt LS4711 --line 2 --reason "delivered to G02"
    """
    if kind.upper() not in ("USAGE", "ADJUSTMENT", "RECEIPT"):
        words = f"'{kind}' cannot be reversed"
        raise SettingsError("NO_KIND", words, "Write usage, adjustment or receipt; a transfer is sent back.")
    with connected() as connection:
        line_id = line_named(connection, kind.upper(), number, line, garage)
        made = acts.reverse(connection, kind.upper(), line_id, reason, actor_of(actor))
    _say(f"Reversed: {made['quantity'].normalize():+f} as of {made['event_at']:%Y-%m-%d %H:%M}.", json, made)


def transfer(
    from_garage: Annotated[str, typer.Argument(metavar="FROM", help="The garage that sends.")],
    to_garage: Annotated[str, typer.Argument(metavar="TO", help="The garage that receives.")],
    part: Part,
    quantity: Quantity,
    number: Annotated[
        str | None, typer.Option("--number", help="Number of the transfer; a new one unless given.")
    ] = None,
    unit: Unit = "EA",
    lot: Lot = None,
    condition: Condition = "NEW",
    reservation: Annotated[str | None, typer.Option("--reservation", help="The reservation that it is for.")] = None,
    due: Annotated[str | None, typer.Option("--due", help="When it is needed, in ISO 8601.")] = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Ask a garage to send units to another; nothing moves before they are shipped.

    Stock of another garage that a reservation was promised asks for its transfer by itself.

    Example: partsbay stock transfer G02 G01 BOSC:0986424797 4
    """
    with connected() as connection:
        asked = Transfer(
            number or _new("T"), from_garage, to_garage, part_named(connection, part), amount(quantity), unit,
            condition, lot, reservation, moment(due, "--due") if due else None,
        )  # fmt: skip
        made = acts.request_transfer(connection, asked, actor_of(actor))
    told = f"Transfer {made['transfer_number']}: {plain(made['open_quantity'])} to ship from {from_garage}."
    _say(told, json, made)


def ship(
    number: Number,
    quantity: PartOf = None,
    lot: Lot = None,
    operation: Once = None,
    at: At = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Send units of a transfer on their way: from now on they are in transit, and nobody's to promise.

    The lots that expire first go first, unless one is named. Refused from a garage that stands below nothing.

    Example: partsbay stock ship T-5F3A --quantity 2
    """
    leg = Leg(number, amount(quantity) if quantity else None, lot, operation)
    with connected() as connection:
        made = acts.ship(connection, leg, actor_of(actor), _at(at))
    _say(_legs("Shipped", made), json, made, "events")


def arrive(
    number: Number,
    quantity: PartOf = None,
    lot: Lot = None,
    operation: Once = None,
    at: At = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Take units of a transfer into stock; fewer than were shipped leave the rest in transit.

    The reservation that they are for has them before anybody else.

    Example: partsbay stock arrive T-5F3A --quantity 1
    """
    leg = Leg(number, amount(quantity) if quantity else None, lot, operation)
    with connected() as connection:
        made = acts.arrive(connection, leg, actor_of(actor), _at(at))
    _say(_legs("Received", made), json, made, "events")


def declare_short(
    number: Number, reason: ReasonOption, quantity: PartOf = None, actor: ActorOption = None, json: JsonFlag = False
) -> None:
    """Take units that never arrived out of transit, as missing; above the limits somebody else must approve it.

    Example: partsbay stock short T-5F3A --quantity 1 --reason "box was open on arrival"
    """
    with connected() as connection:
        made = acts.declare_short(connection, number, reason, actor_of(actor), amount(quantity) if quantity else None)
    waiting = [one for one in made if one["approval_code"] == "PENDING"]
    told = "The loss waits for a second person: partsbay stock pending" if waiting else "Taken out of transit."
    _say(told, json, made, "adjustments")
    if waiting:
        raise typer.Exit(1)


def cancel(number: Number, reason: ReasonOption, actor: ActorOption = None, json: JsonFlag = False) -> None:
    """Give up what a transfer has not shipped yet.

    Example: partsbay stock cancel T-5F3A --reason "bought instead"
    """
    with connected() as connection:
        made = acts.cancel_transfer(connection, number, reason, actor_of(actor))
    _say(f"Transfer {number} ships nothing further.", json, made, "events")


def limit(
    reason: ReasonOption,
    amount_most: Annotated[str | None, typer.Option("--amount", help="Most value of a line.")] = None,
    percent: Annotated[str | None, typer.Option("--percent", help="Most units, in percent of the cell.")] = None,
    least: Annotated[str, typer.Option("--least", help="Units that the percent never goes below.")] = "0",
    reason_code: Annotated[str | None, typer.Option("--reason-code", help="Only for this reason.")] = None,
    garage: GarageOption = None,
    since: Annotated[
        str | None, typer.Option("--from", help="From when it holds, in ISO 8601; now unless given.")
    ] = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Say how much an adjustment may move without a second person; without --amount and --percent there is no limit.

    Example: partsbay stock limit --reason-code STOLEN --amount 0 --reason "the insurer asks for it"
    """
    given = Limit(
        moment(since, "--from") if since else datetime.now(UTC), garage, reason_code,
        amount(amount_most) if amount_most else None, amount(percent) if percent else None, amount(least),
    )  # fmt: skip
    with connected() as connection:
        state_limit(connection, given, actor_of(actor), reason)
    _say("It holds from its moment on: partsbay stock limits", json, asdict(given))


COMMANDS = (
    ("receive", receive, "Take a delivery into stock."),
    ("adjust", adjust, "Adjust stock, with the reason."),
    ("approve", approve, "Approve an adjustment of somebody else."),
    ("reject", reject, "Reject an adjustment of somebody else."),
    ("reverse", reverse, "Undo a line of usage, adjustment or receipt."),
    ("transfer", transfer, "Ask a garage to send units to another."),
    ("ship", ship, "Send units of a transfer on their way."),
    ("arrive", arrive, "Take units of a transfer into stock."),
    ("short", declare_short, "Say that units in transit are lost."),
    ("limit", limit, "Say how much an adjustment may move by itself."),
    ("cancel", cancel, "Give up what a transfer has not shipped."),
)


def amount(text: str) -> Decimal:
    """A quantity that somebody typed."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise SettingsError("NO_QUANTITY", f"'{text}' is no quantity", "Write digits, with a point before thousandths.")
    return value


def moment(text: str, option: str) -> datetime:
    """A moment that somebody typed."""
    value = as_moment(text)
    if value is None:
        raise SettingsError("NO_MOMENT", f"{option}: '{text}' is no moment", "Write it as 2025-01-31T08:00:00Z.")
    return value


def _at(text: str | None) -> datetime | None:
    return moment(text, "--at") if text else None


def day(text: str | None, option: str) -> date | None:
    """A day that somebody typed; None where nothing was."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SettingsError("NO_DATE", f"{option}: '{text}' is no date", "Write it as 2027-01-31.") from None


def _new(letter: str) -> str:
    return f"{letter}-{uuid4().hex[:10].upper()}"


def _legs(what: str, events: list[dict[str, Any]]) -> str:
    lots = ", ".join(f"{plain(one['quantity'])} of {one['lot_number'] or 'no lot'}" for one in events)
    return f"{what} by {events[0]['transfer_number']}: {lots}."


def _say(told: str, json: bool, made: dict[str, Any] | list[dict[str, Any]], name: str = "rows") -> None:
    if not json:
        console.print(escape(told), soft_wrap=True)
    elif isinstance(made, list):
        print_json({name: [_shown(one) for one in made]})
    else:
        print_json(_shown(made))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its hashes."""
    return {name: value for name, value in row.items() if not isinstance(value, bytes)}
