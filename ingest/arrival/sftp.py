"""A folder of an SFTP server as an inbox. Its host key must be known beforehand; nothing is ever added to them."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import paramiko

from ingest.arrival.channels import Fetched, Limits, check_size, copy, in_turn, temporary
from ingest.arrival.entries import DONE, Ignored, InboxFault, NotReady, WaitingFile, placed
from ingest.arrival.inboxes import Inbox
from ingest.arrival.ssh import connected, server, told


class SftpFolder:
    """Files below ``sftp://user@host:port/folder`` by name; ``/./folder`` begins at the user's home."""

    def __init__(self, inbox: Inbox, client: paramiko.SSHClient):
        self.inbox, self._client = inbox, client
        self.root = unquote(inbox.parts.path).replace("/./", "", 1) or "."
        self._sftp = self._opened()

    def _opened(self) -> paramiko.SFTPClient:
        with told(self.inbox):
            opened = self._client.open_sftp()
            opened.get_channel().settimeout(self.inbox.look_seconds)
            return opened

    def entries(self) -> Iterator[WaitingFile | Ignored]:
        limits = Limits(self.inbox)
        yield from self._folder((), limits)
        yield from limits.words()

    def _folder(self, folders: tuple[str, ...], limits: Limits) -> Iterator[WaitingFile | Ignored]:
        place, below = placed(self.inbox, folders), []
        limits.next_folder()
        for found in self._listed(folders, limits):
            if isinstance(found, Ignored):
                yield found
            elif stat.S_ISDIR(_mode(found)):
                below.append(found.filename)
            elif not found.filename.startswith("."):
                yield _entry(found, self.inbox, folders, place)
        for name in in_turn(below) if len(folders) < 3 else ():
            if limits.is_over:
                return
            if placed(self.inbox, (*folders, name)) or (not folders and self.inbox.source is None and name[0] != "."):
                yield from self._folder((*folders, name), limits)
            elif name[0] != "." and name != DONE:
                yield Ignored("/".join((*folders, name)), "a folder that is neither a sender's nor a kind's")

    def _listed(self, folders: tuple[str, ...], limits: Limits) -> Iterator[paramiko.SFTPAttributes | Ignored]:
        path = "/".join(folders)
        with told(self.inbox):
            try:
                for found in self._sftp.listdir_iter(posixpath.join(self.root, *folders)):
                    if not limits.take():
                        self._sftp = self._afresh(limits)
                        return
                    if "/" in found.filename or found.filename in ("", ".", ".."):
                        yield Ignored(path, "a name that is a path")
                    else:
                        yield found
            except UnicodeDecodeError:
                self._sftp = self._afresh(limits)
                yield Ignored(path, "a name in it is not UTF-8; what follows in this folder cannot be seen")
            except (FileNotFoundError, PermissionError) as error:
                words = "is not there" if isinstance(error, FileNotFoundError) else "may not be read"
                if not folders:
                    raise InboxFault(f"{server(self.inbox)}: the folder {self.root} {words}") from None
                yield Ignored(path, f"the folder {words}")

    def _afresh(self, limits: Limits) -> paramiko.SFTPClient:
        """Another channel where a listing was left half-way: its answers are still on the old one."""
        if limits.is_over:
            return self._sftp
        self._sftp.close()
        return self._opened()

    def small(self, path: str, byte_limit: int) -> bytes:
        with told(self.inbox), self._sftp.open(self._path(path), "rb") as file:
            return file.read(byte_limit)

    @contextmanager
    def fetched(self, file: WaitingFile, folder: Path) -> Iterator[Fetched]:
        check_size(file.byte_count, self.inbox)
        with temporary(folder) as target:
            with told(self.inbox):
                self._copy(file, target)
            yield Fetched(Path(target.name))

    def _copy(self, file: WaitingFile, target) -> None:
        # What the name stands for now, without following a link.
        status = self._sftp.lstat(self._path(file.path))
        if not stat.S_ISREG(_mode(status)) or not file.version.startswith(_version(status)):
            raise NotReady("changed since it was looked at")
        with self._sftp.open(self._path(file.path), "rb") as source:
            source.prefetch(status.st_size, max_concurrent_requests=64)
            copy(source, target, file, self.inbox)
            if _version(source.stat()) != _version(status):
                raise NotReady("changed while it was read")
        target.flush()

    def put_away(self, file: WaitingFile) -> None:
        folder, name = posixpath.split(self._path(file.path))
        target = posixpath.join(folder, DONE)
        with told(self.inbox):
            if DONE not in self._sftp.listdir(folder):
                self._sftp.mkdir(target)
            self._sftp.posix_rename(self._path(file.path), f"{target}/{file.version.split('|')[1]}-{name}")

    def _path(self, path: str) -> str:
        return posixpath.join(self.root, path)

    def close(self) -> None:
        self._client.close()


def _entry(found: paramiko.SFTPAttributes, inbox: Inbox, folders: tuple[str, ...], place) -> WaitingFile | Ignored:
    path = "/".join((*folders, found.filename))
    if not stat.S_ISREG(_mode(found)):
        return Ignored(path, "a link, pipe or device, which is not opened")
    if place is None:
        return Ignored(path, "not in the folder of a sender")
    return WaitingFile(inbox.name, path, *place, found.st_size or 0, _version(found), float(found.st_mtime or 0))


def _mode(status: paramiko.SFTPAttributes) -> int:
    """What a server says an entry is; one that says nothing of permissions says it in the line that people read."""
    if status.st_mode is not None:
        return status.st_mode
    kinds = {"d": stat.S_IFDIR, "l": stat.S_IFLNK, "-": stat.S_IFREG}
    line = getattr(status, "longname", None) or "-"
    return kinds.get(line[:1] if isinstance(line, str) else "-", 0)


def _version(status: paramiko.SFTPAttributes) -> str:
    return f"{status.st_size}|{status.st_mtime}"


def open_channel(inbox: Inbox, known: dict[str, str]) -> SftpFolder:
    """A connection to the server, whose host key must be in ``known_hosts``."""
    client = connected(inbox)
    try:
        return SftpFolder(inbox, client)
    except BaseException:
        client.close()
        raise
