"""``partsbay match``: what senders mean by parts that the catalogue does not have, decided once and used again."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from ingest.references import answered_batches
from ingest.waiting_parts import decide_match, waiting_parts
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

app = family("What a sender means by a part that the catalogue does not have: decide once, used again.")
Brand = Annotated[str, typer.Argument(help="The brand as the sender writes it.")]
Number = Annotated[str, typer.Argument(help="The part number as the sender writes it; spelling does not matter.")]
To = Annotated[str, typer.Option("--to", metavar="BRAND:PART_NUMBER", help="The part of the catalogue that is meant.")]
ForSource = Annotated[
    str | None, typer.Option("--source", help="Only when this sender says so; everybody unless named.")
]


@app.command("list", short_help="Unknown parts, and what may be meant.")
def list_parts(
    source: SourceOption = None,
    limit: Annotated[int, typer.Option(help="The most parts to list.")] = 50,
    json: JsonFlag = False,
) -> None:
    """Unknown parts that rows wait for, the most wanted first, with what may be meant, nearest first.

    Example: partsbay match list --source G01
    """
    with connected() as connection:
        found = waiting_parts(connection, source, limit)
    if json:
        print_json({"parts": found})
        return
    for one in found:
        who = ", ".join(one["sources"])
        told = f"{counted(one['row_count'], 'row')} in {counted(one['batch_count'], 'batch', 'batches')} of {who}"
        console.print(
            f"[bold]{escape(one['brand_code'])} {escape(one['part_number'])}[/]  {escape(told)}", soft_wrap=True
        )
        for near in one["candidates"]:
            part = f"{near['brand_code']}:{near['part_number']}"
            console.print(f"  {escape(part)}  [dim]{near['likeness_code']}  {escape(near['description'])}[/]")
    if not found:
        console.print("No row waits for a part.")


@app.command("alias", short_help="The same part under another name.")
def alias(
    brand: Brand,
    part_number: Number,
    to: To,
    reason: ReasonOption,
    source: ForSource = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """The same part under another name; rows that wait for it are taken again at once.

    Example: partsbay match alias BOSCH "0 986 494 524" --to BOSC:0986494524 --reason "old brand code"
    """
    _decide("ALIAS", brand, part_number, to, reason, source, actor, json)


@app.command("interchange", short_help="Another part that stands for it.")
def interchange(
    brand: Brand,
    part_number: Number,
    to: To,
    reason: ReasonOption,
    source: ForSource = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Another part that stands for it; rows that wait for it are taken again at once.

    Example: partsbay match interchange ATE 13.0460-7117.2 --to BOSC:0986494524 --reason "same pad" --source G01
    """
    _decide("INTERCHANGE", brand, part_number, to, reason, source, actor, json)


@app.command("forget", short_help="Take a decision back.")
def forget(
    brand: Brand,
    part_number: Number,
    reason: ReasonOption,
    source: ForSource = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Take the decision on a part back: it is unknown again from now on. What is stored stays.

    Example: partsbay match forget BOSCH "0 986 494 524" --reason "was another part after all"
    """
    _decide("NONE", brand, part_number, None, reason, source, actor, json)


def _decide(code: str, brand: str, number: str, to: str | None, reason: str, source, actor, json: bool) -> None:
    with connected() as connection:
        decision_id = decide_match(connection, source, brand, number, code, to, reason, actor_of(actor))
        retaken = [] if code == "NONE" else retake(connection, list(answered_batches(connection)), actor)
    if not json:
        console.print("Forgotten." if code == "NONE" else "Decided.")
    if json or retaken:
        report_retaken(retaken, json, {"match_decision_id": decision_id})
