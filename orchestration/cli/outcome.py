"""``partsbay outcome``: what became of a batch, as the files that its sender gets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape

from ingest.errors import SettingsError
from ingest.outcomes import missing_outcomes, write_outcome
from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.cli.taking import connected
from orchestration.environments import get_settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("outcome")
def outcome(
    batches: Annotated[list[UUID] | None, typer.Argument(help="Batches, as partsbay ingest names them.")] = None,
    to: Annotated[Path | None, typer.Option(help="Another folder than outcomes/ of the home.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Every finished batch whose files are not there.")] = False,
    json: JsonFlag = False,
) -> None:
    """Write what became of batches for their senders: counts, totals, each refused row with what to do, EDI answers.

    Ingesting writes them by itself; this writes them again, from the ledger, the same.

    Example: partsbay outcome 01a2051d-ab59-764e-a9ac-50a023f3fe10 --to mail
    """
    if not batches and not missing:
        raise SettingsError("NO_BATCH", "no batch is named", "Name a batch, or --missing for all without files.")
    settings = get_settings()
    folder = to or settings.outcomes_folder
    with connected() as connection:
        chosen = [*(batches or []), *(missing_outcomes(connection, folder) if missing else [])]
        written = [path for one in chosen for path in write_outcome(connection, settings.landing_folder, folder, one)]
    if json:
        print_json({"files": written})
        return
    for path in written:
        console.print(escape(str(path)), soft_wrap=True)
    if not written:
        console.print("Nothing to write.")
