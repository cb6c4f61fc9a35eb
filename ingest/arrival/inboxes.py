"""Inboxes: the named places that partners put files into, as ``inboxes.yaml`` describes them."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingest.arrival.secrets import Credentials
from ingest.contracts import CONTRACTS
from ingest.errors import SettingsError

DROP = "drop"
MEBIBYTE = 1024 * 1024
UNFINISHED_SUFFIXES = (".part", ".tmp", ".partial", ".filepart", ".crdownload", ".uploading", ".inprogress")
LOCAL, OBJECTS, SFTP, PULL = ("", "file"), ("s3",), ("sftp",), ("http", "https")
MANIFEST_SUFFIX = ".manifest.json"

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
SourceCode = Annotated[str, Field(min_length=1, max_length=100)]


class _Part(BaseModel):
    # A wrong value may be a secret in the wrong place: it is never repeated in a message.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Complete(_Part):
    """When a file counts as complete. Names that begin with a dot or end like a half-done upload never do.

    ``settled``: unchanged for ``settle_seconds`` by its time stamp. ``two_looks``: the same at
    two looks that far apart, for servers whose clock nobody vouches for. ``manifest``: its
    ``NAME.manifest.json`` is there and agrees. ``at_once``: the store shows whole files only.
    """

    rule: Literal["settled", "two_looks", "manifest", "at_once"] = "settled"
    settle_seconds: Annotated[float, Field(ge=0, le=3600)] = 2.0
    overdue_minutes: Annotated[float, Field(ge=0)] = 60.0
    unfinished_suffixes: tuple[str, ...] = UNFINISHED_SUFFIXES


class PulledFile(_Part):
    """One address that is asked for a file, and whose file it is."""

    url: str
    source: SourceCode
    kind: str = "auto"
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @property
    def path(self) -> str:
        """How it is called in logs and tables: its address without the query, which may hold a token."""
        parts = urlsplit(self.url)
        return f"{self.source}/{self.name}" if self.name else f"{self.source}/{parts.hostname}{parts.path}"


class Inbox(_Part):
    """One place that files arrive at, and how far to trust it.

    Without ``source`` the first folder names the sender (``sources`` translates it); a folder
    below may name the kind. Files stay where they are, or move into ``done``.
    """

    name: Name
    url: str
    source: SourceCode | None = None
    sources: dict[str, SourceCode] = {}
    kind: str = "auto"
    complete: Complete | None = None
    credentials: Credentials = Credentials()
    afterwards: Literal["keep", "done"] = "keep"
    files: tuple[PulledFile, ...] = ()
    # SFTP: host keys that are trusted; nothing is ever added to it.
    known_hosts: Path | None = None
    # S3 API of somebody else than AWS.
    endpoint_url: str | None = None
    region: str = "us-east-1"
    # Pull: unencrypted addresses, and networks that are not public, only where they are named.
    allow_http: bool = False
    allow_networks: tuple[str, ...] = ()
    byte_limit: Annotated[int, Field(gt=0)] = 2048 * MEBIBYTE
    entry_limit: Annotated[int, Field(gt=0)] = 200_000
    look_seconds: Annotated[float, Field(gt=0, le=9)] = 7.0
    fetch_seconds: Annotated[float, Field(gt=0)] = 900.0
    look_every_seconds: Annotated[float, Field(ge=0)] | None = None
    folder: Path = Field(Path(), exclude=True, description="Relative paths of this inbox begin here.")

    @model_validator(mode="after")
    def _fits_together(self) -> Inbox:
        parts = [self.parts, *(urlsplit(file.url) for file in self.files)]
        if any(one.username or one.password for one in parts):
            raise ValueError("url: a user or password does not belong into it; write credentials by reference")
        for kind in (self.kind, *(file.kind for file in self.files)):
            if kind != "auto" and kind not in CONTRACTS:
                raise ValueError(f"kind: there is no kind '{kind[:40]}'; write auto or one of {', '.join(CONTRACTS)}")
        if self.scheme in SFTP and self.known_hosts is None:
            raise ValueError("known_hosts: name the file with the server's host key; an unknown key is never trusted")
        if (self.scheme in PULL) != bool(self.files):
            raise ValueError("files: an inbox with an http or https url lists what to pull, and no other does")
        if self.scheme in PULL and (self.afterwards == "done" or self.completeness.rule == "manifest"):
            raise ValueError("afterwards, complete: what is pulled is neither moved nor has it a manifest")
        if len({file.path for file in self.files}) < len(self.files):
            raise ValueError("files: two addresses differ in their query alone; give each a name of its own")
        for network in self.allow_networks:
            ip_network(network, strict=False)
        return self

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def scheme(self) -> str:
        return self.parts.scheme.lower()

    @property
    def completeness(self) -> Complete:
        """The rule of this inbox; unless said otherwise, what its channel can be trusted with."""
        if self.complete is not None:
            return self.complete
        usual = {"s3": "at_once", "sftp": "two_looks", "http": "at_once", "https": "at_once"}
        return Complete(rule=usual.get(self.scheme, "settled" if self.scheme in LOCAL else "two_looks"))

    @property
    def every_seconds(self) -> float:
        """How long to wait between two looks: a partner's web server is not asked every half minute."""
        if self.look_every_seconds is not None:
            return self.look_every_seconds
        return 300.0 if self.scheme in PULL else 0.0

    @property
    def local_folder(self) -> Path:
        """The folder of a local inbox."""
        return self.folder / (self.parts.path if self.scheme == "file" else self.url)


def drop_inbox(drop: Path, settle_seconds: float = 2.0) -> Inbox:
    """The drop folder of this installation, as an inbox."""
    return Inbox(name=DROP, url=str(Path(drop).absolute()), complete=Complete(settle_seconds=settle_seconds))


def read_inboxes(drop: Path, path: Path | None = None) -> list[Inbox]:
    """The drop folder and every inbox of the file; without a file, the drop folder alone."""
    if path is None:
        return [drop_inbox(drop)]
    described = _described(Path(path))
    inboxes = [drop_inbox(drop), *(_inbox(path, number, one) for number, one in enumerate(described, start=1))]
    names = [inbox.name for inbox in inboxes]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _wrong(path, f"the name '{twice[0]}' is there twice", f"Give each its own; {DROP} is the drop folder.")
    return inboxes


def _described(path: Path) -> list[dict]:
    try:
        with path.open(encoding="utf-8") as file:
            document = yaml.safe_load(file.read(4 * MEBIBYTE))
    except OSError as error:
        raise _wrong(path, f"it cannot be read ({error.strerror})", "Name a file that exists.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        raise _wrong(path, f"it is not YAML{place}", "Correct it; indentation is by spaces.") from None
    listed = document.get("inboxes") if isinstance(document, dict) and set(document) == {"inboxes"} else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise _wrong(path, "it is not a list of inboxes", "Write 'inboxes:' and below it '- name: …, url: …'.")
    return listed


def _inbox(path: Path, number: int, described: dict) -> Inbox:
    try:
        return Inbox(**{**described, "folder": path.parent.absolute()})
    except (ValidationError, TypeError) as wrong:
        said = "; ".join(_said(one) for one in wrong.errors()) if isinstance(wrong, ValidationError) else "a wrong name"
        name = str(described.get("name", ""))[:63]
        raise _wrong(path, f"inbox {number} '{name}': {said}", "Correct it, then partsbay feeds.") from None


def _said(error: dict) -> str:
    place = ".".join(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _wrong(path: Path, words: str, mend: str) -> SettingsError:
    return SettingsError("INBOXES", f"{path}: {words}", mend)
