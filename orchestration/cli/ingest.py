"""``partsbay ingest``: land, read, judge and store files, with a summary per batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ingest.batches import Batch, BatchSummary
from ingest.catalogue.reviewing import waiting_count
from ingest.contracts import CONTRACTS
from ingest.errors import SettingsError
from ingest.garage_inventory.showing import lines_awaiting_approval
from ingest.outcomes import write_outcome
from ingest.profiles.folder import Profiles
from orchestration.cli.batch_table import BatchLine, print_batches
from orchestration.cli.output import JsonFlag, console, counted, errors, print_json
from orchestration.cli.taking import ActorOption, actor_of
from orchestration.environments import Databases, Settings, get_settings


def ingest(
    kind: Annotated[str, typer.Argument(help=f"auto, or one of: {', '.join(CONTRACTS)}.")],
    files: Annotated[list[Path], typer.Argument(help="Text, spreadsheet, JSON, Parquet, EDI or PIES files.")],
    source: Annotated[str, typer.Option(help="Who sent the files: a supplier, a garage or a system.")] = "manual",
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Land, read, judge and store files; ends with 1 when rows were quarantined or a batch was held or refused.

    With auto, what a file holds says its profile, its format or its columns. What became of it is
    written for its sender into outcomes/ of the home.

    Example: partsbay ingest auto prices.xlsx --source UCIRWHOL
    """
    _check_usage(kind, files)
    settings = get_settings()
    url = Databases(settings).primary("pipeline")
    with psycopg.connect(url, autocommit=True) as connection:
        outcomes = list(_take(connection, settings, files, source, kind, actor_of(actor)))
        answers = [
            path
            for one in outcomes
            for path in write_outcome(connection, settings.landing_folder, settings.outcomes_folder, one.batch_id)
        ]
        batch_ids = [one.batch_id for one in outcomes]
        waiting = lines_awaiting_approval(connection, batch_ids)
        replaced = waiting_count(connection, batch_ids)
    if json:
        told = {"lines_awaiting_approval": waiting, "supersessions_awaiting_approval": replaced}
        print_json({"batches": [outcome.as_dict() for outcome in outcomes], **told})
    else:
        _show(outcomes)
        _show_answers(answers)
        if waiting:
            told = f"{counted(waiting, 'adjustment')} above a limit: partsbay stock pending"
            console.print(told, soft_wrap=True)
        if replaced:
            told = f"{counted(replaced, 'supersession')} for somebody else to approve: partsbay catalogue waiting"
            console.print(told, soft_wrap=True)
    if any(outcome.needs_attention for outcome in outcomes):
        raise typer.Exit(1)


def _check_usage(kind: str, files: list[Path]) -> None:
    """Refuse the whole command before the first file is touched."""
    if kind != "auto" and kind not in CONTRACTS:
        raise SettingsError(
            "UNKNOWN_KIND", f"there is no kind '{kind}'", f"Use auto or one of: {', '.join(CONTRACTS)}."
        )
    for path in files:
        if not path.is_file():
            raise SettingsError("NO_SUCH_FILE", f"{path} is not a file", "Name a file that exists.")


def _take(
    connection: psycopg.Connection, settings: Settings, files: list[Path], source: str, kind: str, actor: str
) -> Iterator[BatchSummary]:
    # Great Expectations takes seconds to import: not before the command is known to be right.
    from expectations.judge import judge
    from ingest.pipeline import land_and_process

    with _progress() as progress:
        tasks = {}

        def show(batch: Batch, byte_count: int) -> None:
            if batch.batch_id not in tasks:
                tasks[batch.batch_id] = progress.add_task(escape(batch.file_name), total=None)
            # Unpacked bytes of a gzip file pass its size: the bar then only says that it moves.
            total = batch.byte_count if byte_count <= batch.byte_count else None
            progress.update(tasks[batch.batch_id], completed=byte_count, total=total)

        landing, profiles = settings.landing_folder, Profiles(settings.profiles_folder)
        options = {"profiles": profiles, "thresholds": settings.thresholds, "progress": show, "actor": actor}
        yield from land_and_process(connection, landing, files, source, kind, judge, **options)


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        yield progress


def _show(outcomes: list[BatchSummary]) -> None:
    print_batches(console, [_line(one) for one in outcomes])
    for one in outcomes:
        if one.is_repeat:
            console.print(f"{escape(one.file_name)} was seen before; nothing was stored again.", soft_wrap=True)
    for one in outcomes:
        if one.error:
            console.print(f"[red]{one.error_code}[/] {escape(one.error)}", soft_wrap=True)
    for one in outcomes:
        if one.state == "HELD":
            console.print(f"{escape(one.file_name)} waits: partsbay held show {one.batch_id}", soft_wrap=True)
            continue
        if one.rows_quarantined:
            told = f"Bad rows of {escape(one.file_name)}: partsbay quarantine show {one.batch_id}"
            console.print(told, soft_wrap=True)
        if one.rows_held and one.state != "REJECTED":
            console.print(f"Held lines of {escape(one.file_name)}: partsbay held lines", soft_wrap=True)


def _line(one: BatchSummary) -> BatchLine:
    counts = {
        "read": one.rows_read,
        "stored": one.rows_accepted,
        "same": one.rows_duplicate,
        "bad": one.rows_quarantined,
        "held": one.rows_held,
    }
    return BatchLine(one.file_name, one.state, counts, {"kind": one.kind})


def _show_answers(paths: list[Path]) -> None:
    """The EDI answers that were written; the rest of an outcome is beside them."""
    for path in sorted({path for path in paths if path.suffix not in (".json", ".csv")}):
        console.print(f"Answer for the sender: {escape(str(path))}", soft_wrap=True)
