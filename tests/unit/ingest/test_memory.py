"""Memory that was used once is kept for the next block."""

from __future__ import annotations

import subprocess
import sys

_RESIDENT = """
import resource
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingest.memory import keep_freed_memory

keep_freed_memory()


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


buffers = [pa.py_buffer(np.ones(MEBIBYTES << 17)), pa.allocate_buffer(MEBIBYTES << 20), pa.array(range(1000))]
np.frombuffer(buffers[1], np.uint8)[:] = 1
before = resident()
del buffers
print(pa.default_memory_pool().backend_name, (before - resident()) >> 20)
"""


def test_a_freed_buffer_is_not_given_back_to_the_system():
    program = _RESIDENT.replace("MEBIBYTES", "100")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    pool, given_back = done.stdout.split()
    assert pool == "system" and int(given_back) < 10, done.stdout
