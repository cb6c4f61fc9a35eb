"""``partsbay quarantine``: bad rows, by batch and one by one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import psycopg
import typer
from rich.markup import escape

from ingest.batches import batches_with_bad_rows, quarantined_rows, summary
from ingest.errors import SettingsError
from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.environments import Databases

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, help="Bad rows: list and show them."
)


@app.command("list")
def list_batches(json: JsonFlag = False) -> None:
    """Batches with bad rows or an error, newest first."""
    with _connect() as connection:
        found = batches_with_bad_rows(connection)
    if json:
        print_json({"batches": found})
        return
    if not found:
        console.print("No bad rows.")
        return
    for one in found:
        why = ", ".join(f"{code} {count:,}" for code, count in sorted(one["reasons"].items())) or one["error_code"]
        rows = f"{one['rows_quarantined']:,} of {one['rows_read']:,} rows bad"
        console.print(f"[bold]{one['batch_id']}[/]  {one['state']}  {rows}: {why}", soft_wrap=True)
        told = f"{one['file_name']}, {one['kind']} from {one['source']}, {one['received_at']:%Y-%m-%d %H:%M}"
        console.print(f"  [dim]{escape(told)}[/]", soft_wrap=True)


@app.command("show")
def show(
    batch: Annotated[UUID, typer.Argument(help="The batch, as the list names it.")],
    limit: Annotated[int, typer.Option(help="The most rows to show.")] = 1000,
    json: JsonFlag = False,
) -> None:
    """Every bad row of a batch: its line, its reasons, its text."""
    with _connect() as connection:
        rows = quarantined_rows(connection, batch, limit)
        known = connection.execute("select 1 from ingest.batches where batch_id = %s", (batch,)).fetchone()
        if not known:
            raise SettingsError("NO_SUCH_BATCH", f"there is no batch {batch}", "See partsbay quarantine list.")
        outcome = summary(connection, batch)
    if json:
        print_json({"batch": outcome.as_dict(), "rows": rows})
        return
    console.print(f"{escape(outcome.file_name)}: {outcome.state}", soft_wrap=True)
    if outcome.error:
        console.print(f"[red]{outcome.error_code}[/] {escape(outcome.error)}", soft_wrap=True)
    for row in rows:
        console.print(f"[bold]line {row['line_number']}[/]  [dim]{escape(row['raw'])}[/]", soft_wrap=True)
        for reason in row["reasons"]:
            console.print(f"  {escape(reason)}", soft_wrap=True)


def _connect() -> psycopg.Connection:
    return psycopg.connect(Databases().primary("pipeline"), autocommit=True)
