"""``partsbay held``: batches and single offers that wait for a person, and what is decided about them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from ingest import held as holds
from ingest.decisions import decisions_on
from ingest.errors import SettingsError
from ingest.feed_rules.lines import decide_line, line_holds
from ingest.outcomes import outcome_of, write_outcome
from ingest.quantities import plain
from orchestration.cli.output import JsonFlag, console, counted, family, print_json
from orchestration.cli.taking import (
    ActorOption,
    ReasonOption,
    SourceOption,
    actor_of,
    connected,
    report_retaken,
    retake,
)
from orchestration.environments import get_settings

app = family("What waits for a decision: whole batches, and single offers whose price jumps or whose part changes.")
_STATUSES = ("OPEN", "RELEASED", "DISCARDED")
Batch = Annotated[UUID, typer.Argument(help="The batch, as partsbay held list names it.")]
Line = Annotated[UUID, typer.Argument(help="The held line, as partsbay held lines names it.")]


@app.command("list", short_help="Held batches and why.")
def list_batches(source: SourceOption = None, json: JsonFlag = False) -> None:
    """Held batches and why, newest first; nothing of them is stored until somebody releases them.

    Example: partsbay held list --source S0001
    """
    with connected() as connection:
        found = holds.held_batches(connection, source)
    if json:
        print_json({"batches": found})
        return
    for one in found:
        told = f"{one['file_name']}, {one['kind']} from {one['source']}, {one['received_at']:%Y-%m-%d %H:%M}"
        console.print(
            f"[bold]{one['batch_id']}[/]  {one['error_code']}  {counted(one['rows_read'], 'row')}", soft_wrap=True
        )
        console.print(f"  [dim]{escape(told)}[/]", soft_wrap=True)
    if not found:
        console.print("No batch is held.")


@app.command("show", short_help="Why a batch is held, and what to do.")
def show(batch: Batch, json: JsonFlag = False) -> None:
    """Why a batch is held, its first refused rows, what to do, and what was decided so far.

    Example: partsbay held show 01a2051d-ab59-764e-a9ac-50a023f3fe10
    """
    with connected() as connection:
        outcome = outcome_of(connection, batch)
        decided = decisions_on(connection, batch)
    if json:
        print_json({"batch": outcome, "decisions": decided})
        return
    console.print(
        f"{escape(outcome['file_name'])}: {outcome['state']}, {counted(outcome['rows_read'], 'row')}", soft_wrap=True
    )
    if outcome["error"]:
        console.print(f"[yellow]{outcome['error_code']}[/] {escape(outcome['error'])}", soft_wrap=True)
        console.print(f"  → {escape(outcome['mend'] or '')}", soft_wrap=True)
    for row in outcome["refused_rows"][:20]:
        console.print(
            f"  {escape(row['place'] or str(row['line']))}: {escape('; '.join(row['reasons']))}", soft_wrap=True
        )
    for one in decided:
        told = f"{one['recorded_at']:%Y-%m-%d %H:%M} {one['actor']} {one['decision_code']}: {one['reason']}"
        console.print(f"  [dim]{escape(told)}[/]", soft_wrap=True)


@app.command("release", short_help="Let a held batch in.")
def release(batch: Batch, reason: ReasonOption, actor: ActorOption = None, json: JsonFlag = False) -> None:
    """Let a held batch in: its good rows are stored at once, its bad rows go to quarantine.

    Example: partsbay held release BATCH --reason "supplier confirmed the shorter list by phone"
    """
    with connected() as connection:
        holds.release(connection, batch, reason, actor_of(actor))
        retaken = retake(connection, [batch], actor)
    report_retaken(retaken, json)


@app.command("discard", short_help="Refuse a held batch for good.")
def discard(batch: Batch, reason: ReasonOption, actor: ActorOption = None, json: JsonFlag = False) -> None:
    """Refuse a held batch for good: it ends REJECTED, and no replay takes it again.

    Example: partsbay held discard BATCH --reason "sent by mistake, says the supplier"
    """
    settings = get_settings()
    with connected() as connection:
        holds.discard(connection, batch, reason, actor_of(actor))
        write_outcome(connection, settings.landing_folder, settings.outcomes_folder, batch)
    if json:
        print_json({"batch_id": batch, "state": "REJECTED"})
    else:
        console.print("Discarded; nothing of it is stored.")


@app.command("lines", short_help="Held offers and articles.")
def list_lines(
    source: SourceOption = None,
    status: Annotated[str, typer.Option(help="OPEN, RELEASED or DISCARDED.")] = "OPEN",
    limit: Annotated[int, typer.Option(help="The most lines to list.")] = 1000,
    json: JsonFlag = False,
) -> None:
    """Held offers and articles: the last price or identity stays in force until somebody decides.

    Example: partsbay held lines --source S0001
    """
    if status.upper() not in _STATUSES:
        raise SettingsError("UNKNOWN_STATUS", f"there is no status '{status}'", f"Use one of {', '.join(_STATUSES)}.")
    with connected() as connection:
        found = line_holds(connection, status.upper(), source, limit)
    if json:
        print_json({"lines": found})
        return
    for one in found:
        said = _details(one["reason_code"], one["details"])
        part = f"{one['supplier_code']} {one['brand_code']} {one['part_number']}"
        console.print(f"[bold]{one['line_hold_id']}[/]  {one['reason_code']}  {escape(part)}", soft_wrap=True)
        told = f"{said}; line {one['line_number']} of {one['file_name']}, stated {one['stated_at']:%Y-%m-%d %H:%M}"
        console.print(f"  [dim]{escape(told)}[/]", soft_wrap=True)
    if not found:
        console.print("No line is held.")


def _details(reason_code: str, said: dict) -> str:
    """What makes a line doubtful, in words."""
    if reason_code != "PRICE_JUMP":
        return ", ".join(f"{name} {value}" for name, value in said.items())
    unit = f"{said.get('currency_code', '')} per {said.get('price_uom_code', 'EA')}"
    price = f"{plain(said['unit_price_amount'])} {unit}"
    if "last_amount" not in said:
        return f"{price}, and no price before it"
    change = f" ({plain(said['change_pct'])} %, at most {plain(said['limit_pct'])})" if "change_pct" in said else ""
    return f"{price} after {plain(said['last_amount'])}{change}"


@app.command("release-line", short_help="Let a held line count.")
def release_line(line: Line, reason: ReasonOption, actor: ActorOption = None, json: JsonFlag = False) -> None:
    """Let a held line count from the moment that it was stated for.

    Example: partsbay held release-line LINE --reason "new contract from January"
    """
    _decide_line(line, "RELEASE", reason, actor, json)


@app.command("discard-line", short_help="Never let a held line count.")
def discard_line(line: Line, reason: ReasonOption, actor: ActorOption = None, json: JsonFlag = False) -> None:
    """Never let a held line count; the last one before it stays in force.

    Example: partsbay held discard-line LINE --reason "decimal point slipped, says the supplier"
    """
    _decide_line(line, "DISCARD", reason, actor, json)


def _decide_line(line: UUID, decision: str, reason: str, actor: str | None, json: bool) -> None:
    with connected() as connection:
        decide_line(connection, line, decision, reason, actor_of(actor))
    if json:
        print_json({"line_hold_id": line, "decision": decision})
    else:
        console.print("Released." if decision == "RELEASE" else "Discarded.")
