"""Eight clients reserve, consume and receive while the server and clients are killed: nothing acknowledged is lost.

``PARTSBAY_TEST_CRASH_SECONDS`` sets how long they are at it: 60 seconds unless set.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from deploy.database.migrate import migrate
from deploy.stack.account import choose_account
from deploy.stack.binaries import find_binaries, reachable_binaries
from deploy.stack.cluster import Cluster
from deploy.stack.configuration import COMMON
from deploy.stack.processes import children_left
from ingest.audit import seal
from ingest.audit_proof import breaches as audit_breaches
from ingest.ledger_checks import breaches
from ingest.reservation.acts import reserve
from tests.conftest import PASSWORD, ROLES_SQL, Database, Server
from tests.support.ledger_writer import PARTS, read, request_of

SECONDS = int(os.environ.get("PARTSBAY_TEST_CRASH_SECONDS", "60"))
CLIENTS = 8
STRIKES = 3
ROOT = Path(__file__).parents[2]


@pytest.fixture
def cluster(tmp_path_factory):
    """A server that keeps its word: what it has committed is on the disk."""
    folder = tmp_path_factory.mktemp("crashes")
    for parent in (folder, *folder.parents[:3]):
        parent.chmod(0o755)
    account = choose_account(os.environ.get("PARTSBAY_POSTGRES_USER"))
    programs = find_binaries(os.environ.get("PARTSBAY_POSTGRES_BIN"))
    binaries = reachable_binaries(programs, account, folder / "binaries")
    made = Cluster("crashes", folder / "data", binaries, account, dict(COMMON))
    try:
        made.init(PASSWORD)
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def database(cluster) -> Database:
    server = Server("127.0.0.1", cluster.port, "postgres", PASSWORD)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(ROLES_SQL.read_text())
        for role in ("owner", "pipeline", "analyst", "replication"):
            name = sql.Identifier(f"partsbay_{role}")
            connection.execute(sql.SQL("alter role {} password {}").format(name, PASSWORD))
        connection.execute("create database crashes owner partsbay_owner")
    made = server.database("crashes")
    migrate(made.owner, "stores")
    with psycopg.connect(made.owner) as connection:
        # So often that kills strike while somebody seals.
        connection.execute(
            "create or replace function audit.sealed_every() returns integer language sql immutable parallel safe"
            " return 3"
        )
    return made


def test_no_acknowledged_reservation_is_lost_or_doubled_whatever_is_killed(cluster, database, tmp_path):
    deadline = time.time() + SECONDS
    journals = {f"C{number}": tmp_path / f"C{number}.jsonl" for number in range(CLIENTS)}
    clients = {name: start(name, database.pipeline, journal, deadline) for name, journal in journals.items()}
    try:
        for strike in range(STRIKES):
            time.sleep(max(deadline - time.time(), 0) / (STRIKES - strike + 1))
            kill_server(cluster)
            victim = f"C{strike}"
            clients[victim].kill()
            clients[victim].wait()
            assert cluster.start() == cluster.port
            clients[victim] = start(victim, database.pipeline, journals[victim], deadline)
        for client in clients.values():
            assert client.wait(SECONDS + 60) == 0, client.stderr.read()
    finally:
        for client in clients.values():
            client.kill()
            client.communicate()

    answered = [line for journal in journals.values() for line in read(journal) if "answer" in line]
    with psycopg.connect(database.pipeline, autocommit=True) as connection:
        assert_nothing_is_lost_or_doubled(connection, answered)
        assert breaches(connection) == []
        assert_every_entry_is_sealed_once(connection)
        assert audit_breaches(connection) == []


def assert_nothing_is_lost_or_doubled(connection: psycopg.Connection, answered: list[dict]) -> None:
    acts = {
        kind: [line for line in answered if line["act"]["kind"] == kind] for kind in ("reserve", "consume", "receive")
    }
    assert min(map(len, acts.values())) > CLIENTS, "too little was done to prove anything"
    stored = dict(
        connection.execute(
            "select reservation_number, count(*) from reservation.events where event_type_code = 'REQUESTED' group by 1"
        ).fetchall()
    )
    assert {line["act"]["number"]: 1 for line in acts["reserve"]} == stored
    requested = dict(
        connection.execute("select reservation_number, requested_quantity from reservation.states").fetchall()
    )
    assert {line["act"]["number"]: line["act"]["quantity"] for line in acts["reserve"]} == requested

    used = Counter(line["act"]["of"] for line in acts["consume"] if "consumed" in line["answer"])
    consumed = connection.execute(
        "select reservation_number, consumed_quantity from reservation.states where consumed_quantity > 0"
    ).fetchall()
    assert dict(consumed) == dict(used)

    part_of = {line["act"]["number"]: line["act"]["part"] for line in acts["reserve"]}
    stock = Counter(dict.fromkeys(PARTS, 0))
    for line in acts["receive"]:
        stock[line["act"]["part"]] += line["act"]["quantity"]
    for number, units in used.items():
        stock[part_of[number]] -= units
    on_hand = connection.execute("select part_id::text, sum(on_hand_quantity) from garage_inventory.cells group by 1")
    assert dict(on_hand.fetchall()) == dict(stock)

    before = connection.execute("select count(*) from reservation.events").fetchone()
    for line in acts["reserve"][-20:]:
        again = reserve(connection, request_of(line["act"]))
        assert str(again.requested_quantity) == line["answer"]["requested"]
    assert connection.execute("select count(*) from reservation.events").fetchone() == before


def assert_every_entry_is_sealed_once(connection: psycopg.Connection) -> None:
    sealed = "select count(*), count(distinct number) from audit.seals cross join unnest(reservation_numbers) as number"
    assert connection.execute(sealed).fetchone()[0] > 0, "nobody sealed"
    seal(connection)
    entries = connection.execute("select count(*) from audit.entries").fetchone()[0]
    assert connection.execute(sealed).fetchone() == (entries, entries)


def start(name: str, url: str, journal: Path, deadline: float) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.support.ledger_writer", name, url, str(journal), str(deadline)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def kill_server(cluster: Cluster) -> None:
    """The postmaster and every backend at once, as when the machine loses its power."""
    for pid in [cluster.pid, *children_left(cluster.folder)]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # A child that went with its parent.
    while cluster.pid:
        time.sleep(0.02)
