"""A real PostgreSQL for the tests: one server per worker, one migrated template per kind, one copy per test.

``PARTSBAY_TEST_SERVER`` (a superuser's URL whose password the partsbay roles share) uses that server instead.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import conninfo, sql

from deploy.database.migrate import migrate
from deploy.stack.account import choose_account
from deploy.stack.binaries import find_binaries, reachable_binaries
from deploy.stack.cluster import Cluster
from deploy.stack.configuration import COMMON
from deploy.stack.stack import Stack
from deploy.stack.urls import libpq_url
from tests.support.samples import VARIABLE as SAMPLES
from tests.support.samples import report_line

# A machine that is busy with other work is slow, which is nothing that a test may fail for.
hypothesis.settings.register_profile("partsbay", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("partsbay")

ROLES_SQL = Path(__file__).parents[1] / "deploy" / "database" / "roles.sql"
PASSWORD = "of-a-server-that-lives-for-one-test-run"
FOLDER = "partsbay-test"
# Where files cost nothing, if there is room for the databases of a run.
MEMORY = Path("/dev/shm")
ROOM_BYTES = 3 * 1024**3

# Nothing here outlives the run, so nothing needs to reach the disk.
FAST = {
    **COMMON,
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "log_statement": "none",
    "file_copy_method": "copy",
}


# One reservation in 1,024 seals what others left, by chance: a test that counts seals would fail that often. Those that
# are about it say how often themselves.
NOBODY_SEALS_BY_CHANCE = """
create or replace function audit.sealed_every() returns integer language sql immutable parallel safe
    return 2147483647
"""

# Folders whose tests share what takes a worker long to make: the parsed models and a network computed by them, and the
# files of the demonstration.
TOGETHER = ("/dbt_project/", "/deploy/demo/")

# Settings of whoever runs the tests that may reach them.
HEEDED = (
    "PARTSBAY_TEST_SERVER",
    "PARTSBAY_POSTGRES_BIN",
    "PARTSBAY_POSTGRES_USER",
    "PARTSBAY_TEST_LEDGER_EXAMPLES",
    "PARTSBAY_TEST_CRASH_SECONDS",
    SAMPLES,
)


def pytest_configure() -> None:
    """Forget the settings of whoever runs the tests, so that no test ever touches their databases."""
    for name in [name for name in os.environ if name.startswith("PARTSBAY_") and name not in HEEDED]:
        del os.environ[name]


def pytest_xdist_make_scheduler(config: pytest.Config, log):
    """Each file to one worker, in the order of their names, which begins with those that take longest.

    All that stands in folders of one of the names ``TOGETHER`` is one file to it.
    """
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class FilesAndFolders(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((folder for folder in TOGETHER if folder in nodeid), super()._split_scope(nodeid))

    config.option.loadscopereorder = False
    return FilesAndFolders(config, log)


def pytest_report_header() -> str:
    """Say how much of the real world this run leaves out."""
    return report_line()


@dataclass(frozen=True)
class Database:
    """A database of one test; each field is the libpq URL of one role."""

    name: str
    owner: str
    pipeline: str
    analyst: str


@dataclass(frozen=True)
class Server:
    """A server that the tests may fill with databases."""

    host: str
    port: int
    user: str
    password: str

    def url(self, database: str = "postgres", role: str | None = None) -> str:
        return libpq_url(self.host, self.port, database, role or self.user, self.password)

    def database(self, name: str) -> Database:
        return Database(name, *(self.url(name, f"partsbay_{role}") for role in ("owner", "pipeline", "analyst")))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server for this worker alone, or the one of ``PARTSBAY_TEST_SERVER``."""
    if given := os.environ.get("PARTSBAY_TEST_SERVER"):
        parts = conninfo.conninfo_to_dict(given)
        yield Server(parts["host"], int(parts["port"]), parts["user"], parts["password"])
        return
    folder, data = _folder_for_servers("server"), _folder_for_servers("data", _place_of_data())
    account = choose_account(os.environ.get("PARTSBAY_POSTGRES_USER"))
    programs = find_binaries(os.environ.get("PARTSBAY_POSTGRES_BIN"))
    binaries = reachable_binaries(programs, account, folder / "binaries")
    cluster = Cluster("test", data / "data", binaries, account, FAST, initdb_options=["--no-sync"])
    try:
        cluster.init(PASSWORD)
        started = Server("127.0.0.1", cluster.start(), "postgres", PASSWORD)
        with psycopg.connect(started.url()) as connection:
            connection.execute(ROLES_SQL.read_text())
            for role in ("owner", "pipeline", "analyst", "replication"):
                connection.execute(
                    sql.SQL("alter role {} password {}").format(sql.Identifier(f"partsbay_{role}"), PASSWORD)
                )
        yield started
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole local stack, up, in a folder with a space in its name; tests leave it up and the standby level."""
    folder = _folder_for_servers("stack with space")
    made = Stack(folder / "home", os.environ.get("PARTSBAY_POSTGRES_BIN"), os.environ.get("PARTSBAY_POSTGRES_USER"))
    try:
        made.up()
        yield made
    finally:
        made.down()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def make_database(server: Server) -> Iterator[Callable[[str], Database]]:
    """``make_database("stores")`` or ``("warehouse")``: a fresh migrated database that lives as long as the session.

    For fixtures of a wider scope than one test; a test itself takes ``stores`` or ``warehouse``.
    """
    templates: dict[str, str] = {}
    made: list[str] = []
    numbers = itertools.count(1)

    def make(kind: str) -> Database:
        if kind not in templates:
            templates[kind] = f"test_{os.getpid()}_{kind}"
            _create_template(server, templates[kind], kind)
        name = f"{templates[kind]}_{next(numbers)}"
        _copy_database(server, templates[kind], name)
        made.append(name)
        return server.database(name)

    yield make
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for name in [*made, *templates.values()]:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def stores(make_database, server: Server) -> Iterator[Database]:
    """A region's database, migrated and empty, for one test."""
    yield from _for_one_test(make_database("stores"), server)


