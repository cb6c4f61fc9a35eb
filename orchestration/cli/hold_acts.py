"""The commands of ``partsbay hold`` that decide about held units, and how they answer."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.markup import escape

from ingest.errors import SettingsError
from ingest.quality_hold import acts
from ingest.quality_hold.acts import Answer, Cells, Finding
from ingest.quality_hold.campaigns import CALLS, call_back
from ingest.quantities import plain
from ingest.vocabularies import CONDITIONS, VERDICTS
from ingest.waiting_parts import part_named
from orchestration.cli.output import JsonFlag, console, counted, print_json
from orchestration.cli.stock_acts import amount, moment
from orchestration.cli.taking import ActorOption, actor_of, connected

Number = Annotated[str, typer.Argument(metavar="HOLD", help="The hold, as partsbay hold list names it.")]
PartOption = Annotated[str | None, typer.Option("--part", metavar="BRAND:PART_NUMBER", help="Only this part.")]
GarageOption = Annotated[str | None, typer.Option("--garage", help="Only at this garage.")]
LotOption = Annotated[str | None, typer.Option("--lot", help="Only this lot.")]
ConditionOption = Annotated[
    str | None, typer.Option("--condition", help=f"Only stock that is {', '.join(CONDITIONS)}.")
]
QuantityOption = Annotated[str | None, typer.Option("--quantity", help="So many base units; all that is open without.")]
Because = Annotated[str | None, typer.Option("--reason", help="Why, in words; kept with the events.")]
Claim = Annotated[str | None, typer.Option("--claim", help="Number of the claim at the supplier.")]
Evidence = Annotated[str | None, typer.Option("--evidence", help="Where the evidence is kept.")]
Once = Annotated[str | None, typer.Option("--operation", help="A name for this act; the same again changes nothing.")]
At = Annotated[str | None, typer.Option("--at", help="When it happened, in ISO 8601 with its zone; now unless given.")]


def extend(
    hold: Number,
    due: Annotated[str, typer.Option("--due", help="When it must be decided, in ISO 8601.")],
    part: PartOption = None,
    garage: GarageOption = None,
    lot: LotOption = None,
    reason: Because = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Move the moment by which a hold must be decided.

    Example: partsbay hold extend H-1A2B3C4D --due 2026-07-01 --reason "the supplier answers in June"
    """
    with connected() as connection:
        cells = _cells(connection, part, garage, None, lot)
        finding = Finding(reason=reason)
        answer = acts.extend(connection, hold, moment(due, "--due"), actor_of(actor), cells, finding)
    _say(answer, json, "Due later:")


