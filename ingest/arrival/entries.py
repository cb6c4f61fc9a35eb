"""What an inbox holds: files, what is passed over, and the words for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.arrival.inboxes import MANIFEST_SUFFIX, Inbox
from ingest.contracts import CONTRACTS

DONE = "done"


@dataclass(frozen=True)
class WaitingFile:
    """A file in an inbox: ``<source_code>/[<kind>/]<file>`` where folders name the sender.

    ``version`` is another whenever the content is. ``path`` is as the inbox names it and never
    becomes a path of ours; ``controls`` are the totals of its manifest.
    """

    inbox_name: str
    path: str
    source_code: str
    kind: str
    byte_count: int
    version: str
    changed_at: float | None = None
    sha256: str | None = None
    controls: Mapping[str, Any] = field(default_factory=dict, compare=False)
    name: str | None = None

    @property
    def shown_path(self) -> str:
        """The path as text that any log or table takes."""
        return shown(self.path)

    @property
    def file_name(self) -> str:
        """What the sender calls the file, as text that any log or table takes."""
        return shown(self.name or self.path.rsplit("/", 1)[-1])[:255]


@dataclass(frozen=True)
class Ignored:
    """Something in an inbox that is no file to read, and why."""

    path: str
    reason: str


class InboxFault(Exception):
    """An inbox or one of its files cannot be had now; the words name no secret."""


class NotReady(Exception):
    """A file cannot be taken at this look; it waits for the next."""


class Refused(NotReady):
    """A file that is not taken as it is; looking again changes nothing until it does."""


def shown(name: str) -> str:
    """A name from outside as printable text, the same text only for the same name."""
    if name.isprintable() and "\\" not in name:
        return name
    return "".join(c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in name)


def is_unfinished(inbox: Inbox, name: str) -> bool:
    """Whether a name says that the file is hidden, half-uploaded, or the manifest of another."""
    lower = name.lower()
    return name.startswith(".") or lower.endswith((*inbox.completeness.unfinished_suffixes, MANIFEST_SUFFIX))


def placed(inbox: Inbox, folders: tuple[str, ...]) -> tuple[str, str] | None:
    """Source code and kind of a file in these folders of the inbox; None where no file is looked for."""
    if any(folder.startswith(".") or folder == DONE for folder in folders):
        return None
    source, below = inbox.source, folders
    if source is None:
        if not folders:
            return None
        source, below = inbox.sources.get(folders[0], None if inbox.sources else folders[0]), folders[1:]
    if source is None or len(below) > 1 or (below and below[0] not in CONTRACTS):
        return None
    return shown(source), below[0] if below else inbox.kind
