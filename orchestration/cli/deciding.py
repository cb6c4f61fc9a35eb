"""The commands that decide about proposed lines, one by one or by a filter."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

import psycopg
import typer
from rich.markup import escape

from ingest.errors import ProtectedError, SettingsError
from ingest.planning import acts
from ingest.planning.acts import REFUSED, SAME, Answer, Decision
from ingest.planning.own_lines import usual_supplier
from ingest.quantities import plain
from ingest.waiting_parts import part_named
from orchestration.cli.acts_told import told
from orchestration.cli.output import JsonFlag, console, counted, print_json
from orchestration.cli.stock_acts import amount, day
from orchestration.cli.taking import ActorOption, actor_of, connected
from orchestration.environments import get_settings

Line = Annotated[
    str | None, typer.Argument(metavar="LINE", help="A proposal by its id, or a part as BRAND:PART_NUMBER.")
]
Garage = Annotated[str | None, typer.Option("--garage", help="Only lines of this garage.")]
Supplier = Annotated[str | None, typer.Option("--supplier", help="Only lines of this supplier.")]
Kind = Annotated[str | None, typer.Option("--line-type", help="Only BUY, TRANSFER or RETURN_EXCESS lines.")]
Review = Annotated[str | None, typer.Option("--review-reason", help="Only lines with this reason, as ROUTINE.")]
Quantity = Annotated[str, typer.Option("--quantity", help="The final quantity, in base units.")]
Until = Annotated[str, typer.Option("--until", help="The first day on which it no longer counts, as 2027-01-31.")]
MaybeUntil = Annotated[
    str | None, typer.Option("--until", help="The first day on which it no longer counts; in 30 days unless given.")
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, in words; kept with the decision.")]
Because = Annotated[str | None, typer.Option("--reason-code", help="Why, as TOO_MUCH, SEASON or NO_SPACE.")]
Revision = Annotated[
    int | None, typer.Option("--revision", min=1, help="The revision that you saw; the latest unless.")
]
Once = Annotated[str | None, typer.Option("--operation", help="A name for this act; the same again changes nothing.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be decided, and decide nothing.")]
_WORDS = {
    "APPROVE": "approved", "OVERRIDE": "overridden with", "FIRM": "kept firm with", "SNOOZE": "put off",
    "REJECT": "refused", "UNDO": "undone",
}  # fmt: skip


def approve(
    line: Line = None, garage: Garage = None, supplier: Supplier = None, line_type: Kind = None,
    review_reason: Review = None,
    quantity: Annotated[str | None, typer.Option("--quantity", help="Another quantity than proposed.")] = None,
    order_from: Annotated[str | None, typer.Option("--order-from", help="Another supplier than proposed.")] = None,
    reason: Reason = None, reason_code: Because = None, revision: Revision = None, operation: Once = None,
    dry_run: DryRun = False, actor: ActorOption = None, json: JsonFlag = False,
) -> None:  # fmt: skip
    """Order lines as proposed, or one with another quantity or supplier; each once, however often it is said.

    A part that no run proposes is ordered, too, with --garage, --quantity and --reason: to fill an order, or for a
    customer.

    Example: partsbay approve BOSC:0986424797 --garage G01 --quantity 8 --reason "campaign next week"

    Example: partsbay approve --supplier S0001 --review-reason ROUTINE --dry-run
    """
    said = {"quantity": quantity, "supplier_code": order_from, "reason": reason, "reason_code": reason_code}
    _decide(
        "APPROVE", (line, garage, supplier, line_type, review_reason), said, revision, operation, dry_run, actor, json
    )


def override(
    line: Line, quantity: Quantity, garage: Garage = None, until: MaybeUntil = None, reason: Reason = None,
    reason_code: Because = None, revision: Revision = None, operation: Once = None, dry_run: DryRun = False,
    actor: ActorOption = None, json: JsonFlag = False,
) -> None:  # fmt: skip
    """Propose another quantity for a line, whenever it is needed, until a day.

    Example: partsbay override BOSC:0986424797 --garage G01 --quantity 12 --until 2027-01-31 --reason "winter"
    """
    said = {"quantity": quantity, "until_on": until, "reason": reason, "reason_code": reason_code}
    _decide("OVERRIDE", (line, garage, None, None, None), said, revision, operation, dry_run, actor, json)


def firm(
    line: Line, quantity: Quantity, garage: Garage = None, until: MaybeUntil = None, reason: Reason = None,
    reason_code: Because = None, revision: Revision = None, operation: Once = None, dry_run: DryRun = False,
    actor: ActorOption = None, json: JsonFlag = False,
) -> None:  # fmt: skip
    """Keep a line with its quantity, whatever the next runs find, until it is approved or a day comes.

    Example: partsbay firm BOSC:0986424797 --garage G01 --quantity 4 --reason "promised to a customer"
    """
    said = {"quantity": quantity, "until_on": until, "reason": reason, "reason_code": reason_code}
    _decide("FIRM", (line, garage, None, None, None), said, revision, operation, dry_run, actor, json)


def snooze(
    until: Until, line: Line = None, garage: Garage = None, supplier: Supplier = None, line_type: Kind = None,
    review_reason: Review = None, reason: Reason = None, reason_code: Because = None, revision: Revision = None,
    operation: Once = None, dry_run: DryRun = False, actor: ActorOption = None, json: JsonFlag = False,
) -> None:  # fmt: skip
    """Put lines off until a day; one that is about to run out of stock wakes up before.

    Example: partsbay snooze BOSC:0986424797 --garage G01 --until 2027-01-31 --reason-code SEASON
    """
    said = {"until_on": until, "reason": reason, "reason_code": reason_code}
    _decide(
        "SNOOZE", (line, garage, supplier, line_type, review_reason), said, revision, operation, dry_run, actor, json
    )


def reject(
    line: Line = None, garage: Garage = None, supplier: Supplier = None, line_type: Kind = None,
    review_reason: Review = None, until: MaybeUntil = None, reason: Reason = None, reason_code: Because = None,
    revision: Revision = None, operation: Once = None, dry_run: DryRun = False, actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:  # fmt: skip
    """Refuse lines until a day.

    Example: partsbay reject BOSC:0986424797 --garage G01 --reason "we no longer fit these"
    """
    said = {"until_on": until, "reason": reason, "reason_code": reason_code}
    _decide(
        "REJECT", (line, garage, supplier, line_type, review_reason), said, revision, operation, dry_run, actor, json
    )


def undo(
    line: Line, garage: Garage = None, reason: Reason = None, operation: Once = None, dry_run: DryRun = False,
    actor: ActorOption = None, json: JsonFlag = False,
) -> None:  # fmt: skip
    """Take back the last decision about a line; an approval only while it is not ordered.

    Example: partsbay undo BOSC:0986424797 --garage G01 --reason "wrong line"
    """
    _decide("UNDO", (line, garage, None, None, None), {"reason": reason}, None, operation, dry_run, actor, json)


def decisions(
    garage: Garage = None,
    part: Annotated[str | None, typer.Option("--part", metavar="BRAND:PART_NUMBER", help="Only this part.")] = None,
    act: Annotated[str | None, typer.Option("--act", help=f"Only {', '.join(acts.ACTS)}.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Only of this person.")] = None,
    in_force: Annotated[bool, typer.Option("--in-force", help="Only those that count now.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The most decisions to list.")] = 50,
    json: JsonFlag = False,
) -> None:
    """What planners decided, newest first.

    Example: partsbay decisions --garage G01 --in-force
    """
    with connected() as connection:
        part_id = part_named(connection, part) if part else None
        found = acts.planner_acts(connection, garage, part_id, None, act, by, in_force, limit)
    if json:
        print_json({"decisions": found})
        return
    for one in found:
        part = f"{one['brand_code']} {one['part_number']}" if one["part_number"] else one["part_id"]
        console.print(escape(f"{one['garage_code']} {part}: {told(one)}"), soft_wrap=True)
    if not found:
        console.print("Nothing was decided.")


def _decide(act_code: str, chosen: tuple, said: dict[str, Any], revision, operation, dry_run, actor, json) -> None:
    with connected() as connection:
        is_one = said.get("quantity") is not None or revision is not None
        lines = _chosen(connection, *chosen, is_one=is_one, act_code=act_code)
        operation = operation or uuid4().hex
        made = [_decision(act_code, line, said, revision, operation) for line in lines]
        answers = acts.decide(connection, made, actor_of(actor), decided_at=get_settings().as_of, is_preview=dry_run)
    if len(answers) == 1 and answers[0].outcome_code == REFUSED:
        raise ProtectedError(answers[0].refusal_code, answers[0].problem, "partsbay decisions says what was decided.")
    _show(act_code, lines, answers, dry_run, json)
    if any(answer.outcome_code == REFUSED for answer in answers):
        raise typer.Exit(1)


def _chosen(
    connection: psycopg.Connection,
    line: str | None,
    garage,
    supplier,
    line_type,
    review_reason,
    is_one: bool,
    act_code: str,
) -> list[dict[str, Any]]:
    """The lines that are named: one, or all that a filter finds; a planner's own where nothing is proposed."""
    if not any((line, garage, supplier, line_type, review_reason)):
        raise SettingsError("NOTHING_CHOSEN", "no line is named", "Name a proposal, a part, or a filter as --garage.")
    proposal_id, part_id = None, None
    try:
        proposal_id = UUID(line) if line else None
    except ValueError:
        part_id = part_named(connection, line)
    found = acts.open_proposals(connection, proposal_id, garage, part_id, supplier, line_type, review_reason)
    if not found and line and act_code == "UNDO":
        found = acts.decided_and_gone(connection, proposal_id, garage, part_id)
    if not found and part_id and garage and act_code in acts.OWN_ACTS and is_one and line_type in (None, "BUY"):
        brand_code, _, part_number = line.partition(":")
        usual = usual_supplier(connection, garage, part_id)
        return [
            {"garage_code": garage, "part_id": part_id, "brand_code": brand_code, "part_number": part_number,
             "supplier_code": usual}
        ]  # fmt: skip
    if not found:
        own = "a part that no run proposes needs --garage, --quantity and --reason"
        hint = (
            f"partsbay report shows the lines; {own}." if act_code in acts.OWN_ACTS else "partsbay report shows them."
        )
        raise SettingsError("NO_LINE", "no line is proposed there", hint)
    if is_one and len(found) > 1:
        words = f"{len(found)} lines are meant, and one can have this quantity"
        raise SettingsError("SEVERAL_LINES", words, "Name the proposal, or the part with --garage and --line-type.")
    return found


