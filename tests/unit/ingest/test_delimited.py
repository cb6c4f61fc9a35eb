"""Files nobody would send on purpose: read exactly, or refused with the place and the next step."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.contracts import CONTRACTS
from ingest.profiles.columns import check_columns
from ingest.profiles.folder import default_profile
from ingest.readers.delimited import Options, column_names, raw_rows, read_records
from ingest.readers.limits import FileFault, Limits
from ingest.reading import recognise_kinds
from tests.support.ingest_files import GARAGE, PART, PRICE, SUPPLIER, USAGE, lines, read, write

SAMPLES = Path(__file__).parents[2] / "data" / "csv"


def read_all(folder: Path, content: str | bytes, kind: str, **limits) -> tuple[list[dict], dict[int, list[str]]]:
    path = write(folder, "file.csv", content)
    rows, bad = [], {}
    for chunk in read(path, kind, **limits):
        rows += chunk.table.to_pylist()
        bad |= chunk.bad
    return rows, bad


def fault(folder: Path, content: str | bytes, kind: str = "usage", **limits) -> FileFault:
    with pytest.raises(FileFault) as raised:
        read_all(folder, content, kind, **limits)
    return raised.value


@pytest.mark.parametrize(
    "number", ["007", "1E5", "1-2", "TRUE", "NA", "null", "nan", "12345678901234567890", "0.10", '5" X']
)
def test_a_part_number_is_kept_character_by_character(tmp_path, number):
    """Fault 43."""
    rows, bad = read_all(tmp_path, lines(PART, {"part_number": number}), "parts")
    assert [row["part_number"] for row in rows] == [number] and not bad


@pytest.mark.parametrize("number", ["1.23E+11", "1E+11", "9.87e+5", "1,23E+11"])
def test_a_spreadsheet_damaged_part_number_is_a_bad_row(tmp_path, number):
    """Fault 44."""
    rows, bad = read_all(tmp_path, lines(PART, {}, {"part_number": number}), "parts")
    assert len(rows) == 1
    assert bad == {3: [f"SCHEMA: part_number is '{number}', a spreadsheet-damaged part number"]}


def test_values_are_typed_by_the_contract_and_not_by_their_looks(tmp_path):
    row = {**PRICE, "unit_price_amount": "1234567890.1234", "lead_time_days": "2.5", "effective_from_on": "2024-02-29"}
    [found], _ = read_all(tmp_path, lines(row), "supplier_price")
    assert found["unit_price_amount"] == Decimal("1234567890.1234")
    assert found["lead_time_days"] == Decimal("2.50")
    assert found["effective_from_on"] == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.234,56", "PARSE"), ("1,234.56", "PARSE"), ("19.999999999999999999", "RANGE"), ("NaN", "PARSE"),
        ("1e400", "PARSE"), ("1e3", "PARSE"), ("inf", "PARSE"), ("12345678901", "RANGE"), ("twelve", "PARSE"),
    ],
)  # fmt: skip
def test_an_amount_is_an_exact_decimal_or_a_bad_row(tmp_path, text, reason):
    """Fault 46."""
    rows, bad = read_all(tmp_path, lines(PRICE, {}, {"unit_price_amount": text}), "supplier_price")
    assert len(rows) == 1 and bad[3][0].startswith(f"{reason}: unit_price_amount is '{text}'")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-31T08:15:00Z", datetime(2024, 5, 31, 8, 15, tzinfo=UTC)),
        ("2024-05-31T08:15:00+02:00", datetime(2024, 5, 31, 6, 15, tzinfo=UTC)),
        ("2024-05-31 08:15:00", datetime(2024, 5, 31, 8, 15, tzinfo=UTC)),
        ("2024-05-31", datetime(2024, 5, 31, tzinfo=UTC)),
        ("2024-05-31T08:15:00.123456Z", datetime(2024, 5, 31, 8, 15, 0, 123456, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_with_its_offset_or_as_utc(tmp_path, text, moment):
    [row], _ = read_all(tmp_path, lines(USAGE, {"consumed_at": text}), "usage")
    assert row["consumed_at"] == moment


@pytest.mark.parametrize("text", ["31.05.2024", "2024-02-30", "2024-13-01", "05/31/2024", "1717142400", "yesterday"])
def test_a_moment_in_another_form_is_a_bad_row(tmp_path, text):
    _, bad = read_all(tmp_path, lines(USAGE, {}, {"consumed_at": text}), "usage")
    assert bad[3][0].startswith(f"DATE: consumed_at is '{text}'")


@pytest.mark.parametrize(
    ("text", "truth"), [("true", True), ("YES", True), ("1", True), ("false", False), ("No", False), ("0", False)]
)
def test_a_truth_is_read_in_its_six_spellings(tmp_path, text, truth):
    [row], _ = read_all(tmp_path, lines(SUPPLIER, {"is_active": text}), "suppliers")
    assert row["is_active"] is truth


def test_an_empty_value_takes_the_default_of_its_column(tmp_path):
    rows, _ = read_all(tmp_path, lines(USAGE, {"uom_code": ""}, {"uom_code": "SET"}), "usage")
    assert [row["uom_code"] for row in rows] == ["EA", "SET"]


def test_a_ragged_line_is_a_bad_row_and_shifts_nothing(tmp_path):
    """Fault 42."""
    good = lines(USAGE)
    content = (
        good
        + "G1,W2,1\n"
        + good.splitlines()[1]
        + ",extra\n\n"
        + lines(USAGE, {"work_order_number": "W4"}).splitlines()[1]
    )
    rows, bad = read_all(tmp_path, content, "usage")
    assert [(row["line_number"], row["work_order_number"]) for row in rows] == [(2, "W1"), (6, "W4")]
    assert bad == {
        3: ["PARSE: 3 values where the header names 8"],
        4: ["PARSE: 9 values where the header names 8"],
    }


def test_a_file_whose_every_line_is_ragged_is_refused_whole(tmp_path):
    content = lines(USAGE).splitlines()[0] + "\na,b\nc,d\n"
    assert fault(tmp_path, content).code == "FIELD_COUNT"


def test_line_numbers_stay_right_after_quoted_line_ends_in_any_block(tmp_path):
    changes = [{"garage_code": f"G{n}", "garage_name": f'name,\n"of" {n}'} for n in range(60)]
    changes[40]["valid_from_at"] = "soon"
    for block_bytes in (100, 1000, 1_000_000):
        rows, bad = read_all(tmp_path, lines(GARAGE, *changes), "garages", block_bytes=block_bytes)
        assert [row["line_number"] for row in rows] == [2 + 2 * n for n in range(60) if n != 40]
        assert rows[0]["garage_name"] == 'name,\n"of" 0'
        assert list(bad) == [82]
        raw = raw_rows(tmp_path / "file.csv", "garages", Options(), Limits(block_bytes=block_bytes), bad)
        assert {number: one.text for number, one in raw.items()} == {
            82: 'G40,"name,\n""of"" 40",DE,Europe/Berlin,EUR,soon'
        }


def test_windows_line_ends_and_a_byte_order_mark_are_no_fault(tmp_path):
    """Fault 45."""
    content = b"\xef\xbb\xbf" + lines(GARAGE, {"garage_name": "Zürich"}).replace("\n", "\r\n").encode()
    [row], bad = read_all(tmp_path, content, "garages")
    assert row["garage_name"] == "Zürich" and row["currency_code"] == "EUR" and not bad


def test_gzip_is_told_by_its_bytes_and_not_by_the_name(tmp_path):
    rows, _ = read_all(tmp_path, gzip.compress(lines(USAGE).encode()), "usage")
    assert len(rows) == 1


def test_bytes_that_are_not_utf8_are_refused_with_line_and_offset(tmp_path):
    """Fault 45."""
    content = lines(GARAGE, {}, {"garage_name": "Zürich"}).encode("cp1252")
    found = fault(tmp_path, content, "garages")
    assert (found.code, found.line_number) == ("ENCODING", 3)
    assert (
        f"byte offset {content.index(0xFC)}" in found.message
        and found.raw == r"G1,Z\xfcrich,DE,Europe/Berlin,EUR,2024-01-01"
    )


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda good: b"", "EMPTY_FILE"),
        (lambda good: good.split(b"\n")[0] + b"\n", "HEADER_ONLY"),
        (lambda good: good.replace(b"W1", b'"W1'), "UNCLOSED_QUOTE"),
        (lambda good: good.replace(b"W1", b"W\x001"), "NUL_BYTE"),
        (lambda good: gzip.compress(good)[:-9], "TRUNCATED_GZIP"),
        (lambda good: gzip.compress(b""), "EMPTY_FILE"),
        (lambda good: b"PK\x03\x04" + good, "TRUNCATED_ZIP"),
        (lambda good: b"%PDF-1.7" + good, "NOT_DELIMITED"),
        (lambda good: b"\n" + good, "HEADER"),
        (lambda good: good.replace(b",", b";"), "SEPARATOR"),
        (lambda good: good.replace(b"quantity", b"garage_code"), "DUPLICATE_HEADER"),
        (lambda good: good.replace(b"quantity", b"qty"), "MISSING_COLUMN"),
        (lambda good: good.replace(b"G1", b"G\r1"), "LINE_ENDINGS"),
        (lambda good: good.replace(b"\n", b"\r") * 100_000 + b"\n", "LINE_ENDINGS"),
    ],
)
def test_each_fault_of_a_whole_file_has_its_own_clear_error(tmp_path, spoil, code):
    """Faults 42, 45, 47, 48."""
    found = fault(tmp_path, spoil(lines(USAGE).encode()))
    assert found.code == code and found.message and found.mend


def test_a_truncated_gzip_names_the_line_where_it_broke(tmp_path):
    content = gzip.compress(lines(USAGE, *({"work_order_number": f"W{n * 7919}"} for n in range(5000))).encode())
    found = fault(tmp_path, content[: len(content) // 2], block_bytes=4096)
    assert found.code == "TRUNCATED_GZIP" and 1000 < found.line_number < 5000


def test_headers_are_named_in_full_when_they_are_wrong(tmp_path):
    """Fault 47."""
    content = lines({key: USAGE[key] for key in USAGE if key not in ("quantity", "consumed_at")})
    assert "quantity, consumed_at missing" in fault(tmp_path, content).message


def test_an_unknown_column_is_left_out_and_told(tmp_path):
    path = write(tmp_path, "file.csv", lines(USAGE, {"colour": "red"}))
    names = column_names(path, Options(), Limits())
    assert check_columns(names, default_profile("usage"), CONTRACTS["usage"]) == ("colour",)
    [chunk] = read(path, "usage")
    assert "colour" not in chunk.table.column_names


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"row_count": 5}, "TOO_LARGE"),
        ({"column_count": 5}, "HEADER"),
        ({"unpacked_bytes": 100}, "TOO_LARGE"),
        ({"unpacked_ratio": 2, "ratio_counts_from_bytes": 100}, "TOO_LARGE"),
    ],
)
def test_caps_are_counted_while_reading(tmp_path, limits, code):
    content = gzip.compress(lines(USAGE, *({} for _ in range(50))).encode())
    assert fault(tmp_path, content, **limits).code == code


def test_a_field_past_its_cap_is_a_bad_row(tmp_path):
    _, bad = read_all(tmp_path, lines(USAGE, {}, {"work_order_number": "W" * 70_000}), "usage")
    assert bad == {3: ["PARSE: work_order_number is longer than 65536 bytes"]}


@pytest.mark.parametrize(
    ("row", "kind"), [(GARAGE, "garages"), (PART, "parts"), (PRICE, "supplier_price"), (USAGE, "usage")]
)
def test_the_kind_of_a_file_is_told_by_its_header(tmp_path, row, kind):
    assert recognise_kinds(write(tmp_path, "file.csv", lines(row))) == (kind,)


def test_a_fault_below_the_header_does_not_hide_the_kind(tmp_path):
    content = lines(GARAGE, {"garage_name": "Zürich"}).encode("cp1252")
    assert recognise_kinds(write(tmp_path, "file.csv", content)) == ("garages",)
    packed = gzip.compress(lines(USAGE).encode() * 50)[:-20]
    assert recognise_kinds(write(tmp_path, "file.csv.gz", packed)) == ("usage",)


def test_a_header_that_fits_no_kind_names_the_nearest_and_what_it_lacks(tmp_path):
    content = lines({key: value for key, value in USAGE.items() if key != "consumed_at"})
    with pytest.raises(FileFault, match="nearest is usage, without consumed_at"):
        recognise_kinds(write(tmp_path, "file.csv", content))


def as_text(path: Path, **options) -> list[dict[str, str]]:
    return [row for part in read_records(path, "", Options(**options), Limits()) for row in part.texts.to_pylist()]


@pytest.mark.parametrize("expected", sorted(SAMPLES.glob("spectrum_*.json")), ids=lambda path: path.stem)
def test_the_csv_spectrum_is_read_as_its_authors_expect(expected):
    rows = json.loads(expected.read_bytes())
    assert as_text(expected.with_suffix(".csv")) == rows


def test_a_real_file_in_latin_1_is_refused_at_its_first_foreign_byte():
    content = (SAMPLES / "uspop-latin1.csv").read_bytes()
    first = next(place for place, byte in enumerate(content) if byte > 127)
    with pytest.raises(FileFault, match=f"byte offset {first}"):
        as_text(SAMPLES / "uspop-latin1.csv")


def test_a_real_file_keeps_its_coordinates_as_written():
    rows = as_text(SAMPLES / "uspop-null.csv")
    assert (rows[1]["City"], rows[1]["Longitude"], len(rows)) == ("Kenai", "-151.2583333", 100)
