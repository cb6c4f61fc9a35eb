"""The local stack: three clusters, four databases, and whatever of them a URL replaces."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import psycopg

from deploy.database.migrate import check_roles, migrate
from deploy.replication.subscriptions import subscribe
from deploy.stack import bootstrap, configuration
from deploy.stack.account import Account, choose_account
from deploy.stack.binaries import find_binaries, reachable_binaries
from deploy.stack.cluster import SUPERUSER, Cluster
from deploy.stack.passwords import Passwords
from deploy.stack.state import State, only_one
from deploy.stack.urls import libpq_url, with_role
from ingest.errors import UnreachableError

CLUSTERS = {"primary": configuration.PRIMARY, "standby": configuration.STANDBY, "warehouse": configuration.WAREHOUSE}
# Our name of a database → its cluster, its name there, its owner, its line of migrations.
DATABASES = {
    "primary": ("primary", "inventory", "partsbay_owner", "stores"),
    "standby": ("standby", "inventory", "partsbay_owner", "stores"),
    "warehouse": ("warehouse", "warehouse", "partsbay_owner", "warehouse"),
    "dagster": ("warehouse", "dagster", "partsbay_pipeline", None),
}
# Where data goes when the servers' account cannot enter the home folder.
ELSEWHERE = Path("/var/lib/partsbay")
Tell = Callable[[str, float], None]


class Stack:
    """The databases of one home folder. ``urls`` (database → URL) replaces any of them by a server of one's own."""

    def __init__(
        self,
        home: Path,
        binaries: Path | str | None = None,
        user: str | None = None,
        urls: dict[str, str] | None = None,
        replication_url: str | None = None,
    ):
        self.home = home.absolute()
        self.urls = {name: url for name, url in (urls or {}).items() if url}
        self.replication_url = replication_url
        self.passwords = Passwords(self.home / "secrets")
        self.state = State(self.home / "stack.json")
        self._binaries, self._user = binaries, user

    @cached_property
    def account(self) -> Account:
        """The account that runs the servers."""
        return choose_account(self._user)

    @property
    def cluster_names(self) -> list[str]:
        """The clusters that are ours to run: those with at least one database that no URL replaces."""
        return [name for name in CLUSTERS if any(d[0] == name for key, d in DATABASES.items() if key not in self.urls)]

    @cached_property
    def folder(self) -> Path:
        """Where the data folders are: in the home, or elsewhere when the servers' account cannot enter it."""
        if known := self.state.read().get("folder"):
            return Path(known)
        inside = self.home / "postgres"
        return inside if not inside.exists() or self.account.can_enter(inside) else self._elsewhere

    @property
    def _elsewhere(self) -> Path:
        return ELSEWHERE / sha256(str(self.home).encode()).hexdigest()[:12]

    def cluster(self, name: str) -> Cluster:
        """A cluster as it was last left; nothing is started or looked for."""
        port = self.state.read()["ports"].get(name)
        return Cluster(name, self.folder / name, Path(), self.account, CLUSTERS[name], port)

    def up(self, tell: Tell = lambda step, seconds: None, rebuild_standby: bool = False) -> dict[str, str]:
        """Start what does not run, migrate, subscribe; a second call finds nothing to do.

        Returns what was done per cluster (``created``, ``started``, ``running``). ``tell`` hears of each step
        when it is done. A second command at the same time waits.
        """
        self._make_home()
        with only_one(self.home / "stack.lock"):
            self._check_given(tell)
            done = self._start(tell)
            self._migrate(tell)
            began = time.monotonic()
            changes = subscribe(
                publisher=self._url("primary", "replication"),
                subscriber=self._url("standby", "owner"),
                connection=self.replication_url or self._url("primary", "replication"),
                rebuild=rebuild_standby,
            )
            tell(f"standby: {', '.join(changes) or 'subscribed to every store'}", time.monotonic() - began)
        return done

    def down(self, tell: Tell = lambda step, seconds: None) -> list[str]:
        """Stop our clusters and return the names of those that ran. The primary first, so the standby gets it all."""
        if not self.home.exists():
            return []
        with only_one(self.home / "stack.lock"), ThreadPoolExecutor() as pool:
            warehouse = pool.submit(self._stop, "warehouse", tell)
            stopped = [name for name in ("primary", "standby") if self._stop(name, tell)]
            return stopped + (["warehouse"] if warehouse.result() else [])

    def delete(self, tell: Tell = lambda step, seconds: None) -> None:
        """Stop our clusters and remove their data, passwords and state; nothing brings them back."""
        folder = self.folder
        self.down(tell)
        for left in (folder, self.passwords.folder):
            if left.exists():
                shutil.rmtree(left)
        self.state.path.unlink(missing_ok=True)

    def is_running(self, database: str) -> bool:
        """Whether a database of ours accepts connections; one behind a URL counts as running."""
        return database in self.urls or self.cluster(DATABASES[database][0]).is_running

    def url(self, database: str, role: str) -> str:
        """The libpq URL of a running database for ``owner``, ``pipeline``, ``analyst`` or ``replication``."""
        if not self.is_running(database):
            raise UnreachableError("stack_down", f"The {database} database is not running.", "Run partsbay up.")
        return self._url(database, role)

    def _url(self, database: str, role: str) -> str:
        cluster, name, _, _ = DATABASES[database]
        if given := self.urls.get(database):
            # Dagster's own storage has no roles of ours; and a replication login is checked before a role is taken on.
            return given if database == "dagster" or role == "replication" else with_role(given, role)
        port = self.cluster(cluster).running_port() or self.state.read()["ports"].get(cluster)
        return libpq_url("127.0.0.1", port, name, f"partsbay_{role}", self.passwords.get(cluster, role))

    def _make_home(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        inside = self.home / "postgres"
        inside.mkdir(exist_ok=True, mode=0o755)
        state = self.state.read()
        if not state.get("folder"):
            folder = self.folder
            folder.mkdir(parents=True, exist_ok=True)
            if not self.account.is_self:
                folder.chmod(0o755)
                ELSEWHERE.chmod(0o755) if folder.is_relative_to(ELSEWHERE) else None
            # Inside is the default and is not written down, so that the home can be moved.
            if folder != inside:
                self.state.write({**state, "folder": str(folder)})

    def _check_given(self, tell: Tell) -> None:
        for database in self.urls:
            began = time.monotonic()
            check_reachable(self.urls[database], f"PARTSBAY_{database.upper()}_URL")
            if DATABASES[database][3]:
                check_roles(self.urls[database])
            tell(f"{database}: reachable by its URL", time.monotonic() - began)

    def _start(self, tell: Tell) -> dict[str, str]:
        if all(self._is_ready(name) for name in self.cluster_names):
            for name in self.cluster_names:
                tell(f"{name}: running", 0.0)
            return dict.fromkeys(self.cluster_names, "running")
        found = reachable_binaries(find_binaries(self._binaries), self.account, self._elsewhere.parent)
        with ThreadPoolExecutor() as pool:
            tasks: dict[str, Future] = {}
            for name in self.cluster_names:
                # The primary first, or the standby's workers find its door closed and wait before they knock again.
                before = [tasks["primary"]] if name == "standby" and "primary" in tasks else []
                tasks[name] = pool.submit(self._start_one, name, found, before, tell)
        done = {name: task.result() for name, task in tasks.items()}
        state = self.state.read()
        for name, (_, port, roles) in done.items():
            state["ports"][name] = port
            state["roles"][name] = roles
        self.state.write(state)
        return {name: what for name, (what, _, _) in done.items()}

    def _is_ready(self, name: str) -> bool:
        """Whether a cluster runs where we remember it, with today's roles and all passwords at hand."""
        state = self.state.read()
        has_all = all(self.passwords.has(name, role) for role in (SUPERUSER, *bootstrap.ROLES))
        knows_roles = state["roles"].get(name) == bootstrap.fingerprint(self._databases_of(name))
        return has_all and knows_roles and self.cluster(name).running_port() == state["ports"].get(name)

    def _start_one(self, name: str, binaries: Path, before: list[Future], tell: Tell) -> tuple[str, int, str]:
        began = time.monotonic()
        cluster = self.cluster(name)
        cluster.binaries = binaries
        lost = cluster.exists and not self.passwords.has(name, SUPERUSER)
        password = self.passwords.make(name, SUPERUSER)
        if lost:
            cluster.stop()
            bootstrap.reset_superuser(cluster, password)
        what = "created" if cluster.init(password) else "running" if cluster.is_running else "started"
        wait(before)
        port = cluster.start()
        roles = bootstrap.fingerprint(self._databases_of(name))
        has_all = all(self.passwords.has(name, role) for role in bootstrap.ROLES)
        if lost or not has_all or self.state.read()["roles"].get(name) != roles:
            bootstrap.prepare(cluster, self.passwords, self._databases_of(name))
        tell(f"{name}: {what} on port {port}", time.monotonic() - began)
        return what, port, roles

    def _databases_of(self, cluster: str) -> dict[str, str]:
        return {d[1]: d[2] for key, d in DATABASES.items() if d[0] == cluster and key not in self.urls}

    def _migrate(self, tell: Tell) -> None:
        for database, (_, _, _, kind) in DATABASES.items():
            if kind:
                began = time.monotonic()
                ran = migrate(self._url(database, "owner"), kind)
                tell(
                    f"{database}: {'migrated to ' + ran[-1] if ran else 'schema up to date'}", time.monotonic() - began
                )

    def _stop(self, name: str, tell: Tell) -> bool:
        began = time.monotonic()
        stopped = self.cluster(name).stop()
        if stopped:
            tell(f"{name}: stopped", time.monotonic() - began)
        return stopped


def check_reachable(url: str, variable: str) -> None:
    """Refuse to go on without a database that a setting names; nothing else is tried in its place."""
    try:
        psycopg.connect(url, connect_timeout=int(os.environ.get("PGCONNECT_TIMEOUT", "5"))).close()
    except psycopg.Error as error:
        raise UnreachableError(
            "database_unreachable",
            f"The database that {variable} names does not answer: {' '.join(str(error).split())}",
            f"Start that server, or correct or unset {variable}.",
        ) from None
