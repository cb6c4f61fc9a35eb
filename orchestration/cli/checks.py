"""What ``partsbay doctor`` looks at, each with the step that mends it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator

import psycopg

from deploy.replication.lag import conflicts, lag
from deploy.stack import ports
from deploy.stack.binaries import find_binaries
from deploy.stack.stack import DATABASES
from ingest.arrival.inboxes import read_inboxes
from ingest.errors import PartsbayError
from orchestration.environments import Databases

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SPACE_WARNING_BYTES, SPACE_PROBLEM_BYTES = 5 * 2**30, 2**30
# The share of kept WAL at which a subscription that stands still wants attention.
SLOT_WARNING_BYTES = 4 * 2**30

Finding = tuple[str, str, str]  # state, message, mend


def examine(databases: Databases) -> list[dict]:
    """Every finding of every check: ``check``, ``state`` (ok, warning, problem), ``message``, ``mend``."""
    findings = []
    for name, check in CHECKS.items():
        try:
            found = list(check(databases))
        except PartsbayError as error:
            found = [("problem", error.message, error.mend)]
        except psycopg.Error as error:
            found = [("problem", " ".join(str(error).split()), "Run partsbay up, then look at the server's log.")]
        findings += [{"check": name, "state": state, "message": said, "mend": mend} for state, said, mend in found]
    return findings


def _python(databases: Databases) -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield ("ok" if fits else "problem", version, "" if fits else "Use Python 3.11, 3.12 or 3.13.")


def _programs(databases: Databases) -> Iterator[Finding]:
    if databases.stack.cluster_names:
        yield ("ok", str(find_binaries(databases.settings.postgres_bin)), "")
    else:
        yield ("ok", "not needed: every database is given by a URL", "")


def _account(databases: Databases) -> Iterator[Finding]:
    account = databases.stack.account
    yield ("ok", f"servers run as {account.name}" + ("" if account.is_self else ", as PostgreSQL refuses root"), "")


def _space(databases: Databases) -> Iterator[Finding]:
    folder = databases.stack.folder
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state = "problem" if free < SPACE_PROBLEM_BYTES else "warning" if free < SPACE_WARNING_BYTES else "ok"
    mend = "" if state == "ok" else f"Free some space on the disk of {folder}."
    yield (state, f"{free / 2**30:.1f} GiB free for {folder}", mend)


def _secrets(databases: Databases) -> Iterator[Finding]:
    passwords = databases.stack.passwords
    if not passwords.folder.exists():
        yield ("ok", "none yet: partsbay up makes them", "")
        return
    bad = passwords.readable_by_others()
    for path in bad:
        yield ("problem", f"{path} may be read by others", f"chmod {'700' if path.is_dir() else '600'} '{path}'")
    if not bad:
        yield ("ok", f"{passwords.folder} is for its owner alone", "")


def _servers(databases: Databases) -> Iterator[Finding]:
    for name in databases.stack.cluster_names:
        cluster = databases.stack.cluster(name)
        if cluster.is_running:
            yield ("ok", f"{name} runs on port {cluster.running_port()}", "")
        elif cluster.exists and (cluster.folder / "postmaster.pid").exists() and not cluster.pid:
            yield ("problem", f"{name} ended without being stopped", "Run partsbay up; it recovers by itself.")
        else:
            yield ("problem", f"{name} does not run", "Run partsbay up.")


def _ports(databases: Databases) -> Iterator[Finding]:
    taken = [
        f"{name}: {cluster.port}"
        for name in databases.stack.cluster_names
        if not (cluster := databases.stack.cluster(name)).pid and cluster.port and not ports.is_free(cluster.port)
    ]
    if taken:
        yield ("warning", f"taken by another program: {', '.join(taken)}", "Run partsbay up; it chooses other ports.")
    else:
        yield ("ok", "none of ours is taken by another program", "")


def _schemas(databases: Databases) -> Iterator[Finding]:
    for name in DATABASES:
        if databases.stack.is_running(name):
            databases.stack.url(name, "pipeline") if name == "dagster" else getattr(databases, name)("pipeline")
            yield ("ok", f"{name} answers and has the schema of this version", "")


def _replication(databases: Databases) -> Iterator[Finding]:
    if not (databases.stack.is_running("primary") and databases.stack.is_running("standby")):
        yield ("warning", "not examined while a region is down", "Run partsbay up.")
        return
    for store, one in lag(databases.primary("replication"), databases.standby("replication")).items():
        if one["state"] in ("lost", "missing"):
            mend = "If the primary is right: partsbay up --rebuild-standby."
            yield ("problem", f"{store}: the standby is cut off", mend)
        elif one["state"] == "stopped":
            yield ("problem", f"{store}: not streaming for {one['seconds']:.0f} s", "Run partsbay up, then its log.")
        elif one["bytes"] > SLOT_WARNING_BYTES:
            yield ("warning", f"{store}: {one['bytes'] / 2**30:.1f} GiB to send", "Watch partsbay status.")
        else:
            yield ("ok", f"{store}: {one['state']}, {one['seconds']:.1f} s behind", "")
    for store, count in conflicts(databases.standby("replication")).items():
        yield ("warning", f"{store}: {count} conflicts since the standby was made", "Run partsbay verify.")


def _inboxes(databases: Databases) -> Iterator[Finding]:
    """Nothing is connected to: partsbay feeds says which inbox answers."""
    settings = databases.settings
    for inbox in read_inboxes(settings.drop_folder, settings.inboxes_file):
        try:
            inbox.credentials.check(inbox.name, inbox.folder)
        except PartsbayError as error:
            yield ("problem", error.message, error.mend)
        else:
            yield ("ok", f"{inbox.name}: {inbox.url}", "")


def _browser(databases: Databases) -> Iterator[Finding]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        yield ("ok", found, "")
    else:
        yield ("warning", "no Chromium: browser tests and screenshots cannot run", "apt-get install chromium")


CHECKS: dict[str, Callable[[Databases], Iterator[Finding]]] = {
    "python": _python,
    "postgresql programs": _programs,
    "account": _account,
    "disk space": _space,
    "secrets": _secrets,
    "servers": _servers,
    "ports": _ports,
    "schema": _schemas,
    "replication": _replication,
    "inboxes": _inboxes,
    "browser": _browser,
}
