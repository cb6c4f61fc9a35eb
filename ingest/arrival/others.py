"""Any other place that fsspec reaches (FTP, SMB, another cloud's store) as an inbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import fsspec

from ingest.arrival.channels import Fetched, Limits, check_size, copy, temporary
from ingest.arrival.entries import DONE, Ignored, InboxFault, NotReady, WaitingFile, placed
from ingest.arrival.inboxes import Inbox

# Ways that end at another machine; nothing that leads back into this one or wraps an address in another.
_KNOWN = ("ftp", "smb", "az", "abfs", "gs", "gcs", "dropbox", "memory")
_CHANGED = ("mtime", "modify", "modified", "LastModified", "last_modified", "created", "ETag", "etag")


class Remote:
    """Files below a folder of an fsspec file system, by name."""

    def __init__(self, inbox: Inbox):
        self.inbox = inbox
        with _told(inbox):
            self._files, self.root = _file_system(inbox)

    def entries(self) -> Iterator[WaitingFile | Ignored]:
        limits = Limits(self.inbox)
        yield from self._folder((), limits)
        yield from limits.words()

    def _folder(self, folders: tuple[str, ...], limits: Limits) -> Iterator[WaitingFile | Ignored]:
        with _told(self.inbox):
            found = self._files.ls("/".join((self.root, *folders)), detail=True, refresh=True)
        place = placed(self.inbox, folders)
        for one in sorted(found, key=lambda one: one["name"]):
            if not limits.take():
                return
            name = one["name"].rstrip("/").rsplit("/", 1)[-1]
            if one["type"] == "directory" and not name.startswith(".") and name != DONE and len(folders) < 2:
                yield from self._folder((*folders, name), limits)
            elif one["type"] == "file" and not name.startswith(".") and DONE not in folders:
                yield self._entry(one, (*folders, name), place)

    def _entry(self, one: dict, path: tuple[str, ...], place) -> WaitingFile | Ignored:
        if place is None or one.get("islink"):
            return Ignored("/".join(path), "a link, or not in the folder of a sender")
        return WaitingFile(self.inbox.name, "/".join(path), *place, one["size"], _version(one), _changed_at(one))

    def small(self, path: str, byte_limit: int) -> bytes:
        with _told(self.inbox), self._files.open(f"{self.root}/{path}", "rb") as file:
            return file.read(byte_limit)

    @contextmanager
    def fetched(self, file: WaitingFile, folder: Path) -> Iterator[Fetched]:
        check_size(file.byte_count, self.inbox)
        path = f"{self.root}/{file.path}"
        with temporary(folder) as target:
            with _told(self.inbox), self._files.open(path, "rb") as source:
                copy(source, target, file, self.inbox)
            target.flush()
            with _told(self.inbox):
                now = self._listed(path)
                if now is None or not file.version.startswith(_version(now)):
                    raise NotReady("changed while it was read")
            yield Fetched(Path(target.name))

    def _listed(self, path: str) -> dict | None:
        """One file as a listing shows it: asked by name, some file systems spell its time differently."""
        folder, _, name = path.rpartition("/")
        found = self._files.ls(folder, detail=True, refresh=True)
        return next((one for one in found if one["name"].rsplit("/", 1)[-1] == name), None)

    def put_away(self, file: WaitingFile) -> None:
        folder, _, name = f"{self.root}/{file.path}".rpartition("/")
        with _told(self.inbox):
            self._files.makedirs(f"{folder}/{DONE}", exist_ok=True)
            self._files.mv(f"{self.root}/{file.path}", f"{folder}/{DONE}/{file.byte_count}-{name}")

    def close(self) -> None:
        """The file system keeps its own connections."""


def _file_system(inbox: Inbox):
    if inbox.scheme not in _KNOWN or "::" in inbox.url:
        raise InboxFault(f"there is no way to addresses that begin with {inbox.scheme}")
    given, place = inbox.credentials, (inbox.name, inbox.folder)
    options = {"host": inbox.parts.hostname, "port": inbox.parts.port} if inbox.parts.port else {}
    if given.user:
        options["username"] = given.user
    if given.password:
        options["password"] = given.password.read(*place)
    if inbox.scheme == "ftp":
        options |= {"host": inbox.parts.hostname, "timeout": 5}
    files = fsspec.filesystem(inbox.scheme, skip_instance_cache=True, use_listings_cache=False, **options)
    return files, files._strip_protocol(inbox.url).rstrip("/")


def _version(info: dict) -> str:
    return json.dumps([info["size"], *(str(info[name]) for name in _CHANGED if info.get(name))])


def _changed_at(info: dict) -> float | None:
    moment = next((info[name] for name in _CHANGED if isinstance(info.get(name), datetime | float | int)), None)
    return moment.timestamp() if isinstance(moment, datetime) else moment


@contextmanager
def _told(inbox: Inbox) -> Iterator[None]:
    """Errors of any library by their kind alone: their words may repeat what they were given."""
    try:
        yield
    except (InboxFault, NotReady):
        raise
    except FileNotFoundError:
        raise NotReady("gone since it was looked at") from None
    except Exception as error:
        raise InboxFault(f"{inbox.scheme}://{inbox.parts.hostname or ''}: {type(error).__name__}") from None


def open_channel(inbox: Inbox, known: dict[str, str]) -> Remote:
    """The file system that fsspec knows for this address."""
    return Remote(inbox)
