"""One look at every inbox at once: which files are new and complete, what waits for what, which inbox is dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from ingest.arrival import memory
from ingest.arrival.completeness import settled
from ingest.arrival.entries import Ignored, WaitingFile, shown
from ingest.arrival.examining import Seen, examined
from ingest.arrival.inboxes import Inbox

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


def look(connection: psycopg.Connection, inboxes: Sequence[Inbox], now: datetime | None = None) -> Look:
    """Look at every inbox whose turn it is, all at once; what is remembered of them is brought up to date.

    An inbox that is dead or slow costs its own files and at most its ``look_seconds``.
    """
    now = now or datetime.now(UTC)
    states = memory.inbox_states(connection)
    due = [inbox for inbox in inboxes if _is_due(inbox, states.get(inbox.name), now)]
    resting = {inbox.name: states[inbox.name].fault for inbox in inboxes if inbox not in due}
    found = [_judged(connection, seen, now) for seen in examined(connection, due)]
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


def _judged(connection: psycopg.Connection, seen: Seen, now: datetime) -> Look:
    """Which of the new files are complete by the rule of their inbox; the memory is brought up to date."""
    with connection.transaction():
        memory.lock(connection, seen.inbox.name)
        return _remembered(connection, seen, now)


def _remembered(connection: psycopg.Connection, seen: Seen, now: datetime) -> Look:
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