def release(
    hold: Number,
    quantity: QuantityOption = None,
    part: PartOption = None,
    garage: GarageOption = None,
    condition: ConditionOption = None,
    lot: LotOption = None,
    reason: Because = None,
    operation: Once = None,
    at: At = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Release a hold as a whole, or a part of it: the units go to whoever waits, in the order of the queue.

    Released as a whole, it also holds nothing more that arrives. With --quantity, --garage, --part or --lot only
    those units are released, and the hold goes on for the others.

    Example: partsbay hold release H-1A2B3C4D --quantity 2 --reason "inspected, all good"
    """
    finding = Finding(operation, reason)
    with connected() as connection:
        cells = _cells(connection, part, garage, condition, lot)
        if quantity is None and cells == Cells():
            answer = acts.release(connection, hold, actor_of(actor), finding, moment(at, "--at") if at else None)
        else:
            answer = _taken(connection, hold, "PARTIALLY_RELEASED", actor, quantity, cells, finding, at)
    _say(answer, json, "Released")


def scrap(
    hold: Number,
    quantity: QuantityOption = None,
    part: PartOption = None,
    garage: GarageOption = None,
    condition: ConditionOption = None,
    lot: LotOption = None,
    reason: Because = None,
    evidence: Evidence = None,
    operation: Once = None,
    at: At = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Scrap held units: they leave stock and hold together.

    Example: partsbay hold scrap H-1A2B3C4D --quantity 3 --garage G01 --evidence photos/17
    """
    finding = Finding(operation, reason, evidence_ref=evidence)
    with connected() as connection:
        cells = _cells(connection, part, garage, condition, lot)
        answer = _taken(connection, hold, "SCRAPPED", actor, quantity, cells, finding, at)
    _say(answer, json, "Scrapped")


def return_(
    hold: Number,
    quantity: QuantityOption = None,
    part: PartOption = None,
    garage: GarageOption = None,
    condition: ConditionOption = None,
    lot: LotOption = None,
    claim: Claim = None,
    reason: Because = None,
    operation: Once = None,
    at: At = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Return held units to the supplier: they leave stock and hold together.

    Example: partsbay hold return H-1A2B3C4D --garage G01 --claim RMA-4711
    """
    finding = Finding(operation, reason, supplier_claim_number=claim)
    with connected() as connection:
        cells = _cells(connection, part, garage, condition, lot)
        answer = _taken(connection, hold, "RETURNED_TO_SUPPLIER", actor, quantity, cells, finding, at)
    _say(answer, json, "Returned")


def rework(
    hold: Number,
    quantity: QuantityOption = None,
    part: PartOption = None,
    garage: GarageOption = None,
    lot: LotOption = None,
    reason: Because = None,
    operation: Once = None,
    at: At = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Note that held units were put right: they stay in stock, and are no longer held.

    Example: partsbay hold rework H-1A2B3C4D --quantity 3 --reason "packed anew"
    """
    with connected() as connection:
        cells = _cells(connection, part, garage, None, lot)
        answer = _taken(connection, hold, "REWORKED", actor, quantity, cells, Finding(operation, reason), at)
    _say(answer, json, "Put right")


def verdict(
    hold: Number,
    code: Annotated[str, typer.Argument(metavar="VERDICT", help=f"One of {', '.join(VERDICTS)}.")],
    inspector: Annotated[str, typer.Option("--inspector", help="Who inspected.")],
    disposition: Annotated[str | None, typer.Option("--disposition", help="What is to become of the units.")] = None,
    claim: Claim = None,
    evidence: Evidence = None,
    reason: Because = None,
    part: PartOption = None,
    garage: GarageOption = None,
    lot: LotOption = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Enter what an inspector found; quantities stay as they are until somebody releases, scraps or returns.

    Example: partsbay hold verdict H-1A2B3C4D REJECT --inspector ivy --disposition RETURN --claim RMA-4711
    """
    known(code, VERDICTS, "VERDICT")
    finding = Finding(None, reason, inspector, code, disposition, claim, evidence)
    with connected() as connection:
        cells = _cells(connection, part, garage, None, lot)
        answer = acts.inspect(connection, hold, finding, actor_of(actor), cells)
    _say(answer, json, f"{code} for")


def call(
    campaign: Annotated[str, typer.Argument(help="The campaign.")],
    garage: Annotated[str, typer.Argument(help="The garage.")],
    work_order: Annotated[str, typer.Argument(help="The work order.")],
    state: Annotated[str, typer.Argument(help=f"One of {', '.join(CALLS)}.")],
    line: Annotated[str, typer.Option("--line", help="Line of the work order.")] = "1",
    note: Annotated[str | None, typer.Option("--note", help="What was said.")] = None,
    evidence: Evidence = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Note how far calling back a job of a campaign is.

    Example: partsbay hold call RC-7 G01 W4711 DONE --line 2 --note "pads replaced"
    """
    known(state, CALLS, "STATE")
    with connected() as connection:
        made = call_back(connection, campaign, garage, work_order, line, state, actor_of(actor), note, evidence)
    if json:
        print_json(made)
    else:
        console.print(f"{work_order} line {line} at {garage}: {made['event_type_code']}.", markup=False)


COMMANDS = (
    ("extend", extend, "Move the moment by which a hold must be decided."),
    ("release", release, "Give units free again, all or some."),
    ("scrap", scrap, "Held units leave stock as scrap."),
    ("return", return_, "Held units go back to the supplier."),
    ("rework", rework, "Held units were put right."),
    ("verdict", verdict, "What an inspector found."),
    ("call", call, "How far calling back a fitted job is."),
)


def _taken(connection, hold: str, kind: str, actor, quantity, cells: Cells, finding: Finding, at) -> Answer:
    units = amount(quantity) if quantity else None
    return acts.take(connection, hold, kind, actor_of(actor), units, cells, finding, moment(at, "--at") if at else None)


def _cells(connection, part: str | None, garage: str | None, condition: str | None, lot: str | None) -> Cells:
    return Cells(garage, part_named(connection, part) if part else None, condition, lot)


def _say(answer: Answer, json: bool, words: str) -> None:
    if json:
        print_json(asdict(answer))
        return
    show_answer(answer, words, f"of hold {answer.hold_number}")


def show_answer(answer: Answer, words: str, of: str) -> None:
    total = sum((event["quantity"] for event in answer.events), Decimal(0))
    quantity = f" {plain(total)}" if total else ""
    console.print(f"{words}{quantity} {of}, {counted(len(answer.events), 'cell')}.", markup=False, soft_wrap=True)
    for event in answer.events:
        lot = f" lot {event['lot_number']}" if event["lot_number"] else ""
        part = f"{event['brand_code']} {event['part_number']}" if event["part_number"] else event["part_id"]
        until = f", due {event['due_at']:%Y-%m-%d}" if event["due_at"] else ""
        told = f"  {event['garage_code']} {part} {event['condition_code']}{lot}: {plain(event['quantity'])}{until}"
        console.print(f"[dim]{escape(told)}[/]", soft_wrap=True)
    show_moved(answer.moved)


def show_moved(moved: list[dict[str, Any]]) -> None:
    """Reservations that an act moved, one a line."""
    for one in moved:
        kept = f"lost {plain(one['lost_quantity'])}" if one["lost_quantity"] else ""
        got = f"got {plain(one['gained_quantity'])}" if one["gained_quantity"] else ""
        waits = f"waits for {plain(one['backordered_quantity'])}" if one["backordered_quantity"] else "is complete"
        order = f"work order {one['work_order_number']} line {one['work_order_line']} at {one['garage_code']}"
        told = f"  {one['reservation_number']} ({order}): {', '.join(filter(None, (kept, got, waits)))}"
        console.print(f"[yellow]{escape(told)}[/]", soft_wrap=True)
    if not moved:
        console.print("  No reservation moved.")


def known(value: str, allowed: tuple[str, ...], option: str) -> str:
    if value not in allowed:
        raise SettingsError("UNKNOWN_CODE", f"{option} is '{value}'", f"Use one of {', '.join(allowed)}.")
    return value
