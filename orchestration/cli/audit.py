"""``partsbay audit``: who changed what, when and why; whether it is whole; and anchors that prove it from outside."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape

from ingest.anchors import write_anchor
from ingest.audit import Subject, find_records, seal
from ingest.audit_proof import breaches
from ingest.errors import SettingsError
from ingest.waiting_parts import part_named
from orchestration.cli.output import JsonFlag, console, counted, family, print_json
from orchestration.cli.taking import connected
from orchestration.environments import get_settings

app = family("Who changed what, when and why: every change of every store, chained by hash.")


@app.command("show", short_help="Who changed what, when and why.")
def show(
    part: Annotated[str | None, typer.Option(help="About a part: BRAND:NUMBER.")] = None,
    garage: Annotated[str | None, typer.Option(help="About a garage.")] = None,
    reservation: Annotated[str | None, typer.Option(help="About a reservation.")] = None,
    hold: Annotated[str | None, typer.Option(help="About a quality hold.")] = None,
    actor: Annotated[str | None, typer.Option(help="By this person or service.")] = None,
    batch: Annotated[UUID | None, typer.Option(help="Of this batch, and of what followed from it.")] = None,
    run: Annotated[str | None, typer.Option(help="Of this run, as Dagster names it.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most records to show.")] = 50,
    json: JsonFlag = False,
) -> None:
    """Records, newest first, that fit everything that is asked for; a load is found by the rows that it brought.

    Example: partsbay audit show --part BOSC:0986424797 --garage G01
    """
    with connected() as connection:
        found = find_records(
            connection, Subject(garage, _part(connection, part), reservation, hold), actor, batch, limit, run
        )
    if json:
        print_json({"records": found})
        return
    for one in found:
        _print(one)
    if not found:
        console.print("No record fits.")


def _part(connection, text: str | None) -> tuple[UUID, str, str] | None:
    if text is None:
        return None
    brand_code, _, part_number = text.partition(":")
    return part_named(connection, text), brand_code, part_number


def _print(one: dict[str, Any]) -> None:
    is_chained = one["lane_number"] is not None
    place = f"{one['stream_code']} " + (
        f"{one['lane_number']}/{one['sequence_number']}" if is_chained else "not sealed yet"
    )
    what = f"{one['action_code']} {one['relation_name']}, {counted(one['row_count'], 'row')}"
    console.print(
        f"{one['recorded_at']:%Y-%m-%d %H:%M:%S}  [bold]{escape(what)}[/]  by {escape(one['actor'])}  [dim]{place}[/]",
        soft_wrap=True,
    )
    told = [one["reason"] or "", f"batch {one['batch_id']}" if one["batch_id"] else ""]
    told += [f"run {one['correlation_id']}" if one["correlation_id"] else ""]
    told += [f"as {one['service_code']}" if one["service_code"] else ""]
    told += [f"{name} {value}" for name, value in one["details"].items() if name not in ("rows", "reason")]
    if words := "; ".join(word for word in told if word):
        console.print(f"  [dim]{escape(words)}[/]", soft_wrap=True)
    for row in one["details"].get("rows", []):
        console.print(f"  [dim]{escape(', '.join(_facts(row)))}[/]", soft_wrap=True)


def _facts(row: dict[str, Any]) -> list[str]:
    """A row in words: its keys, and of an update each value before and after."""
    keys = [f"{name} {value}" for name, value in row.items() if name not in ("before", "after")]
    after = row.get("after", {})
    return keys + [f"{name} {row['before'].get(name)} → {value}" for name, value in after.items()]


@app.command("verify", short_help="Prove that nothing was edited, removed or cut off.")
def verify(
    against: Annotated[
        Path | None,
        typer.Option(help="An anchor, or a folder of them; anchors/ of the home unless named."),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Check every record, every chain against its anchors, and every row of the stores against its record.

    Ends with 1 and names what is not as it was written: stream, lane and number of a record, batch of a row.
    Anchors that lie where nobody can rewrite them prove most: name them with --against.

    Example: partsbay audit verify --against /mnt/worm/anchors
    """
    settings = get_settings()
    usual = settings.anchors_folder if settings.anchors_folder.is_dir() else None
    with connected() as connection:
        seal(connection)
        found = breaches(connection, against or usual, settings.anchor_secret)
    if json:
        print_json({"ok": not found, "breaches": [asdict(breach) for breach in found]})
    for breach in found if not json else ():
        console.print("[red]✗[/] ", end="")
        console.print(breach.message, markup=False, soft_wrap=True)
    if found:
        raise typer.Exit(1)
    if not json:
        words = "Every chain is whole, and every store holds the rows that its records speak of."
        console.print(f"[green]✓[/] {words}", soft_wrap=True)
        if not (against or usual):
            console.print("  [dim]No anchor was there to compare with: partsbay audit anchor writes one.[/]")


@app.command("anchor", short_help="Keep where every chain ends, outside of the database.")
def anchor(
    to: Annotated[
        Path | None, typer.Option(help="The folder to write into; anchors/ of the home unless named.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Write where every chain ends now into a read-only file; each run of the platform does so, too.

    PARTSBAY_ANCHOR_KEY or PARTSBAY_ANCHOR_KEY_FILE signs it. Copy the files to where the administrators of the
    database cannot write: then a tail that is cut off, or a chain that is written anew, is found.

    Example: partsbay audit anchor --to /mnt/worm/anchors
    """
    settings = get_settings()
    with connected() as connection:
        try:
            written = write_anchor(connection, to or settings.anchors_folder, settings.anchor_secret)
        except OSError as error:
            words = f"the anchor cannot be written: {error}"
            raise SettingsError("NO_ANCHOR", words, "Name a folder that this account may write with --to.") from None
    if json:
        print_json(asdict(written))
    elif written.is_new:
        console.print(f"{written.path}: where {counted(written.chain_count, 'chain')} end.", soft_wrap=True)
    else:
        console.print(f"Nothing changed since {written.path}.", soft_wrap=True)
