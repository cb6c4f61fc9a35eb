"""``partsbay report``: the replenishment report of the newest generation, as a page and a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.environments import Databases, get_settings

Out = Annotated[
    Path | None, typer.Option("--out", help="The folder to write to; reports in PARTSBAY_HOME unless given.")
]


def report(out: Out = None, json: JsonFlag = False) -> None:
    import psycopg

    from assets.report.data import plain, summarise
    from assets.report.files import write_report
    from ingest.reporting import read_report

    settings = get_settings()
    with psycopg.connect(Databases(settings).primary("pipeline")) as connection:
        data = read_report(connection)
    paths = write_report(data, out or settings.home / "reports")
    summary = summarise(data.lines)
    if json:
        print_json(
            {
                "html": str(paths.html),
                "xlsx": str(paths.xlsx),
                "generation_id": data.facts.generation_id,
                "as_of_at": plain(data.facts.as_of_at),
                **summary,
                "order_value": {currency: plain(value) for currency, value in summary["order_value"].items()},
            }
        )
        return
    values = " + ".join(f"{value:,.2f} {currency}" for currency, value in summary["order_value"].items()) or "0"
    console.print(f"{summary['to_order']:,} of {summary['lines']:,} lines to order, {values}", markup=False)
    console.print(
        f"{summary['stocked_out']:,} stocked out, {summary['runs_out_first']:,} will run out before a delivery, "
        f"{summary['no_offer']:,} without an offer"
    )
    for path in (paths.html, paths.xlsx):
        console.print(str(path), markup=False, soft_wrap=True)
