"""Whatever bytes arrive, a reader gives rows or one clear fault: nothing else comes out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.readers.limits import Limits
from tests.support.hostile import read_all, valid_files

FILES = valid_files()
# These open the file in a process of their own, which takes time to start.
APART = ("spreadsheet", "parquet", "arrow")
IN_PROCESS = [name for name in FILES if name not in APART]
STARTS = [b"", *(content[:8] for content in FILES.values()), b"<", b"{", b'{"a":', b"ISA*", b"UNB+", b"PK\x03\x04xl/"]
SMALL = Limits(block_bytes=4096, line_bytes=2048, field_bytes=256, row_count=1000)


def fuzz(count: int):
    return settings(max_examples=count, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@st.composite
def spoiled(draw, content: bytes) -> bytes:
    """A valid file cut short, with bytes changed, a piece of itself again, or something foreign in between."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 3))):
        at, to = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        how = draw(st.sampled_from(["cut", "change", "repeat", "remove", "insert", "zero"]))
        if how == "cut":
            del data[to:]
        elif how == "change" and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif how == "repeat":
            data[at:at] = data[at:to] * draw(st.integers(1, 4))
        elif how == "remove":
            del data[at : min(to, at + 40)]
        elif how == "insert":
            data[at:at] = draw(st.sampled_from(FOREIGN))
        elif how == "zero":
            data[at : min(to, at + 8)] = bytes(min(to, at + 8) - at)
    return bytes(data)


FOREIGN = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b"\r", b"\n", b"\n\n\n", b",", b";", b"\t", b"1e400", b"NaN",
    b"\xe2\x80\xae", b"=1+1", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"]]>", b"<a>", b"</Item>", b"[[[[", b"}",
    b"\\u0000", b"\\ud800", b"~", b"'+", b"?'", b"UNT+9+1'", b"SE*9*1~", b"ISA*", b"UNZ+", b"x" * 3000, b"9" * 400,
]  # fmt: skip


def outcome(content: bytes, limits: Limits = SMALL) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        read_all(path, limits)


@pytest.mark.parametrize("name", FILES)
def test_the_file_that_is_spoiled_below_is_good(name, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(FILES[name])
    row_count, fault = read_all(path)
    assert row_count and fault is None


@fuzz(300)
@given(st.sampled_from(STARTS), st.binary(max_size=200))
def test_random_bytes_are_rows_or_a_fault(start, rest):
    if not start.startswith((b"PAR1", b"ARROW1", b"PK", b"\xff\xff\xff\xff", b"\xd0\xcf")):
        outcome(start + rest)


@pytest.mark.parametrize("name", IN_PROCESS)
def test_a_spoiled_file_is_rows_or_a_fault(name):
    @fuzz(150)
    @given(spoiled(FILES[name]))
    def run(content: bytes) -> None:
        outcome(content)

    run()


@pytest.mark.parametrize("name", APART)
def test_a_spoiled_file_with_a_signature_is_rows_or_a_fault(name):
    @fuzz(10)
    @given(spoiled(FILES[name]))
    def run(content: bytes) -> None:
        outcome(content, Limits())

    run()
