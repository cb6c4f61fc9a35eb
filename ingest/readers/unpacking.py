"""Any file as one stream of unpacked bytes: plain, gzip, zip with one file inside, or zstd.

Every cap is counted on the bytes that really come out, never on what an archive says of itself.
Names inside an archive are shown to people and never used as paths.
"""

from __future__ import annotations

import gzip
import io
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from ingest.readers.broken import BROKEN
from ingest.readers.limits import MEBIBYTE, FileFault, Limits

_GZIP, _ZIP, _ZSTD = b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd"
_EMPTY_ZIP = b"PK\x05\x06"
_PACKED = {_GZIP: "gzip", _ZIP: "zip", _EMPTY_ZIP: "zip", _ZSTD: "zstd"}
_FOREIGN_ARCHIVES = {b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "RAR"}
_TAR_MARK, _TAR_PLACE = b"ustar", 257
# The list of one file is short; a longer one would only be read to be refused.
_LONGEST_ZIP_LIST = 64 * 1024
_WHOLE = "Send the whole file again."


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[BinaryIO]:
    """The unpacked bytes of a file as a stream that stops at every cap with a ``FileFault``.

    Reads of the stream raise it too: for an archive that ends early or is damaged.
    """
    path = Path(path)
    packed_bytes = path.stat().st_size
    if packed_bytes == 0:
        raise FileFault("EMPTY_FILE", "the file is empty: not even a header", "Send the file again, with its content.")
    with path.open("rb") as file:
        start = file.read(_TAR_PLACE + len(_TAR_MARK))
        file.seek(0)
        packing = next((name for magic, name in _PACKED.items() if start.startswith(magic)), None)
        if packing is None:
            _refuse_archives(start, None)
            yield _buffered(_Unpacked(file, None, None, limits))
            return
        with _OPENERS[packing](file, limits) as source:
            stream = _buffered(_Unpacked(source, packing, packed_bytes, limits))
            inside = stream.peek(_TAR_PLACE + len(_TAR_MARK))
            if not inside:
                raise FileFault("EMPTY_FILE", "the file unpacks to nothing", "Send the file again, with its content.")
            _refuse_archives(inside, packing)
            yield stream


def _buffered(stream: _Unpacked) -> BinaryIO:
    return io.BufferedReader(stream, 256 * 1024)


class _Unpacked(io.RawIOBase):
    """Counts what comes out of ``source``, and turns its errors into faults with a place."""

    def __init__(self, source: Any, packing: str | None, packed_bytes: int | None, limits: Limits):
        self._source, self._packing, self._packed_bytes, self._limits = source, packing, packed_bytes, limits
        self._total, self._lines = 0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if self._packing is None:
            count = self._source.readinto(buffer)
        else:
            # Small steps, so that what precedes a break still comes out and the break has its line.
            data = self._unpacked(min(len(buffer), MEBIBYTE))
            count = len(data)
            buffer[:count] = data
            self._lines += data.count(b"\n")
        self._total += count
        self._check_caps()
        return count

    def _unpacked(self, size: int) -> bytes:
        try:
            return self._source.read1(size) if hasattr(self._source, "read1") else self._source.read(size)
        except BROKEN as error:
            raise _broken(error, self._packing, self._lines + 1, self._total) from None

    def _check_caps(self) -> None:
        limits, total = self._limits, self._total
        if total > limits.unpacked_bytes:
            words = f"the file unpacks to more than {limits.unpacked_bytes} bytes"
            raise FileFault("TOO_LARGE", words, "Send it in several files.")
        packed = self._packed_bytes
        if packed and total > limits.ratio_counts_from_bytes and total > packed * limits.unpacked_ratio:
            words = f"the file unpacks to more than {limits.unpacked_ratio} times its size"
            raise FileFault("TOO_LARGE", words, "Send it unpacked, or in several files.")


def _broken(error: Exception, packing: str, line: int, total: int) -> FileFault:
    is_cut = isinstance(error, EOFError) or "runcated" in str(error)
    words = "ends before its end marker" if is_cut else f"is damaged ({error})"
    return FileFault(
        f"{'TRUNCATED' if is_cut else 'DAMAGED'}_{packing.upper()}",
        f"the {packing} file {words}, near line {line} after {total} unpacked bytes",
        _WHOLE,
        line_number=line,
        raw="(the rest of the file is missing)",
    )


