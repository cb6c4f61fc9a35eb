"""Refresh everything that is due, in this process, visible in the Dagster UI."""

from __future__ import annotations

import uuid
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.arrival.inboxes import read_inboxes
from ingest.errors import PartsbayError
from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.environments import Databases

if TYPE_CHECKING:
    import dagster as dg


def run(
    select: Annotated[
        list[str] | None, typer.Option("--select", help="An asset selection, e.g. 'group:warehouse' or 'key:marts/*'.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Run even if nothing is new.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Take every waiting file, store it, rebuild the models, publish and report; nothing new means nothing done."""
    outcome = refresh(Databases(), select, force, quiet=as_json)
    if as_json:
        print_json(outcome)
    elif not outcome["run_id"]:
        console.print(outcome["reason"])
    else:
        say(outcome)
    if outcome["failed_checks"]:
        raise typer.Exit(1)


def refresh(databases: Databases, select: list[str] | None = None, force: bool = False, quiet: bool = False) -> dict:
    """Run what is due and return what happened; raises when the run failed.

    ``run_id`` is None, with the reason, when nothing was due.
    """
    import psycopg

    from orchestration.processes import enter

    databases.require_up()
    folder = enter(databases)
    from orchestration.due import what_is_due

    settings = databases.settings
    with psycopg.connect(databases.primary("pipeline"), autocommit=True) as connection:
        due = what_is_due(connection, read_inboxes(settings.drop_folder, settings.inboxes_file), settings.as_of)
    if not (due.is_anything or select or force):
        return {"run_id": None, "reason": str(due), "failed_checks": [], "steps": 0, "seconds": 0.0}
    if not quiet:
        console.print(str(due))
    return execute(folder, "refresh_stock", _keys(select), "partsbay run", quiet)[0]


def _keys(select: list[str] | None) -> list[dg.AssetKey] | None:
    """The assets that were asked for; None for all."""
    import dagster as dg

    from orchestration.definitions import defs

    if not select:
        return None
    graph = defs.resolve_asset_graph()
    keys = sorted(set().union(*(dg.AssetSelection.from_string(text).resolve(graph) for text in select)))
    if not keys:
        raise PartsbayError("nothing_selected", f"No asset matches {' '.join(select)}.", "See partsbay ui.")
    return keys


def execute(
    folder: Path, job_name: str, keys: list[dg.AssetKey] | None, trigger: str, quiet: bool
) -> tuple[dict, dg.ExecuteInProcessResult]:
    """Run a job here, visible in the Dagster UI, and return what happened; raises when the run failed."""
    from orchestration.definitions import defs
    from orchestration.progress import following

    job = defs.resolve_job_def(job_name)
    run_id = str(uuid.uuid4())
    # dbt talks on stdout; its words go to a file beside Dagster's, and people see the progress.
    with (
        _instance(folder) as instance,
        following(instance, run_id, quiet) as seen,
        (folder / "logs" / f"run-{run_id}.log").open("w") as log,
        redirect_stdout(log),
    ):
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            asset_selection=keys,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags={"trigger": trigger},
        )
    outcome = seen.outcome(run_id)
    if not result.success:
        step, words = seen.first_failure
        raise PartsbayError(
            "run_failed",
            f"The run failed in {step}: {words}",
            f"partsbay ui shows run {run_id[:8]}; what was published before keeps serving. Run again once mended.",
        )
    return outcome, result


def _instance(folder: Path) -> dg.DagsterInstance:
    """Dagster's, with connections that stay open: left alone, each of thousands of events makes one of its own."""
    import dagster as dg

    instance = dg.DagsterInstance.from_config(str(folder))
    instance.optimize_for_webserver(statement_timeout=300_000, pool_recycle=3600, max_overflow=10)
    return instance


def say(outcome: dict) -> None:
    """The end of a run in a few lines."""
    console.print(f"Run {outcome['run_id'][:8]}: {outcome['steps']} steps in {outcome['seconds']:.0f} s, done.")
    for check in outcome["failed_checks"]:
        console.print(f"  [yellow]![/] {check['asset']} · {check['check']}: {check['words']}")
