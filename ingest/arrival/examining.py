"""List inboxes, all at the same time, and read the manifests of what is new; a thread per inbox, no database in it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

import psycopg

from ingest.arrival import memory
from ingest.arrival.channels import Channel, open_channel
from ingest.arrival.entries import Ignored, InboxFault, NotReady, WaitingFile, is_unfinished
from ingest.arrival.inboxes import MANIFEST_SUFFIX, Inbox
from ingest.arrival.manifests import BYTE_LIMIT, check_size, read_manifest
from ingest.errors import PartsbayError

# What a channel may still need after its own limits: to open a connection or end one request.
SPARE_SECONDS = 2.0


@dataclass
class Seen:
    """What was found in one inbox: files that are new, files whose manifest does not agree, what is no file."""

    inbox: Inbox
    entry_count: int = 0
    paths: set[str] = field(default_factory=set)
    new: list[WaitingFile] = field(default_factory=list)
    refused: list[tuple[WaitingFile, str]] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    fault: str | None = None
    is_done: bool = False


def examined(connection: psycopg.Connection, inboxes: list[Inbox]) -> list[Seen]:
    """A thread per inbox; one that hangs is left behind and told as a fault."""
    started = []
    for inbox in inboxes:
        seen = Seen(inbox)
        known = memory.taken_versions(connection, inbox.name)
        thread = threading.Thread(target=_examine, args=(seen, known), name=f"inbox {inbox.name}", daemon=True)
        thread.start()
        started.append((seen, thread, time.monotonic() + inbox.look_seconds + SPARE_SECONDS))
    for _, thread, until in started:
        thread.join(max(0.0, until - time.monotonic()))
    # A thread that comes late writes into what nobody reads any more.
    return [seen if seen.is_done else Seen(seen.inbox, fault=_too_slow(seen.inbox)) for seen, _, _ in started]


def _too_slow(inbox: Inbox) -> str:
    return f"no answer within {inbox.look_seconds + SPARE_SECONDS:g} s"


def _examine(seen: Seen, known: dict[str, str]) -> None:
    """List one inbox and read the manifests of what is new in it; whatever goes wrong is a fault of this inbox."""
    try:
        channel = open_channel(seen.inbox, known)
        try:
            _list(seen, channel, known)
        finally:
            channel.close()
    except (InboxFault, NotReady) as fault:
        seen.fault = str(fault)
    except PartsbayError as error:
        seen.fault = f"{error.message}. {error.mend}"
    except Exception as error:
        # A library's own words may repeat an address with its secrets: its kind has to do.
        seen.fault = f"unexpected {type(error).__name__}"
    seen.is_done = True


def _list(seen: Seen, channel: Channel, known: dict[str, str]) -> None:
    inbox, files, manifests = seen.inbox, [], {}
    try:
        for entry in channel.entries():
            seen.entry_count += 1
            if isinstance(entry, Ignored):
                seen.ignored.append(entry)
            elif entry.path.endswith(MANIFEST_SUFFIX) and inbox.completeness.rule == "manifest":
                manifests[entry.path.removesuffix(MANIFEST_SUFFIX)] = entry
            elif not is_unfinished(inbox, entry.file_name):
                files.append(entry)
    except InboxFault as fault:
        # What was seen until then is taken all the same.
        seen.fault = str(fault)
    for file in files:
        seen.paths.add(file.shown_path)
        if inbox.completeness.rule == "manifest":
            _with_manifest(seen, channel, known, file, manifests.get(file.path))
        elif known.get(file.shown_path) != file.version:
            seen.new.append(file)


def _with_manifest(
    seen: Seen, channel: Channel, known: dict[str, str], file: WaitingFile, manifest: WaitingFile | None
) -> None:
    """A file is known by its own version and its manifest's; a new one is held against what its manifest says."""
    if manifest is None:
        if not known.get(file.shown_path, "").startswith(file.version):
            seen.refused.append((file, "its manifest is not there"))
        return
    file = replace(file, version=f"{file.version}+{manifest.version}")
    if known.get(file.shown_path) == file.version:
        return
    try:
        said = read_manifest(channel.small(manifest.path, BYTE_LIMIT))
        check_size(file.byte_count, said)
    except NotReady as reason:
        seen.refused.append((file, str(reason)))
    else:
        seen.new.append(replace(file, sha256=said.sha256, controls=said.controls))
