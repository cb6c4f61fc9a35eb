"""``partsbay verify``: the invariants that must hold at any time."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.cli.output import JsonFlag, console, counted, print_json
from orchestration.environments import Databases

MendFlag = Annotated[
    bool,
    typer.Option(
        "--mend",
        help="First write anew what is derived from the ledgers of stock, holds and reservations and differs from"
        " them. The ledgers stay as they are, an audit record says what was changed, and writers wait meanwhile.",
    ),
]
LEDGER_CHECKS = ("fold", "held", "reserved", "due", "orphan")


def verify(mend: MendFlag = False, json: JsonFlag = False) -> None:
    from deploy.replication.verify import verify as find_breaches

    databases = Databases()
    settings = databases.settings
    anchors = settings.anchors_folder if settings.anchors_folder.is_dir() else None
    mended = _mend(databases.primary("pipeline")) if mend else {}
    breaches = find_breaches(
        databases.primary("pipeline"), databases.standby("pipeline"), anchors=anchors, key=settings.anchor_secret
    )
    if json:
        print_json({"ok": not breaches, "breaches": breaches, **({"mended": mended} if mend else {})})
    else:
        _say(mended, breaches)
    if breaches:
        raise typer.Exit(1)


def _mend(url: str) -> dict[str, int]:
    import psycopg

    from ingest.decisions import current_actor
    from ingest.ledger_checks import mend

    with psycopg.connect(url, autocommit=True) as connection:
        return mend(connection, current_actor(), "partsbay verify --mend")


def _say(mended: dict[str, int], breaches: list[dict]) -> None:
    for relation, count in mended.items():
        if count:
            console.print(f"[green]✓[/] {counted(count, 'row')} of {relation} written anew from the ledgers.")
    for breach in breaches:
        console.print("[red]✗[/] ", end="")
        console.print(breach["message"], markup=False, soft_wrap=True)
    if any(breach["check"] in LEDGER_CHECKS for breach in breaches):
        console.print("  → partsbay verify --mend writes what is derived anew from the ledgers.", soft_wrap=True)
    if not breaches:
        console.print(
            "[green]✓[/] Stock, holds and reservations are what the ledgers come to, the standby holds the same rows"
            " as the primary, and the audit is whole.",
            soft_wrap=True,
        )
