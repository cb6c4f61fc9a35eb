"""The local stack for as long as a command needs it: what the command started, it stops again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestration.environments import Databases


@contextmanager
def running_stack(databases: Databases, tell: Callable[[str, float], None], keep: bool = False) -> Iterator[bool]:
    """Start the local databases; yields whether they stay up afterwards: they ran before, or ``keep`` says so."""
    started = databases.stack.up(tell)
    stays = keep or all(what == "running" for what in started.values())
    try:
        yield stays
    finally:
        if not stays:
            databases.stack.down()
