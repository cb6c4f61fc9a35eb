"""``partsbay verify``: the invariants that must hold at any time."""

from __future__ import annotations

import typer

from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.environments import Databases


def verify(json: JsonFlag = False) -> None:
    from deploy.replication.verify import verify as find_breaches

    databases = Databases()
    settings = databases.settings
    anchors = settings.anchors_folder if settings.anchors_folder.is_dir() else None
    breaches = find_breaches(
        databases.primary("pipeline"), databases.standby("pipeline"), anchors=anchors, key=settings.anchor_secret
    )
    if json:
        print_json({"ok": not breaches, "breaches": breaches})
    elif breaches:
        for breach in breaches:
            console.print("[red]✗[/] ", end="")
            console.print(breach["message"], markup=False)
    else:
        console.print("[green]✓[/] The standby holds the same rows as the primary, and the audit is whole.")
    if breaches:
        raise typer.Exit(1)
