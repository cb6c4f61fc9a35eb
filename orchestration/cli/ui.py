"""The Dagster webserver and daemon, as long as the command runs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from ingest.errors import PartsbayError, SettingsError
from orchestration.cli.output import console, tick
from orchestration.environments import Databases
from orchestration.running import running_stack

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 15


def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
    keep_stack: Annotated[bool, typer.Option(help="Leave the databases running afterwards.")] = False,
) -> None:
    """Start the databases, then the Dagster UI; Ctrl-C stops what this command started."""
    from orchestration.manifest import ensure_manifest
    from orchestration.processes import enter

    _refuse_taken(port)
    databases = Databases()
    with running_stack(databases, tick, keep_stack):
        enter(databases)
        ensure_manifest()
        console.print(f"\n  Dagster   http://127.0.0.1:{port}\n  Stop      Ctrl-C\n")
        status = _serve(port)
    if status:
        raise PartsbayError("ui_ended", f"The Dagster UI ended with status {status}.", "See what it printed above.")


def _serve(port: int) -> int:
    """Run the webserver and the daemon until they end or somebody asks to stop."""
    # Asked to stop in either way, also when started in the background, where a shell has Ctrl-C ignored.
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.default_int_handler)
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-h", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen([*command, "-w", str(ROOT / "workspace.yaml")], cwd=ROOT, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(process)


def _stop(process: subprocess.Popen) -> None:
    """End the webserver, the daemon and the code server; whoever does not listen in time is killed."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    # They are a group of their own, which may outlive the one that started them.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SettingsError(
                "port_taken", f"Port {port} is used by another program.", "Choose another: partsbay ui --port 3001"
            ) from None
