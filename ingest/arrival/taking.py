"""Take every file that waits in any inbox into landing; one that fails, or a dead inbox, never stops the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import psycopg

from ingest.arrival import memory
from ingest.arrival.channels import Channel, open_channel, remove_left_over
from ingest.arrival.entries import InboxFault, NotReady, Refused, WaitingFile
from ingest.arrival.inboxes import Inbox
from ingest.arrival.look import Look, look
from ingest.arrival.manifests import check_sha256
from ingest.errors import PartsbayError
from ingest.faults import may_pass
from ingest.landing import Landed, land
from ingest.profiles.folder import Profiles

FAILURES_IN_A_ROW = 3


@dataclass
class Taken:
    """What became of the files that waited; ``failed`` says per path what to wait for, ``faults`` per inbox."""

    look: Look
    landed: list[Landed] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)


def take_waiting(
    connection: psycopg.Connection, inboxes: Sequence[Inbox], landing: Path, profiles: Profiles | None = None
) -> Taken:
    """Land every new and complete file of every inbox; afterwards their batches wait."""
    landing = Path(landing)
    landing.mkdir(parents=True, exist_ok=True)
    remove_left_over(landing)
    found = look(connection, inboxes)
    taken = Taken(found, faults=dict(found.faults))
    by_name = {inbox.name: inbox for inbox in inboxes}
    for name, files in groupby(found.files, key=lambda file: file.inbox_name):
        _take_inbox(connection, by_name[name], list(files), landing, profiles, taken)
    return taken


def land_waiting(
    connection: psycopg.Connection, inboxes: Sequence[Inbox], landing: Path, profiles: Profiles | None = None
) -> list[Landed]:
    """Land every new file and say what landed."""
    return take_waiting(connection, inboxes, landing, profiles).landed


def _take_inbox(connection, inbox: Inbox, files: list[WaitingFile], landing: Path, profiles, taken: Taken) -> None:
    try:
        channel = open_channel(inbox)
    except InboxFault as fault:
        taken.faults[inbox.name] = str(fault)
        return
    except PartsbayError as error:
        taken.faults[inbox.name] = f"{error.message}. {error.mend}"
        return
    failures = 0
    try:
        for file in files:
            fault = _take(connection, inbox, channel, file, landing, profiles, taken)
            failures = failures + 1 if fault else 0
            if failures >= FAILURES_IN_A_ROW:
                taken.faults[inbox.name] = fault
                return
    finally:
        channel.close()


def _take(connection, inbox, channel: Channel, file: WaitingFile, landing: Path, profiles, taken: Taken) -> str | None:
    """Land one file; the words of the fault when its inbox, and not the file, is to blame."""
    path = f"{inbox.name}: {file.shown_path}"
    try:
        with channel.fetched(file, landing) as fetched:
            if file.sha256:
                check_sha256(fetched.path, file.sha256)
            with connection.transaction():
                landed = land(
                    connection, landing, fetched.path, file.source_code, file.kind, profiles=profiles,
                    controls=file.controls or None, file_name=file.file_name,
                )  # fmt: skip
                fetched.check()
                memory.note_taken(connection, file, landed[0].batch_id)
        taken.landed += landed
        if inbox.afterwards == "done":
            channel.put_away(file)
    except NotReady as reason:
        taken.failed[path] = str(reason)
        kept = str(reason) if isinstance(reason, Refused) else None
        memory.note_seen(connection, inbox.name, [(file, kept)], datetime.now(UTC))
    except (InboxFault, OSError) as fault:
        # An OSError: the file cannot be read, or landing cannot keep it.
        taken.failed[path] = str(fault) if isinstance(fault, InboxFault) else f"cannot be kept ({fault.strerror})"
        return taken.failed[path]
    except PartsbayError as error:
        # A profile of this sender that cannot be used, say: the other senders go on.
        taken.failed[path] = f"{error.message}. {error.mend}"
    except Exception as error:
        if may_pass(error):
            raise
        taken.failed[path] = f"a defect of the platform stopped it ({type(error).__name__})"
    return None
