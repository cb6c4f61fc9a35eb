"""``partsbay bench``: measure beside a yardstick, in one run."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from orchestration.cli.output import JsonFlag, console, print_json, say_nothing, tick
from orchestration.environments import Databases
from orchestration.running import running_stack

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def bench() -> None:
    """Measure, side by side with a yardstick, in one run."""


@app.command("ingest")
def bench_ingest(
    rows: Annotated[int, typer.Option(min=1000, help="Supplier price lines; one in a hundred is bad.")] = 1_000_000,
    json: JsonFlag = False,
) -> None:
    """Supplier price lines through land, read, judge and store, beside raw COPY of the same lines."""
    from orchestration.benchmarks.ingest import run

    databases = Databases()
    with running_stack(databases, say_nothing if json else tick):
        owner, pipeline = databases.primary("owner"), databases.primary("pipeline")
        measured = run(_admin(databases), pipeline, owner, rows)
    if json:
        print_json(measured.as_dict())
        return
    _show(measured.as_dict())


def _admin(databases: Databases) -> str:
    """Who may create the database of the measurement: the superuser of the local stack, or whoever the URL names."""
    from deploy.stack.cluster import SUPERUSER
    from deploy.stack.urls import libpq_url

    if given := databases.settings.urls.get("primary"):
        return given
    stack = databases.stack
    port = stack.cluster("primary").running_port()
    return libpq_url("127.0.0.1", port, "postgres", SUPERUSER, stack.passwords.get("primary", SUPERUSER))


def _show(document: dict) -> None:
    measures, ratios = document["measures"], document["ratios"]
    table = Table("stage", box=None, header_style="bold")
    table.add_column("seconds", justify="right")
    for stage in ("land", "read", "judge", "copy", "merge", "audit", "total"):
        table.add_row(stage, f"{measures[f'{stage}_seconds']:.2f}")
    table.add_row("raw COPY into an equal table", f"{measures['raw_copy_seconds']:.2f}")
    table.add_row("raw COPY without its key", f"{measures['raw_copy_without_key_seconds']:.2f}")
    table.add_row("ratio to raw COPY", f"{ratios['ingest_to_raw_copy']:.2f}")
    table.add_row("ratio to raw COPY without a key", f"{ratios['ingest_to_raw_copy_without_key']:.2f}")
    table.add_row("peak memory, MiB", f"{measures['peak_mib']:.0f}")
    console.print(
        f"{measures['rows']:,} supplier price lines, {measures['bytes'] / 1e6:.0f} MB: "
        f"{measures['rows_accepted']:,} stored, {measures['rows_quarantined']:,} in quarantine. "
        "The server copies and merges a block while the next is read and judged: stages overlap.",
        soft_wrap=True,
    )
    console.print(table)
