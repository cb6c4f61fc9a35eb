"""A process counts as a server only when it says so itself."""

import os
import subprocess
import sys

from deploy.stack.processes import postmaster_of, ready_port_of


def test_a_pid_file_that_names_another_program_names_no_server(tmp_path):
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n")
    assert postmaster_of(tmp_path) is None


def test_a_server_of_another_folder_is_not_ours(tmp_path):
    ours, other = tmp_path / "ours", tmp_path / "other"
    ours.mkdir()
    with _pretended_server(other) as server:
        (ours / "postmaster.pid").write_text(f"{server.pid}\n")
        assert postmaster_of(ours) is None
        server.kill()


def test_the_server_of_a_folder_is_found_by_its_pid_file_and_its_own_words(tmp_path):
    with _pretended_server(tmp_path) as server:
        (tmp_path / "postmaster.pid").write_text(f"{server.pid}\n")
        assert postmaster_of(tmp_path) == server.pid
        server.kill()


def test_a_broken_or_missing_pid_file_names_no_server(tmp_path):
    assert postmaster_of(tmp_path) is None
    (tmp_path / "postmaster.pid").write_text("")
    assert postmaster_of(tmp_path) is None


def test_a_port_counts_only_once_the_server_is_ready(tmp_path):
    lines = ["1", "folder", "0", "15432", "", "127.0.0.1", "0 0", "starting"]
    (tmp_path / "postmaster.pid").write_text("\n".join(lines))
    assert ready_port_of(tmp_path) is None
    (tmp_path / "postmaster.pid").write_text("\n".join([*lines[:-1], "ready   "]) + "\n")
    assert ready_port_of(tmp_path) == 15432


def _pretended_server(folder):
    """A process whose command line is that of a server and which does nothing."""
    waiting = "import sys; sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()"
    server = subprocess.Popen(
        ["/somewhere/postgres", "-c", waiting, "-D", str(folder)],
        executable=sys.executable,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    server.stdout.read(1)  # It has begun, so its command line is its own by now.
    return server
