"""A bucket of any store that speaks the S3 API as an inbox. An object appears whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import obstore
from obstore.exceptions import BaseError, InvalidPathError, PreconditionError
from obstore.store import S3Store

from ingest.arrival.channels import PART, Fetched, Limits, check_size, in_turn, side_by_side, temporary
from ingest.arrival.entries import DONE, Ignored, InboxFault, NotReady, WaitingFile, placed
from ingest.arrival.inboxes import Inbox

# Of the time of a look, for one pass over everything.
FIRST_SHARE = 0.6
_STATUS = re.compile(r"status code: (\d{3}[A-Za-z ]*)")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_BAD_KEY = re.compile(r'Error parsing Path "([^"]{1,200})"')


class Bucket:
    """Objects below ``s3://bucket/prefix`` by key."""

    def __init__(self, inbox: Inbox):
        self.inbox, self.prefix = inbox, inbox.parts.path.strip("/")
        self._looking = _store(inbox, inbox.look_seconds)
        self._fetching = _store(inbox, inbox.fetch_seconds)

    def entries(self) -> Iterator[WaitingFile | Ignored]:
        """All below the prefix page by page; what cannot be had so in time is looked for sender by sender.

        So one who sends very much, or a key that spoils its page, hides nobody else.
        """
        first = Limits(self.inbox, FIRST_SHARE)
        found = self._below(self.prefix, first) if not self.inbox.sources else None
        if found is not None and not first.is_cut and not any(one.path == self.prefix for one in found):
            yield from found
            return
        limits = Limits(self.inbox, 1.0 if found is None else 1 - FIRST_SHARE)
        seen = {one.path for one in found or ()}
        yield from (one for one in found or () if isinstance(one, WaitingFile))
        for listed in side_by_side(lambda prefix: self._below(prefix, limits), in_turn(self._senders()), limits):
            yield from (one for one in listed if one.path not in seen)
        yield from limits.words()

    def _senders(self) -> list[str]:
        """The prefixes to list: one where the whole inbox is one sender's."""
        if self.inbox.source is not None:
            return [self.prefix]
        if self.inbox.sources:
            return [self._key(folder) for folder in self.inbox.sources]
        try:
            with _told(self.inbox):
                return obstore.list_with_delimiter(self._looking, prefix=self.prefix or None)["common_prefixes"]
        except InvalidPathError as error:
            raise InboxFault(f"it holds the key {_bad_key(error)}, which is no path; remove it") from None

    def _below(self, prefix: str, limits: Limits) -> list[WaitingFile | Ignored]:
        found: list[WaitingFile | Ignored] = []
        try:
            with _told(self.inbox):
                for page in obstore.list(self._looking, prefix=prefix or None, chunk_size=1000):
                    if len(found) > self.inbox.entry_limit or not limits.is_in_time():
                        limits.cut()
                        break
                    found += [entry for meta in page if (entry := self._entry(meta)) is not None]
        except InvalidPathError as error:
            return [Ignored(prefix, f"cannot be listed: it holds the key {_bad_key(error)}; remove it")]
        return found[: self.inbox.entry_limit]

    def _entry(self, meta) -> WaitingFile | Ignored | None:
        path = meta["path"].removeprefix(self.prefix).lstrip("/")
        *folders, name = path.split("/")
        if name.startswith(".") or DONE in folders:
            return None
        place = placed(self.inbox, tuple(folders))
        if place is None:
            return Ignored(path, "not in the folder of a sender")
        changed_at = meta["last_modified"].timestamp()
        version = f"{meta['size']}|{(meta['e_tag'] or '').strip(chr(34))}|{changed_at:.3f}"
        return WaitingFile(self.inbox.name, path, *place, meta["size"], version, changed_at)

    def small(self, path: str, byte_limit: int) -> bytes:
        with _told(self.inbox):
            got = obstore.get(self._looking, self._key(path))
            return b"" if got.meta["size"] > byte_limit else bytes(got.bytes())

    @contextmanager
    def fetched(self, file: WaitingFile, folder: Path) -> Iterator[Fetched]:
        check_size(file.byte_count, self.inbox)
        with temporary(folder) as copy:
            self._copy(file, copy)
            yield Fetched(Path(copy.name))

    def _copy(self, file: WaitingFile, copy: BinaryIO) -> None:
        tag = file.version.split("|")[1]
        with _told(self.inbox):
            # The object that was listed, and no newer one.
            got = obstore.get(self._fetching, self._key(file.path), options={"if_match": f'"{tag}"'} if tag else {})
            for part in got.stream(PART):
                copy.write(part)
        copy.flush()
        if copy.tell() != file.byte_count:
            raise NotReady(f"{copy.tell()} bytes came where {file.byte_count} were announced")

    def put_away(self, file: WaitingFile) -> None:
        folder, _, name = self._key(file.path).rpartition("/")
        with _told(self.inbox):
            target = f"{folder}/{DONE}/{file.version.split('|')[1][:12]}-{name}".lstrip("/")
            obstore.copy(self._fetching, self._key(file.path), target)
            obstore.delete(self._fetching, self._key(file.path))

    def _key(self, path: str) -> str:
        return f"{self.prefix}/{path}".strip("/")

    def close(self) -> None:
        """Nothing is held between calls."""


@contextmanager
def _told(inbox: Inbox) -> Iterator[None]:
    """Errors of the store in words that hold neither keys nor whole answers."""
    try:
        yield
    except (InvalidPathError, NotReady, InboxFault):
        raise
    except (FileNotFoundError, PreconditionError):
        raise NotReady("gone or changed since it was looked at") from None
    except (BaseError, OSError) as error:
        said = [found.group(1).strip() for pattern in (_STATUS, _CODE) if (found := pattern.search(str(error)))]
        words = ", ".join(said) or f"no answer ({type(error).__name__})"
        raise InboxFault(f"{inbox.endpoint_url or 'S3'}, bucket {inbox.parts.hostname}: {words}") from None


def _bad_key(error: Exception) -> str:
    found = _BAD_KEY.search(str(error))
    return repr(found.group(1)) if found else "of a form that no path can have"


def _store(inbox: Inbox, seconds: float) -> S3Store:
    secrets = {
        name: secret.read(inbox.name, inbox.folder)
        for name in ("access_key_id", "secret_access_key", "session_token")
        if (secret := getattr(inbox.credentials, name))
    }
    endpoint = {"endpoint": inbox.endpoint_url, "virtual_hosted_style_request": False} if inbox.endpoint_url else {}
    return S3Store(
        inbox.parts.hostname,
        region=inbox.region,
        **endpoint,
        **({"skip_signature": True} if "access_key_id" not in secrets else secrets),
        client_options={
            "timeout": f"{seconds:g}s",
            "connect_timeout": "3s",
            "allow_http": (inbox.endpoint_url or "").startswith("http:"),
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=min(seconds, 10.0))},
    )


def open_channel(inbox: Inbox, known: dict[str, str]) -> Bucket:
    """The bucket; a connection is made when something is asked of it."""
    return Bucket(inbox)
