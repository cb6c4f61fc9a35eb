"""The text of refused rows is the same, whether it was kept while they were read or looked up afterwards."""

from __future__ import annotations

import pytest

from ingest.contracts import CONTRACTS
from ingest.profiles.folder import Profiles
from ingest.readers.limits import Limits
from ingest.reading import Reading
from ingest.refused_rows import RefusedRows

HEADER = "garage_code,garage_name,country_code"
ROWS = [
    "G1,One,DE",
    'G2,"Two\nlines, one ""row""",DE',
    "G3,too few",
    'G4,"Ünal, Söhne",TR',
    "G5,many,too,many",
    'G6,"a\nb\nc",DE,too many',
    "G7,Seven,DE",
]


def a_reading(tmp_path, text: str, block_bytes: int) -> Reading:
    (tmp_path / "file.csv").write_bytes(text.encode())
    profile = Profiles(None).find("S1", "garages", "file.csv")
    limits = Limits(block_bytes=block_bytes)
    constants = {"time_zone": "UTC", "currency_code": "EUR", "valid_from_at": "2024-01-01"}
    return Reading(tmp_path / "file.csv", CONTRACTS["garages"], profile, "delimited", limits, constants)


def kept(reading: Reading, numbers: list[int], room: int = 1_000_000) -> RefusedRows:
    refused = RefusedRows(room)
    for chunk in reading.chunks():
        present = {*chunk.table["line_number"].to_pylist(), *chunk.bad}
        refused.keep(chunk, present.intersection(numbers))
    return refused


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("block_bytes", [16, 50, 64, 100, 1_000])
def test_kept_rows_are_those_of_a_second_pass(tmp_path, block_bytes, end, monkeypatch):
    numbers = [2, 3, 5, 6, 7, 8, 11]
    text = "".join(line + end for line in [HEADER, *ROWS])
    reading = a_reading(tmp_path, text, block_bytes)
    wanted = reading.raw(numbers)
    assert {number: raw.text.split(",")[0] for number, raw in wanted.items()} == dict(
        zip(numbers, ["G1", "G2", "G3", "G4", "G5", "G6", "G7"], strict=True)
    )
    refused = kept(a_reading(tmp_path, text, block_bytes), numbers)
    monkeypatch.setattr(Reading, "raw", None)
    assert refused.all(reading, numbers) == wanted


def test_without_room_the_file_is_read_again(tmp_path):
    reading = a_reading(tmp_path, "\n".join([HEADER, *ROWS]), 1_000)
    refused = kept(reading, [2, 5], room=10)
    assert refused.all(reading, [2, 5]) == reading.raw([2, 5])
    assert [raw.text for raw in refused.all(reading, [2, 5]).values()] == [ROWS[0], ROWS[2]]


def test_a_row_that_nobody_kept_is_read_again(tmp_path):
    reading = a_reading(tmp_path, "\n".join([HEADER, *ROWS]), 1_000)
    assert kept(reading, [5]).all(reading, [5, 11])[11].text == ROWS[6]


def test_nothing_refused_is_nothing_read(tmp_path, monkeypatch):
    reading = a_reading(tmp_path, "\n".join([HEADER, *ROWS]), 1_000)
    monkeypatch.setattr(Reading, "raw", None)
    assert RefusedRows().all(reading, []) == {}
