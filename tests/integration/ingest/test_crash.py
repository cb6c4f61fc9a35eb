"""kill -9 at the worst moments, and files in any order and number: the stores end equal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.batches import waiting_batches
from ingest.landing import land
from ingest.pipeline import process
from tests.support.ingest_files import RESERVATION, Ingest, checksums, lines, usage_lines, write

LOADER = """
import sys, time
from pathlib import Path
import psycopg
from ingest.batches import waiting_batches
from ingest.pipeline import process
from ingest.readers.limits import Limits
from ingest.thresholds import Thresholds
from tests.support.ingest_files import accept_all

url, landing, marker, stop_at = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
blocks = 0

def judge(*arguments):
    global blocks
    blocks += 1
    if blocks == stop_at:
        marker.touch()
        time.sleep(60)
    return accept_all(*arguments)

with psycopg.connect(url, autocommit=True) as connection:
    [batch] = waiting_batches(connection)
    marker.touch() if stop_at == 0 else None
    process(connection, landing, batch.batch_id, judge, Thresholds(limits=Limits(block_bytes=20_000)))
"""
ROOT = Path(__file__).parents[3]


def start_loader(ingest: Ingest, url: str, stop_at: int) -> subprocess.Popen:
    marker = ingest.folder / f"marker_{stop_at}"
    command = [sys.executable, "-c", LOADER, url, str(ingest.landing), str(marker), str(stop_at)]
    loader = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    wait_until(marker.exists)
    return loader


def wait_until(is_so) -> None:
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("waited 30 s in vain")


def kill(loader: subprocess.Popen) -> None:
    loader.send_signal(signal.SIGKILL)
    assert loader.wait(10) == -signal.SIGKILL


def land_usage(ingest: Ingest) -> None:
    ingest.catalogue()
    path = write(ingest.folder, "usage.csv", usage_lines(2000) + usage_lines(10).split("\n", 1)[1])
    land(ingest.connection, ingest.landing, path, "test")


def undisturbed(make_database, folder: Path) -> dict[str, str]:
    other = Ingest(make_database("stores").pipeline, folder / "undisturbed")
    land_usage(other)
    return finish(other)


def finish(ingest: Ingest) -> dict[str, str]:
    [batch] = waiting_batches(ingest.connection)
    outcome = process(ingest.connection, ingest.landing, batch.batch_id, ingest.judge)
    assert (outcome.state, outcome.rows_accepted, outcome.rows_duplicate) == ("ACCEPTED", 2000, 10)
    found = checksums(ingest.connection)
    ingest.connection.execute("select 1")
    return found


def test_a_load_killed_anywhere_and_run_again_equals_an_undisturbed_one(ingest, stores, make_database, tmp_path):
    """Fault 41."""
    land_usage(ingest)
    before = checksums(ingest.connection)

    # In the middle of COPY: some blocks are with the server, some are not read yet.
    kill(start_loader(ingest, stores.pipeline, stop_at=3))
    assert checksums(ingest.connection) == before

    # After every insert and before the commit: the loader waits to enter the batch, which we hold.
    with psycopg.connect(stores.owner) as holder:
        holder.execute("lock table ingest.batches in share mode")
        loader = start_loader(ingest, stores.pipeline, stop_at=0)
        wait_until(
            lambda: ingest.value(
                "select count(*) from pg_locks where not granted and relation = 'ingest.batches'::regclass"
            )
        )
        kill(loader)
        holder.rollback()
    assert checksums(ingest.connection) == before

    assert finish(ingest) == undisturbed(make_database, tmp_path)
    assert ingest.rows("select * from audit.breaches()") == []
    assert ingest.value("select count(*) from audit.records where stream_code = 'garage_inventory'") == 2


EVENTS = [{"sequence_number": str(n), "quantity": str(n)} for n in range(1, 7)]
FILES = [lines(RESERVATION, *EVENTS[a:b]) for a, b in ((0, 2), (1, 4), (3, 6), (0, 6), (5, 6))]


def test_files_in_any_order_and_number_leave_the_same_store(make_database, tmp_path):
    """F19: every arrival of every line counts once."""
    ingest = Ingest(make_database("stores").owner, tmp_path)
    ingest.catalogue()
    ingest(FILES[3])
    # The lines of the files; what allocation entered beside them depends on when it had to.
    stated = (
        "select idempotency_key, payload_hash, sequence_number, quantity from reservation.events"
        " where source_code <> 'partsbay' order by 1"
    )
    expected = ingest.rows(stated)
    assert len(expected) == len(EVENTS)

    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(range(len(FILES))), max_size=6))
    def any_order(order: list[int]) -> None:
        ingest.connection.execute(
            "truncate reservation.events, reservation.states, reservation.pegs, garage_inventory.cells,"
            " ingest.batches cascade"
        )
        for place in [*order, 3]:
            ingest(FILES[place], kind="reservation")
        assert ingest.rows(stated) == expected

    any_order()
    ingest.connection.close()
