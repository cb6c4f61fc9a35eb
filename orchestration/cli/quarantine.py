"""``partsbay quarantine``: refused rows, by batch and one by one; out to be mended, back, or settled for good."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from ingest.batches import summary
from ingest.errors import SettingsError
from ingest.mending import mend_of
from ingest.quarantine import Filter, batches_with_open_rows, batches_with_rows, check_batch, rows
from ingest.quarantine import discard as discard_rows
from orchestration.cli.output import JsonFlag, console, counted, family, print_json
from orchestration.cli.taking import (
    ActorOption,
    KindOption,
    ReasonOption,
    SourceOption,
    actor_of,
    as_row,
    connected,
    report_retaken,
    retake,
)
from orchestration.environments import get_settings

app = family("Refused rows: list and show them, export them to be mended, discard them, or take them again.")
BatchOrLine = Annotated[str, typer.Argument(metavar="BATCH[:LINE]", help="A batch, or one line of it, as listed.")]


@app.command("list")
def list_batches(
    source: SourceOption = None,
    kind: KindOption = None,
    reason: Annotated[str | None, typer.Option(help="Only rows refused for this code, such as DATE.")] = None,
    status: Annotated[str | None, typer.Option(help="Only rows that are OPEN, FIXED, REPLAYED or DISCARDED.")] = None,
    json: JsonFlag = False,
) -> None:
    """Batches with refused rows or an error, newest first.

    Example: partsbay quarantine list --source G01 --reason DATE
    """
    with connected() as connection:
        found = batches_with_rows(connection, Filter(source, kind, reason, status))
    if json:
        print_json({"batches": found})
        return
    if not found:
        console.print("No bad rows.")
        return
    for one in found:
        why = ", ".join(f"{code} {count:,}" for code, count in sorted(one["reasons"].items())) or one["error_code"]
        told = f"{one['rows_quarantined']:,} of {counted(one['rows_read'], 'row')} bad, {one['open_count']:,} open"
        console.print(f"[bold]{one['batch_id']}[/]  {one['state']}  {told}: {why}", soft_wrap=True)
        told = f"{one['file_name']}, {one['kind']} from {one['source']}, {one['received_at']:%Y-%m-%d %H:%M}"
        console.print(f"  [dim]{escape(told)}[/]", soft_wrap=True)


@app.command("show", short_help="Every refused row of a batch, or one, with what to do.")
def show(
    batch: BatchOrLine,
    limit: Annotated[int, typer.Option(help="The most rows to show.")] = 1000,
    json: JsonFlag = False,
) -> None:
    """Every refused row of a batch, or one: its place, its text as sent, every reason, and what to do.

    Example: partsbay quarantine show 01a2051d-ab59-764e-a9ac-50a023f3fe10:17
    """
    batch_id, line = as_row(batch)
    with connected() as connection:
        check_batch(connection, batch_id)
        found = rows(connection, Filter(batch_id=batch_id, line_number=line), limit)
        outcome = summary(connection, batch_id)
    for row in found:
        row["mend"] = mend_of(row["reasons"])
    if json:
        print_json({"batch": outcome.as_dict(), "rows": found})
        return
    console.print(f"{escape(outcome.file_name)}: {outcome.state}", soft_wrap=True)
    if outcome.error:
        console.print(f"[red]{outcome.error_code}[/] {escape(outcome.error)}", soft_wrap=True)
    for row in found:
        _show_row(row)


def _show_row(row: dict) -> None:
    place = row["place"] or f"line {row['line_number']}"
    number = "" if str(row["line_number"]) in place else f" (:{row['line_number']})"
    console.print(f"[bold]{escape(place)}{number}[/]  {row['status']}  [dim]{escape(row['raw'])}[/]", soft_wrap=True)
    for reason in row["reasons"]:
        console.print(f"  {escape(reason)}", soft_wrap=True)
    if row["status"] == "OPEN":
        console.print(f"  [dim]→ {escape(row['mend'])}  Rules {row['rule_version']}.[/]", soft_wrap=True)
    elif row["status_reason"]:
        by = f" by batch {row['repaired_by_batch_id']}" if row["repaired_by_batch_id"] else ""
        console.print(f"  [dim]{escape(row['status_reason'])}{by}[/]", soft_wrap=True)


@app.command("export", short_help="Write open rows as a file to be mended.")
def export(
    batch: Annotated[UUID | None, typer.Argument(help="One batch; without it, all that the options choose.")] = None,
    to: Annotated[Path | None, typer.Option(help="The folder to write to; repair/ of the home unless named.")] = None,
    source: SourceOption = None,
    kind: KindOption = None,
    reason: Annotated[str | None, typer.Option(help="Only rows refused for this code.")] = None,
    json: JsonFlag = False,
) -> None:
    """Write open rows in their sender's own form with a column that says what is wrong; edit them and ingest the file.

    Leave the column partsbay_row as it is: it says which row each one stands for.

    Example: partsbay quarantine export --source G01 --to repair, then partsbay ingest auto repair/*.csv
    """
    from ingest.repair_export import export_all

    if batch is None and source is None:
        raise SettingsError("NO_BATCH", "neither a batch nor --source is named", "Name a batch, or a --source.")
    settings = get_settings()
    with connected() as connection:
        if batch:
            check_batch(connection, batch)
        chosen = [batch] if batch else batches_with_open_rows(connection, Filter(source, kind, reason))
        folder = to or settings.home / "repair"
        written, refused = export_all(connection, settings.landing_folder, chosen, folder, reason)
    if refused and not written:
        raise refused[0]
    if json:
        files = [
            {"batch_id": one.batch_id, "path": one.path, "rows": one.row_count, "note": one.note} for one in written
        ]
        print_json({"files": files, "left_out": [error.message for error in refused]})
        return
    for one in written:
        note = f" [dim]{escape(one.note)}[/]" if one.note else ""
        console.print(f"{escape(str(one.path))}  {counted(one.row_count, 'row')}{note}", soft_wrap=True)
    for error in refused:
        console.print(f"[yellow]left out[/] {escape(error.message)}", soft_wrap=True)
    if not written:
        console.print("No open rows.")


@app.command("discard", short_help="Settle open rows as not wanted.")
def discard(batch: BatchOrLine, reason: ReasonOption, actor: ActorOption = None, json: JsonFlag = False) -> None:
    """Settle an open row, or all of a batch, as not wanted: no replay will ever store it.

    Example: partsbay quarantine discard BATCH:17 --reason "test order of the garage"
    """
    from ingest.outcomes import write_outcome

    batch_id, line = as_row(batch)
    with connected() as connection:
        count = discard_rows(connection, batch_id, line, reason, actor_of(actor))
        settings = get_settings()
        write_outcome(connection, settings.landing_folder, settings.outcomes_folder, batch_id)
    if json:
        print_json({"batch_id": batch_id, "line_number": line, "discarded": count})
    else:
        console.print(f"{count:,} row{'s' * (count != 1)} discarded.")


@app.command("replay", short_help="Judge open rows by today's rules.")
def replay(
    batch: Annotated[UUID | None, typer.Argument(help="One batch; without it, all with open rows.")] = None,
    source: SourceOption = None,
    kind: KindOption = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Judge open rows by today's rules and catalogue; what is good now is stored, what is stored stays as it is.

    Example: partsbay quarantine replay --source G01 --kind usage
    """
    from ingest.replay import Range, batches_in, check_retakable

    with connected() as connection:
        if batch:
            chosen = check_retakable(connection, [batch])
        else:
            chosen = batches_in(connection, Range(), batches_with_open_rows(connection, Filter(source, kind)))
        retaken = retake(connection, chosen, actor)
    report_retaken(retaken, json)
