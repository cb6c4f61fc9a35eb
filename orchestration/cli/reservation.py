"""``partsbay reservation``: units for a line of a work order, from the request until they are fitted or given back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import uuid4

import typer
from rich.markup import escape

from ingest.errors import SettingsError
from ingest.quantities import plain
from ingest.readers.typed import as_moment
from ingest.reservation import acts, reading
from ingest.reservation.answers import Answer, shortage_in_words
from ingest.vocabularies import SELLABLE_CONDITIONS
from ingest.waiting_parts import part_named
from orchestration.cli.hold_acts import known
from orchestration.cli.output import JsonFlag, console, counted, family, print_json
from orchestration.cli.reservation_words import ahead_in_words, event_in_words
from orchestration.cli.stock_acts import amount
from orchestration.cli.taking import ActorOption, actor_of, connected

app = family(
    "Units of a part for a line of a work order: ask, fit, give back, and why something waits.\n\n"
    "As many units as are free are reserved at once, lots that expire first before others; the rest waits in the"
    " queue (need date, priority, time of asking) and gets what comes free.\n\n"
    "partsbay reservation reserve G01 BOSC:0986424797 2 --work-order W-1001 --line 1 --need-by 2026-03-05"
)
Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="The reservation, as partsbay reservation list names it.")
]
Garage = Annotated[str, typer.Argument(metavar="GARAGE", help="The garage that needs the part.")]
Part = Annotated[str, typer.Argument(metavar="BRAND:PART_NUMBER", help="A part; spelling does not matter.")]
Quantity = Annotated[str, typer.Argument(metavar="QUANTITY", help="Units, in the base unit of the part.")]
Operation = Annotated[
    str | None,
    typer.Option("--operation", help="A number of your own for this act: under the same one it is done once only."),
]
Because = Annotated[str | None, typer.Option("--reason", help="Why; kept in the history.")]
AtOption = Annotated[str | None, typer.Option("--at", help="When it happened, in ISO 8601; now unless given.")]


@app.command("reserve", short_help="Ask for units; what is not there waits.")
def reserve(
    garage: Garage,
    part: Part,
    quantity: Quantity,
    work_order: Annotated[str, typer.Option("--work-order", help="The work order that needs it.")],
    line: Annotated[str, typer.Option("--line", help="Its line; one active reservation each.")],
    need_by: Annotated[str | None, typer.Option("--need-by", help="When it is needed, in ISO 8601.")] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="When it lapses by itself, in ISO 8601.")] = None,
    priority: Annotated[int, typer.Option("--priority", min=1, max=9, help="1 first, 9 last.")] = 5,
    lot: Annotated[str | None, typer.Option("--lot", help="From this lot alone.")] = None,
    condition: Annotated[str, typer.Option("--condition", help="NEW, REMAN, USED or DISPLAY.")] = "NEW",
    other_garages: Annotated[
        bool, typer.Option("--other-garages", help="Another garage may send what this one lacks.")
    ] = False,
    remaining_days: Annotated[
        int | None, typer.Option("--remaining-days", min=0, help="Days a lot must keep after the need date.")
    ] = None,
    number: Annotated[
        str | None, typer.Option("--number", help="Its number: asking again under it changes nothing.")
    ] = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Ask for units for a line of a work order. Ends with 1 where some of them must wait, and says for what.

    Example: partsbay reservation reserve G01 BOSC:0986424797 2 --work-order W-1001 --line 1 --need-by 2026-03-05
    """
    with connected() as connection:
        request = acts.Request(
            reservation_number=number or f"R-{uuid4().hex[:12]}",
            garage_code=garage,
            part_id=part_named(connection, part),
            quantity=amount(quantity),
            work_order_number=work_order,
            work_order_line=line,
            actor=actor_of(actor),
            need_by_at=_moment(need_by),
            priority=priority,
            expires_at=_moment(expires),
            condition_code=known(condition.upper(), SELLABLE_CONDITIONS, "--condition"),
            lot_number=lot,
            allows_other_garages=other_garages,
            minimum_remaining_days=remaining_days,
        )
        acts.check_known(connection, request)
        answer = acts.reserve(connection, request)
    _tell(answer, json)
    if answer.backordered_quantity:
        raise typer.Exit(1)


