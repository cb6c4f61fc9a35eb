"""The binary formats (.xls, .xlsb): errors and shown zeros, set into real workbooks byte by byte."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.support.workbooks import read

TORTURE = Path(__file__).parents[3] / "data" / "torture" / "spreadsheet"
MADE = Path(__file__).parents[3] / "data" / "spreadsheet" / "made"


def with_bytes(source: Path, path: Path, old: str, new: str) -> Path:
    data = source.read_bytes()
    assert data.count(bytes.fromhex(old)) == 1 and len(old) == len(new)
    path.write_bytes(data.replace(bytes.fromhex(old), bytes.fromhex(new)))
    return path


def test_a_formula_of_an_old_workbook_that_failed_is_a_bad_row(tmp_path):
    """The formula in B4 gives 1; its stored result is made #N/A."""
    formula = "06001a0003000100 0000 {} 0000 00000000 0400 44"
    result, error = "000000000000f03f", "02002a000000ffff"
    source = TORTURE / "calamine-issue_643_biff5_formula.xls"
    assert read(source)[1] == {}
    path = with_bytes(source, tmp_path / "b.xls", formula.format(result), formula.format(error))
    assert read(path)[1] == {4: ["PARSE: B4 is #N/A, an error value"]}


def test_a_failed_formula_of_a_binary_package_is_a_bad_row(tmp_path):
    """The formula in A3 gives FALSE; its stored result is made #DIV/0!."""
    old = "0a19 0000000000000000 00 0000060000001e010041030000000000"
    new = "0b19 0000000000000000 07 0000060000001e010041030000000000"
    path = tmp_path / "b.xlsb"
    source = TORTURE / "calamine-issue_182.xlsb"
    assert read(source)[1] == {}
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name == "xl/worksheets/sheet1.bin":
                assert data.count(bytes.fromhex(old)) == 1
                data = data.replace(bytes.fromhex(old), bytes.fromhex(new))
            after.writestr(name, data)
    assert read(path)[1] == {3: ["PARSE: A3 is #DIV/0!, an error value"]}


def test_zeros_that_an_old_workbook_shows_are_kept(tmp_path):
    """The days of the sample are given a format of ten zeros in place of yyyy/mm/dd."""
    old, new = "a5000a0000" + b"yyyy/mm/dd".hex(), "a5000a0000" + b"0000000000".hex()
    path = with_bytes(MADE / "counted_store.xls", tmp_path / "b.xls", old, new)
    rows, _ = read(path)
    assert [row["Expiration date"] for row in rows[:3]] == ["", "0000046434", "0000046370"]
    assert [row["Physical QOH"] for row in rows[:2]] == ["11", "40"]
