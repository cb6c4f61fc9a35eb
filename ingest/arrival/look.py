"""One look at every inbox at once: which files are new and complete, what waits for what, which inbox is dead."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import psycopg

from ingest.arrival import memory
from ingest.arrival.channels import Channel, open_channel
from ingest.arrival.completeness import settled
from ingest.arrival.entries import Ignored, InboxFault, NotReady, WaitingFile, is_unfinished, shown
from ingest.arrival.inboxes import MANIFEST_SUFFIX, Inbox
from ingest.arrival.manifests import BYTE_LIMIT, check_size, read_manifest
from ingest.errors import PartsbayError

# What a channel may still need after its own limits: to open a connection or end one request.
SPARE_SECONDS = 2.0
# An inbox that does not answer is not asked again at once.
FAULT_SECONDS = 20.0
SETTLING = "still settling"


@dataclass(frozen=True)
class Unready:
    """A file that is there and must wait, why, and since when it has been as it is."""

    inbox_name: str
    path: str
    reason: str
    since: datetime
    is_overdue: bool


@dataclass(frozen=True)
class Look:
    """What a look at the inboxes found; ``faults`` are inboxes that did not answer, by name."""

    files: list[WaitingFile] = field(default_factory=list)
    unready: list[Unready] = field(default_factory=list)
    ignored: list[tuple[str, Ignored]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    entry_count: int = 0
    inbox_count: int = 0
    rested: tuple[str, ...] = ()

    @property
    def overdue(self) -> list[Unready]:
        """Files that have waited for longer than their inbox allows."""
        return [one for one in self.unready if one.is_overdue]

    def __str__(self) -> str:
        found = f"{len(self.files)} new files of {self.entry_count} looked at in {self.inbox_count} inboxes"
        return "; ".join(part for part in (found, self.troubles) if part)

    @property
    def troubles(self) -> str:
        """What waits, was passed over or does not answer, in a sentence; nothing when all is well."""
        parts = []
        if self.unready:
            first = self.unready[0]
            parts.append(f"{len(self.unready)} not complete (first: {first.path}: {first.reason})")
        if self.ignored:
            name, first = self.ignored[0]
            parts.append(f"{len(self.ignored)} passed over (first, in {name}: {shown(first.path)} {first.reason})")
        parts += [f"inbox {name} does not answer: {words}" for name, words in self.faults.items()]
        return "; ".join(parts)


@dataclass
class _Seen:
    """What one thread found in one inbox."""

    inbox: Inbox
    entry_count: int = 0
    paths: set[str] = field(default_factory=set)
    new: list[WaitingFile] = field(default_factory=list)
    refused: list[tuple[WaitingFile, str]] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    fault: str | None = None
    is_done: bool = False


def look(connection: psycopg.Connection, inboxes: Sequence[Inbox], now: datetime | None = None) -> Look:
    """Look at every inbox whose turn it is, all at once; what is remembered of them is brought up to date.

    An inbox that is dead or slow costs its own files and at most its ``look_seconds``.
    """
    now = now or datetime.now(UTC)
    states = memory.inbox_states(connection)
    due = [inbox for inbox in inboxes if _is_due(inbox, states.get(inbox.name), now)]
    resting = {inbox.name: states[inbox.name].fault for inbox in inboxes if inbox not in due}
    found = [_judged(connection, seen, now) for seen in _seen(connection, due)]
    return Look(
        files=[file for one in found for file in one.files],
        unready=[unready for one in found for unready in one.unready],
        ignored=[ignored for one in found for ignored in one.ignored],
        faults={name: words for one in found for name, words in one.faults.items()}
        | {name: words for name, words in resting.items() if words},
        entry_count=sum(one.entry_count for one in found),
        inbox_count=len(inboxes),
        rested=tuple(resting),
    )


def _is_due(inbox: Inbox, state: memory.InboxState | None, now: datetime) -> bool:
    if state is None or state.waiting_count:
        return True
    pause = max(inbox.every_seconds, FAULT_SECONDS if state.fault else 0.0)
    return (now - state.looked_at).total_seconds() >= pause


def _seen(connection: psycopg.Connection, inboxes: list[Inbox]) -> list[_Seen]:
    """A thread per inbox; one that hangs is left behind and told as a fault."""
    started = []
    for inbox in inboxes:
        seen = _Seen(inbox)
        known = memory.taken_versions(connection, inbox.name)
        thread = threading.Thread(target=_examine, args=(seen, known), name=f"inbox {inbox.name}", daemon=True)
        thread.start()
        started.append((seen, thread, time.monotonic() + inbox.look_seconds + SPARE_SECONDS))
    for _, thread, until in started:
        thread.join(max(0.0, until - time.monotonic()))
    # A thread that comes late writes into what nobody reads any more.
    return [seen if seen.is_done else _Seen(seen.inbox, fault=_too_slow(seen.inbox)) for seen, _, _ in started]


def _too_slow(inbox: Inbox) -> str:
    return f"no answer within {inbox.look_seconds + SPARE_SECONDS:g} s"


def _examine(seen: _Seen, known: dict[str, str]) -> None:
    """List one inbox and read the manifests of what is new in it; whatever goes wrong is a fault of this inbox."""
    try:
        channel = open_channel(seen.inbox, known)
        try:
            _list(seen, channel, known)
        finally:
            channel.close()
    except (InboxFault, NotReady) as fault:
        seen.fault = str(fault)
    except PartsbayError as error:
        seen.fault = f"{error.message}. {error.mend}"
    except Exception as error:
        # A library's own words may repeat an address with its secrets: its kind has to do.
        seen.fault = f"unexpected {type(error).__name__}"
    seen.is_done = True


def _list(seen: _Seen, channel: Channel, known: dict[str, str]) -> None:
    inbox, files, manifests = seen.inbox, [], {}
    try:
        for entry in channel.entries():
            seen.entry_count += 1
            if isinstance(entry, Ignored):
                seen.ignored.append(entry)
            elif entry.path.endswith(MANIFEST_SUFFIX) and inbox.completeness.rule == "manifest":
                manifests[entry.path.removesuffix(MANIFEST_SUFFIX)] = entry
            elif not is_unfinished(inbox, entry.file_name):
                files.append(entry)
    except InboxFault as fault:
        # What was seen until then is taken all the same.
        seen.fault = str(fault)
    for file in files:
        seen.paths.add(file.shown_path)
        if inbox.completeness.rule == "manifest":
            _with_manifest(seen, channel, known, file, manifests.get(file.path))
        elif known.get(file.shown_path) != file.version:
            seen.new.append(file)


def _with_manifest(
    seen: _Seen, channel: Channel, known: dict[str, str], file: WaitingFile, manifest: WaitingFile | None
) -> None:
    """A file is known by its own version and its manifest's; a new one is held against what its manifest says."""
    if manifest is None:
        if not known.get(file.shown_path, "").startswith(file.version):
            seen.refused.append((file, "its manifest is not there"))
        return
    file = replace(file, version=f"{file.version}+{manifest.version}")
    if known.get(file.shown_path) == file.version:
        return
    try:
        said = read_manifest(channel.small(manifest.path, BYTE_LIMIT))
        check_size(file.byte_count, said)
    except NotReady as reason:
        seen.refused.append((file, str(reason)))
    else:
        seen.new.append(replace(file, sha256=said.sha256, controls=said.controls))


