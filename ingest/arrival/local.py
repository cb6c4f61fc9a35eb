"""A folder of this machine as an inbox. Links, pipes and devices in it are never opened."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from ingest.arrival.channels import Fetched, Limits, check_size, in_turn
from ingest.arrival.entries import DONE, Ignored, InboxFault, NotReady, WaitingFile, placed
from ingest.arrival.inboxes import DROP, Inbox

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


class LocalFolder:
    """Files of a local folder by name; the folders of senders and kinds below it."""

    def __init__(self, inbox: Inbox):
        self.inbox, self.root = inbox, inbox.local_folder

    def entries(self) -> Iterator[WaitingFile | Ignored]:
        if not self.root.is_dir():
            if self.inbox.name == DROP:
                return
            raise InboxFault(f"there is no folder {self.root}")
        limits = Limits(self.inbox)
        yield from self._folder((), limits)
        yield from limits.words()

    def _folder(self, folders: tuple[str, ...], limits: Limits) -> Iterator[WaitingFile | Ignored]:
        try:
            with os.scandir(self.root.joinpath(*folders)) as entries:
                found = sorted(islice(entries, self.inbox.entry_limit + 1), key=lambda entry: entry.name)
        except OSError as error:
            yield Ignored("/".join(folders), f"the folder cannot be read ({error.strerror})")
            return
        place, below = placed(self.inbox, folders), []
        limits.next_folder()
        for entry in found:
            if not limits.take():
                break
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.name)
            elif not entry.name.startswith("."):
                yield _entry(entry, self.inbox, folders, place)
        for name in in_turn(below) if len(folders) < 3 else ():
            if limits.is_over:
                return
            if placed(self.inbox, (*folders, name)) or (not folders and self.inbox.source is None and name[0] != "."):
                yield from self._folder((*folders, name), limits)
            elif name[0] != "." and name != DONE:
                yield Ignored("/".join((*folders, name)), "a folder that is neither a sender's nor a kind's")

    @contextmanager
    def fetched(self, file: WaitingFile, folder: Path) -> Iterator[Fetched]:
        descriptor = self._opened(file.path)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise NotReady("no longer a file")
            check_size(status.st_size, self.inbox)
            if not file.version.startswith(_version(status)):
                raise NotReady("changed since it was looked at")

            def check() -> None:
                if _version(os.fstat(descriptor)) != _version(status):
                    raise NotReady("changed while it was read")

            # The file that was checked, whatever its name has become a name of meanwhile.
            yield Fetched(Path(f"/dev/fd/{descriptor}"), check)
        finally:
            os.close(descriptor)

    def small(self, path: str, byte_limit: int) -> bytes:
        descriptor = self._opened(path)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotReady("no file")
            return file.read(byte_limit)

    def _opened(self, path: str) -> int:
        """Open a file step by step from the root, so that no step is a link."""
        *folders, name = path.split("/")
        try:
            here = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise InboxFault(f"the folder {self.root} cannot be opened ({error.strerror})") from None
        try:
            for folder in folders:
                above, here = here, os.open(folder, _FOLDER, dir_fd=here)
                os.close(above)
            return os.open(name, _FILE, dir_fd=here)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
                raise NotReady("gone, or a link by now") from None
            raise NotReady(f"cannot be opened ({error.strerror})") from None
        finally:
            os.close(here)

    def put_away(self, file: WaitingFile) -> None:
        path = self.root.joinpath(*file.path.split("/"))
        target = path.parent / DONE
        try:
            target.mkdir(exist_ok=True)
            os.replace(path, target / f"{file.version.split('|')[1]}-{path.name}")
        except OSError as error:
            raise InboxFault(f"{file.shown_path} cannot be moved to {DONE} ({error.strerror})") from None

    def close(self) -> None:
        """Nothing is held between calls."""


def _entry(entry: os.DirEntry, inbox: Inbox, folders: tuple[str, ...], place) -> WaitingFile | Ignored:
    path = "/".join((*folders, entry.name))
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Ignored(path, f"cannot be looked at ({error.strerror})")
    if not stat.S_ISREG(status.st_mode):
        return Ignored(path, _kind_of(status.st_mode))
    if place is None:
        return Ignored(path, "not in the folder of a sender")
    return WaitingFile(inbox.name, path, *place, status.st_size, _version(status), status.st_mtime_ns / 1e9)


def _version(status: os.stat_result) -> str:
    return f"{status.st_size}|{status.st_mtime_ns}"


def _kind_of(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a link, which is not followed"
    return "a pipe, socket or device, which is not opened"


def open_channel(inbox: Inbox, known: dict[str, str]) -> LocalFolder:
    """The folder; it needs no connection."""
    return LocalFolder(inbox)
