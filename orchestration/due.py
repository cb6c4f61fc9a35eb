"""Whether a refresh would find anything new, and how to say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from assets.manifest import PROJECT_FOLDER
from ingest.arrival.inboxes import Inbox
from ingest.arrival.look import Look, look
from ingest.generations import Generation, fingerprint, newest_generation


@dataclass(frozen=True)
class Due:
    """What waits: files in the inboxes, landed batches, and whether the marts are older than their inputs."""

    look: Look
    landed_batch_count: int
    is_stale: bool
    newest: Generation | None

    @property
    def is_anything(self) -> bool:
        return bool(self.look.files) or self.landed_batch_count > 0 or self.is_stale

    def __str__(self) -> str:
        if not self.is_anything:
            words = f"Nothing new since {self.newest.published_at:%Y-%m-%d %H:%M} UTC."
            return f"{words} {self.look.troubles}".strip()
        found = []
        if self.look.files:
            found.append(f"{len(self.look.files)} new files")
        if self.landed_batch_count:
            found.append(f"{self.landed_batch_count} landed batches not yet stored")
        if self.is_stale and not found:
            found.append("nothing published yet" if self.newest is None else "stores, models or as-of changed")
        return f"Due: {', '.join(found)}. {self.look.troubles}".strip()


def what_is_due(connection: psycopg.Connection, inboxes: Sequence[Inbox], as_of: datetime | None) -> Due:
    """Look at the inboxes and the ledger; nothing is taken. ``as_of`` of None means now, which is always new."""
    newest = newest_generation(connection)
    landed = connection.execute("select count(*) from ingest.batches where state = 'LANDED'").fetchone()[0]
    is_stale = newest is None or as_of is None or newest.fingerprint != fingerprint(connection, as_of, PROJECT_FOLDER)
    return Due(look(connection, inboxes), landed, is_stale, newest)
