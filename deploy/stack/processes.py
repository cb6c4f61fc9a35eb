"""Which processes serve a data folder.

A process id alone proves nothing: it may have been handed to somebody else since. So a process counts as the
server of a folder only when its own command line or working folder says so, and only such a process is ever signalled.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path


def postmaster_of(folder: Path) -> int | None:
    """The process id of the server of a data folder, or None: also when the pid file is stale."""
    try:
        first_line = (folder / "postmaster.pid").read_text().split("\n", 1)[0]
        pid = int(first_line)
    except (FileNotFoundError, ValueError):
        return None
    return pid if _serves(pid, folder) else None


def ready_port_of(folder: Path) -> int | None:
    """The port on which the server of a data folder accepts connections, or None while it does not."""
    try:
        lines = (folder / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return None
    return int(lines[3]) if len(lines) > 7 and lines[7].strip() == "ready" else None


def children_left(folder: Path) -> list[int]:
    """Processes that still work in a data folder; a server killed hard can leave some for a while."""
    left = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(folder) and _state(entry) != "Z":
                command = (entry / "cmdline").read_bytes()
                if b"postgres" in command:
                    left.append(int(entry.name))
        except OSError:
            continue  # Gone meanwhile, or another account's process.
    return left


def end_children(folder: Path, patience_seconds: float = 2.0) -> None:
    """Wait for the children of a dead server to go by themselves, then kill those that do not."""
    deadline = time.monotonic() + patience_seconds
    while left := children_left(folder):
        if time.monotonic() > deadline:
            for pid in left:
                send(pid, signal.SIGKILL)
        time.sleep(0.05)


def send(pid: int, number: int) -> None:
    """Signal a process; one that is gone already is what we wanted."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _serves(pid: int, folder: Path) -> bool:
    arguments = _command_line(pid)
    return bool(arguments) and Path(arguments[0]).name == "postgres" and str(folder) in arguments[1:]


def _command_line(pid: int) -> list[str]:
    if Path("/proc/self").exists():
        try:
            return [os.fsdecode(word) for word in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") if word]
        except OSError:
            return []
    # Systems without /proc print the words joined; ours are program, -D, folder.
    shown = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True).stdout
    program, found, folder = shown.strip().partition(" -D ")
    return [program, "-D", folder] if found else []


def _state(entry: Path) -> str:
    return (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
