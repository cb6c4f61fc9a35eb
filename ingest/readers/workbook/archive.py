"""Zip packages (.xlsx, .xlsb, .ods): every part that will be read, counted against the caps while it is unpacked."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ingest.readers.broken import BROKEN
from ingest.readers.limits import MEBIBYTE, FileFault, Limits

_READ_PARTS = (".xml", ".rels", ".bin")
_DECLARATION = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_AGAIN = "Save the workbook again in your spreadsheet program and send that."


def damaged(words: str) -> FileFault:
    return FileFault("DAMAGED_WORKBOOK", f"the workbook is damaged: {words}", _AGAIN)


class Package:
    """An opened package; its directory has been checked for names that two readers may understand differently."""

    def __init__(self, path: Path, limits: Limits):
        self._limits, self._packed_bytes, self._total = limits, path.stat().st_size, 0
        try:
            self._zip = zipfile.ZipFile(path)
        except BROKEN as error:
            raise damaged(f"its zip directory cannot be read ({error})") from None
        self.names = tuple(entry.filename for entry in self._zip.infolist())
        self._check_directory()

    def _check_directory(self) -> None:
        if len(self.names) > self._limits.workbook_parts:
            words = f"the workbook has more than {self._limits.workbook_parts} parts"
            raise FileFault("TOO_LARGE", words, _AGAIN)
        seen: set[str] = set()
        for name in self.names:
            if (known := name.casefold().replace("\\", "/")) in seen:
                raise damaged(f"it holds '{name}' twice")
            seen.add(known)
        if any(entry.flag_bits & 1 for entry in self._zip.infolist()):
            raise FileFault("PASSWORD", "the workbook is locked with a password", "Send it without a password.")

    def parts(self) -> Iterator[str]:
        """The names of the parts that a reader opens; pictures and the like stay packed."""
        return (name for name in self.names if name.endswith(_READ_PARTS))

    def chunks(self, name: str) -> Iterator[bytes]:
        """One part, unpacked piece by piece; raises where it is too much, broken or declares a document type."""
        tail = b""
        try:
            with self._zip.open(name) as part:
                while chunk := part.read(MEBIBYTE):
                    self._count(len(chunk))
                    if not name.endswith(".bin") and b"<!" in tail + chunk and _DECLARATION.search(tail + chunk):
                        words = f"'{name}' declares a document type or entities"
                        raise FileFault("DTD", f"the workbook is refused: {words}", _AGAIN)
                    tail = chunk[-32:]
                    yield chunk
        except BROKEN as error:
            raise damaged(f"'{name}' cannot be unpacked ({error})") from None

    def whole(self, name: str) -> bytes:
        return b"".join(self.chunks(name))

    def _count(self, size: int) -> None:
        self._total += size
        limits = self._limits
        too_much = self._total > limits.unpacked_bytes
        too_packed = self._total > max(limits.ratio_counts_from_bytes, self._packed_bytes * limits.unpacked_ratio)
        if too_much or too_packed:
            raise FileFault(
                "TOO_LARGE",
                f"the workbook unpacks to more than {limits.unpacked_bytes} bytes"
                f" or {limits.unpacked_ratio} times its size",
                "Send it in several files, or as delimited text.",
            )
