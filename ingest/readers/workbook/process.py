"""Starts the process that opens a workbook, takes its frames, and says in words how it ended."""

from __future__ import annotations

import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.readers.limits import MEBIBYTE, FileFault, Limits
from ingest.readers.workbook.plan import CELLS_MEND, NO_MEMORY, Plan

_ROOT = str(Path(__file__).parents[3])
_START = f"import sys; sys.path.insert(0, {_ROOT!r}); from ingest.readers.workbook.worker import main; main()"


@dataclass(frozen=True)
class Frame:
    """One message of the process: what it says, and the bytes of the columns."""

    said: dict
    buffers: list[bytes]


def frames(plan: Plan) -> Iterator[Frame]:
    """What the process says, as it comes; raises ``FileFault`` with its fault, or with how it died."""
    with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
        # The reader of cells goes by the ending of a name, and a stored file may have any name.
        link = Path(folder) / f"workbook{plan.suffix}"
        link.symlink_to(Path(plan.path).resolve())
        process = _started(replace(plan, path=str(link)))
        try:
            yield from _frames(process, plan.limits)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()


def _started(plan: Plan) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", _START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
    )
    try:
        process.stdin.write(plan.as_json().encode("utf-8"))
        process.stdin.close()
    except BrokenPipeError:
        process.kill()
    return process


def _frames(process: subprocess.Popen, limits: Limits) -> Iterator[Frame]:
    with closing(_Pipe(process, limits)) as pipe:
        while True:
            said = json.loads(pipe.read(struct.unpack("<I", pipe.read(4))[0]))
            if said.get("fault"):
                code, message, mend, line = said["fault"]
                raise FileFault(code, message, mend, line)
            if said.get("end"):
                return
            yield Frame(said, [pipe.read(size) for size in said["sizes"]])


class _Pipe:
    """Reads whole messages; only the time spent waiting for the process counts against it."""

    def __init__(self, process: subprocess.Popen, limits: Limits):
        self._process, self._limits = process, limits
        self._selector = selectors.DefaultSelector()
        self._selector.register(process.stdout, selectors.EVENT_READ)

    def close(self) -> None:
        self._selector.close()

    def read(self, size: int) -> bytes:
        parts = []
        while size:
            if not self._selector.select(self._limits.workbook_seconds):
                raise self._too_slow()
            part = os.read(self._process.stdout.fileno(), min(size, MEBIBYTE))
            if not part:
                raise self._died()
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _too_slow(self) -> FileFault:
        words = f"reading the workbook takes more than {self._limits.workbook_seconds} seconds"
        return FileFault("TOO_SLOW", words, CELLS_MEND)

    def _died(self) -> FileFault:
        status = self._process.wait()
        if status in (-signal.SIGXCPU, -signal.SIGKILL):
            return self._too_slow()
        memory = self._limits.workbook_memory_bytes // MEBIBYTE
        if status in (NO_MEMORY, -signal.SIGABRT, -signal.SIGSEGV):
            words = f"the workbook cannot be read within {memory} MiB: it has too many cells, or cells far apart"
            return FileFault("TOO_LARGE", words, CELLS_MEND)
        return FileFault("DAMAGED_WORKBOOK", f"the workbook made its reader end with status {status}", CELLS_MEND)
