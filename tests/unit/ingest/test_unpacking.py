"""Archives: the same bytes as without one, or refused before they can do harm."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from ingest.readers.limits import MEBIBYTE, FileFault, Limits
from ingest.readers.unpacking import opened

CONTENT = b"part_number,quantity\n007,1\n" * 100


def zipped(*names: str, content: bytes = CONTENT, **info) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            for key, value in info.items():
                setattr(entry, key, value)
            archive.writestr(entry, content)
    return file.getvalue()


def gzipped(content: bytes) -> bytes:
    """Without the time of packing: every worker has to name its cases alike."""
    return gzip.compress(content, mtime=0)


def zstd(content: bytes) -> bytes:
    file = pa.BufferOutputStream()
    with pa.CompressedOutputStream(file, "zstd") as stream:
        stream.write(content)
    return file.getvalue().to_pybytes()


def read(folder: Path, content: bytes, **limits) -> bytes:
    path = folder / "file"
    path.write_bytes(content)
    with opened(path, Limits(**limits)) as stream:
        return stream.read()


def fault(folder: Path, content: bytes, **limits) -> FileFault:
    with pytest.raises(FileFault) as raised:
        read(folder, content, **limits)
    return raised.value


@pytest.mark.parametrize(
    "packed",
    [
        CONTENT,
        gzipped(CONTENT),
        gzipped(CONTENT[:50]) + gzipped(CONTENT[50:]),
        zipped("feed.csv"),
        zstd(CONTENT),
    ],
)
def test_a_packed_file_gives_the_bytes_that_were_packed(tmp_path, packed):
    assert read(tmp_path, packed) == CONTENT


def test_what_a_mac_adds_to_a_zip_is_not_a_second_file(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("out/", b"")
        archive.writestr("out/feed.csv", CONTENT)
        archive.writestr("__MACOSX/out/._feed.csv", b"\x00\x05\x16\x07")
    assert read(tmp_path, file.getvalue()) == CONTENT


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (gzipped(b""), "EMPTY_FILE"),
        (zipped("a.csv", content=b""), "EMPTY_FILE"),
        (zipped(), "EMPTY_FILE"),
        (zipped("a.csv", "b.csv"), "SEVERAL_FILES"),
        (zipped(*(f"{n}.csv" for n in range(60))), "SEVERAL_FILES"),
        (zipped(*(f"{n}.csv" for n in range(3000)), content=b"x"), "SEVERAL_FILES"),
        (zipped("../../etc/evil"), "UNSAFE_NAME"),
        (zipped("/abs/feed.csv"), "UNSAFE_NAME"),
        (zipped("C:\\feed.csv"), "UNSAFE_NAME"),
        (zipped("link", external_attr=(stat.S_IFLNK | 0o777) << 16), "UNSAFE_NAME"),
        (zipped("device", external_attr=(stat.S_IFBLK | 0o777) << 16), "UNSAFE_NAME"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "NOT_DELIMITED"),
        (zipped("feed.csv")[:-9], "TRUNCATED_ZIP"),
        (zipped("feed.csv").replace(b"PK\x03\x04", b"PK\x03\x04\xff", 1), "DAMAGED_ZIP"),
        (gzipped(CONTENT)[:-9], "TRUNCATED_GZIP"),
        (gzipped(CONTENT)[:-8] + b"\x00" * 8, "DAMAGED_GZIP"),
        (gzipped(gzipped(CONTENT)), "NESTED_ARCHIVE"),
        (gzipped(zipped("feed.csv")), "NESTED_ARCHIVE"),
        (zipped("feed.csv", content=zstd(CONTENT)), "NESTED_ARCHIVE"),
        (zstd(CONTENT)[:-9], "TRUNCATED_ZSTD"),
        (b"BZh91AY&SY", "UNKNOWN_PACKING"),
        (b"Rar!\x1a\x07\x00", "UNKNOWN_PACKING"),
        (b"x" * 257 + b"ustar\x00", "UNKNOWN_PACKING"),
    ],
)  # fmt: skip
def test_each_archive_that_cannot_be_read_says_why(tmp_path, content, code):
    """Faults 53 and 54."""
    found = fault(tmp_path, content)
    assert found.code == code and found.message and found.mend


def test_an_encrypted_zip_asks_for_one_without_a_password(tmp_path):
    content = bytearray(zipped("feed.csv"))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert fault(tmp_path, bytes(content)).code == "ENCRYPTED"


def test_a_damaged_checksum_in_a_zip_is_found_when_its_end_is_reached(tmp_path):
    content = bytearray(zipped("feed.csv"))
    content[14] ^= 0xFF
    content[content.index(b"PK\x01\x02") + 16] ^= 0xFF
    assert fault(tmp_path, bytes(content)).code == "DAMAGED_ZIP"


@pytest.mark.parametrize("pack", [gzipped, zstd, lambda content: zipped("bomb.csv", content=content)])
@pytest.mark.parametrize(
    "limits", [{"unpacked_bytes": MEBIBYTE}, {"ratio_counts_from_bytes": MEBIBYTE, "unpacked_ratio": 20}]
)
def test_a_bomb_is_stopped_at_its_cap_and_not_after(tmp_path, pack, limits):
    """Fault 53: what comes out is counted, not what the archive says."""
    path = tmp_path / "bomb"
    path.write_bytes(pack(bytes(16 * MEBIBYTE)))
    taken = 0
    with pytest.raises(FileFault, match="unpacks to more than") as raised, opened(path, Limits(**limits)) as stream:
        while data := stream.read(64 * 1024):
            taken += len(data)
    assert raised.value.code == "TOO_LARGE" and taken <= 2 * MEBIBYTE
