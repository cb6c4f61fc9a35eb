"""``partsbay up``, ``down``, ``status`` and ``doctor``: the local databases."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from deploy.replication.lag import lag
from deploy.stack.stack import CLUSTERS, DATABASES, ELSEWHERE
from deploy.stack.urls import without_password
from orchestration.cli.checks import examine
from orchestration.cli.feeds import as_dict, late_feeds
from orchestration.cli.output import JsonFlag, console, print_json, say_nothing, tick
from orchestration.environments import Databases

MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "problem": "[red]✗[/]"}


def up(
    json: JsonFlag = False,
    rebuild_standby: Annotated[
        bool, typer.Option("--rebuild-standby", help="Empty the standby and copy the primary anew.")
    ] = False,
) -> None:
    stack = Databases().stack
    working = nullcontext() if json else console.status("Starting the databases")
    with working:
        done = stack.up(say_nothing if json else tick, rebuild_standby)
    if json:
        print_json({"services": services(stack), "done": done})
        return
    _say_where(stack)
    console.print('Ask the warehouse: partsbay sql warehouse -c "select …"   Stop: partsbay down', markup=False)


def down(
    delete: Annotated[bool, typer.Option("--delete", help="Also remove the data of the local databases.")] = False,
    json: JsonFlag = False,
) -> None:
    stack = Databases().stack
    stopped = stack.down(say_nothing if json else tick)
    if delete:
        stack.delete()
    if json:
        print_json({"stopped": stopped})
    elif not stopped:
        console.print("Nothing was running.")


def status(json: JsonFlag = False) -> None:
    databases = Databases()
    document = describe(databases)
    if json:
        print_json(document)
    else:
        _print_status(databases, document)
    if any(service["state"] == "down" for service in document["services"].values()):
        raise typer.Exit(3)
    if any(one["state"] not in ("streaming", "copying") for one in document["replication"].values()):
        raise typer.Exit(1)


def doctor(json: JsonFlag = False) -> None:
    findings = examine(Databases())
    if json:
        print_json({"ok": all(one["state"] != "problem" for one in findings), "checks": findings})
    else:
        for one in findings:
            console.print(f"{MARKS[one['state']]} {one['check']}: ", end="")
            console.print(one["message"], markup=False)
            if one["mend"]:
                console.print(f"    → {one['mend']}", markup=False)
    if any(one["state"] == "problem" for one in findings):
        raise typer.Exit(1)


def services(stack) -> dict[str, dict]:
    """Each database's state and place; ``given`` when a URL of one's own replaces it."""
    described = {}
    for database, (cluster_name, name, _, _) in DATABASES.items():
        if url := stack.urls.get(database):
            described[database] = {"state": "given", "url": without_password(url)}
            continue
        cluster = stack.cluster(cluster_name)
        described[database] = {
            "state": "up" if cluster.is_running else "down",
            "host": "127.0.0.1",
            "port": cluster.running_port() or cluster.port,
            "database": name,
            "process_id": cluster.pid,
            "folder": str(cluster.folder),
        }
    return described


def describe(databases: Databases) -> dict:
    """What ``status --json`` prints: services, regions and how far the standby is behind, per store."""
    stack = databases.stack
    described = services(stack)
    regions = {name: {"state": described[name]["state"]} for name in ("primary", "standby")}
    both_answer = all(stack.is_running(name) for name in regions)
    replication = lag(databases.primary("replication"), databases.standby("replication")) if both_answer else {}
    late = late_feeds(databases) if stack.is_running("primary") else []
    return {
        "home": str(stack.home),
        "account": stack.account.name,
        "services": described,
        "regions": regions,
        "lag_seconds": {store: one["seconds"] for store, one in replication.items()},
        "replication": replication,
        "late_feeds": [as_dict(feed) for feed in late],
    }


def _print_status(databases: Databases, document: dict) -> None:
    table = Table("database", "state", "where", box=None, pad_edge=False)
    for name, one in document["services"].items():
        colour = "red" if one["state"] == "down" else "green"
        place = one.get("url") or f"127.0.0.1:{one['port']}/{one['database']}  {one['folder']}"
        table.add_row(name, f"[{colour}]{one['state']}[/]", place)
    console.print(table)
    _say_where(databases.stack)
    for feed in document["late_feeds"]:
        words = f"{feed['missed_count']} missed, last accepted {feed['last_accepted_at'] or 'never'}"
        console.print(f"[yellow]{feed['state']}[/] {escape(feed['source_code'])} {feed['kind']}: {words}")
    if not document["replication"]:
        console.print("The standby cannot be compared while one region is down. Start: partsbay up")
        return
    table = Table("store", "standby is", "behind", "to send", box=None, pad_edge=False)
    for store, one in document["replication"].items():
        colour = "green" if one["state"] == "streaming" else "yellow" if one["state"] == "copying" else "red"
        behind = "" if one["seconds"] is None else f"{one['seconds']:.1f} s"
        size = "" if one["bytes"] is None else f"{one['bytes']:,} bytes"
        table.add_row(store, f"[{colour}]{one['state']}[/]", behind, size)
    console.print(table)


def _say_where(stack) -> None:
    if stack.folder.is_relative_to(ELSEWHERE):
        console.print(
            f"The servers run as {stack.account.name}, which may not enter {stack.home}; "
            f"their data is in {stack.folder}.",
            markup=False,
        )
    elif not stack.account.is_self and any(stack.is_running(name) for name in CLUSTERS):
        console.print(f"The servers run as {stack.account.name}: PostgreSQL refuses root.", markup=False)
