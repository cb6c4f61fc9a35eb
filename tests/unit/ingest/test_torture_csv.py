"""Files from the test suites of other readers: each ends as a person reads it off the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.readers.delimited import Options, raw_rows, read_records
from ingest.readers.limits import FileFault, Limits

FOLDER = Path(__file__).parents[2] / "data" / "torture" / "csv"


def outcome(name: str, options: dict) -> tuple:
    """How many rows and which lines are bad, or the code of the fault and its line."""
    try:
        parts = list(read_records(FOLDER / name, "", Options(**options), Limits()))
    except FileFault as fault:
        assert fault.message and fault.mend
        return fault.code, fault.line_number
    return sum(part.texts.num_rows for part in parts), [number for part in parts for number in part.bad]


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("frictionless-py_blank-headers.csv", {}, (2, [])),
        ("frictionless-py_blank-rows.csv", {}, (2, [])),
        ("frictionless-py_defective-rows.csv", {}, ("FIELD_COUNT", 2)),
        ("frictionless-py_delimiter.csv", {"delimiter": ";"}, (2, [])),
        ("frictionless-py_escaping.csv", {}, (3, [])),
        ("frictionless-py_issue-1138.csv", {"delimiter": ";"}, (7, [])),
        ("frictionless-py_issue-1138.csv", {}, ("UNCLOSED_QUOTE", 2)),
        ("frictionless-py_invalid.csv", {}, ("DUPLICATE_HEADER", 1)),
        ("frictionless-py_latin1.csv", {}, ("ENCODING", 3)),
        ("frictionless-py_latin1.csv", {"encoding": "iso-8859-1"}, (2, [])),
        ("frictionless-py_matrix-with-comment.csv", {}, ("FIELD_COUNT", 2)),
        ("frictionless-py_matrix-with-comment.csv", {"skip_lines": 1}, (4, [])),
        ("frictionless-py_skip-rows-before-headers.csv", {"header_has": ["name"]}, (2, [])),
        ("frictionless-py_structure-errors.csv", {}, (2, [5])),
        ("frictionless-py_table-infer-iso-8859-7.csv", {}, ("ENCODING", 2)),
        ("frictionless-py_table-infer-iso-8859-7.csv", {"encoding": "iso-8859-7"}, (4, [])),
        ("frictionless-py_table-unicode-headers.csv", {}, (2, [])),
        ("frictionless-py_without-headers-extra.csv", {"header": False}, (2, [3])),
        ("frictionless-py_without-rows.csv", {}, ("HEADER_ONLY", 1)),
        ("frictionless-py_table.csv.gz", {}, (2, [])),
        ("frictionless-py_table.csv.zip", {}, (2, [])),
        ("frictionless-py_table-multiple-files.zip", {}, ("SEVERAL_FILES", 1)),
        ("frictionless-py_without-rows.csv.zip", {}, ("HEADER_ONLY", 1)),
        ("csvkit_bad.csv", {}, (1, [2, 3])),
        ("csvkit_no_header_row.csv", {}, ("HEADER_ONLY", 1)),
        ("csvkit_no_header_row.csv", {"header": False}, (1, [])),
        ("csvkit_null_byte.csv", {}, ("NUL_BYTE", 2)),
        ("csvkit_optional_quote_characters.csv", {}, (1, [])),
        ("csvkit_test_empty_columns.csv", {}, (1, [3])),
        ("csvkit_test_locale.csv", {}, (1, [])),
        ("csvkit_test_utf16_big.csv", {}, (2, [])),
        ("csvkit_test_utf8_bom.csv", {}, (2, [])),
        ("csvkit_test_extra_header.csv", {}, (0, [2])),
        ("csvkit_empty.csv", {}, ("HEADER", 1)),
        ("csvkit_dummy.csv.gz", {}, (1, [])),
        ("csvkit_dummy.csv.bz2", {}, ("UNKNOWN_PACKING", 1)),
        ("duckdb_auto_multi_column_string_mix_r_n.csv", {"delimiter": "|", "header": False}, ("LINE_ENDINGS", 1)),
        ("duckdb_decimal_separators_mixed_format_fail.csv", {"delimiter": ";"}, (3, [])),
        ("duckdb_inconsistencies_inconsistent_columns_3.csv", {}, ("FIELD_COUNT", 2)),
        ("duckdb_mixed_new_line.csv", {"header": False}, (3, [])),
        ("duckdb_nullbyte_header.csv", {"delimiter": "|"}, ("NUL_BYTE", 1)),
        ("duckdb_rejects_multiple_errors_invalid_utf_cast.csv", {}, ("ENCODING", 3)),
        ("duckdb_rejects_multiple_errors_less_col_and_max_line.csv", {}, (2, [4])),
        ("duckdb_single_quote.csv", {"quote": "'"}, (1, [])),
        ("duckdb_test_error_too_many.csv", {}, (5, [6])),
        ("duckdb_test_test_pipe.csv", {"delimiter": "|", "header": False}, (10, [])),
        ("duckdb_thousands_separator_multi_column.csv", {"delimiter": ";"}, (5, [])),
        ("duckdb_unescaped_quotes_some_escaped_some_not.csv", {"header": False}, ("UNCLOSED_QUOTE", 2)),
        ("duckdb_unescaped_quotes_some_escaped_some_not.csv", {"header": False, "quote": None}, (4, [])),
        ("duckdb_validator_single_column_quoted_newline.csv", {"header": False}, (7, [])),
        ("duckdb_dates.csv", {}, (1, [])),
        ("duckdb_afl_3977_case_57.csv", {}, ("NUL_BYTE", 13)),
        ("duckdb_afl_null_padding_23.csv", {}, ("NUL_BYTE", 2)),
        ("duckdb_afl_ignore_errors_51.csv", {}, ("ENCODING", 1)),
    ],
)
def test_a_file_of_another_suite_ends_as_it_reads(name, options, expected):
    assert outcome(name, options) == expected


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.*")), ids=lambda path: path.name)
def test_no_options_whatever_bring_a_reader_down(path):
    for options in (
        {}, {"delimiter": ";", "quote": None}, {"encoding": "cp1252", "delimiter": "tab", "quote": "'"},
        {"encoding": "utf-16"}, {"header": False, "footer_lines": 2}, {"skip_lines": 2, "escape": "\\"},
        {"header_has": ["name"], "footer_from": "x"},
    ):  # fmt: skip
        try:
            for part in read_records(path, "", Options(**options), Limits(block_bytes=256, line_bytes=100_000)):
                assert part.texts.num_rows == len(part.numbers)
                raw = raw_rows(path, "", Options(**options), Limits(block_bytes=256), part.bad)
                assert set(raw) == set(part.bad)
        except FileFault as fault:
            assert fault.message and fault.mend