def _judged(connection: psycopg.Connection, seen: _Seen, now: datetime) -> Look:
    """Which of the new files are complete by the rule of their inbox; the memory is brought up to date."""
    with connection.transaction():
        memory.lock(connection, seen.inbox.name)
        return _remembered(connection, seen, now)


def _remembered(connection: psycopg.Connection, seen: _Seen, now: datetime) -> Look:
    inbox, files, settling, waiting = seen.inbox, [], [], list(seen.refused)
    before = memory.sightings(connection, inbox.name)
    for file in sorted(seen.new, key=lambda file: file.path):
        sighting = before.get(file.shown_path)
        same = sighting if sighting and sighting.version == file.version else None
        if same and same.reason:
            waiting.append((file, same.reason))
        elif settled(inbox.completeness, file.changed_at, same.first_seen_at if same else None, now):
            files.append(file)
        else:
            settling.append(file)
    memory.note_seen(connection, inbox.name, [*waiting, *((file, None) for file in files + settling)], now)
    if not seen.fault and not any(ignored.path == "" for ignored in seen.ignored):
        memory.forget(connection, inbox.name, before.keys() - seen.paths)
    memory.note_look(connection, inbox.name, now, seen.entry_count, len(files + settling), seen.fault)
    waiting += [(file, SETTLING) for file in settling]
    return Look(
        files=files,
        unready=[_unready(inbox, file, reason, before, now) for file, reason in waiting],
        ignored=[(inbox.name, ignored) for ignored in seen.ignored],
        faults={inbox.name: seen.fault} if seen.fault else {},
        entry_count=seen.entry_count,
    )


def _unready(inbox: Inbox, file: WaitingFile, reason: str, before: dict[str, memory.Sighting], now: datetime):
    sighting = before.get(file.shown_path)
    since = sighting.first_seen_at if sighting and sighting.version == file.version else now
    is_overdue = (now - since).total_seconds() > inbox.completeness.overdue_minutes * 60
    return Unready(inbox.name, file.shown_path, reason, since, is_overdue)
