"""Parquet and Arrow: plain flat columns exactly as text, everything else refused by name and type."""

from __future__ import annotations

import random
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.contracts import CONTRACTS
from ingest.profiles.model import Profile
from ingest.readers import arrow, parquet
from ingest.readers.formats import recognise_format
from ingest.readers.limits import MEBIBYTE, FileFault, Limits
from ingest.readers.records import Raw
from ingest.reading import Reading

FORMS = ["parquet", "arrow file", "arrow stream"]
EACH = pytest.mark.parametrize("form", FORMS)


def write(folder: Path, form: str, table: pa.Table, **options) -> tuple[Path, ModuleType]:
    path = folder / "stored"
    if form == "parquet":
        pq.write_table(table, path, **options)
        return path, parquet
    opened = pa.ipc.new_file if form == "arrow file" else pa.ipc.new_stream
    with opened(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=options.get("row_group_size"))
    return path, arrow


def read(path: Path, module: ModuleType, limits: Limits | None = None, **options) -> tuple[list[dict], dict]:
    rows, bad = [], {}
    for records in module.read_records(path, "parts", module.Options(**options), limits or Limits()):
        records.texts.validate(full=True)
        assert set(records.texts.schema.types) <= {pa.string()}
        pairs = zip(records.numbers.to_pylist(), records.texts.to_pylist(), strict=True)
        rows += [{"#": number, **row} for number, row in pairs]
        bad |= records.bad
    return rows, bad


def fault(path: Path, module: ModuleType, limits: Limits | None = None, **options) -> FileFault:
    with pytest.raises(FileFault) as raised:
        read(path, module, limits, **options)
    assert raised.value.mend
    return raised.value


MOMENT = datetime(2026, 1, 2, 3, 4, 5, 500000)
PLAIN = {
    "text": (pa.array(["007", None, " é "]), ["007", None, " é "]),
    "large text": (pa.array(["a", "", None], pa.large_string()), ["a", "", None]),
    "coded text": (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
    "whole": (pa.array([1, None, -(2**63)]), ["1", None, "-9223372036854775808"]),
    "unsigned": (pa.array([2**64 - 1, 0, None], pa.uint64()), ["18446744073709551615", "0", None]),
    "decimal": (
        pa.array([Decimal("12.50"), Decimal("0.0000001"), None], pa.decimal128(38, 7)),
        ["12.5000000", "0.0000001", None],
    ),
    "wide decimal": (
        pa.array([Decimal("1e40"), None, Decimal(-1)], pa.decimal256(60, 1)),
        ["1" + "0" * 40 + ".0", None, "-1.0"],
    ),
    "float": (pa.array([12.0, 0.1, None]), ["12", "0.1", None]),
    "tiny or huge float": (pa.array([1e-7, 1e20, -0.5]), ["0.0000001", "100000000000000000000", "-0.5"]),
    "short float": (pa.array([0.1, 19.99, 3], pa.float32()), ["0.1", "19.99", "3"]),
    "truth": (pa.array([True, False, None]), ["true", "false", None]),
    "day": (pa.array([date(2026, 1, 31), None, date(1999, 12, 31)]), ["2026-01-31", None, "1999-12-31"]),
    "long day": (
        pa.array([date(2026, 1, 31), None, date(1960, 1, 1)], pa.date64()),
        ["2026-01-31", None, "1960-01-01"],
    ),
    "moment": (pa.array([MOMENT, None, datetime(2026, 1, 1)]), ["2026-01-02T03:04:05.5", None, "2026-01-01T00:00:00"]),
    "zoned moment": (
        pa.array([MOMENT, None, MOMENT], pa.timestamp("ms", "Asia/Tokyo")),
        ["2026-01-02T03:04:05.5Z", None, "2026-01-02T03:04:05.5Z"],
    ),
    "nanoseconds": (
        pa.array([1, 10**9, None], pa.timestamp("ns")),
        ["1970-01-01T00:00:00.000000001", "1970-01-01T00:00:01", None],
    ),
    "nothing": (pa.nulls(3), [None, None, None]),
}


@EACH
def test_plain_values_are_given_exactly(tmp_path, form):
    table = pa.table({name: values for name, (values, _) in PLAIN.items()})
    rows, bad = read(*write(tmp_path, form, table))
    assert not bad
    for name, (_, texts) in PLAIN.items():
        assert [row[name] for row in rows] == texts, name


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (pa.array([[1]]), "list<"),
        (pa.array([{"a": 1}]), "struct<"),
        (pa.array([b"x"]), "binary"),
        (pa.array([time(1, 2)]), "time64"),
    ],
)
def test_any_other_type_is_refused_by_column_and_type(tmp_path, values, shown):
    path, module = write(tmp_path, "parquet", pa.table({"part_number": ["7"], "extra": values}))
    found = fault(path, module)
    assert found.code == "UNKNOWN_TYPE" and f"column 'extra' is of type {shown}" in found.message
    assert read(path, module, columns=("part_number",))[0] == [{"#": 1, "part_number": "7"}]


