"""A PostgreSQL for measurements: configured as the primary is, with nothing else to do, gone afterwards.

A server of its own, because ten million lines are more change than a standby that is
connected should be asked to keep up with, and because its nine readers of the log would
be measured too.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from deploy.database.migrate import migrate
from deploy.stack import bootstrap
from deploy.stack.binaries import find_binaries, reachable_binaries
from deploy.stack.cluster import SUPERUSER, Cluster
from deploy.stack.configuration import PRIMARY
from deploy.stack.passwords import Passwords
from deploy.stack.stack import Stack
from deploy.stack.urls import libpq_url

_TEMPLATE = "bench_template"


@dataclass(frozen=True)
class Server:
    """URLs of one server: of a role that may create databases, and of the roles that own and fill the stores.

    ``superuser`` is the first of them in the database at hand. ``template`` is a migrated
    database to copy, where there is one.
    """

    admin: str
    pipeline: str
    owner: str
    superuser: str = ""
    template: str | None = None

    @contextmanager
    def database(self) -> Iterator[Server]:
        """The same server in a fresh migrated database, dropped after it."""
        name = f"bench_ingest_{time.time_ns()}"
        with psycopg.connect(self.admin, autocommit=True) as admin:
            template = sql.Identifier(self.template or "template1")
            statement = sql.SQL("create database {} owner partsbay_owner template {}")
            admin.execute(statement.format(sql.Identifier(name), template))
            try:
                urls = (conninfo.make_conninfo(url, dbname=name) for url in (self.pipeline, self.owner, self.admin))
                made = Server(self.admin, *urls)
                if not self.template:
                    migrate(made.owner, "stores")
                yield made
            finally:
                admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def settle(self) -> None:
        """Let the server write down what it still has in hand, so that nobody pays for somebody else."""
        with psycopg.connect(self.admin, autocommit=True) as admin:
            admin.execute("checkpoint")


@contextmanager
def own_server(stack: Stack, programs: Path | None) -> Iterator[Server]:
    """A server beside those of the stack, with its programs and its account; nothing of it is left."""
    folder = stack.folder.with_name(f"{stack.folder.name}-bench")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    stack.account.own(folder)
    found = reachable_binaries(find_binaries(programs), stack.account, folder.parent)
    cluster = Cluster("bench", folder / "data", found, stack.account, PRIMARY)
    passwords = Passwords(folder / "secrets")
    try:
        cluster.init(passwords.make("bench", SUPERUSER))
        cluster.start()
        bootstrap.prepare(cluster, passwords, {_TEMPLATE: "partsbay_owner"})
        server = Server(
            _url(cluster, passwords, SUPERUSER, SUPERUSER),
            _url(cluster, passwords, "pipeline", "partsbay_pipeline"),
            _url(cluster, passwords, "owner", "partsbay_owner"),
            template=_TEMPLATE,
        )
        migrate(conninfo.make_conninfo(server.owner, dbname=_TEMPLATE), "stores")
        yield server
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _url(cluster: Cluster, passwords: Passwords, role: str, user: str) -> str:
    return libpq_url("127.0.0.1", cluster.running_port(), "postgres", user, passwords.get("bench", role))


def workspace(home: Path) -> Path:
    """Where measurements keep their files; the environment of a yardstick stays, everything else goes."""
    folder = home / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
