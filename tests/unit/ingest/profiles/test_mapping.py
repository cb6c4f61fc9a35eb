"""A partner's columns as ours: converted exactly, or refused with the row and the reason."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contracts import CONTRACTS
from ingest.profiles.columns import check_columns
from ingest.profiles.folder import default_profile
from ingest.profiles.mapping import as_canonical
from ingest.profiles.model import Profile
from ingest.readers.limits import FileFault
from ingest.readers.records import Records


def mapped(kind: str, sent: dict[str, list], **profile) -> Records:
    texts = pa.table({name: pa.array(values, pa.string()) for name, values in sent.items()})
    records = Records(texts, pa.array(range(2, texts.num_rows + 2), pa.int64()), {99: ["PARSE: ragged"]}, 1)
    return as_canonical(records, Profile(source_code="S", kind=kind, **profile), CONTRACTS[kind])


def only(kind: str, column: str, *values: str, **profile) -> tuple[list, dict[int, list[str]]]:
    found = mapped(kind, {column: list(values)}, **profile)
    return found.texts[column].to_pylist(), {number: why for number, why in found.bad.items() if number != 99}


def test_a_profile_that_says_nothing_passes_the_columns_on_untouched():
    texts = pa.table({"garage_code": ["G1 "], "quantity": ["1,5"]})
    records = Records(texts, pa.array([2], pa.int64()), {}, 1)
    found = as_canonical(records, default_profile("usage"), CONTRACTS["usage"])
    assert found.texts.to_pydict() == texts.to_pydict()
    assert found.texts["quantity"].chunk(0).buffers()[2].address == texts["quantity"].chunk(0).buffers()[2].address


def test_columns_are_found_whatever_their_case_and_blanks_and_strangers_are_dropped():
    found = mapped(
        "usage", {"ARTIKEL-nr ": ["7"], "Menge": ["1"], "Farbe": ["rot"]},
        columns={"part_number": "Artikel Nr", "quantity": "menge"},
    )  # fmt: skip
    assert found.texts.to_pylist() == [{"part_number": "7", "quantity": "1"}]
    assert found.bad == {99: ["PARSE: ragged"]}


def test_two_columns_of_one_name_but_for_case_are_refused():
    with pytest.raises(FileFault, match="2 columns are called Menge"):
        mapped("usage", {"menge": ["1"], "MENGE": ["2"]}, columns={"quantity": "Menge"})


def test_the_first_column_that_holds_a_value_counts():
    columns = {"net": ["1", "", None, "-"], "list": ["9", "8", "7", "6"]}
    found = mapped("usage", columns, columns={"quantity": ["net", "list"]}, no_value=["-"])
    assert found.texts["quantity"].to_pylist() == ["1", "8", "7", "6"]


@pytest.mark.parametrize(
    ("numbers", "said", "plain"),
    [
        ({"decimal": ",", "thousands": "."}, "1.234,56", "1234.56"),
        ({"decimal": ",", "thousands": "."}, "-1.234.567", "-1234567"),
        ({"decimal": ",", "thousands": "."}, "1234,5", "1234.5"),
        ({"decimal": ","}, ",5", ".5"),
        ({"thousands": ","}, "1,234.56", "1234.56"),
        ({"thousands": "'"}, "1’234.5", "1234.5"),
        ({"decimal": ",", "thousands": " "}, "1\u00a0234\u202f567,8", "1234567.8"),
        ({"trailing_minus": True}, "12.50-", "-12.50"),
        ({"decimal": ",", "trailing_minus": True}, "12,50-", "-12.50"),
        ({"decimal": ","}, "-0", "-0"),
        ({"decimal": ","}, "19,999999999999999999", "19.999999999999999999"),
    ],
)
def test_numbers_are_read_by_their_declared_signs(numbers, said, plain):
    assert only("usage", "quantity", said, numbers=numbers) == ([plain], {})


@pytest.mark.parametrize(
    ("numbers", "said", "words"),
    [
        ({"decimal": ","}, "1.234", "nothing between thousands"),
        ({"decimal": ",", "thousands": "."}, "1.5", "'.' between thousands"),
        ({"decimal": ",", "thousands": "."}, "12.34.567", "'.' between thousands"),
        ({"thousands": ","}, "1,2345", "',' between thousands"),
        ({"decimal": ","}, "12,50 €", "with a currency sign (€)"),
        ({"decimal": ","}, "EUR 12,50", "with a currency sign (EUR)"),
        ({"decimal": ","}, "19 %", "with a percent sign (%)"),
        ({"decimal": ","}, "12,50-", "not a number"),
        ({"decimal": ","}, "1e400", "not a number"),
        ({"decimal": ","}, "NaN", "not a number"),
        ({"decimal": ","}, "٣", "not a number"),
    ],
)
def test_a_number_in_another_style_is_a_bad_row(numbers, said, words):
    values, bad = only("usage", "quantity", "7", said, numbers=numbers)
    assert values == ["7"] and len(bad) == 1
    assert bad[3][0].startswith(f"PARSE: quantity is '{said}'") and words in bad[3][0]


@pytest.mark.parametrize(
    ("formats", "said", "iso"),
    [
        (["%d.%m.%Y"], "1.2.2024", "2024-02-01"),
        (["%m/%d/%Y"], "02/01/2024", "2024-02-01"),
        (["%Y%m%d"], "20240201", "2024-02-01"),
        (["%d-%b-%y"], "1-Feb-24", "2024-02-01"),
        (["%d.%m.%y"], "01.02.99", "1999-02-01"),
        (["%d/%m/%Y", "%m/%d/%Y"], "13/02/2024", "2024-02-13"),
        (["%d.%m.%Y"], "2024-02-01", "2024-02-01"),
    ],
)
def test_dates_are_read_in_the_declared_form(formats, said, iso):
    assert only("supplier_price", "effective_from_on", said, dates={"formats": formats}) == ([iso], {})


@pytest.mark.parametrize(
    ("formats", "said", "words"),
    [
        (["%d/%m/%Y", "%m/%d/%Y"], "03/04/2024", "read as 2024-04-03 or as 2024-03-04"),
        (["%d.%m.%Y"], "2024/02/01", "not a date as %d.%m.%Y"),
        (["%d.%m.%Y"], "01.13.2024", "not a date as %d.%m.%Y"),
        (["%d.%m.%Y"], "soon", "not a date"),
        # The 1st of December, or the 11th of February?
        (["%d%m%Y"], "1122024", "not a date as %d%m%Y"),
    ],
)
def test_a_date_that_is_not_clear_is_a_bad_row(formats, said, words):
    values, bad = only("supplier_price", "effective_from_on", "2024-01-01", said, dates={"formats": formats})
    assert values == ["2024-01-01"] and words in bad[3][0] and bad[3][0].startswith("DATE: effective_from_on")


@pytest.mark.parametrize(
    ("said", "utc"),
    [
        ("31.12.2024 23:30", "2024-12-31T22:30:00.000000Z"),
        ("01.07.2024 00:15", "2024-06-30T22:15:00.000000Z"),
        ("2024-07-01T00:15:00+00:00", "2024-07-01T00:15:00+00:00"),
        ("2024-07-01", "2024-06-30T22:00:00.000000Z"),
    ],
)
def test_a_time_without_an_offset_is_in_the_zone_of_the_sender(said, utc):
    dates = {"formats": ["%d.%m.%Y %H:%M"], "time_zone": "Europe/Berlin"}
    assert only("usage", "consumed_at", said, dates=dates) == ([utc], {})


@pytest.mark.parametrize("said", ["2024-10-27 02:30", "2024-03-31 02:30"])
def test_an_hour_that_the_clock_shows_twice_or_never_is_a_bad_row(said):
    _, bad = only("usage", "consumed_at", said, dates={"time_zone": "Europe/Berlin"})
    assert "Europe/Berlin show it twice or never" in bad[2][0]


def test_half_days_are_read_with_their_half():
    dates = {"formats": ["%m/%d/%Y %I:%M %p"]}
    values, _ = only("usage", "consumed_at", "1/2/2024 12:05 AM", "1/2/2024 1:05 pm", dates=dates)
    assert values == ["2024-01-02T00:05:00", "2024-01-02T13:05:00"]


def test_scale_is_exact_and_leaves_no_exponent():
    scale = {"unit_price_amount": "0.01"}
    values, _ = only("supplier_price", "unit_price_amount", "1234.5", "0.0001", "100", "x", scale=scale)
    assert values == ["12.345", "0.000001", "1", "x"]


def test_signs_turn_size_and_direction():
    assert only("usage", "quantity", "-2", "3", "+4", signs={"quantity": "negate"})[0] == ["2", "-3", "-4"]
    assert only("usage", "quantity", "-2", "3", signs={"quantity": "absolute"})[0] == ["2", "3"]
    found = mapped("adjustment", {"quantity": ["-2", "3", "0"]}, signs={"quantity": "direction"})
    assert found.texts.to_pydict() == {"quantity": ["2", "3", "0"], "direction_code": ["OUT", "IN", "IN"]}


def test_codes_are_translated_and_units_wherever_they_stand():
    profile = {"values": {"usage_type_code": {"V": "SOLD_COUNTER", "*": "FITTED"}}, "units": {"Stk": "EA"}}
    found = mapped("usage", {"usage_type_code": ["V", "W", ""], "uom_code": ["Stk", "SET", ""]}, **profile)
    assert found.texts["usage_type_code"].to_pylist() == ["SOLD_COUNTER", "FITTED", None]
    assert found.texts["uom_code"].to_pylist() == ["EA", "SET", None]


def test_constants_and_defaults_fill_what_is_not_there():
    profile = {"constants": {"brand_code": "007"}, "defaults": {"quantity": "1", "garage_code": "G1"}}
    found = mapped("usage", {"quantity": ["", "5"]}, **profile)
    assert found.texts.to_pylist() == [
        {"quantity": "1", "garage_code": "G1", "brand_code": "007"},
        {"quantity": "5", "garage_code": "G1", "brand_code": "007"},
    ]


def test_an_availability_follows_from_its_quantity_unless_the_row_says_it():
    columns = {"available_quantity": ["0", "4", "5", "", "-1"], "availability_code": ["", "", "", "ON_ORDER", ""]}
    found = mapped("supplier_availability", columns, availability_low_below="5")
    assert found.texts["availability_code"].to_pylist() == ["NONE", "LOW", "IN_STOCK", "ON_ORDER", "NONE"]


def test_a_missing_column_is_named_as_the_sender_names_it():
    profile = Profile(source_code="S", kind="supplier_price", columns={"part_number": "ArtNr", "pack_quantity": "VE"})
    with pytest.raises(FileFault) as raised:
        check_columns(("preis",), profile, CONTRACTS["supplier_price"], given=("supplier_code", "stated_at"))
    words = "brand_code, part_number (from ArtNr), unit_price_amount, currency_code, pack_quantity (from VE) missing"
    assert words in raised.value.message


def test_every_fault_of_a_row_is_told():
    columns = {"quantity": ["1.5", "2"], "consumed_at": ["soon", "2024-01-01"]}
    found = mapped("usage", columns, numbers={"decimal": ","}, dates={"formats": ["%d.%m.%Y"]})
    assert [why.split(":")[0] for why in found.bad[2]] == ["PARSE", "DATE"] and found.numbers.to_pylist() == [3]


@settings(max_examples=150)
@given(
    values=st.lists(st.decimals(-(10**9), 10**9, places=3), min_size=1, max_size=20),
    signs=st.sampled_from([(",", "."), (".", ","), (",", " "), (".", "'"), (",", ""), (".", "")]),
    trailing=st.booleans(),
)
def test_any_number_written_in_any_style_reads_back(values, signs, trailing):
    decimal, thousands = signs
    said = []
    for value in values:
        text = f"{abs(value):,.3f}".replace(",", "T").replace(".", decimal).replace("T", thousands)
        said.append((f"{text}-" if trailing else f"-{text}") if value < 0 else text)
    numbers = {"decimal": decimal, "thousands": thousands, "trailing_minus": trailing}
    plain, bad = only("usage", "quantity", *said, numbers=numbers)
    assert [Decimal(text) for text in plain] == values and not bad


@settings(max_examples=150)
@given(
    moments=st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)), min_size=1, max_size=20),
    date_format=st.sampled_from(
        ["%d.%m.%Y %H:%M:%S", "%m/%d/%y %I:%M:%S %p", "%Y%m%d%H%M%S", "%d-%b-%Y %H:%M:%S", "%Y/%m/%dT%H:%M:%S.%f"]
    ),
)
def test_any_moment_written_in_any_form_reads_back(moments, date_format):
    said = [moment.strftime(date_format) for moment in moments]
    iso, bad = only("usage", "consumed_at", *said, dates={"formats": [date_format]})
    assert [datetime.fromisoformat(text) for text in iso] == [datetime.strptime(t, date_format) for t in said]
    assert not bad
