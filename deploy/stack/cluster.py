"""One PostgreSQL cluster: a data folder, a port and the account that runs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from deploy.stack import ports, processes
from deploy.stack.account import Account
from deploy.stack.configuration import HBA, as_file
from ingest.errors import ProtectedError, UnreachableError

SUPERUSER = "postgres"
INCLUDE = "partsbay.conf"
# Children of this process, kept so that one that ends is reaped and not taken for running.
_started: dict[Path, subprocess.Popen] = {}


@dataclass
class Cluster:
    """A cluster that may or may not exist and run yet. ``port`` is the one to use at the next start."""

    name: str
    folder: Path
    binaries: Path
    account: Account
    settings: dict[str, str]
    port: int | None = None
    initdb_options: list[str] = field(default_factory=list)

    def __post_init__(self):
        # Processes are recognised by their folder, which the system reports without symbolic links.
        self.folder = self.folder.resolve()

    @property
    def exists(self) -> bool:
        return (self.folder / "PG_VERSION").exists()

    @property
    def pid(self) -> int | None:
        """The server's process id; None when it does not run, whatever its pid file says."""
        if child := _started.get(self.folder):
            child.poll()
        return processes.postmaster_of(self.folder)

    @property
    def is_running(self) -> bool:
        return self.pid is not None and processes.ready_port_of(self.folder) is not None

    def running_port(self) -> int | None:
        """The port the running server really uses."""
        return processes.ready_port_of(self.folder) if self.pid else None

    def init(self, superuser_password: str) -> bool:
        """Create the data folder with checksums, builtin C.UTF-8 and passwords; False if it is there already."""
        if self.exists:
            return False
        # Made beside and renamed when whole: an initdb cut short leaves nothing that looks like a cluster.
        unfinished = self.folder.with_name(f"{self.folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        self.account.own(unfinished)
        with tempfile.NamedTemporaryFile("w", prefix="partsbay-") as password_file:
            self.account.own(Path(password_file.name))
            password_file.write(superuser_password + "\n")
            password_file.flush()
            self._run_initdb(unfinished, Path(password_file.name))
        with (unfinished / "postgresql.conf").open("a") as configuration:
            configuration.write(f"include '{INCLUDE}'\n")
        if self.folder.exists():
            # An empty folder of that name is in the way of the rename; one with content must not be.
            self.folder.rmdir()
        unfinished.rename(self.folder)
        return True

    def start(self, patience_seconds: float = 60.0) -> int:
        """Start the server unless it runs, recover what a hard stop left, and return its port."""
        if self.pid:
            return self._wait_until_ready(patience_seconds)
        self._clear_after_crash()
        for _ in range(5):
            if self.port is None or not ports.is_free(self.port):
                self.port = ports.free_port()
            self._write_configuration()
            self._launch()
            try:
                return self._wait_until_ready(patience_seconds)
            except UnreachableError:
                if self.pid or ports.is_free(self.port):
                    raise
                # Somebody took the port between our look and the start.
        raise UnreachableError(
            "server_start", f"The {self.name} server found no free port.", "Free some ports of 15000-29999, then retry."
        )

    def stop(self, patience_seconds: float = 60.0) -> bool:
        """Stop the server, ending its sessions; harder when it does not listen. False if it did not run."""
        pid = self.pid
        if pid is None:
            return False
        for number in (signal.SIGINT, signal.SIGQUIT):
            processes.send(pid, number)
            deadline = time.monotonic() + patience_seconds
            while time.monotonic() < deadline:
                if self.pid != pid:
                    processes.end_children(self.folder)
                    return True
                time.sleep(0.02)
        raise UnreachableError(
            "server_stop", f"The {self.name} server (process {pid}) does not stop.", f"Look at {self.log_hint()}."
        )

    def log_hint(self) -> Path:
        """Where to look when a server does not do as told."""
        logs = sorted((self.folder / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
        return logs[-1] if logs else self.startup_log

    @property
    def startup_log(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.startup.log")

    def _run_initdb(self, folder: Path, password_file: Path) -> None:
        done = subprocess.run(
            [
                str(self.binaries / "initdb"),
                f"--pgdata={folder}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--data-checksums",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
                *self.initdb_options,
            ],
            capture_output=True,
            text=True,
            env=_environment(),
            **self.account.child,
        )
        if done.returncode != 0:
            raise UnreachableError(
                "server_init",
                f"Creating the {self.name} cluster failed: {(done.stderr or done.stdout).strip()[-600:]}",
                "Run partsbay doctor.",
            )

    def _write_configuration(self) -> None:
        for name, text in ((INCLUDE, as_file(self.settings, self.port)), ("pg_hba.conf", HBA)):
            # Written beside the folder and moved in: as root we follow no link that its owner may have laid there.
            fresh = self.folder.with_name(f"{self.folder.name}.{name}")
            fresh.write_text(text)
            fresh.chmod(0o600)
            self.account.own(fresh)
            fresh.rename(self.folder / name)

    def _clear_after_crash(self) -> None:
        processes.end_children(self.folder)
        pid_file = self.folder / "postmaster.pid"
        # No process serves this folder: the file is left from a crash, and its number may be anybody's by now.
        pid_file.unlink(missing_ok=True)

    def _launch(self) -> None:
        version = (self.folder / "PG_VERSION").read_text().strip()
        shown = subprocess.run(
            [str(self.binaries / "postgres"), "--version"], capture_output=True, text=True, **self.account.child
        ).stdout
        if f" {version}." not in shown and not shown.strip().endswith(f" {version}"):
            raise ProtectedError(
                "postgres_version",
                f"{self.folder} was made by PostgreSQL {version}; the programs here are {shown.strip()!r}.",
                f"Set PARTSBAY_POSTGRES_BIN to the programs of PostgreSQL {version}.",
            )
        with self.startup_log.open("wb") as log:
            _started[self.folder] = subprocess.Popen(
                [str(self.binaries / "postgres"), "-D", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                start_new_session=True,
                **self.account.child,
            )

    def _wait_until_ready(self, patience_seconds: float) -> int:
        deadline = time.monotonic() + patience_seconds
        child = _started.get(self.folder)
        while time.monotonic() < deadline:
            if self.pid and (port := processes.ready_port_of(self.folder)):
                self.port = port
                return port
            if child is not None and child.poll() is not None:
                break
            time.sleep(0.02)
        said = self.startup_log.read_text(errors="replace").strip()[-400:] if self.startup_log.exists() else ""
        raise UnreachableError(
            "server_start", f"The {self.name} server did not start. {said}".strip(), f"Look at {self.log_hint()}."
        )


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