@EACH
def test_an_extension_type_is_never_made_alive(tmp_path, form):
    table = pa.table({"id": pa.array([b"0" * 16], pa.uuid())})
    assert fault(*write(tmp_path, form, table)).code == "UNKNOWN_TYPE"


@EACH
def test_what_is_no_number_or_no_part_number_is_a_bad_row(tmp_path, form):
    table = pa.table(
        {
            "part_number": ["a", "b", "c\0d", "e", "f"],
            "price": [1.5, float("nan"), 2, float("-inf"), 3],
            "gtin": [4006381333931.0, 1.0, 2.0, 3.0, 0.5],
        }
    )
    rows, bad = read(*write(tmp_path, form, table))
    assert rows == [{"#": 1, "part_number": "a", "price": "1.5", "gtin": "4006381333931"}]
    assert bad == {
        2: ["PARSE: price is nan, which is no number"],
        3: ["PARSE: part_number holds a NUL character"],
        4: ["PARSE: price is -inf, which is no number"],
        5: ["SCHEMA: gtin is 0.5, a part number that was turned into a number with decimals"],
    }


@EACH
def test_rows_are_numbered_over_all_groups_and_shown_by_number(tmp_path, form):
    table = pa.table({"part_number": [f"p{i}" for i in range(10)], "note": ['say "x"'] * 10})
    path, module = write(tmp_path, form, table, row_group_size=3)
    assert [row["#"] for row in read(path, module)[0]] == list(range(1, 11))
    raw = module.raw_rows(path, "parts", module.Options(), Limits(), [1, 8, 99])
    assert raw == {1: Raw('p0,"say ""x"""', "row 1"), 8: Raw('p7,"say ""x"""', "row 8")}


@EACH
def test_the_format_is_recognised_by_content_alone(tmp_path, form):
    path, _ = write(tmp_path, form, pa.table({"a": ["1"]}))
    assert recognise_format(path) == form.split()[0]


@pytest.mark.parametrize("form", ["parquet", "arrow stream"])
@pytest.mark.parametrize(
    ("table", "code"),
    [
        (pa.table({"a": pa.array([], pa.string())}), "HEADER_ONLY"),
        (pa.table([["1"], ["2"]], names=["a", "a"]), "DUPLICATE_HEADER"),
        (pa.table({f"c{i}": ["1"] for i in range(501)}), "HEADER"),
    ],
)
def test_a_table_without_rows_or_with_names_twice_or_too_many_has_its_own_words(tmp_path, form, table, code):
    assert fault(*write(tmp_path, form, table)).code == code


def test_a_column_that_the_profile_needs_and_the_file_lacks_is_named(tmp_path):
    path, module = write(tmp_path, "arrow file", pa.table({"a": ["1"]}))
    assert fault(path, module, columns=("b",)).message == "the file has no column b"


