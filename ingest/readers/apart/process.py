"""Starts the process that opens a file, takes its frames, and says in words how it ended."""

from __future__ import annotations

import json
import os
import selectors
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ingest.readers.apart.worker import NO_MEMORY
from ingest.readers.limits import MEBIBYTE, FileFault, Limits

_ROOT = str(Path(__file__).parents[3])
_START = f"import sys; sys.path.insert(0, {_ROOT!r}); from {{module}} import main; main()"
_MEND = "Save it again with the needed table alone, or send it as delimited text."


@dataclass(frozen=True)
class Frame:
    """One message of the process: what it says, and the bytes of the columns."""

    said: dict
    buffers: list[bytes]


def frames(module: str, plan: str, limits: Limits) -> Iterator[Frame]:
    """What ``main`` of the module says about the plan, as it comes; raises ``FileFault`` for its fault or its death."""
    process = _started(module, plan)
    try:
        yield from _frames(process, limits)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def _started(module: str, plan: str) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", _START.format(module=module)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Nothing of our settings: no address, no password.
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "ARROW_DEFAULT_MEMORY_POOL": "system"},
    )
    try:
        process.stdin.write(plan.encode("utf-8"))
        process.stdin.close()
    except BrokenPipeError:
        # It has died already; the reading of its output says how.
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
            if not self._selector.select(self._limits.process_seconds):
                raise self._too_slow()
            part = os.read(self._process.stdout.fileno(), min(size, MEBIBYTE))
            if not part:
                raise self._died()
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _too_slow(self) -> FileFault:
        words = f"the file cannot be read within {self._limits.process_seconds} seconds"
        return FileFault("TOO_SLOW", words, _MEND)

    def _died(self) -> FileFault:
        status = self._process.wait()
        if status in (-signal.SIGXCPU, -signal.SIGKILL):
            return self._too_slow()
        if status in (NO_MEMORY, -signal.SIGABRT):
            memory = self._limits.process_memory_bytes // MEBIBYTE
            why = "too many values, cells far apart, or a length that is damaged"
            words = f"the file cannot be read within {memory} MiB: it has {why}"
            return FileFault("TOO_LARGE", words, _MEND)
        words = f"the file is damaged: its reader ended with status {status}"
        return FileFault("DAMAGED", words, "Save it again in the program that wrote it, and send that.")
