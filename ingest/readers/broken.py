"""How a packed file says that it is broken: in as many ways as it can be, when it is opened or while it is unpacked."""

from __future__ import annotations

import struct
import zipfile
import zlib

BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError, KeyError,
)  # fmt: skip
