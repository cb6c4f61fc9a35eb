"""Drop files: written whole or not at all, the same bytes every time, and never written twice."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from ingest.errors import PartsbayError

# The end of the data: files carry it as their time of change.
SENT_AT = datetime(2002, 4, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class DropFile:
    """One file as a sender would send it: ``<source_code>/<kind>/<name>``, every column already text.

    A name that ends in ``.gz`` is compressed. ``quarantined`` says how many of its lines
    ingest is expected to refuse, by reason code; ``duplicate_count`` how many say again
    what the file said before, ``held_count`` how many jump in price and wait for a person.
    """

    source_code: str
    kind: str
    name: str
    frame: pd.DataFrame
    quarantined: dict[str, int] = field(default_factory=dict)
    duplicate_count: int = 0
    held_count: int = 0

    @property
    def path(self) -> str:
        return f"{self.source_code}/{self.kind}/{self.name}"

    def content(self) -> bytes:
        """The CSV text as bytes, not compressed."""
        text = io.StringIO()
        self.frame.to_csv(text, index=False, lineterminator="\n")
        return text.getvalue().encode("utf-8")

    def packed(self, content: bytes) -> bytes:
        """What lies on the disk; the gzip header carries neither name nor time."""
        return gzip.compress(content, compresslevel=6, mtime=0) if self.name.endswith(".gz") else content


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(drop: Path, relative_path: str, data: bytes) -> bool:
    """Write one file by rename; say whether anything was written. The same bytes already there stay untouched."""
    target = drop / relative_path
    if target.is_file() and target.stat().st_size == len(data) and target.read_bytes() == data:
        return False
    # Beside the target's tree, under a hidden name: a watcher of the drop never sees half a file.
    waiting = drop / ".building" / relative_path.replace("/", "__")
    try:
        waiting.parent.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        with waiting.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # As old as their content, so that nobody takes it for a file that is still being written.
        os.utime(waiting, (SENT_AT, SENT_AT))
        os.replace(waiting, target)
    except OSError as error:
        raise PartsbayError(
            "DEMO_NOT_WRITTEN",
            f"The demonstration file {target} could not be written: {error}.",
            "Make room or choose a folder that you may write to, then build again.",
        ) from error
    return True
