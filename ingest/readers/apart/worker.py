"""What runs in the process: caps that the system keeps, and the frames that go back."""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from collections.abc import Callable
from typing import BinaryIO

from ingest.readers.limits import MEBIBYTE, FileFault, Limits

# How the process ends when memory runs out where that can still be said.
NO_MEMORY = 3


def run(read: Callable[[str, BinaryIO], None], limits_of: Callable[[str], Limits]) -> None:
    """Take the plan from the standard input, read under its limits, and write frames to the standard output."""
    plan = sys.stdin.read()
    _hold_back(limits_of(plan))
    out = os.fdopen(os.dup(1), "wb", buffering=MEBIBYTE)
    try:
        read(plan, out)
        send(out, {"end": True})
    except MemoryError:
        os._exit(NO_MEMORY)
    except FileFault as fault:
        send(out, {"fault": [fault.code, fault.message, fault.mend, fault.line_number]})
    out.flush()


def send(out: BinaryIO, head: dict, buffers: list[bytes] = ()) -> None:
    """One frame: its head as JSON, then its buffers."""
    said = json.dumps({**head, "sizes": [len(buffer) for buffer in buffers]}).encode("ascii")
    out.write(struct.pack("<I", len(said)) + said)
    for buffer in buffers:
        out.write(buffer)


def _hold_back(limits: Limits) -> None:
    _lower(resource.RLIMIT_DATA, limits.process_memory_bytes)
    _lower(resource.RLIMIT_CPU, limits.process_seconds)
    # It writes to its pipe alone.
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(limit: int, to: int) -> None:
    hard = resource.getrlimit(limit)[1]
    value = to if hard == resource.RLIM_INFINITY else min(to, hard)
    resource.setrlimit(limit, (value, value))
