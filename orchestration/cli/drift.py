"""``partsbay drift``: columns that came, went or changed their type, and the step that accepts it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from ingest import drift as drifts
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

app = family("Columns that came, went or changed their type in a sender's files: list them, accept that one is gone.")
_COLOURS = {"INFORM": "dim", "QUARANTINE": "yellow", "FAIL": "red"}


@app.command("list", short_help="What differed in which file.")
def list_events(
    source: SourceOption = None,
    limit: Annotated[int, typer.Option(help="The most changes to list.")] = 200,
    json: JsonFlag = False,
) -> None:
    """What differed in which file, newest first, and what that did: INFORM, QUARANTINE or FAIL.

    Example: partsbay drift list --source S0001
    """
    with connected() as connection:
        found = drifts.drift_events(connection, source, limit)
    if json:
        print_json({"changes": found})
        return
    for one in found:
        effect = f"[{_COLOURS[one['effect_code']]}]{one['effect_code']}[/]"
        rows = f", {counted(one['row_count'], 'row')}" if one["row_count"] else ""
        console.print(f"{one['change_code']}  [bold]{escape(one['column_name'])}[/]  {effect}{rows}", soft_wrap=True)
        told = f"{one['batch_id']}  {one['file_name']}, {one['kind']} from {one['source']}, {one['state']}"
        if one["accepted_by"]:
            told += f"; accepted by {one['accepted_by']}: {one['accepted_reason']}"
        console.print(f"  [dim]{escape(told)}[/]", soft_wrap=True)
    if not found:
        console.print("No column changed.")


@app.command("accept", short_help="Accept that a column is gone.")
def accept(
    batch: Annotated[UUID, typer.Argument(help="The batch that lacks the column, as partsbay drift list names it.")],
    column: Annotated[str, typer.Argument(help="The column, as the list spells it.")],
    reason: ReasonOption,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Accept that a sender no longer has a column; files that were refused for it are taken again at once.

    Counts for the files of this sender and kind until one has the column again.

    Example: partsbay drift accept BATCH "Colour" --reason "dropped with their new shop system"
    """
    with connected() as connection:
        waiting = drifts.accept(connection, batch, column, reason, actor_of(actor))
        retaken = retake(connection, waiting, actor)
    report_retaken(retaken, json)