@EACH
def test_too_many_rows_are_refused(tmp_path, form):
    path, module = write(tmp_path, form, pa.table({"a": ["1"] * 10}))
    assert fault(path, module, Limits(row_count=9)).code == "TOO_LARGE"


def test_numbers_have_the_decimal_sign_of_the_profile_and_texts_their_own(tmp_path):
    table = pa.table({"a": [12.345], "b": ["12.345"], "c": pa.array([Decimal("0.5")]), "d": [7]})
    path, module = write(tmp_path, "parquet", table)
    profile = Profile(source_code="S1", kind="parts", numbers={"decimal": ",", "thousands": "."})
    [records] = module.read_records(path, "parts", module.Options().informed_by(profile), Limits())
    assert records.texts.to_pylist() == [{"a": "12,345", "b": "12.345", "c": "0,5", "d": "7"}]


def test_values_that_unpack_to_more_than_is_allowed_end_within_the_memory(tmp_path):
    """Fault 53: 800 MB of one repeated text in a file of some kilobytes."""
    bomb = pa.table({"a": pa.DictionaryArray.from_arrays(pa.array([0] * 800, pa.int32()), ["x" * MEBIBYTE])})
    path, module = write(tmp_path, "parquet", bomb)
    assert path.stat().st_size < MEBIBYTE
    assert fault(path, module, Limits(process_memory_bytes=256 * MEBIBYTE)).code == "TOO_LARGE"


def test_a_row_group_that_is_too_large_by_its_own_word_is_refused_unread(tmp_path):
    path, module = write(tmp_path, "parquet", pa.table({"a": ["x" * 1000 + str(i) for i in range(1000)]}))
    found = fault(path, module, Limits(row_group_bytes=1000))
    assert (found.code, found.message) == ("TOO_LARGE", "row group 1 unpacks to more than 1000 bytes")


@EACH
@pytest.mark.parametrize("share", [0.0, 0.6, 0.99])
def test_half_a_file_is_refused(tmp_path, form, share):
    path, module = write(tmp_path, form, pa.table({"a": [f"{i}" for i in range(1000)]}))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    # A stream without its end mark is whole as far as it goes, so the last cut is made inside its batch.
    path.write_bytes(path.read_bytes()[:-16] if share == 0.99 else path.read_bytes())
    assert fault(path, module).code in ("DAMAGED", "EMPTY_FILE", "TOO_LARGE")


@pytest.mark.parametrize("seed", range(5))
@EACH
def test_a_file_with_changed_bytes_ends_in_rows_or_a_fault(tmp_path, form, seed):
    choose = random.Random(seed)
    table = pa.table({"part_number": ["007", "b", None], "price": [1.5, 2, 3], "d": ["x", "y", "x"]})
    path, module = write(tmp_path, form, table.set_column(2, "d", table["d"].dictionary_encode()))
    data = bytearray(path.read_bytes())
    for _ in range(choose.choice([1, 3, 20])):
        data[choose.randrange(len(data))] = choose.randrange(256)
    path.write_bytes(data)
    try:
        read(path, module)
    except FileFault as found:
        assert found.code and found.message and found.mend


def test_prices_sent_as_parquet_come_out_in_the_types_of_their_kind(tmp_path):
    table = pa.table(
        {
            "supplier_code": ["S1", "S1"],
            "brand_code": ["B", "B"],
            "part_number": ["007", "008"],
            "unit_price_amount": [12.5, 0.12345],
            "currency_code": ["EUR", "EUR"],
            "stated_at": pa.array([MOMENT, MOMENT], pa.timestamp("us", "UTC")),
        }
    )
    path, _ = write(tmp_path, "parquet", table)
    profile = Profile(source_code="S1", kind="supplier_price")
    [chunk] = Reading(path, CONTRACTS["supplier_price"], profile, "parquet").chunks()
    [row] = chunk.table.to_pylist()
    assert (row["part_number"], str(row["unit_price_amount"]), row["line_number"]) == ("007", "12.5000", 1)
    assert list(chunk.bad) == [2] and "more digits than 10 before and 4 after" in chunk.bad[2][0]
