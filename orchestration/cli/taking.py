"""What the commands share that decide about batches: the connection, the actor, and taking batches again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import psycopg
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ingest.decisions import current_actor
from ingest.errors import SettingsError
from ingest.profiles.folder import Profiles
from orchestration.cli.batch_table import BatchLine, print_batches
from orchestration.cli.output import console, errors, print_json
from orchestration.environments import Databases, get_settings

if TYPE_CHECKING:
    from ingest.replay import Retaken

SourceOption = Annotated[str | None, typer.Option("--source", help="Only of this sender.")]
KindOption = Annotated[str | None, typer.Option("--kind", help="Only of this kind of file.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]
ActorOption = Annotated[
    str | None, typer.Option("--actor", help="Who decides; the account that runs the command unless named.")
]


@contextmanager
def connected() -> Iterator[psycopg.Connection]:
    """The primary region's database, as the pipeline."""
    with psycopg.connect(Databases().primary("pipeline"), autocommit=True) as connection:
        yield connection


def actor_of(given: str | None) -> str:
    """Who decides."""
    return given.strip() if given and given.strip() else current_actor()


def as_row(text: str) -> tuple[UUID, int | None]:
    """``BATCH`` or ``BATCH:LINE`` as its parts."""
    batch, _, line = text.partition(":")
    try:
        return UUID(batch), int(line) if line else None
    except ValueError:
        words = f"'{text}' is neither BATCH nor BATCH:LINE"
        raise SettingsError("NO_SUCH_BATCH", words, "Copy the batch from partsbay quarantine list.") from None


def retake(connection: psycopg.Connection, batch_ids: Iterable[UUID], actor: str | None = None) -> list:
    """Take batches again with a bar, and write their outcome files anew."""
    # Great Expectations takes seconds to import: not before the command is known to be right.
    from expectations.judge import judge
    from ingest.outcomes import write_outcome
    from ingest.replay import take_again

    settings, batch_ids = get_settings(), list(batch_ids)
    profiles, retaken = Profiles(settings.profiles_folder), []
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("taking again", total=len(batch_ids))
        options = {"profiles": profiles, "thresholds": settings.thresholds, "actor": actor_of(actor)}
        for one in take_again(connection, settings.landing_folder, batch_ids, judge, **options):
            write_outcome(connection, settings.landing_folder, settings.outcomes_folder, one.after.batch_id)
            progress.update(task, advance=1, description=escape(one.after.file_name))
            retaken.append(one)
    return retaken


def report_retaken(retaken: list, json: bool, more: dict | None = None) -> None:
    """Say what changed; ends the command with 1 where a batch still needs somebody."""
    if json:
        print_json({**(more or {}), "batches": [one.as_dict() for one in retaken]})
    else:
        _show(retaken)
    if any(one.needs_attention for one in retaken):
        raise typer.Exit(1)


def _show(retaken: list) -> None:
    if not retaken:
        console.print("Nothing to take again.")
        return
    print_batches(console, [_line(one) for one in retaken])
    for one in retaken:
        if one.after.error:
            console.print(f"[red]{one.after.error_code}[/] {escape(one.after.error)}", soft_wrap=True)


def _line(one: Retaken) -> BatchLine:
    after = one.after
    counts = {
        "read": after.rows_read, "stored": after.rows_accepted, "bad": after.rows_quarantined, "open": one.open_count,
    }  # fmt: skip
    changed = ", ".join(f"{name.removeprefix('rows_')} {a} → {b}" for name, (a, b) in one.changes.items())
    return BatchLine(after.file_name, after.state, counts, changed=changed or "nothing")
