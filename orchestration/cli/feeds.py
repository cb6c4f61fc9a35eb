"""``partsbay feeds``: which partner sent what and when, who is late, and which inbox does not answer."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import psycopg
import typer
from rich.markup import escape
from rich.table import Table

from ingest.arrival.inboxes import Inbox, read_inboxes
from ingest.arrival.memory import InboxState, inbox_states
from ingest.feed_dues import Punctuality, punctuality
from ingest.freshness import Feed, partner_freshness
from ingest.profiles.folder import Profiles
from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.environments import Databases

COLOURS = {"FRESH": "green", "LATE": "yellow", "STALE": "red", "SILENT": "red"}


def feeds(json: JsonFlag = False) -> None:
    """List every partner and kind with its state; ends with 1 when one is late or an inbox does not answer.

    When a file is due says the calendar of its profile; moments are in UTC. On time is the share of the files due in
    the last year that came in time, where any was due.

    Example: partsbay feeds --json
    """
    databases = Databases()
    settings = databases.settings
    inboxes = read_inboxes(settings.drop_folder, settings.inboxes_file)
    now = datetime.now(UTC)
    with psycopg.connect(databases.primary("pipeline"), autocommit=True) as connection:
        found = partner_freshness(connection, Profiles(settings.profiles_folder), now)
        on_time = punctuality(connection, now)
        states = inbox_states(connection)
    if json:
        told = [as_dict(feed) | _on_time(on_time.get((feed.source_code, feed.kind))) for feed in found]
        print_json({"feeds": told, "inboxes": [_inbox(one, states) for one in inboxes]})
    else:
        _show_feeds(found, on_time)
        _show_inboxes(inboxes, states)
    is_dead = any(states[one.name].fault for one in inboxes if one.name in states)
    if is_dead or any(feed.is_late for feed in found):
        raise typer.Exit(1)


def late_feeds(databases: Databases) -> list[Feed]:
    """The feeds that are late now, worst first."""
    with psycopg.connect(databases.primary("pipeline"), autocommit=True) as connection:
        profiles = Profiles(databases.settings.profiles_folder)
        return [feed for feed in partner_freshness(connection, profiles, datetime.now(UTC)) if feed.is_late]


def as_dict(feed: Feed) -> dict:
    """A feed as programs read it."""
    return {**asdict(feed), "state": feed.state.value if feed.state else None}


def _on_time(found: Punctuality | None) -> dict:
    """How punctual a feed is; no share where nothing was due."""
    if found is None:
        return {"due_count": 0, "on_time_count": 0, "on_time_pct": None}
    return {"due_count": found.due_count, "on_time_count": found.on_time_count, "on_time_pct": found.on_time_pct}


def _inbox(inbox: Inbox, states: dict[str, InboxState]) -> dict:
    state = states.get(inbox.name)
    looked = asdict(state) if state else {"looked_at": None, "answered_at": None, "fault": None}
    return {**looked, "inbox_name": inbox.name, "url": inbox.url}


def _show_feeds(found: list[Feed], on_time: dict[tuple[str, str], Punctuality]) -> None:
    if not found:
        console.print("Nobody has sent anything yet, and no profile has a calendar.")
        return
    has_due = any(feed.due_at for feed in found)
    punctual = ["on time"] if on_time else []
    headings = ["partner", "kind", "state", *punctual, *(["due (UTC)"] if has_due else []), "accepted (UTC)"]
    rows = []
    for feed in found:
        due = [_moment(feed.due_at)] if has_due else []
        state = feed.state.value if feed.state else "no calendar"
        share = on_time.get((feed.source_code, feed.kind))
        shown = [f"{share.on_time_count} of {share.due_count}" if share else ""] if on_time else []
        rows.append([feed.source_code, feed.kind, state, *shown, *due, _moment(feed.last_accepted_at)])
    taken = sum(max(map(len, values)) + 2 for values in zip(headings, *rows, strict=True))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in (*headings, "last file"):
        table.add_column(heading, no_wrap=True)
    for feed, (partner, kind, state, *moments) in zip(found, rows, strict=True):
        words = f"[{COLOURS.get(state, 'dim')}]{state}[/]"
        name = _fitting(feed.last_file_name or "", console.width - taken)
        table.add_row(escape(partner), kind, words, *moments, escape(name))
    console.print(table)


def _fitting(name: str, room: int) -> str:
    """The name, cut in the middle where it is too long: both its ends tell something."""
    room = max(room, 9)
    if len(name) <= room:
        return name
    tail = (room - 1) // 2
    return f"{name[: room - 1 - tail]}…{name[-tail:]}"


def _show_inboxes(inboxes: list[Inbox], states: dict[str, InboxState]) -> None:
    for inbox in inboxes:
        state = states.get(inbox.name)
        if state is None:
            words = "not looked at yet"
        elif state.fault:
            words = f"does not answer{_since(state.answered_at)}: {state.fault}"
        else:
            counts = f"{state.entry_count:,} files, {state.waiting_count:,} of them new"
            words = f"looked at {_moment(state.looked_at)} UTC: {counts}"
        console.print(f"Inbox {inbox.name} ({inbox.url}) {words}", markup=False, soft_wrap=True)


def _moment(value: datetime | None) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}" if value else ""


def _since(answered_at: datetime | None) -> str:
    return f" since {_moment(answered_at)} UTC" if answered_at else ", and never did"
