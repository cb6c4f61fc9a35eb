"""What partners send, on its way out to people: never a formula, never a path, never two lines."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.exports import csv_bytes, neutral, restored, safe_name, shown_name

STRINGS = Path(__file__).parents[2] / "data" / "torture" / "strings"
PAYLOADS = (STRINGS / "csv_injection_payloads.txt").read_text().splitlines()
NAUGHTY = json.loads((STRINGS / "blns.json").read_text())
_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")


def read_back(data: bytes, **options) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), **options))


@pytest.mark.parametrize("sign", _SIGNS)
@pytest.mark.parametrize("before", ["", " ", "\u00a0", "\ufeff", "\u200b", '"', "'", " ' ", "\u202e"])
def test_a_text_that_begins_like_a_formula_is_text_for_a_spreadsheet(sign, before):
    text = f"{before}{sign}cmd|' /C calc'!A0"
    assert neutral(text) == "'" + text
    assert restored(neutral(text)) == text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_known_payload_begins_a_cell(payload):
    [[cell]] = read_back(csv_bytes([payload], []))
    assert not cell.startswith(_SIGNS)
    assert restored(cell) == payload


@pytest.mark.parametrize("plain", ["", "-1", "+1.5", "-1.234,56", "007", "BOSC", "a=b", "1-2", "O'Neil", '"quoted"'])
def test_plain_text_and_numbers_stay_as_they_are(plain):
    assert neutral(plain) == plain and restored(plain) == plain


@pytest.mark.parametrize("formula", ["-1+1", "+1-1", "-A1", "=1", "@1", "-", "+", "-1e5", "-１"])
def test_what_only_resembles_a_number_is_no_number(formula):
    assert neutral(formula) == "'" + formula


def test_values_that_are_no_text_are_written_as_numbers():
    assert csv_bytes(["a", "b", "c"], [[Decimal("-1.50"), -2, None]]) == b"a,b,c\r\n-1.50,-2,\r\n"


def test_naughty_strings_come_back_letter_by_letter():
    cells = [[text] for text in NAUGHTY if text]
    back = read_back(csv_bytes(["text"], cells))[1:]
    assert not [cell for [cell] in back if cell.startswith(_SIGNS) and neutral(cell) != cell]
    assert [[restored(cell)] for [cell] in back] == cells


@settings(max_examples=300, derandomize=True)
@given(
    st.lists(st.text(alphabet=st.sampled_from("=+-@'\" \t\r\n\x00＝1aé\u200b;,"), max_size=6), min_size=2, max_size=3)
)
def test_every_text_comes_back_as_it_was(row):
    for delimiter in ",;\t|":
        back = read_back(csv_bytes(row, [], delimiter=delimiter), delimiter=delimiter)
        assert [[restored(cell) for cell in line] for line in back] == [row]
        assert all(neutral(restored(cell)) == cell for line in back for cell in line)


def test_a_character_that_the_encoding_lacks_is_seen_and_no_error():
    assert csv_bytes(["é€"], [["\u4e2d"], ["\udcff"]], encoding="latin-1") == b"\xe9\\u20ac\r\n\\u4e2d\r\n\\udcff\r\n"


def test_a_table_without_quotes_escapes_its_delimiter():
    assert csv_bytes(["a", "b"], [["1;2", "=x"]], delimiter=";", quote=None) == b"a;b\r\n1\\;2;'=x\r\n"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("/etc/passwd", "etc_passwd"),
        ("C:\\Windows\\evil.dll", "C_Windows_evil.dll"),
        ("--rf", "rf"),
        (".bashrc", "bashrc"),
        ("a\nb\x00c\x1b[31m", "a_b_c_31m"),
        ("con", "con_"),
        ("NUL.csv", "NUL_.csv"),
        ("Bestände März.csv", "Bestande_Marz.csv"),
        ("价格表", "file"),
        ("'; drop table parts; --", "drop_table_parts"),
        ("\u202egpj.exe", "gpj.exe"),
        ("x" * 300, "x" * 100),
        ("trailing. ", "trailing"),
        ("", "file"),
    ],
)
def test_a_file_name_is_a_name_and_nothing_else(name, safe):
    assert safe_name(name) == safe


def test_no_naughty_string_leaves_the_folder(tmp_path):
    for text in NAUGHTY:
        path = tmp_path / safe_name(text)
        assert path.resolve().parent == tmp_path.resolve()
        path.write_text("x")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Preise März.csv", "Preise März.csv"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[2Jx", "\\x1b[2Jx"),
        ("\u202ecsv.exe", "\\u202ecsv.exe"),
        ("caf\udce9.csv", "caf\\xe9.csv"),
        ("x" * 1000, "x" * 199 + "…"),
    ],
)
def test_a_name_in_a_message_is_one_line_of_plain_text(name, shown):
    assert shown_name(name) == shown
    assert shown_name(name).encode("utf-8")


def test_a_workbook_made_by_us_holds_text_where_a_formula_was_sent():
    from assets.report.document import document_of
    from assets.report.workbook import render_workbook
    from tests.support.report_data import report_data

    data = report_data()
    for line in data.lines:
        line["garage_name"] = '=HYPERLINK("http://x","y")'
    cells = [
        cell
        for sheet in openpyxl.load_workbook(io.BytesIO(render_workbook(document_of(data))))
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert [cell for cell in cells if cell.data_type == "s" and str(cell.value).startswith("=HYPERLINK")]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
