"""``partsbay replay``: take batches again from their raw bytes, by today's rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from ingest.errors import SettingsError
from orchestration.cli.output import JsonFlag
from orchestration.cli.taking import ActorOption, KindOption, SourceOption, connected, report_retaken, retake

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("replay")
def replay(
    batches: Annotated[
        list[UUID] | None, typer.Argument(help="Batches; without them, all that the options choose.")
    ] = None,
    source: SourceOption = None,
    kind: KindOption = None,
    since: Annotated[datetime | None, typer.Option("--from", help="Received at this moment (UTC) or later.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Received before this moment (UTC).")] = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Take batches again from their raw bytes, in the order in which they came, and print what changed.

    Rows that are stored stay as they are; rows that were refused are judged by today's rules.
    The same rules change nothing.

    Example: partsbay replay --source S0001 --kind supplier_price --from 2024-05-01
    """
    from ingest.replay import Range, batches_in, check_retakable

    if not batches and not any((source, kind, since, until)):
        words = "no batch and no range is named"
        raise SettingsError("NO_BATCH", words, "Name batches, or a range with --source, --kind, --from or --to.")
    with connected() as connection:
        if batches:
            chosen = check_retakable(connection, batches)
        else:
            chosen = batches_in(connection, Range(source, kind, _utc(since), _utc(until)))
        retaken = retake(connection, chosen, actor)
    report_retaken(retaken, json)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