@contextmanager
def _gzip_source(file: BinaryIO, limits: Limits) -> Iterator[Any]:
    with gzip.GzipFile(fileobj=file) as source:
        yield source


@contextmanager
def _zstd_source(file: BinaryIO, limits: Limits) -> Iterator[Any]:
    with pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd") as source:
        yield source


@contextmanager
def _zip_source(file: BinaryIO, limits: Limits) -> Iterator[Any]:
    _check_list_length(file)
    try:
        archive = zipfile.ZipFile(file)
        source = archive.open(_only_member(archive, limits))
    except BROKEN as error:
        raise FileFault("DAMAGED_ZIP", f"the zip file is damaged ({error})", _WHOLE, 1) from None
    with archive, source:
        yield source


def _check_list_length(file: BinaryIO) -> None:
    """Refuse a list of files that is long by its own word: it would be built in memory before it is counted."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 128 * 1024))
    tail = file.read()
    file.seek(0)
    end = tail.rfind(_EMPTY_ZIP)
    if end < 0 or len(tail) < end + 22:
        raise FileFault("TRUNCATED_ZIP", "the zip file ends before its list of files", _WHOLE, 1)
    length = struct.unpack_from("<L", tail, end + 12)[0]
    wide = tail.rfind(b"PK\x06\x06", 0, end)
    if wide >= 0 and len(tail) >= wide + 56:
        length = max(struct.unpack_from("<Q", tail, wide + 40)[0], 0 if length == 0xFFFFFFFF else length)
    if length > _LONGEST_ZIP_LIST:
        raise _several("many")


def _only_member(archive: zipfile.ZipFile, limits: Limits) -> zipfile.ZipInfo:
    entries = archive.infolist()
    if len(entries) > limits.archive_entries:
        raise _several(len(entries))
    if any(entry.filename == "[Content_Types].xml" for entry in entries):
        raise FileFault("NOT_DELIMITED", "the file is a spreadsheet, not text", "Send it as .xlsx, not renamed.", 1)
    # What a Mac adds on its own is not what somebody sends.
    members = [e for e in entries if not e.filename.endswith("/") and not e.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        raise _several(len(members)) if members else _empty_zip()
    [member] = members
    _check_member(member)
    return member


def _check_member(member: zipfile.ZipInfo) -> None:
    name = ascii(member.filename[:120])
    parts = member.filename.replace("\\", "/").split("/")
    mode = member.external_attr >> 16
    if ".." in parts or parts[0] == "" or ":" in parts[0]:
        raise FileFault("UNSAFE_NAME", f"the zip file names its content {name}", "Zip the file without folders.", 1)
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise FileFault("UNSAFE_NAME", f"{name} in the zip file is a link or device", "Zip the file itself.", 1)
    if member.flag_bits & 0x1:
        raise FileFault("ENCRYPTED", f"{name} in the zip file is encrypted", "Send it without a password.", 1)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileFault("UNKNOWN_PACKING", f"{name} is packed by a rare method", "Zip it as usual, or use gzip.", 1)


def _several(count: int | str) -> FileFault:
    return FileFault("SEVERAL_FILES", f"the zip file holds {count} files", "Send each file on its own.", 1)


def _empty_zip() -> FileFault:
    return FileFault("EMPTY_FILE", "the zip file holds no file", "Send the file again, with its content.", 1)


def _refuse_archives(start: bytes, packing: str | None) -> None:
    """An archive of a kind that is not unpacked, or any archive inside another."""
    known = {**_FOREIGN_ARCHIVES, **(_PACKED if packing else {})}
    found = next((name for magic, name in known.items() if start.startswith(magic)), None)
    if found is None and start[_TAR_PLACE : _TAR_PLACE + len(_TAR_MARK)] == _TAR_MARK:
        found = "tar"
    if found and packing:
        words = f"the {packing} file holds another archive ({found})"
        raise FileFault("NESTED_ARCHIVE", words, "Pack the file once.", 1)
    if found:
        raise FileFault("UNKNOWN_PACKING", f"the file is packed as {found}", "Use gzip, zip or zstd, or none.", 1)


_OPENERS: dict[str, Callable] = {"gzip": _gzip_source, "zip": _zip_source, "zstd": _zstd_source}
