"""Whether a refresh would find anything new, and how to say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from assets.manifest import PROJECT_FOLDER
from ingest.drop import WaitingFile, waiting_files
from ingest.generations import Generation, fingerprint, newest_generation


@dataclass(frozen=True)
class Due:
    """What waits: files in the drop folder, landed batches, and whether the marts are older than their inputs."""

    files: list[WaitingFile]
    landed_batch_count: int
    is_stale: bool
    newest: Generation | None

    @property
    def is_anything(self) -> bool:
        return bool(self.files) or self.landed_batch_count > 0 or self.is_stale

    def __str__(self) -> str:
        if not self.is_anything:
            return f"Nothing new since {self.newest.published_at:%Y-%m-%d %H:%M} UTC."
        found = []
        if self.files:
            found.append(f"{len(self.files)} new files")
        if self.landed_batch_count:
            found.append(f"{self.landed_batch_count} landed batches not yet stored")
        if self.is_stale and not found:
            found.append("nothing published yet" if self.newest is None else "stores, models or as-of changed")
        return f"Due: {', '.join(found)}."


def what_is_due(connection: psycopg.Connection, drop: Path, as_of: datetime | None) -> Due:
    """Look at the drop folder and the ledger; nothing is changed. ``as_of`` of None means now, which is always new."""
    newest = newest_generation(connection)
    landed = connection.execute("select count(*) from ingest.batches where state = 'LANDED'").fetchone()[0]
    is_stale = newest is None or as_of is None or newest.fingerprint != fingerprint(connection, as_of, PROJECT_FOLDER)
    return Due(waiting_files(connection, drop), landed, is_stale, newest)
