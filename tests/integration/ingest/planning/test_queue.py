"""The queue under workers that are slow, that fail and that die; two connections to one database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from ingest.errors import ProtectedError
from ingest.planning.queue import (
    Consumed,
    LeaseLost,
    ack,
    act,
    begin_effect,
    claim,
    consume,
    enqueue,
    fail,
    free_leases,
    messages,
    renew,
    topics,
)
from tests.integration.ingest.planning.conftest import TOPIC, order, orders, state

SHORT = timedelta(milliseconds=300)
ROOT = Path(__file__).parents[4]

# A worker that brings the effect about, says so, and never gets to its last word.
_KILLED = """
import sys, time, psycopg
from datetime import timedelta
from ingest.planning.queue import begin_effect, claim
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    (message,) = claim(connection, ["test.order"], "killed", 1, timedelta(milliseconds=1500))
    with connection.transaction(), connection.cursor() as cursor:
        assert begin_effect(cursor, message)
        cursor.execute("insert into replenishment.orders_made values (%s, 'killed')", (message.message_id,))
    print("brought about", flush=True)
    time.sleep(600)
"""


def wait_until_due(connection, message_id) -> None:
    query = (
        "select extract(epoch from visible_at - clock_timestamp()) from replenishment.messages where message_id = %s"
    )
    time.sleep(max(float(connection.execute(query, (message_id,)).fetchone()[0]), 0) + 0.01)


def make_due(connection, stores, message_id) -> None:
    """Let the wait before the next try be over."""
    with psycopg.connect(stores.owner) as owner:
        owner.execute("update replenishment.messages set visible_at = now() where message_id = %s", (message_id,))


def test_a_worker_killed_between_effect_and_word_is_followed_by_one_that_does_nothing_twice(queue, stores):
    """Fault 26: effect once (lease and operation id), two attempts."""
    message_id, _ = enqueue(queue, TOPIC, "1", {"quantity": 4})
    command = [sys.executable, "-c", _KILLED, stores.pipeline]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ})
    assert worker.stdout.readline() == "brought about\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert consume(queue, [TOPIC], "other", order) == Consumed()
    wait_until_due(queue, message_id)
    assert consume(queue, [TOPIC], "other", order) == Consumed(repeated=1)
    assert orders(queue) == 1
    assert state(queue, message_id)[:2] == ("DONE", 2)


def test_the_late_word_of_a_slow_worker_is_refused_and_there_is_one_effect(queue, second):
    """Fault 27: the lease ends while the worker still works; its late word is refused as lease_lost."""
    message_id, _ = enqueue(queue, TOPIC, "1", {})
    (slow,) = claim(queue, [TOPIC], "slow", 1, SHORT)
    with queue.transaction(), queue.cursor() as cursor:
        assert begin_effect(cursor, slow)
        order(cursor, slow)
    wait_until_due(queue, message_id)
    assert consume(second, [TOPIC], "quick", order) == Consumed(repeated=1)
    with pytest.raises(LeaseLost) as refused, queue.cursor() as cursor:
        ack(cursor, slow)
    assert refused.value.code == "lease_lost"
    assert orders(queue) == 1
    assert state(queue, message_id)[:2] == ("DONE", 2)


def test_a_slow_worker_whose_effect_is_not_committed_leaves_none(queue, second):
    """Fault 27, in one transaction: effect and late word go together, and another worker brings it about."""
    message_id, _ = enqueue(queue, TOPIC, "1", {})
    (slow,) = claim(queue, [TOPIC], "slow", 1, SHORT)
    with pytest.raises(LeaseLost), queue.transaction(), queue.cursor() as cursor:
        assert begin_effect(cursor, slow)
        order(cursor, slow)
        wait_until_due(second, message_id)
        # The row is locked by the slow worker: nobody else waits for it.
        assert claim(second, [TOPIC], "quick") == []
        ack(cursor, slow)
    assert orders(queue) == 0
    assert consume(second, [TOPIC], "quick", order) == Consumed(done=1)
    assert orders(queue) == 1


def test_a_lease_that_is_renewed_in_time_is_kept(queue, second):
    message_id, _ = enqueue(queue, TOPIC, "1", {})
    (held,) = claim(queue, [TOPIC], "slow", 1, SHORT)
    held = renew(queue, held, timedelta(seconds=60))
    time.sleep(SHORT.total_seconds() + 0.05)
    assert claim(second, [TOPIC], "quick") == []
    with queue.transaction(), queue.cursor() as cursor:
        ack(cursor, held)
    assert state(queue, message_id)[:2] == ("DONE", 1)


def test_a_poisonous_message_is_buried_with_its_error_while_the_queue_moves_on(queue, stores):
    """Fault 28: dead letter after the last attempt with the last error; the queue moves on; replay works."""
    poison, _ = enqueue(queue, TOPIC, "poison", {}, maximum_attempts=3)

    def handle(cursor, message):
        if message.message_id == poison:
            raise ValueError(f"no such part, try {message.attempt_count}")
        order(cursor, message)

    for number in range(3):
        enqueue(queue, TOPIC, f"good {number}", {})
        make_due(queue, stores, poison)
        consumed = consume(queue, [TOPIC], "w", handle)
        assert (consumed.done, consumed.failed + consumed.dead) == (1, 1)
    assert orders(queue) == 3
    assert state(queue, poison) == ("DEAD", 3, "ValueError: no such part, try 3")
    assert consume(queue, [TOPIC], "w", handle) == Consumed()

    act(queue, "REPLAY", [poison], "the part is there now", "ann")
    assert consume(queue, [TOPIC], "w", order) == Consumed(done=1)
    assert state(queue, poison)[:2] == ("DONE", 1)
    assert orders(queue) == 4


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (psycopg.errors.DeadlockDetected("two waited for each other"), "DeadlockDetected: two waited for each other"),
        (psycopg.errors.QueryCanceled("too slow"), "QueryCanceled: too slow"),
        (ValueError("a \0 sign"), "ValueError: a \\0 sign"),
    ],
)
def test_what_ends_no_connection_stops_no_other_message(queue, error, told):
    poison, _ = enqueue(queue, TOPIC, "poison", {})
    enqueue(queue, TOPIC, "good", {})

    def handle(cursor, message):
        if message.message_id == poison:
            raise error
        order(cursor, message)

    assert consume(queue, [TOPIC], "w", handle) == Consumed(done=1, failed=1)
    assert state(queue, poison) == ("READY", 1, told)


def test_a_connection_that_is_gone_ends_the_loop_and_leaves_the_messages_to_others(queue, second):
    for number in range(2):
        enqueue(queue, TOPIC, f"{number}", {})

    def handle(cursor, message):
        queue.close()
        raise psycopg.OperationalError("the server is gone")

    with pytest.raises(psycopg.OperationalError, match="is gone"):
        consume(queue, [TOPIC], "w", handle, visible_for=SHORT)
    assert second.execute("select distinct status_code from replenishment.messages").fetchall() == [("LEASED",)]


def test_a_message_that_kills_its_workers_is_buried_after_its_last_try(queue):
    """Fault 28: a worker that dies says nothing of an error; the tries are counted all the same."""
    message_id, _ = enqueue(queue, TOPIC, "1", {}, maximum_attempts=2)
    for _ in range(2):
        assert len(claim(queue, [TOPIC], "doomed", 1, SHORT)) == 1
        wait_until_due(queue, message_id)
    assert claim(queue, [TOPIC], "next") == []
    status, attempts, error = state(queue, message_id)
    assert (status, attempts) == ("DEAD", 2)
    assert error == "worker doomed took it for try 2 and was not heard of again"


def test_the_same_order_enqueued_twice_answers_the_first_id(queue, second):
    """Fault 30: the second answers the first id, also while the first is not committed yet."""
    answers = []
    with queue.transaction():
        first = enqueue(queue, TOPIC, "1", {"quantity": 4})
        thread = threading.Thread(target=lambda: answers.append(enqueue(second, TOPIC, "1", {"quantity": 4})))
        thread.start()
        time.sleep(0.2)
    thread.join(10)
    assert first[1] is True
    assert answers == [(first[0], False)]
    assert queue.execute("select count(*) from replenishment.messages").fetchone() == (1,)


def test_another_content_under_the_same_key_is_refused(queue):
    enqueue(queue, TOPIC, "1", {"quantity": 4})
    with pytest.raises(ProtectedError, match="says something else") as refused:
        enqueue(queue, TOPIC, "1", {"quantity": 5})
    assert refused.value.code == "PB701"


def test_two_workers_never_get_the_same_message_and_never_wait_for_each_other(queue, second):
    ids = {enqueue(queue, TOPIC, str(number), {})[0] for number in range(20)}
    with queue.transaction():
        first = {message.message_id for message in claim(queue, [TOPIC], "a", 12)}
        other = {message.message_id for message in claim(second, [TOPIC], "b", 12)}
    assert (len(first), len(other)) == (12, 8)
    assert first | other == ids


def test_workers_at_once_bring_about_one_effect_a_message(queue, stores):
    for number in range(200):
        enqueue(queue, TOPIC, str(number), {})
    deadline = time.monotonic() + 30

    def work(name: str) -> None:
        with psycopg.connect(stores.pipeline, autocommit=True) as connection:
            while time.monotonic() < deadline and consume(connection, [TOPIC], name, order, 7) != Consumed():
                pass

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    query = "select count(*), count(distinct message_id) from replenishment.orders_made"
    assert queue.execute(query).fetchone() == (200, 200)
    (topic,) = topics(queue)
    assert (topic["done_count"], topic["ready_count"], topic["oldest_visible_at"]) == (200, 0, None)


def test_a_failed_try_waits_twice_as_long_each_time_by_the_same_clock_everywhere(queue):
    message_id, waits = uuid4(), []
    query = "select extract(epoch from replenishment.backoff(%s, %s))::float8"
    for attempt in range(1, 12):
        (wait,) = queue.execute(query, (message_id, attempt)).fetchone()
        assert (wait,) == queue.execute(query, (message_id, attempt)).fetchone()
        plain = min(10 * 2 ** (attempt - 1), 3600)
        assert 0.75 * plain <= wait <= 1.25 * plain
        waits.append(wait / plain)
    assert len(set(waits)) > 5
    enqueue(queue, TOPIC, "1", {})
    (held,) = claim(queue, [TOPIC], "w")
    assert fail(queue, held, "later") == "READY"
    assert claim(queue, [TOPIC], "w") == []


def test_what_is_held_is_neither_discarded_nor_replayed_and_one_wrong_id_stops_them_all(queue):
    (ready, _), (held, _) = enqueue(queue, TOPIC, "1", {}), enqueue(queue, TOPIC, "2", {})
    (taken,) = claim(queue, [TOPIC], "w", 1)
    ready, held = (held, ready) if taken.message_id == ready else (ready, held)
    for act_code, wrong in (("DISCARD", held), ("REPLAY", ready), ("DISCARD", UUID(int=1))):
        with pytest.raises(ProtectedError) as refused:
            act(queue, act_code, [ready, wrong], "because", "ann")
        assert refused.value.code == ("PB702" if wrong == UUID(int=1) else "PB704")
    assert state(queue, ready)[0] == "READY"
    act(queue, "DISCARD", [ready], "ordered by phone", "ann")
    assert state(queue, ready)[0] == "DISCARDED"
    assert consume(queue, [TOPIC], "w", order) == Consumed()


def test_leases_of_a_worker_that_is_known_to_be_dead_end_at_once(queue):
    message_id, _ = enqueue(queue, TOPIC, "1", {})
    (held,) = claim(queue, [TOPIC], "dead", 1, timedelta(hours=1))
    assert free_leases(queue, "ann", "host is gone", worker="alive") == []
    (freed,) = free_leases(queue, "ann", "host is gone", worker="dead")
    assert freed["message_id"] == message_id
    with pytest.raises(LeaseLost), queue.cursor() as cursor:
        ack(cursor, held)
    assert consume(queue, [TOPIC], "alive", order) == Consumed(done=1)


def test_the_row_of_a_message_is_changed_by_the_functions_alone(queue):
    enqueue(queue, TOPIC, "1", {})
    for statement in (
        "update replenishment.messages set status_code = 'DONE'",
        "insert into replenishment.message_effects (message_id) values (uuidv7())",
        "delete from replenishment.messages",
        "select replenishment.held(null, null)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            queue.execute(statement)


def test_every_change_of_the_queue_is_in_the_audit_and_proves_its_rows(queue):
    message_id, _ = enqueue(queue, TOPIC, "1", {})
    consume(queue, [TOPIC], "w7", order)
    records = queue.execute(
        "select actor, action_code, operation_code from audit.records"
        " where relation_name = 'replenishment.messages' order by recorded_at"
    ).fetchall()
    assert [record[1:] for record in records] == [
        ("INSERT", "INSERT"), ("CLAIM", "UPDATE"), ("HANDLE", "UPDATE"),
    ]  # fmt: skip
    assert records[1][0] == "w7"
    assert queue.execute("select * from audit.content_breaches()").fetchall() == []
    (shown,) = messages(queue, message_id=message_id)
    assert (shown["status_code"], shown["has_effect"]) == ("DONE", True)
