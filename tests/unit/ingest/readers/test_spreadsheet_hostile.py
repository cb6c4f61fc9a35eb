"""Workbooks that are broken, locked or made to harm: rows or one clear fault, within the limits."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.readers import spreadsheet
from ingest.readers.limits import MEBIBYTE, FileFault, Limits
from tests.support.workbooks import HEADER, fault, read, with_part, write_sheets

TORTURE = Path(__file__).parents[3] / "data" / "torture" / "spreadsheet"
SAMPLES = Path(__file__).parents[3] / "data" / "spreadsheet"
SHEET = "xl/worksheets/sheet1.xml"

FAULTS = {
    "DAMAGED_WORKBOOK": [
        "calamine-issue252.xlsx", "calamine-too_small.xls", "poi-POIFuzzer-5040805309710336.xlsx",
        "poi-POIHSSFFuzzer-4651309315719168.xls", "poi-POIHSSFFuzzer-5175219985448960.xls",
        "poi-POIHSSFFuzzer-6483562584932352.xls", "poi-POIHSSFFuzzer-6537773940867072.xls",
        "poi-POIXSSFFuzzer-4828727001088000.xlsx", "poi-POIXSSFFuzzer-5089447305609216.xlsx",
        "poi-POIXSSFFuzzer-5185049589579776.xlsx", "poi-POIXSSFFuzzer-5265527465181184.xlsx",
        "poi-POIXSSFFuzzer-6419366255919104.xlsx", "poi-XLSX2CSVFuzzer-5025401116950528.xlsx",
        "poi-XLSX2CSVFuzzer-5542865479270400.xlsx", "poi-XLSX2CSVFuzzer-6504225896792064.xlsx",
        "poi-duplicate-filename-case-insensitive.xlsx", "poi-duplicate-filename.xlsx",
        "poi-poc-shared-strings.xlsx", "poi-xlsx-corrupted.xlsx",
    ],
    "PASSWORD": [
        "calamine-issue_385.xls", "calamine-pass_protected.xlsb", "calamine-pass_protected.xlsx", "poi-password.xls",
        "poi-protected_passtika.xlsb", "poi-protected_passtika.xlsx",
    ],
    "DTD": ["poi-poc-xmlbomb.xlsx"],
    "TOO_LARGE": ["calamine-issue_594_dos.ods"],
    "EMPTY_FILE": [
        "calamine-empty_sheet.xlsx", "calamine-errors.xlsx", "calamine-issue_666_panic.xlsb",
        "calamine-misc_biff5_parsing.xls",
    ],
    "HEADER_ONLY": [
        "calamine-has_x000D_.xlsx", "calamine-richtext-namespaced.xlsx", "calamine-sheet_name_parsing.xls",
        "poi-workbookProtection-workbook_password-2013.xlsx",
    ],
    "DUPLICATE_HEADER": ["calamine-minimal_package.xlsx"],
}  # fmt: skip
# How many good and bad rows below the first row with two values.
ROWS = {
    "calamine-any_sheets.ods": (3, 0),
    "calamine-biff5_write.xls": (3, 0),
    "calamine-covered.ods": (1, 1),
    "calamine-date.xls": (2, 0),
    "calamine-date.xlsb": (2, 0),
    "calamine-date.xlsx": (2, 0),
    "calamine-date_1904.xlsb": (2, 0),
    "calamine-date_1904.xlsx": (2, 0),
    "calamine-date_iso.xlsx": (5, 0),
    "calamine-issue_182.xlsb": (2, 0),
    "calamine-issue_186.xlsb": (4, 0),
    "calamine-issue_643_biff5_formula.xls": (3, 0),
    "calamine-malformed_format.xls": (35, 0),
    "calamine-merged_cells.ods": (1, 1),
    "calamine-merged_range.xls": (2, 0),
    "calamine-non_monotonic_si.xlsx": (5, 0),
    "calamine-nonstandard-xml-ns-prefix.xlsx": (2, 0),
    "calamine-special_cells.ods": (4, 0),
    "calamine-table_with_absolute_paths.xlsx": (4, 0),
    "calamine-temperature-in-middle.xlsx": (2, 0),
    "poi-MalformedSSTCount.xlsx": (2, 0),
    "poi-POIHSSFFuzzer-5285517825277952.xls": (3, 0),
}
# Read as something; what these are about is tested below, or only that they end.
OTHERS = {
    "calamine-issue_261.xlsx", "calamine-issue_271.xls", "calamine-issues.xlsx", "calamine-merge_cells.xlsx",
    "calamine-number_rows_repeated.ods", "calamine-whitespace_trim.xlsx", "poi-MissingBits.xls",
}  # fmt: skip


@pytest.mark.parametrize(("code", "name"), [(code, name) for code, names in FAULTS.items() for name in names])
def test_a_broken_or_empty_workbook_ends_with_its_own_fault(code, name):
    found = fault(TORTURE / name)
    assert found.code == code
    assert found.message and found.mend and "\n" not in found.message and len(found.message) < 1000


@pytest.mark.parametrize(("name", "counts"), ROWS.items())
def test_an_odd_workbook_is_read(name, counts):
    rows, bad = read(TORTURE / name)
    assert (len(rows), len(bad)) == counts


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_the_oddest_workbooks_end_in_rows_too(name):
    rows, bad = read(TORTURE / name)
    assert rows or bad


def test_every_file_at_hand_has_an_expected_end():
    known = {name for names in FAULTS.values() for name in names} | set(ROWS) | OTHERS
    assert known == {path.name for path in TORTURE.iterdir()} - {"PROVENANCE.md"}


@pytest.mark.parametrize("name", ["date.xls", "date.xlsb", "date.xlsx", "date_1904.xlsb", "date_1904.xlsx"])
def test_dates_are_the_same_days_in_either_epoch(name):
    rows, _ = read(TORTURE / f"calamine-{name}")
    assert [list(row.values())[1] for row in rows] == ["2021-01-02", "255:10:10"]


def test_a_merged_cell_of_an_open_document_is_named():
    assert read(TORTURE / "calamine-covered.ods")[1] == {
        3: ["SCHEMA: A2:A3 is one merged cell, whose value stands in A2 alone"]
    }


def test_every_error_that_a_spreadsheet_knows_is_named(tmp_path):
    """Errors are all that the sheet of the sample holds, so a header takes the place of the first."""
    path = tmp_path / "b.xlsx"
    path.write_bytes((TORTURE / "calamine-errors.xlsx").read_bytes())
    with_part(path, SHEET, '<row r="1" spans="1:1"><c r="A1" t="e"><f>5/0</f><v>#DIV/0!</v></c></row>',
              '<row r="1"><c r="A1" t="inlineStr"><is><t>value</t></is></c></row>')  # fmt: skip
    rows, bad = read(path)
    words = ["#NAME?", "#VALUE!", "#NULL!", "#REF!", "#NUM!", "#N/A"]
    assert rows == []
    assert bad == {row: [f"PARSE: A{row} is {word}, an error value"] for row, word in enumerate(words, start=2)}


def test_a_sheet_that_claims_all_cells_there_are_is_read_by_those_it_has(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, "x"]]})
    with_part(path, SHEET, '<dimension ref="A1:C2"/>', '<dimension ref="A1:XFD1048576"/>')
    assert read(path)[0] == [{"#": 2, "part_number": "A", "quantity": "1", "note": "x"}]


def test_a_stray_cell_in_the_last_row_is_only_one_more_row(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, "x"]]})
    with_part(path, SHEET, "</sheetData>", '<row r="1048576"><c r="B1048576"><v>2</v></c></row></sheetData>')
    assert [row["#"] for row in read(path)[0]] == [2, 1048576]


def test_a_stray_cell_in_the_last_corner_ends_within_the_memory_that_is_allowed(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, "x"]]})
    with_part(path, SHEET, "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData>')
    found = fault(path)
    assert found.code == "TOO_LARGE" and "1024 MiB" in found.message and "far apart" in found.message


def test_a_long_text_shared_by_many_cells_ends_within_the_memory_that_is_allowed(tmp_path):
    """Each cell gets a copy: 4,000 cells make 4 GB of one million bytes."""
    path = write_sheets(tmp_path / "b.xlsx", {"S": [["a", "b"], *([["shared", i] for i in range(4000)])]})
    with_part(path, "xl/sharedStrings.xml", "<t>shared</t>", f"<t>{'x' * 1_000_000}</t>")
    assert fault(path, limits=Limits(process_memory_bytes=256 * MEBIBYTE)).code == "TOO_LARGE"


def test_a_zip_bomb_is_stopped_while_it_unpacks(tmp_path):
    """Fault 53."""
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, "x"]]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet2.xml", b" " * (20 * MEBIBYTE))
    limits = Limits(ratio_counts_from_bytes=MEBIBYTE, unpacked_ratio=50)
    assert fault(path, limits=limits).code == "TOO_LARGE"
    assert fault(path, limits=Limits(unpacked_bytes=10 * MEBIBYTE)).code == "TOO_LARGE"


def test_a_package_of_too_many_parts_is_refused_unread(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, "x"]]})
    found = fault(path, limits=Limits(workbook_parts=5))
    assert (found.code, found.message) == ("TOO_LARGE", "the workbook has more than 5 parts")


def test_a_name_out_of_the_package_writes_nothing(tmp_path):
    """Fault 54."""
    (tmp_path / "inside").mkdir()
    path = write_sheets(tmp_path / "inside" / "b.xlsx", {"S": [HEADER, ["A", 1, "x"]]})
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("../../evil.xml", b"<x/>")
    assert len(read(path)[0]) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["inside"]


def test_work_that_takes_longer_than_allowed_is_stopped(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, "x"]]})
    assert fault(path, limits=Limits(process_seconds=0)).code == "TOO_SLOW"


@pytest.mark.parametrize(("limit", "code"), [({"row_count": 3}, "TOO_LARGE"), ({"column_count": 2}, "HEADER")])
def test_too_many_rows_or_columns_are_refused(tmp_path, limit, code):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, *[["A", 1, "x"]] * 4]})
    assert fault(path, limits=Limits(**limit)).code == code


def test_a_value_far_to_the_right_of_the_last_column_is_not_lost_silently(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, "x", *[""] * 20, "stray"]]})
    found = fault(path, limits=Limits(column_count=10))
    assert (found.code, found.line_number) == ("HEADER", 2)


def test_a_nul_character_in_a_cell_is_a_bad_row(tmp_path):
    """Fault 45."""
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, "here"], ["B", 1, "x"]]})
    with_part(path, "xl/sharedStrings.xml", "<t>here</t>", "<t>x_x0000_y</t>")
    rows, bad = read(path)
    assert [row["part_number"] for row in rows] == ["B"]
    assert bad == {2: ["PARSE: C2 holds a NUL character"]}


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x03\x04" + b"x" * 100, b"\xd0\xcf\x11\xe0" + b"\0" * 600, b"hello"]
)
def test_what_is_no_workbook_says_so(tmp_path, content):
    path = tmp_path / "b.xlsx"
    path.write_bytes(content)
    assert fault(path).code in ("EMPTY_FILE", "DAMAGED_WORKBOOK")


@pytest.mark.parametrize("name", ["Rhubarb_8_0_D.xlsx", "made/orders.xls"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_half_a_workbook_is_refused(tmp_path, name, share):
    data = (SAMPLES / name).read_bytes()
    path = tmp_path / "half"
    path.write_bytes(data[: int(len(data) * share)])
    assert fault(path).code == "DAMAGED_WORKBOOK"


def ends_well(path: Path) -> None:
    """Whatever is in the file: rows, or a fault with words."""
    try:
        for records in spreadsheet.read_records(path, "", spreadsheet.Options(), Limits()):
            records.texts.validate(full=True)
    except FileFault as found:
        assert found.code and found.message and found.mend


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "name",
    ["Flat_ACES_4_1_template_D.xlsx", "made/counted_store.xls", "../torture/spreadsheet/calamine-date.xlsb"],
)
def test_a_workbook_with_changed_bytes_ends_in_rows_or_a_fault(tmp_path, name, seed):
    choose = random.Random(seed)
    data = bytearray((SAMPLES / name).read_bytes())
    for _ in range(choose.choice([1, 5, 50])):
        data[choose.randrange(len(data))] = choose.randrange(256)
    path = tmp_path / "b"
    path.write_bytes(data)
    ends_well(path)


@pytest.mark.parametrize("seed", range(12))
def test_a_sheet_with_changed_xml_ends_in_rows_or_a_fault(tmp_path, seed):
    """The package stays whole, so that the change gets past the zip's own checks."""
    choose = random.Random(seed)
    source = write_sheets(tmp_path / "a.xlsx", {"S": [HEADER, ["A", 1, True], ["=1+1", (7, "000"), "x"]]})
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.namelist():
            data = bytearray(old.read(entry))
            if entry in (SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"):
                for _ in range(choose.choice([0, 1, 3])):
                    start = choose.randrange(len(data))
                    data[start : start + choose.choice([1, 1, 10])] = choose.choice(
                        [b"", b"<", b'"', b"99999999999", b"/>"]
                    )
            new.writestr(entry, bytes(data))
    ends_well(path)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.binary(max_size=600),
    st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x09\x08\x10\x00"]),
)
def test_random_bytes_end_in_a_fault(tmp_path, content, start):
    path = tmp_path / "b"
    path.write_bytes(start + content)
    ends_well(path)
