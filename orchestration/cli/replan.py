"""Bring the plan of today up to date without a whole refresh."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.cli.run import execute
from orchestration.environments import Databases


def replan(
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Publish, serve and write the report, too.")
    ] = True,
    as_json: JsonFlag = False,
) -> None:
    """Plan again what changed since the last refresh: usage, counts, receipts, reservations, holds, transfers, orders.

    Only parts with news are planned, with those that replace them, by the queries of the last refresh; seasons, value
    classes and other figures of the whole network stay as it left them. A new catalogue, prices, terms or another day
    want a refresh, which it says.

    Example: partsbay replan --no-report
    """
    from orchestration.processes import enter

    databases = Databases()
    databases.require_up()
    folder = enter(databases)
    outcome, result = execute(folder, "intraday_stock", None, "partsbay replan", as_json)
    told = {**outcome, **result.output_for_node("plan_again")}
    if not as_json:
        _say(told)
    if report and told["changed_garage_parts"]:
        told["report"], _ = execute(folder, "intraday_report", None, "partsbay replan", as_json)
        if not as_json:
            console.print(
                f"Published and reported: {told['report']['steps']} steps in {told['report']['seconds']:.0f} s."
            )
    if as_json:
        print_json(told)


def _say(told: dict) -> None:
    if not told["changed_garage_parts"]:
        console.print("Nothing new since the plan was made.")
        return
    console.print(
        f"{told['changed_garage_parts']:,} garage-parts had news, {told['planned_garage_parts']:,} were planned again"
        f" in {told['seconds']:.1f} s: {told['new']:,} proposals are new, {told['changed']:,} changed,"
        f" {told['gone']:,} gone, {told['same']:,} the same.",
        soft_wrap=True,
    )
