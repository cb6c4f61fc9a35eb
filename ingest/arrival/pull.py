"""Addresses that are asked for their file, as an inbox: only what changed since is fetched."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ingest.arrival.addresses import Guard, asked
from ingest.arrival.channels import Fetched, Limits, copy, in_turn, side_by_side, temporary
from ingest.arrival.entries import Ignored, InboxFault, NotReady, WaitingFile, shown
from ingest.arrival.inboxes import Inbox, PulledFile

# A file that says neither its version nor its date is fetched again this often; the ledger knows it by its bytes.
UNVERSIONED_SECONDS = 3600.0


class Pull:
    """The addresses that an inbox lists. One that fails is a fault of the inbox, and the others are still taken."""

    def __init__(self, inbox: Inbox, known: dict[str, str]):
        self.inbox, self._known = inbox, known
        self._guard = Guard(inbox.allow_http, inbox.allow_networks)
        self._files = {file.path: file for file in inbox.files}

    def entries(self) -> Iterator[WaitingFile | Ignored]:
        limits, faults = Limits(self.inbox), []
        left = set(self._files)
        for path, found in side_by_side(self._asked, in_turn(list(self._files)), limits):
            left.discard(path)
            if isinstance(found, WaitingFile):
                yield found
            else:
                faults.append(f"{shown(path)}: {found}")
        faults += [f"{shown(path)}: no answer in time" for path in left]
        if faults:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            raise InboxFault(min(faults) + more)

    def _asked(self, path: str) -> tuple[str, WaitingFile | Exception]:
        try:
            return path, self._entry(path, self._files[path])
        except (InboxFault, NotReady) as fault:
            return path, fault

    def _entry(self, path: str, file: PulledFile) -> WaitingFile:
        known = self._known.get(shown(path), "")
        headers = self._headers() | _conditions(known)
        with asked(file.url, self._guard, headers, self.inbox.look_seconds / 2) as answer:
            version = known if answer.status == 304 else _version(answer, self.inbox)
            name = file.name or unquote(urlsplit(file.url).path.rsplit("/", 1)[-1]) or "file"
            length = -1 if answer.status == 304 else _length(answer)
            return WaitingFile(self.inbox.name, path, file.source, file.kind, length, version, name=name)

    def small(self, path: str, byte_limit: int) -> bytes:
        raise InboxFault("an address has no manifest beside it; use another rule (complete)")

    @contextmanager
    def fetched(self, file: WaitingFile, folder: Path) -> Iterator[Fetched]:
        with temporary(folder) as target:
            url = self._files[file.path].url
            with asked(url, self._guard, self._headers(), self.inbox.fetch_seconds) as answer:
                if _version(answer, self.inbox) != file.version:
                    raise NotReady("changed since it was looked at")
                copy(_AsItComes(answer), target, file, self.inbox)
            target.flush()
            yield Fetched(Path(target.name))

    def _headers(self) -> dict[str, str]:
        given, place = self.inbox.credentials, (self.inbox.name, self.inbox.folder)
        headers = {"User-Agent": "partsbay"}
        if given.bearer_token:
            headers["Authorization"] = f"Bearer {given.bearer_token.read(*place)}"
        elif given.password:
            pair = f"{given.user or ''}:{given.password.read(*place)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return headers

    def put_away(self, file: WaitingFile) -> None:
        """Nothing of somebody else's server is moved."""

    def close(self) -> None:
        """Nothing is held between calls."""


class _AsItComes:
    """A body read in the pieces that arrive, so that time is looked at in between."""

    def __init__(self, answer: HTTPResponse):
        self._answer = answer

    def read(self, byte_count: int) -> bytes:
        return self._answer.read1(byte_count)


def _version(answer: HTTPResponse, inbox: Inbox) -> str:
    if answer.status != 200:
        raise InboxFault(f"answers with {answer.status}")
    tag, moment = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
    if tag or moment:
        return json.dumps([tag, moment, _length(answer)])
    return json.dumps([None, None, int(time.time() // max(UNVERSIONED_SECONDS, inbox.every_seconds))])


def _length(answer: HTTPResponse) -> int:
    return -1 if answer.length is None else answer.length


def _conditions(known: str) -> dict[str, str]:
    tag, moment, _ = json.loads(known) if known else (None, None, None)
    names = {"If-None-Match": tag, "If-Modified-Since": moment}
    return {name: value for name, value in names.items() if value}


def open_channel(inbox: Inbox, known: dict[str, str]) -> Pull:
    """The addresses; each is connected to when it is asked."""
    return Pull(inbox, known)
