"""The local stack through what happens to servers on a machine that people use."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from deploy.replication.lag import wait_caught_up
from deploy.stack import processes
from deploy.stack import stack as stack_module
from deploy.stack.stack import CLUSTERS, Stack
from ingest.errors import ProtectedError, UnreachableError


def again(stack: Stack) -> Stack:
    """The same home as a command started later sees it."""
    return Stack(stack.home)


def note(stack: Stack, words: str) -> None:
    """Write something that must survive."""
    with psycopg.connect(stack.url("primary", "pipeline")) as connection:
        connection.execute("select audit.append('garage_inventory', 'test', 'LOAD', %s, null, 1, null, '{}')", [words])


def notes(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("select relation_name from audit.records")}


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while processes._command_line(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_second_up_finds_everything_running_at_once(stack):
    pids = {name: stack.cluster(name).pid for name in CLUSTERS}
    done = again(stack).up()
    assert set(done.values()) == {"running"}
    assert {name: stack.cluster(name).pid for name in CLUSTERS} == pids


def test_the_servers_have_the_settings_that_keep_data_safe(stack):
    wanted = {
        "wal_level": "logical",
        "fsync": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "password_encryption": "scram-sha-256",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "track_commit_timestamp": "on",
        "log_statement": "ddl",
        "max_slot_wal_keep_size": "8GB",
    }
    with psycopg.connect(stack.url("primary", "replication")) as connection:
        assert {name: connection.execute(f"show {name}").fetchone()[0] for name in wanted} == wanted


def test_nobody_comes_in_without_a_password(stack):
    url = stack.url("primary", "analyst")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(stack.passwords.get("primary", "analyst"), "guessed"))


def test_passwords_are_for_their_owner_alone_and_never_in_a_log(stack):
    assert stack.passwords.readable_by_others() == []
    secrets = [path.read_text() for path in stack.passwords.folder.iterdir()]
    logs = "".join(path.read_text() for path in stack.folder.glob("*/log/*.log"))
    assert "create schema catalogue" in logs
    assert len(secrets) == 15
    assert not [secret for secret in secrets if secret in logs]


def test_the_data_belongs_to_the_account_of_the_servers_alone(stack):
    for name in CLUSTERS:
        status = stack.cluster(name).folder.stat()
        assert (status.st_uid, status.st_mode & 0o777) == (stack.account.uid, 0o700)


def test_a_server_killed_hard_recovers_with_every_row(stack):
    note(stack, "before the kill")
    pid = stack.cluster("primary").pid
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    assert again(stack).up()["primary"] == "started"
    assert "before the kill" in notes(stack.url("primary", "pipeline"))


def test_a_session_that_outlives_its_server_does_not_keep_it_from_starting(stack):
    with psycopg.connect(stack.url("warehouse", "pipeline")) as connection:
        frozen = connection.info.backend_pid
        os.kill(frozen, signal.SIGSTOP)
        pid = stack.cluster("warehouse").pid
        os.kill(pid, signal.SIGKILL)
        wait_until_gone(pid)
        assert frozen in processes.children_left(stack.cluster("warehouse").folder)
        assert again(stack).up()["warehouse"] == "started"
    assert frozen not in processes.children_left(stack.cluster("warehouse").folder)


def test_a_stop_and_a_start_keep_everything_and_leave_no_process(stack):
    note(stack, "before the stop")
    assert sorted(again(stack).down()) == sorted(CLUSTERS)
    assert [pid for name in CLUSTERS for pid in processes.children_left(stack.cluster(name).folder)] == []
    assert again(stack).down() == []
    again(stack).up()
    assert "before the stop" in notes(stack.url("primary", "pipeline"))


def test_a_pid_file_whose_number_is_somebody_elses_by_now_harms_nobody(stack):
    again(stack).down()
    bystander = subprocess.Popen(["sleep", "60"], **stack.account.child)
    try:
        for name in CLUSTERS:
            folder = stack.cluster(name).folder
            (folder / "postmaster.pid").write_text(f"{bystander.pid}\n{folder}\n1\n{stack.cluster(name).port}\n")
        assert not stack.is_running("primary")
        again(stack).down()
        assert set(again(stack).up().values()) == {"started"}
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_taken_port_is_left_to_its_taker_and_the_standby_follows_to_the_new_one(stack):
    again(stack).down()
    taken = stack.cluster("primary").port
    with socket.create_server(("127.0.0.1", taken)):
        again(stack).up()
        assert stack.cluster("primary").running_port() != taken
        assert stack.state.read()["ports"]["primary"] == stack.cluster("primary").running_port()
        note(stack, "on the new port")
        wait_caught_up(stack.url("primary", "pipeline"), stack.url("standby", "pipeline"))
    assert "on the new port" in notes(stack.url("standby", "pipeline"))


def test_two_ups_at_once_start_each_server_once(stack):
    again(stack).down()
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: again(stack).up(), range(2)))
    assert sorted(one["primary"] for one in done) == ["running", "started"]


def test_lost_passwords_are_made_anew_and_the_standby_goes_on(stack):
    shutil.rmtree(stack.passwords.folder)
    again(stack).up()
    note(stack, "with new passwords")
    wait_caught_up(stack.url("primary", "pipeline"), stack.url("standby", "pipeline"))
    assert "with new passwords" in notes(stack.url("standby", "pipeline"))


def test_a_set_but_unreachable_database_is_named_and_nothing_takes_its_place(stack):
    url = "postgresql://someone:secret@127.0.0.1:9/warehouse"
    with pytest.raises(UnreachableError, match="PARTSBAY_WAREHOUSE_URL") as refusal:
        Stack(stack.home, urls={"warehouse": url}).up()
    assert "secret" not in refusal.value.message


def test_databases_given_by_url_start_no_cluster_and_are_used_as_our_roles(server, make_database):
    names = {"primary": "stores", "warehouse": "warehouse", "dagster": "warehouse"}
    urls = {name: server.url(make_database(kind).name) for name, kind in names.items()}
    given = Stack(Path("/nonexistent"), urls={**urls, "standby": urls["primary"]})
    assert given.cluster_names == []
    with psycopg.connect(given.url("primary", "analyst"), autocommit=True) as connection:
        assert connection.execute("select current_user, current_setting('statement_timeout')").fetchone() == (
            "partsbay_analyst",
            "1min",
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from audit.records")


def test_a_home_that_only_root_may_enter_keeps_its_data_where_the_servers_reach_it(monkeypatch):
    closed = Path(tempfile.mkdtemp(prefix=f"partsbay-test-{os.getpid()}-closed-"))
    elsewhere = Path(tempfile.mkdtemp(prefix=f"partsbay-test-{os.getpid()}-elsewhere-"))
    elsewhere.chmod(0o755)
    monkeypatch.setattr(stack_module, "ELSEWHERE", elsewhere)
    made = Stack(closed / "home")
    try:
        made.up()
        # An ordinary user runs the servers as himself and enters whatever is his.
        expected = closed / "home" / "postgres" if made.account.is_self else elsewhere
        assert made.cluster("primary").folder.is_relative_to(expected)
        assert Stack(closed / "home").up()["primary"] == "running"
    finally:
        made.down()
        shutil.rmtree(closed)
        shutil.rmtree(elsewhere)


def test_data_of_another_major_version_is_refused(stack):
    again(stack).down()
    version = stack.cluster("warehouse").folder / "PG_VERSION"
    try:
        version.write_text("17\n")
        with pytest.raises(ProtectedError, match="PostgreSQL 17") as refusal:
            again(stack).up()
        assert refusal.value.code == "postgres_version"
    finally:
        version.write_text("18\n")
        again(stack).up()
