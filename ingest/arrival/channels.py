"""The way into an inbox by what its address begins with; one module per way."""

from __future__ import annotations

import importlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Protocol, TypeVar

from ingest.arrival.entries import Ignored, InboxFault, NotReady, Refused, WaitingFile
from ingest.arrival.inboxes import LOCAL, OBJECTS, PULL, SFTP, Inbox

_MODULES = {LOCAL: "local", OBJECTS: "objects", SFTP: "sftp", PULL: "pull"}
PART = 1024 * 1024
# Questions to one inbox at the same time.
AT_ONCE = 8
LEFT_OVER_SECONDS = 24 * 3600.0
_FETCHED = ".fetched-"
T, R = TypeVar("T"), TypeVar("R")


@dataclass(frozen=True)
class Fetched:
    """A local file to read; ``check`` raises ``NotReady`` if it changed while it was read."""

    path: Path
    check: Callable[[], None] = lambda: None


class Channel(Protocol):
    """A way into one inbox. Every call may raise ``InboxFault``; none waits longer than its limits say."""

    def entries(self) -> Iterator[WaitingFile | Ignored]:
        """What is there, in any order; ends at the limits of the inbox and then says so with ``Ignored``."""

    def small(self, path: str, byte_limit: int) -> bytes:
        """The content of a small file, such as a manifest."""

    def fetched(self, file: WaitingFile, folder: Path) -> AbstractContextManager[Fetched]:
        """The bytes of this version as a local file, as long as the context lasts."""

    def put_away(self, file: WaitingFile) -> None:
        """Move a file that was taken into ``done``."""

    def close(self) -> None:
        """Give back what it holds."""


def open_channel(inbox: Inbox, known: dict[str, str] | None = None) -> Channel:
    """The way into this inbox; ``known`` are the versions of paths that were taken already."""
    for schemes, name in _MODULES.items():
        if inbox.scheme in schemes:
            # A channel's library is imported when an inbox needs it.
            return importlib.import_module(f"ingest.arrival.{name}").open_channel(inbox, known or {})
    return importlib.import_module("ingest.arrival.others").open_channel(inbox, known or {})


class Limits:
    """The time that one look at an inbox may take, and the number of entries of one folder in it."""

    def __init__(self, inbox: Inbox, share: float = 1.0):
        self.inbox, self._until = inbox, time.monotonic() + inbox.look_seconds * share
        self._left = inbox.entry_limit
        self.is_over = False
        self.is_cut = False

    def next_folder(self) -> None:
        """Count anew: one sender with very many files must not hide the others."""
        self._left = self.inbox.entry_limit

    def take(self) -> bool:
        """Count one entry; False when this folder, or with ``is_over`` the whole look, must end here."""
        self._left -= 1
        if self.is_in_time() and self._left >= 0:
            return True
        self.cut()
        return False

    def is_in_time(self) -> bool:
        """Whether the look may go on."""
        self.is_over = self.is_over or time.monotonic() > self._until
        return not self.is_over

    def left_seconds(self) -> float:
        """How long the look may still take."""
        return max(0.0, self._until - time.monotonic())

    def cut(self) -> None:
        """Remember that something was left out."""
        self.is_cut = True

    def words(self) -> Iterator[Ignored]:
        """What to say where a look ended early; nothing where it did not."""
        if self.is_cut:
            seconds, count = self.inbox.look_seconds, self.inbox.entry_limit
            yield Ignored("", f"the look ended after {seconds:g} s, or a folder after {count} entries; the rest waits")


def side_by_side(work: Callable[[T], R], items: Sequence[T], limits: Limits) -> Iterator[R]:
    """What ``work`` makes of each item, several at a time, as it comes; what hangs or comes too late is left out."""
    waiting, done = queue.SimpleQueue(), queue.SimpleQueue()

    def serve() -> None:
        while limits.is_in_time() and not waiting.empty():
            try:
                done.put((work(waiting.get_nowait()), None))
            except queue.Empty:
                return
            except Exception as error:
                done.put((None, error))

    for item in items:
        waiting.put(item)
    for _ in range(min(AT_ONCE, len(items))):
        threading.Thread(target=serve, daemon=True).start()
    for _ in items:
        try:
            result, error = done.get(timeout=limits.left_seconds())
        except queue.Empty:
            limits.cut()
            return
        if error is not None:
            raise error
        yield result


def in_turn(names: list[str]) -> list[str]:
    """The names in order, from another one each time: whoever comes last in a look comes first in a later one."""
    start = int(time.time()) % len(names) if names else 0
    ordered = sorted(names)
    return ordered[start:] + ordered[:start]


def copy(source: BinaryIO, target: BinaryIO, file: WaitingFile, inbox: Inbox) -> None:
    """Copy a file and hold it to its size, the limit of the inbox and its time."""
    until, byte_count = time.monotonic() + inbox.fetch_seconds, 0
    while part := source.read(PART):
        byte_count += len(part)
        check_size(byte_count, inbox)
        if time.monotonic() > until:
            raise InboxFault(f"{file.shown_path} was not here after {inbox.fetch_seconds:g} s")
        target.write(part)
    if file.byte_count not in (-1, byte_count):
        raise NotReady(f"{byte_count} bytes came where {file.byte_count} were announced")


def check_size(byte_count: int, inbox: Inbox) -> None:
    """Refuse a file that is larger than the inbox takes."""
    if byte_count > inbox.byte_limit:
        raise Refused(f"larger than the {inbox.byte_limit} bytes that the inbox takes (byte_limit)")


@contextmanager
def temporary(folder: Path) -> Iterator[BinaryIO]:
    """A file of a name of ours in the landing folder, gone with the context."""
    with NamedTemporaryFile(dir=folder, prefix=_FETCHED) as file:
        yield file


def remove_left_over(folder: Path) -> None:
    """Remove what processes that were killed had half fetched: nothing is fetched for as long as a day."""
    for path in folder.glob(f"{_FETCHED}*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > LEFT_OVER_SECONDS:
                path.unlink()