def _decision(act_code: str, line: dict[str, Any], said: dict[str, Any], revision: int | None, operation: str):
    quantity, until = said.get("quantity"), said.get("until_on")
    values = {
        **said, "quantity": amount(quantity) if quantity is not None else None, "until_on": day(until, "--until"),
    }  # fmt: skip
    if "proposal_id" not in line:
        key = f"{operation}:{line['garage_code']}:{line['part_id']}"
        return Decision.own(act_code, line["garage_code"], line["part_id"], key, **values)
    key = f"{operation}:{line['proposal_id']}"
    return Decision(act_code, line["proposal_id"], revision or line["revision_number"], key, **values)


def _worth(line: dict[str, Any], one: Answer) -> list[tuple[str, Decimal]]:
    """What the line comes to and in which currency; nothing where no price is known."""
    if one.quantity is None:
        return []
    if one.terms:
        return [(one.terms["currency_code"], Decimal(str(one.terms["unit_price_amount"])) * one.quantity)]
    if one.supplier_code or not line.get("quantity") or line["line_amount"] is None:
        return []
    return [(line["currency_code"], line["line_amount"] * one.quantity / line["quantity"])]


def _show(act_code: str, lines: list[dict[str, Any]], answers: list[Answer], dry_run: bool, json: bool) -> None:
    taken = [(line, one) for line, one in zip(lines, answers, strict=True) if one.outcome_code != REFUSED]
    values: dict[str, Decimal] = {}
    for line, one in taken:
        for currency, value in _worth(line, one):
            values[currency] = values.get(currency, Decimal(0)) + value
    suppliers = {one.supplier_code or line.get("supplier_code") for line, one in taken} - {None}
    if json:
        print_json(
            {
                "act_code": act_code, "is_preview": dry_run, "lines": len(lines), "taken": len(taken),
                "refused": len(lines) - len(taken), "value": values, "suppliers": sorted(suppliers),
                "answers": [asdict(one) for one in answers],
            }
        )  # fmt: skip
        return
    for line, one in zip(lines, answers, strict=True):
        place = f"{line['brand_code']} {line['part_number']} at {line['garage_code']}"
        of = f" {plain(one.quantity)}" if one.quantity is not None else ""
        until = f" until {one.until_on}" if one.until_on else ""
        as_was = " already" if one.outcome_code == SAME else ""
        told = f"refused: {one.problem}" if one.outcome_code == REFUSED else f"{_WORDS[act_code]}{of}{until}{as_was}"
        console.print(escape(f"{place} {told}"), soft_wrap=True)
    worth = " + ".join(f"{value:,.2f} {code}" for code, value in sorted(values.items())) or "no value"
    would = "would be " if dry_run else ""
    told = f"{counted(len(taken), 'line')} {would}taken, {worth}, {counted(len(suppliers), 'supplier')}"
    console.print(f"{told}; {len(lines) - len(taken)} refused.", markup=False, soft_wrap=True)