@pytest.fixture
def warehouse(make_database, server: Server) -> Iterator[Database]:
    """A warehouse database, migrated and empty, for one test."""
    yield from _for_one_test(make_database("warehouse"), server)


def _for_one_test(database: Database, server: Server) -> Iterator[Database]:
    yield database
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database.name)))


def _create_template(server: Server, name: str, kind: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} owner partsbay_owner").format(sql.Identifier(name)))
    migrate(server.url(name, "partsbay_owner"), kind)
    if kind == "stores":
        with psycopg.connect(server.url(name, "partsbay_owner"), autocommit=True) as owner:
            owner.execute(NOBODY_SEALS_BY_CHANCE)


def _copy_database(server: Server, template: str, name: str) -> None:
    """Copy a database with the rights on the database itself, which PostgreSQL leaves behind."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {} owner partsbay_owner strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
        granted = connection.execute(
            """
            select privilege_type, pg_get_userbyid(grantee)
            from pg_database, aclexplode(datacl)
            where datname = %s and grantee not in (0, datdba)
            """,
            [template],
        ).fetchall()
        for privilege, role in granted:
            connection.execute(
                sql.SQL("grant {} on database {} to {}").format(
                    sql.SQL(privilege), sql.Identifier(name), sql.Identifier(role)
                )
            )


def _place_of_data() -> Path:
    has_room = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    return MEMORY if has_room else Path(tempfile.gettempdir())


def _folder_for_servers(name: str, place: Path | None = None) -> Path:
    """A new folder that any account may enter; folders and servers of runs that were killed are cleared away first."""
    place = place or Path(tempfile.gettempdir())
    for left in place.glob(f"{FOLDER}-*-*"):
        pid = left.name.split("-")[2]
        if not pid.isdigit() or Path(f"/proc/{pid}").exists():
            continue
        for version in left.rglob("PG_VERSION"):
            if (version.parent / "postmaster.pid").exists():
                Cluster("left over", version.parent, Path(), choose_account(), {}).stop()
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}-{os.getpid()}-{name}-", dir=place))
    folder.chmod(0o755)
    return folder
