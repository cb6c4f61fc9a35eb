"""``partsbay bench``: measure beside a yardstick, in one run."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from orchestration.cli.output import JsonFlag, console, print_json, say_nothing, tick
from orchestration.environments import Databases

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def bench() -> None:
    """Measure, side by side with a yardstick, in one run."""


@app.command("ingest")
def bench_ingest(
    quick: Annotated[bool, typer.Option("--quick", help="Few lines, once, without dlt: does it run at all?")] = False,
    rows: Annotated[int | None, typer.Option(min=1000, help="Supplier price lines; one in a hundred is bad.")] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="How often; medians are shown.")] = None,
    large_rows: Annotated[int | None, typer.Option(min=0, help="Lines of the large file; 0 leaves it out.")] = None,
    small_files: Annotated[int | None, typer.Option(min=0, help="Files of 100 lines; 0 leaves them out.")] = None,
    dlt: Annotated[bool, typer.Option(help="Measure dlt too; it is installed below the home folder.")] = True,
    json: JsonFlag = False,
) -> None:
    """Supplier price lines through land, read, judge and store, beside raw COPY and dlt; on a server of its own."""
    from dataclasses import replace

    from orchestration.benchmarks.ingest import QUICK, Sizes, run
    from orchestration.benchmarks.server import own_server, workspace
    from orchestration.benchmarks.yardsticks import Dlt

    given = {"row_count": rows, "repeat_count": repeats, "large_row_count": large_rows, "small_file_count": small_files}
    asked = {name: value for name, value in given.items() if value is not None}
    sizes = replace(QUICK if quick else Sizes(), **asked)
    databases = Databases()
    folder = workspace(databases.settings.home)
    yardstick = Dlt(folder) if dlt and not quick else None
    with own_server(databases.stack, databases.settings.postgres_bin) as server:
        document = run(server, folder, sizes, yardstick, say_nothing if json else tick).as_dict()
    if json:
        print_json(document)
    else:
        show(document)
    if "missing" in document:
        raise typer.Exit(1)


_STAGES = {
    "land": "land: keep the bytes, hash them",
    "read": "read and type",
    "judge": "judge",
    "copy": "copy",
    "merge": "merge",
    "audit": "quarantine, checks, audit",
}
_YARDSTICKS = {
    "raw_copy_seconds": "raw COPY, no key",
    "raw_copy_with_key_seconds": "raw COPY, with the key",
    "dlt_seconds": "dlt",
    "second_delivery_seconds": "second delivery, 1 % of its lines changed",
    "large_seconds": "the large file",
    "small_files_seconds": "the small files",
}
_RATIOS = {
    "ingest_to_raw_copy": "to raw COPY, no key",
    "ingest_to_raw_copy_with_key": "to raw COPY, with the key",
    "ingest_to_dlt": "to dlt",
    "second_delivery_to_first": "second delivery to first",
    "ten_million_to_one_million": "large file to first delivery",
}


def show(document: dict[str, Any]) -> None:
    """What was measured, for people."""
    measures, ratios = document["measures"], document["ratios"]
    console.print(
        f"{measures['rows']:,} supplier price lines, {measures['bytes'] / 1e6:.0f} MB: "
        f"{measures['rows_accepted']:,} stored, {measures['rows_quarantined']:,} in quarantine. "
        f"Medians of {measures['repeats']}. The server takes one block while the next is read: stages overlap.",
        soft_wrap=True,
    )
    console.print(_seconds(measures))
    table = Table("ratio", box=None, header_style="bold")
    table.add_column("times", justify="right")
    for name, words in _RATIOS.items():
        if name in ratios:
            table.add_row(words, f"{ratios[name]:.2f}")
    console.print(table)
    console.print(f"Peak memory of the process: {measures['peak_mib']:.0f} MiB.")
    if "missing" in document:
        console.print(f"Not measured: {document['missing']}", soft_wrap=True)


def _seconds(measures: dict[str, Any]) -> Table:
    table = Table("stage", box=None, header_style="bold")
    table.add_column("seconds", justify="right")
    for stage, words in _STAGES.items():
        table.add_row(words, f"{measures[f'{stage}_seconds']:.2f}")
    table.add_row("in all", f"{measures['total_seconds']:.2f}")
    for name, words in _YARDSTICKS.items():
        if name in measures:
            table.add_row(words, f"{measures[name]:.2f}")
    return table
