"""Workbooks: cells as they are stored, and a bad row with the name of the cell wherever that is not sure."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from ingest.contracts import CONTRACTS
from ingest.profiles.model import Profile
from ingest.readers import spreadsheet
from ingest.readers.formats import recognise_format
from ingest.readers.limits import Limits
from ingest.reading import Reading
from tests.support.workbooks import HEADER, fault, read, with_part, write_sheets

SHEET = "xl/worksheets/sheet1.xml"


def one_column(folder: Path, name: str, *cells, **options) -> tuple[list[str], dict]:
    """The texts of one column of a workbook with these cells under its header."""
    path = write_sheets(folder / "book.xlsx", {"Prices": [[name, "x"], *([cell, "-"] for cell in cells)]})
    rows, bad = read(path, **options)
    return [row[name] for row in rows], bad


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (12.0, "12"), (12, "12"), (0.1, "0.1"), (22.222200000000001, "22.2222"), (-0.0, "0"), (1e-7, "0.0000001"),
        (123456789012345, "123456789012345"), (1234567.891, "1234567.891"), (True, "TRUE"), (False, "FALSE"),
        ("007", "007"), (" A ", " A "), ("苹果", "苹果"), ("a\nb", "a\nb"), ((0.25, "0%"), "0.25"),
        ((44197, "yyyy-mm-dd"), "2021-01-01"), ((44197.5, "dd.mm.yyyy hh:mm"), "2021-01-01T12:00:00"),
        ((0.5, "hh:mm"), "12:00:00"), ((1.5, "[hh]:mm"), "36:00:00"), ((7, "00000"), "00007"),
        ((123456, "000"), "123456"),
    ],
)  # fmt: skip
def test_a_cell_is_given_as_it_is_stored(tmp_path, cell, text):
    assert one_column(tmp_path, "value", cell) == ([text], {})


def test_a_number_past_fifteen_digits_never_looks_like_a_whole_one(tmp_path):
    assert one_column(tmp_path, "value", 1.23456789e19) == (["1.23456789E+19"], {})


def test_a_fraction_is_stored_with_all_digits_or_shown_with_fifteen(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [["a", "b"], [0.5, ""]]})
    with_part(path, SHEET, "<v>0.5</v>", "<v>0.30000000000000004</v>")
    assert read(path)[0][0]["a"] == "0.30000000000000004"
    assert read(path, significant_digits=15)[0][0]["a"] == "0.3"


def test_numbers_have_the_decimal_sign_that_the_profile_declares(tmp_path):
    assert one_column(tmp_path, "value", 12.345, 12.0, "7.5", decimal=",")[0] == ["12,345", "12", "7.5"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (1.23e19, "1.23000E+19, a part number that a spreadsheet turned into a number"),
        (12.5, "12.5, a part number that a spreadsheet turned into a number"),
        ("1.23E+05", "1.23E+05, a part number that a spreadsheet turned into a number"),
        ("1,23e+11", "1,23e+11, a part number that a spreadsheet turned into a number"),
        (True, "TRUE, a part number that a spreadsheet turned into a truth value"),
        ((45659, "d-mmm"), "2025-01-02, a part number that a spreadsheet turned into a date or time"),
    ],
)
@pytest.mark.parametrize("name", ["part_number", "Supplier Part Number", "GTIN", "Lot number"])
def test_a_part_number_that_a_spreadsheet_damaged_is_refused_by_its_cell(tmp_path, name, cell, words):
    """Fault 44."""
    assert one_column(tmp_path, name, "007", cell) == (["007"], {3: [f"SCHEMA: A3 is {words}"]})


def test_a_whole_number_of_fifteen_digits_may_be_a_part_number_unless_the_profile_refuses_all(tmp_path):
    words = "SCHEMA: A2 is 123, a part number that a spreadsheet turned into a number"
    assert one_column(tmp_path, "part_number", 123, 123456789012345) == (["123", "123456789012345"], {})
    assert one_column(tmp_path, "part_number", 123, "0123", numeric_identifiers="refuse") == (["0123"], {2: [words]})


def test_a_part_number_keeps_the_zeros_that_its_format_shows(tmp_path):
    assert one_column(tmp_path, "part_number", (42, "000000"))[0] == ["000042"]


def test_the_profile_names_further_columns_of_part_numbers(tmp_path):
    _, bad = one_column(tmp_path, "Artikel Nr", 1.5, identifier_columns=("artikel-nr",))
    assert list(bad) == [2]
    assert one_column(tmp_path, "Artikel Nr", 1.5)[1] == {}


@pytest.mark.parametrize("is_1904", [False, True])
def test_a_date_typed_as_a_number_counts_from_the_epoch_of_the_workbook(tmp_path, is_1904):
    serial = 44197 - (1462 if is_1904 else 0)
    path = write_sheets(tmp_path / "b.xlsx", {"S": [["due", "on"], [serial, serial + 0.25]]}, date_1904=is_1904)
    assert read(path, date_columns=("due", "on"))[0] == [{"#": 2, "due": "2021-01-01", "on": "2021-01-01T06:00:00"}]
    assert read(path)[0][0]["due"] == str(serial)


def test_a_number_that_is_no_day_of_this_calendar_stays_a_number(tmp_path):
    assert one_column(tmp_path, "due", 59, 4000000, date_columns=("due",))[0] == ["59", "4000000"]


def test_a_cell_error_is_a_bad_row_that_names_the_cell(tmp_path):
    rows = [HEADER, ["A", 1, "="], ["B", 2, "x"]]
    path = write_sheets(tmp_path / "b.xlsx", {"S": rows})
    with_part(path, SHEET, '<c r="B2"><v>1</v></c>', '<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>')
    good, bad = read(path)
    assert [row["part_number"] for row in good] == ["B"]
    assert bad == {2: ["PARSE: B2 is #DIV/0!, an error value"]}


def test_an_error_in_the_last_row_alone_is_not_lost(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, "x"]]})
    with_part(path, SHEET, "</sheetData>", '<row r="9"><c r="B9" t="e"><v>#N/A</v></c></row></sheetData>')
    assert read(path)[1] == {9: ["PARSE: B9 is #N/A, an error value"]}


def test_a_formula_without_a_stored_result_is_a_bad_row(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, "x"], ["B", 2, "x"]]})
    with_part(path, SHEET, '<c r="B2"><v>1</v></c>', '<c r="B2"><f>SUM(C1:C9)</f><v></v></c>')
    good, bad = read(path)
    assert [row["part_number"] for row in good] == ["B"]
    assert bad == {2: ["PARSE: B2 is a formula without a stored result"]}


def test_a_formula_with_an_empty_text_as_result_is_empty(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, "x"]]})
    with_part(path, SHEET, '<c r="B2"><v>1</v></c>', '<c r="B2" t="str"><f>""</f><v></v></c>')
    assert read(path) == ([{"#": 2, "part_number": "A", "quantity": "", "note": "x"}], {})


def test_a_formula_gives_its_stored_result(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "b.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["A", 1, "x"])
        sheet.write_formula(1, 1, "=2*3", None, 6)
    assert read(tmp_path / "b.xlsx")[0][0]["quantity"] == "6"


def merged(folder: Path, *ranges: str) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(str(folder / "b.xlsx")) as book:
        sheet = book.add_worksheet("S")
        for r, row in enumerate([HEADER, ["A", 1, "x"], ["B", 2, "y"], ["C", 3, "z"], ["D", 4, "w"]]):
            sheet.write_row(r, 0, row)
        for cells in ranges:
            sheet.merge_range(cells, "merged", book.add_format())
    return folder / "b.xlsx"


def test_a_merged_cell_refuses_the_rows_that_it_leaves_without_a_value(tmp_path):
    good, bad = read(merged(tmp_path, "A3:A4"))
    assert [row["part_number"] for row in good] == ["A", "merged", "D"]
    assert bad == {4: ["SCHEMA: A3:A4 is one merged cell, whose value stands in A3 alone"]}


def test_a_cell_merged_over_two_columns_refuses_its_own_row(tmp_path):
    assert list(read(merged(tmp_path, "B5:C5"))[1]) == [5]


def test_merged_cells_may_be_read_with_the_value_in_the_first_cell(tmp_path):
    good, bad = read(merged(tmp_path, "A3:A4"), merged_cells="first")
    assert [row["part_number"] for row in good] == ["A", "merged", "", "D"] and not bad


def test_the_header_may_stand_below_a_title_and_takes_several_spellings(tmp_path):
    rows = [["Price list", "", ""], [], ["valid from", "2026-01-01", ""], ["Part-Number", "Unit  Price\namount", "x"]]
    path = write_sheets(tmp_path / "b.xlsx", {"S": [*rows, ["007", 1.5, ""], [], ["008", 2, ""]]})
    expected = [
        {"#": 5, "Part-Number": "007", "Unit Price amount": "1.5", "x": ""},
        {"#": 7, "Part-Number": "008", "Unit Price amount": "2", "x": ""},
    ]
    assert read(path, header_columns=("part number", "UNIT_PRICE_AMOUNT"))[0] == expected
    assert read(path, header_row=4)[0] == expected


def test_the_header_of_a_kind_is_found_by_the_columns_that_the_kind_needs(tmp_path):
    header = ["brand_code", "part_number", "unit_price_amount", "currency_code", "stated_at"]
    sheets = {"Read me": [["How to", "fill this in"]], "Data": [["Title", "x"], header, ["B", "7", 1, "EUR", "2026"]]}
    path = write_sheets(tmp_path / "b.xlsx", sheets)
    for kind in ("supplier_price", ""):
        assert [row["#"] for row in read(path, kind)[0]] == [3]


def test_a_header_of_two_rows_is_joined_and_a_merged_title_speaks_for_its_columns(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "b.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("B1:C1", "Price")
        sheet.write_row(1, 0, ["part_number", "net", "gross"])
        sheet.write_row(2, 0, ["007", 1, 2])
    expected = [{"#": 3, "part_number": "007", "Price net": "1", "Price gross": "2"}]
    assert read(tmp_path / "b.xlsx", header_row=1, header_rows=2)[0] == expected


def test_a_column_without_a_name_goes_by_its_letters(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [["part_number", "", "q"], ["7", "note", 1, "far"]]})
    assert read(path)[0] == [{"#": 2, "part_number": "7", "column B": "note", "q": "1", "column D": "far"}]


def test_a_footer_is_left_out(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, ""], ["Total", 1, ""]]})
    assert [row["part_number"] for row in read(path, footer_rows=1)[0]] == ["A"]


def test_all_sheets_with_the_same_header_are_read_and_rows_keep_sheet_and_row(tmp_path):
    sheets = {
        "North": [HEADER, ["A", 1, ""]],
        "Notes": [["this", "and", "that"], ["x", "y", "z"]],
        "South": [["x"], HEADER, ["B", 2, ""]],
    }
    path = write_sheets(tmp_path / "b.xlsx", sheets)
    rows, _ = read(path)
    assert [(row["#"], row["part_number"]) for row in rows] == [(2, "A"), (10_000_003, "B")]
    raw = spreadsheet.raw_rows(path, "", spreadsheet.Options(), Limits(), [2, 10_000_003, 99])
    assert {number: (row.text, row.place) for number, row in raw.items()} == {
        2: ("A,1,", "sheet 'North' row 2"),
        10_000_003: ("B,2,", "sheet 'South' row 3"),
    }


def test_the_profile_names_the_sheets(tmp_path):
    sheets = {"North 1": [HEADER, ["A", 1, ""]], "North 2": [HEADER, ["B", 1, ""]], "South": [HEADER, ["C", 1, ""]]}
    path = write_sheets(tmp_path / "b.xlsx", sheets)
    assert [row["part_number"] for row in read(path, sheets=("north*",))[0]] == ["A", "B"]
    missing = fault(path, sheets=("East",))
    assert (missing.code, missing.message) == (
        "NO_SHEET",
        "the workbook has no sheet 'East'; it has 'North 1', 'North 2', 'South'",
    )


def test_a_hidden_sheet_is_read_only_by_name(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "b.xlsx")) as book:
        for name, part in (("Shown", "A"), ("Hidden", "B")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEADER)
            sheet.write_row(1, 0, [part, 1, ""])
        sheet.hide()
    assert [row["part_number"] for row in read(tmp_path / "b.xlsx")[0]] == ["A"]
    assert [row["part_number"] for row in read(tmp_path / "b.xlsx", sheets=("Hidden",))[0]] == ["B"]


def test_a_workbook_without_a_fitting_sheet_says_what_each_lacks(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"One": [["a", "b"], ["1", "2"]], "Two": [["part_number", "x"], ["1"]]})
    found = fault(path, header_columns=("part_number", "price"))
    assert found.code == "MISSING_COLUMN"
    assert "sheet 'One' lacks part_number, price; sheet 'Two' lacks price" in found.message


@pytest.mark.parametrize(
    ("rows", "code"),
    [([], "EMPTY_FILE"), ([HEADER], "HEADER_ONLY"), ([["a", "a "], ["1", "2"]], "DUPLICATE_HEADER")],
)
def test_a_sheet_without_rows_or_with_a_name_twice_has_its_own_words(tmp_path, rows, code):
    """Faults 47 and 48."""
    assert fault(write_sheets(tmp_path / "b.xlsx", {"S": rows})).code == code


def test_raw_rows_show_errors_and_escape_what_no_database_holds(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, 'say "x", now']]})
    with_part(path, SHEET, '<c r="B2"><v>1</v></c>', '<c r="B2" t="e"><v>#REF!</v></c>')
    raw = spreadsheet.raw_rows(path, "", spreadsheet.Options(), Limits(), [2])
    assert raw[2].text == 'A,#REF!,"say ""x"", now"'


def test_an_open_document_sheet_is_read_with_its_errors(tmp_path):
    path = write_ods(tmp_path / "b.ods", [["part_number", "due"], ["007", date(2026, 1, 31)], ["008", "#N/A"]])
    assert read(path) == (
        [{"#": 2, "part_number": "007", "due": "2026-01-31"}],
        {3: ["PARSE: B3 is #N/A, an error value"]},
    )


def write_ods(path: Path, rows: list[list]) -> Path:
    def cell(value) -> str:
        if isinstance(value, date):
            return f'<table:table-cell office:value-type="date" office:date-value="{value}"/>'
        error = ' calcext:value-type="error"' if value.startswith("#") else ""
        return f'<table:table-cell office:value-type="string"{error}><text:p>{value}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    names = f'xmlns:office="{urn}:office:1.0" xmlns:table="{urn}:table:1.0" xmlns:text="{urn}:text:1.0"'
    content = (
        f'<office:document-content {names} xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:'
        'xmlns:calcext:1.0"><office:body><office:spreadsheet><table:table table:name="S">'
        f"{body}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", content)
        package.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return path


def test_a_profile_names_its_columns_once_and_the_reader_knows_them(tmp_path):
    """Part numbers, dates, the header and the decimal sign follow from the mapping."""
    profile = Profile(
        source_code="S1",
        kind="supplier_price",
        format="spreadsheet",
        columns={
            "part_number": "Artikel",
            "unit_price_amount": "Preis",
            "effective_from_on": "ab",
            "price_uom_code": ["ME", "Einheit"],
        },
        numbers={"decimal": ",", "thousands": "."},
        constants={"brand_code": "B", "currency_code": "EUR", "stated_at": "2026-01-01", "supplier_code": "S1"},
    )
    rows = [["Preisliste", "gültig"], ["Artikel", "Preis", "ab", "ME"]]
    rows += [["007", 12.345, 46023, "EA"], [1.5, 1, 46023, "EA"], ["009", "1.234,5", "2026-01-01", "EA"]]
    path = write_sheets(tmp_path / "b.xlsx", {"Info": [["x", "y"], ["1", "2"]], "Preise": rows})
    [chunk] = Reading(path, CONTRACTS["supplier_price"], profile, "spreadsheet").chunks()
    found = [(row["part_number"], str(row["unit_price_amount"]), row["line_number"]) for row in chunk.table.to_pylist()]
    assert found == [("007", "12.3450", 3), ("009", "1234.5000", 5)]
    assert {row["effective_from_on"] for row in chunk.table.to_pylist()} == {date(2026, 1, 1)}
    assert chunk.bad == {4: ["SCHEMA: A4 is 1.5, a part number that a spreadsheet turned into a number"]}


def test_the_name_of_a_file_says_nothing_about_what_is_in_it(tmp_path):
    path = write_sheets(tmp_path / "b.xlsx", {"S": [HEADER, ["A", 1, datetime(2026, 1, 2)]]})
    assert read(path.rename(tmp_path / "stored-file"))[0][0]["part_number"] == "A"


def test_a_workbook_is_recognised_wherever_its_parts_stand():
    name = "calamine-minimal_package.xlsx"
    assert recognise_format(Path(__file__).parents[3] / "data" / "torture" / "spreadsheet" / name) == "spreadsheet"
