"""The Dagster webserver and daemon, as long as the command runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.output import console
from orchestration.environments import Databases

ROOT = Path(__file__).resolve().parents[2]


def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
    keep_stack: Annotated[bool, typer.Option(help="Leave the databases running afterwards.")] = False,
) -> None:
    """Start the databases, then the Dagster UI; Ctrl-C stops what this command started."""
    from orchestration.manifest import ensure_manifest
    from orchestration.processes import enter

    databases = Databases()
    started = databases.stack.up(lambda step, seconds: console.print(f"  ✓ {step} [dim]{seconds:.1f} s[/]"))
    was_running = all(what == "running" for what in started.values())
    enter(databases)
    ensure_manifest()
    console.print(f"\n  Dagster   http://127.0.0.1:{port}\n  Stop      Ctrl-C\n")
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-h", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen([*command, "-w", str(ROOT / "workspace.yaml")], cwd=ROOT, env=os.environ)
    try:
        status = process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        status = process.wait()
    finally:
        if not was_running and not keep_stack:
            databases.stack.down()
    raise typer.Exit(0 if status in (0, -signal.SIGINT, 130) else 1)
