"""What the stack remembers between commands, and the lock that lets one command at a time change it."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import UnreachableError


class State:
    """``stack.json``: ports, where the data folders are, and which roles file each cluster has seen."""

    def __init__(self, path: Path):
        self.path = path

    def read(self) -> dict:
        try:
            return {"ports": {}, "roles": {}, **json.loads(self.path.read_text())}
        except FileNotFoundError:
            return {"ports": {}, "roles": {}}

    def write(self, content: dict) -> None:
        """Replace the file whole; a crash leaves the old one or the new one."""
        unfinished = self.path.with_suffix(".new")
        unfinished.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
        unfinished.rename(self.path)


@contextmanager
def only_one(path: Path, patience_seconds: float = 180.0) -> Iterator[None]:
    """Hold a lock file; a second command waits its turn. The lock ends with its holder, however it ends."""
    with path.open("w") as file:
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise UnreachableError(
                        "stack_busy",
                        f"Another partsbay command has held the stack for {patience_seconds:.0f} s.",
                        "Wait for it, or end it, then retry.",
                    ) from None
                time.sleep(0.1)
        yield
