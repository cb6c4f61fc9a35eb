"""``partsbay queue``: messages that wait, are worked on or failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape

from ingest.errors import SettingsError
from ingest.planning import queue
from orchestration.cli.output import JsonFlag, console, counted, family, print_json
from orchestration.cli.taking import ActorOption, ReasonOption, actor_of, connected

app = family(
    "Messages of the replenishment store: what waits, who works on it, what failed and why.\n\n"
    "partsbay queue stats\n\n"
    "A message that fails comes back after a wait; after its last try it is DEAD, until somebody replays or"
    " discards it."
)
Ids = Annotated[list[str] | None, typer.Argument(metavar="MESSAGE…", help="The messages, as queue list names them.")]
Topic = Annotated[str | None, typer.Option("--topic", help="Only of this topic.")]
_STATES = ("READY", "LEASED", "DONE", "DEAD", "DISCARDED")
Status = Annotated[str | None, typer.Option("--status", help=f"Only {', '.join(_STATES[:-1])} or {_STATES[-1]}.")]


@app.command("stats", short_help="How many messages of each topic are in which state.")
def stats(json: JsonFlag = False) -> None:
    """How many messages of each topic are in which state; ends with 1 where dead letters wait for somebody.

    Example: partsbay queue stats
    """
    with connected() as connection:
        found = queue.topics(connection)
    if json:
        print_json({"topics": found})
    for one in [] if json else found:
        names = ("ready", "waiting", "leased", "lapsed", "dead", "done", "discarded")
        told = ", ".join(f"{one[f'{name}_count']:,} {name}" for name in names if one[f"{name}_count"])
        age = f"; the oldest waits {one['oldest_wait_seconds']:,.0f} s" if one["oldest_visible_at"] else ""
        console.print(f"[bold]{escape(one['topic_code'])}[/]  {told}{age}", soft_wrap=True)
    if any(one["dead_count"] for one in found):
        raise typer.Exit(1)


@app.command("list", short_help="Messages, the one that waits longest first.")
def list_messages(
    topic: Topic = None,
    status: Status = None,
    limit: Annotated[int, typer.Option(min=1, help="The most messages to list.")] = 50,
    json: JsonFlag = False,
) -> None:
    """Messages, the one that waits longest first.

    Example: partsbay queue list --topic replenishment.order --status DEAD
    """
    status = _state(status)
    with connected() as connection:
        found = queue.messages(connection, topic, status, limit=limit)
    if json:
        print_json({"messages": found})
        return
    for one in found:
        tries = f"try {one['attempt_count']} of {one['maximum_attempt_count']}"
        error = f": {one['last_error']}" if one["last_error"] else ""
        told = f"{one['message_id']} {one['topic_code']} {one['status_code']} {tries}{error}"
        console.print(escape(told), soft_wrap=True)
    if not found:
        console.print("No such messages.")


@app.command("show", short_help="One message with its payload.")
def show(message: Annotated[str, typer.Argument(metavar="MESSAGE")], json: JsonFlag = False) -> None:
    """One message with its payload, its tries, and whether its effect was brought about.

    Example: partsbay queue show 01999999-aaaa-7bbb-8ccc-0123456789ab
    """
    with connected() as connection:
        found = queue.messages(connection, message_id=_id(message))
    if not found:
        raise SettingsError("NO_MESSAGE", f"there is no message {message}", "partsbay queue list names them.")
    if json:
        print_json(found[0])
        return
    for name, value in found[0].items():
        console.print(f"{name:22} {value}", markup=False, soft_wrap=True)


@app.command("retry", short_help="Let messages that wait for their next try be taken now.")
def retry(
    messages: Ids = None, topic: Topic = None, reason: ReasonOption = "", actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:  # fmt: skip
    """Let messages that wait for their next try be taken now.

    Example: partsbay queue retry --topic replenishment.order --reason "the supplier's server is back"
    """
    _act("RETRY", messages, topic, "READY", reason, actor, json)


@app.command("replay", short_help="Give dead letters all their tries again.")
def replay(
    messages: Ids = None, topic: Topic = None, reason: ReasonOption = "", actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:  # fmt: skip
    """Give dead letters all their tries again; an effect that is there already is not repeated.

    Example: partsbay queue replay --topic replenishment.order --reason "the part is in the catalogue now"
    """
    _act("REPLAY", messages, topic, "DEAD", reason, actor, json)


@app.command("discard", short_help="Take messages out for good.")
def discard(
    reason: ReasonOption, messages: Ids = None, topic: Topic = None, status: Status = "DEAD",
    actor: ActorOption = None, json: JsonFlag = False,
) -> None:  # fmt: skip
    """Take messages out for good; with --topic all dead ones, or those of --status READY.

    An approval that is discarded is not ordered, and the next run proposes what is still needed.

    Example: partsbay queue discard 01999999-aaaa-7bbb-8ccc-0123456789ab --reason "not needed any more"
    """
    _act("DISCARD", messages, topic, status, reason, actor, json)


@app.command("free", short_help="End leases before their time.")
def free(
    reason: ReasonOption,
    worker: Annotated[str | None, typer.Option("--worker", help="Only of this worker.")] = None,
    topic: Topic = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """End leases before their time: of a worker that is dead, or all after another region took over.

    Example: partsbay queue free --worker orders@host7 --reason "host7 is gone"
    """
    with connected() as connection:
        found = queue.free_leases(connection, actor_of(actor), reason, [topic] if topic else None, worker)
    _say(found, json, "free again")


@app.command("claim", short_help="Take messages as a program of one's own.")
def claim(
    topic: Annotated[str, typer.Argument(help="The topic.")],
    worker: Annotated[str, typer.Option("--worker", help="Who works; the account unless named.")] = "",
    count: Annotated[int, typer.Option(min=1, max=1000, help="The most messages to take.")] = 10,
    seconds: Annotated[int, typer.Option("--for", min=1, help="Hidden from others for so many seconds.")] = 300,
    json: JsonFlag = False,
) -> None:
    """Take messages as a program of one's own; each comes back unless it is acknowledged in time.

    Example: partsbay queue claim replenishment.proposal --count 100 --json
    """
    with connected() as connection:
        found = queue.claim(connection, [topic], actor_of(worker), count, timedelta(seconds=seconds))
    if json:
        print_json({"messages": [one.__dict__ for one in found]})
        return
    for one in found:
        console.print(f"{one.message_id} {one.lease_token} {one.deduplication_key}", markup=False, soft_wrap=True)


@app.command("ack", short_help="A message that was claimed is done.")
def ack(
    message: Annotated[str, typer.Argument(metavar="MESSAGE")],
    lease: Annotated[str, typer.Argument(metavar="LEASE", help="The lease_token of the claim.")],
    json: JsonFlag = False,
) -> None:
    """A message that was claimed is done; refused as lease_lost where the time was over.

    Example: partsbay queue ack 01999999-aaaa-7bbb-8ccc-0123456789ab 5b2f0000-aaaa-4bbb-8ccc-0123456789ab
    """
    with connected() as connection, connection.transaction(), connection.cursor() as cursor:
        queue.ack_lease(cursor, _id(message), _id(lease))
    if json:
        print_json({"message_id": message, "status_code": "DONE"})
    else:
        console.print("Done.")


def _state(status: str | None) -> str | None:
    """The state that is asked for, as it is kept."""
    status = status.upper() if status else None
    if status and status not in _STATES:
        raise SettingsError("NO_SUCH_STATE", f"a message is never {status}", f"Use one of: {', '.join(_STATES)}.")
    return status


def _act(act_code: str, given, topic: str | None, status: str | None, reason: str, actor, json: bool) -> None:
    if not given and not topic:
        raise SettingsError("NOTHING_CHOSEN", "no message is named", "Name messages, or all of a topic with --topic.")
    status = _state(status)
    with connected() as connection:
        ids = [_id(text) for text in given or ()]
        if not ids:
            ids = [one["message_id"] for one in queue.messages(connection, topic, status, limit=1_000_000)]
        done = queue.act(connection, act_code, ids, reason or None, actor_of(actor)) if ids else []
    _say(done, json, {"RETRY": "due now", "REPLAY": "ready again", "DISCARD": "discarded"}[act_code])


def _say(found: list[dict[str, Any]], json: bool, words: str) -> None:
    if json:
        print_json({"messages": [str(one["message_id"]) for one in found]})
    else:
        console.print(f"{counted(len(found), 'message')} {words}.")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise SettingsError("NO_MESSAGE", f"'{text}' is no id", "Copy it from partsbay queue list.") from None