@app.command("consume", short_help="Reserved units were fitted.")
def consume(
    number: Number,
    quantity: Quantity,
    lot: Annotated[str | None, typer.Option("--lot", help="The lot they came from.")] = None,
    at: AtOption = None,
    operation: Operation = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Reserved units were fitted: they leave the reservation and the stock together.

    What the garage's own file says of the same line later is known as the same use.

    Example: partsbay reservation consume R-1 2 --operation W-1001/1/fitted
    """
    with connected() as connection:
        _tell(acts.consume(connection, number, amount(quantity), actor_of(actor), lot, operation, _moment(at)), json)


@app.command("release", short_help="The line needs fewer units.")
def release(
    number: Number,
    quantity: Quantity,
    reason: Because = None,
    at: AtOption = None,
    operation: Operation = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """The line needs fewer units: it gives up what it waits for, then what it has, which goes to who waits.

    Example: partsbay reservation release R-1 1 --reason "one pad is enough"
    """
    with connected() as connection:
        _tell(
            acts.release(connection, number, amount(quantity), actor_of(actor), reason, operation, _moment(at)),
            json,
        )


@app.command("cancel", short_help="The line needs nothing any more.")
def cancel(
    number: Number,
    reason: Because = None,
    at: AtOption = None,
    operation: Operation = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """The line needs nothing any more: all that it has goes to who waits.

    Example: partsbay reservation cancel R-1 --reason "customer went away"
    """
    with connected() as connection:
        _tell(acts.cancel(connection, number, actor_of(actor), reason, operation, _moment(at)), json)


@app.command("extend", short_help="It lapses at another moment.")
def extend(
    number: Number,
    until: Annotated[str, typer.Argument(metavar="UNTIL", help="The moment, in ISO 8601.")],
    operation: Operation = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """The reservation lapses at another moment.

    Example: partsbay reservation extend R-1 2026-03-12T18:00:00Z
    """
    with connected() as connection:
        _tell(acts.extend(connection, number, _moment(until), actor_of(actor), operation), json)


@app.command("pick", short_help="It was picked from one lot.")
def pick(
    number: Number,
    lot: Annotated[str | None, typer.Option("--lot", help="The lot; the one it has units of, unless given.")] = None,
    at: AtOption = None,
    operation: Operation = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """What the reservation has was picked from one lot and stays with it; until then any lot would do.

    Example: partsbay reservation pick R-1 --lot L-77
    """
    with connected() as connection:
        _tell(acts.pick(connection, number, actor_of(actor), lot, operation, _moment(at)), json)


@app.command("expire", short_help="Let lapse what is overdue.")
def expire(
    until: Annotated[str | None, typer.Option("--until", help="A moment that has been; now unless given.")] = None,
    json: JsonFlag = False,
) -> None:
    """Let lapse what is overdue. Each lapses at its own moment, whatever time this runs; the schedule does it as well.

    Example: partsbay reservation expire
    """
    with connected() as connection:
        count = acts.expire(connection, _moment(until) or datetime.now(UTC))
    if json:
        print_json({"lapsed_count": count})
    else:
        console.print(f"{counted(count, 'reservation')} lapsed.")


@app.command("list", short_help="Reservations in the order of the queue.")
def list_reservations(
    status: Annotated[str | None, typer.Option("--status", help="Only with this word: backordered, reserved …")] = None,
    garage: Annotated[str | None, typer.Option("--garage", help="Only of this garage.")] = None,
    part: Annotated[str | None, typer.Option("--part", metavar="BRAND:PART_NUMBER", help="Only of this part.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="The most to list.")] = 100,
    json: JsonFlag = False,
) -> None:
    """Reservations in the order in which they are served, and why they waited when allocation last looked.

    Example: partsbay reservation list --status backordered --garage G01
    """
    with connected() as connection:
        part_id = part_named(connection, part) if part else None
        found = reading.reservations(connection, status.upper() if status else None, garage, part_id, limit)
    if json:
        print_json({"reservations": found})
        return
    for one in found:
        said = f"{one['garage_code']}  {one['brand_code']} {one['part_number']}  {_units(one)}"
        console.print(
            f"[bold]{escape(one['reservation_number'])}[/]  {one['status_code']}  {escape(said)}", soft_wrap=True
        )
        need = f", needed {one['need_by_at']:%Y-%m-%d %H:%M}" if one["need_by_at"] else ""
        why = f"; {shortage_in_words(one['shortage_reason_code'], one['obstacles'])}" if one["obstacles"] else ""
        told = f"work order {one['work_order_number']} line {one['work_order_line']}{need}{why}"
        console.print(f"  [dim]{escape(told)}[/]", soft_wrap=True)
    if not found:
        console.print("No reservation.")


@app.command("show", short_help="What it has, and how that came to be.")
def show(number: Number, json: JsonFlag = False) -> None:
    """What a reservation has, and every event that led there, with its cause.

    Example: partsbay reservation show R-1
    """
    with connected() as connection:
        answer = reading.answer_of(connection, number)
        events = reading.history_of(connection, number)
    if json:
        print_json({**asdict(answer), "why": answer.why, "events": events})
        return
    _tell(answer, json=False)
    for event in events:
        console.print(f"  {event['event_at']:%Y-%m-%d %H:%M}  {escape(event_in_words(event))}", soft_wrap=True)


@app.command("why", short_help="What stands in its way.")
def why(number: Number, json: JsonFlag = False) -> None:
    """Why a reservation waits: which holds and reservations stand in its way, who is served before it, what
    replaces the part where it was replaced, and which other garages have it.

    Example: partsbay reservation why R-1
    """
    with connected() as connection:
        answer = reading.answer_of(connection, number)
        ahead = reading.ahead_of(connection, number)
        elsewhere = reading.elsewhere_of(connection, number)
    if json:
        print_json({**asdict(answer), "why": answer.why, "ahead": ahead, "elsewhere": elsewhere})
        return
    if answer.why is None:
        console.print(f"{escape(number)} waits for nothing: {answer.status_code}.")
        return
    console.print(
        f"{escape(number)} waits for {plain(answer.backordered_quantity)} in {escape(answer.garage_code)}:"
        f" {escape(answer.why)}.",
        soft_wrap=True,
    )
    console.print(escape(ahead_in_words(ahead)), soft_wrap=True)
    if elsewhere:
        places = ", ".join(f"{plain(one['available_quantity'])} in {one['garage_code']}" for one in elsewhere)
        console.print(f"Available elsewhere: {escape(places)}.", soft_wrap=True)


@app.command("available", short_help="What can be promised by a day.")
def available(
    garage: Garage,
    part: Part,
    by: Annotated[str | None, typer.Option("--by", help="The day, as 2026-03-05; today unless given.")] = None,
    json: JsonFlag = False,
) -> None:
    """What can be promised by the end of a day: available now, plus what suppliers confirmed or sent, less what waits.

    Example: partsbay reservation available G01 BOSC:0986424797 --by 2026-03-05
    """
    moment = _moment(by)
    on_date = moment.date() if moment else date.today()
    with connected() as connection:
        found = reading.available_by(connection, garage, part_named(connection, part), on_date)
    if json:
        print_json({"garage_code": garage, "on_date": on_date, **found})
        return
    console.print(
        f"{plain(found['available_quantity'])} by {on_date}: {plain(found['available_now_quantity'])} available now,"
        f" {plain(found['confirmed_quantity'])} confirmed or sent, {plain(found['waiting_quantity'])} waited for.",
        soft_wrap=True,
    )


def _units(one: dict) -> str:
    waits = f", {plain(one['backordered_quantity'])} waiting" if one["backordered_quantity"] else ""
    return f"{plain(one['reserved_quantity'])} of {plain(one['requested_quantity'])}{waits}"


def _tell(answer: Answer, json: bool) -> None:
    if json:
        print_json({**asdict(answer), "why": answer.why})
        return
    console.print(
        f"[bold]{escape(answer.reservation_number)}[/]  {answer.status_code}  {_units(asdict(answer))}", soft_wrap=True
    )
    for peg in answer.pegs:
        lot = f" lot {peg['lot_number']}" if peg["lot_number"] else ""
        console.print(f"  {plain(peg['quantity'])} in {escape(peg['garage_code'] + lot)}", soft_wrap=True)
    if answer.why:
        console.print(f"  waits: {escape(answer.why)}", soft_wrap=True)


def _moment(text: str | None) -> datetime | None:
    moment = as_moment(text) if text else None
    if text and moment is None:
        raise SettingsError("NO_MOMENT", f"'{text}' is no moment", "Write it as 2026-03-05 or 2026-03-05T08:00:00Z.")
    return moment
