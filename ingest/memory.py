"""Memory of large buffers, used again instead of given back to the system."""

from __future__ import annotations

import ctypes
from functools import lru_cache

import pyarrow as pa

from ingest.readers.limits import MEBIBYTE

# Of the C library: how much free memory it keeps, how much it fetches at a time, from which size on a buffer stands
# alone.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_KEPT, _FETCHED, _LARGEST = 1024 * MEBIBYTE, 64 * MEBIBYTE, 1024 * MEBIBYTE


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Let Arrow and numpy use the same pages for one block of a file after the other.

    Given back, each page has to be fetched and cleared anew, which is a sixth of the work of
    reading. The process stays as large as the largest file made it. Where the C library is
    not GNU's, all stays as it is.
    """
    if not hasattr(library := ctypes.CDLL(None), "mallopt"):
        return
    for setting, size in ((_TRIM_THRESHOLD, _KEPT), (_TOP_PAD, _FETCHED), (_MMAP_THRESHOLD, _LARGEST)):
        library.mallopt(setting, size)
    pa.set_memory_pool(pa.system_memory_pool())
