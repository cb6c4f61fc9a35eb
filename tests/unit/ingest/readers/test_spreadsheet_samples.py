"""Workbooks as real programs write them; what is expected of each was copied from its cells by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.readers.limits import FileFault
from tests.support.workbooks import STOCK_COUNT, canonical, fault, picked, read

SAMPLES = Path(__file__).parents[3] / "data" / "spreadsheet"
MADE = SAMPLES / "made"


def test_a_counted_store_comes_out_with_its_codes_lots_and_quantities():
    rows, bad = canonical(MADE / "counted_store.xls", "stock_count", STOCK_COUNT)
    assert not bad
    assert picked(rows, "line_number", "part_number", "lot_number", "bin_code", "counted_quantity") == [
        ("2", "00417", "LF21", "Aisle 1", "11.000"),
        ("3", "00417", "LF22", "Aisle 1", "40.000"),
        ("4", "00980", "BC-0/7", "Aisle 2", "90.000"),
        ("5", "10233", "EP11", "Cage", "7.500"),
        ("6", "10233", "EP12", "Cage", "24000.000"),
    ]


def test_the_days_of_an_old_workbook_come_out_as_iso_dates():
    rows, _ = read(MADE / "counted_store.xls")
    assert [row["Expiration date"] for row in rows] == ["", "2027-02-16", "2026-12-14", "2026-09-14", "2026-09-14"]


def test_a_form_with_instructions_before_it_is_read_from_the_sheet_that_fits():
    rows, bad = canonical(MADE / "count_form.xls", "stock_count", STOCK_COUNT)
    assert not bad
    assert picked(rows, "line_number", "part_number", "lot_number", "bin_code", "counted_quantity") == [
        ("2", "77001", "W1", "R6", "0.000"),
        ("3", "77001", "W2", "R6", "200.000"),
    ]


def test_prices_of_a_pies_workbook_are_read_from_their_sheet():
    profile = {
        "format": "spreadsheet",
        "options": {"sheets": ["Prices"]},
        "columns": {
            "part_number": "PartNumber",
            "unit_price_amount": "Price",
            "currency_code": "CurrencyCode",
            "price_uom_code": "PriceUOM",
            "effective_from_on": "EffectiveDate",
            "effective_to_on": "ExpirationDate",
            "break_quantity": "PriceBreak",
        },
        "constants": {"supplier_code": "S1", "brand_code": "BMNN", "stated_at": "2026-05-11"},
    }
    rows, bad = canonical(SAMPLES / "Rhubarb_8_0_D.xlsx", "supplier_price", profile)
    assert not bad
    names = ("part_number", "unit_price_amount", "currency_code", "effective_from_on", "effective_to_on")
    assert picked(rows, *names) == [
        ("AQ1150", "6.7200", "USD", "2020-01-02", None),
        ("AQ1151", "6.8000", "USD", "2020-01-02", None),
        ("AQ1152", "5.2500", "USD", "2020-01-02", None),
        ("AQ1153", "3.9600", "USD", "2020-01-02", "2025-01-02"),
        ("AQ1154", "3.9700", "USD", "2020-01-02", None),
    ]


def test_interchanges_of_a_pies_workbook_are_found_by_their_columns_alone():
    profile = {
        "format": "spreadsheet",
        "columns": {
            "part_number": "PartNumber",
            "other_part_number": "CompetitorPartNumber",
            "other_brand_code": "BrandID",
            "quantity": "InterchangeQuantity",
            "quality_grade_code": "QualityGradeLevel",
        },
        "constants": {"supplier_code": "S1", "brand_code": "BMNN", "stated_at": "2026-05-11"},
    }
    rows, bad = canonical(SAMPLES / "Rhubarb_8_0_D.xlsx", "supplier_interchange", profile)
    assert not bad
    assert picked(rows, "part_number", "other_brand_code", "other_part_number", "quantity", "quality_grade_code") == [
        ("AQ1150", "BQMC", "FIL12345", "1.000", "A"),
        ("AQ1150", "BKJT", "FTR4321", "2.000", "B"),
    ]


def test_gtins_keep_the_zeros_before_them():
    rows, _ = read(SAMPLES / "Rhubarb_8_0_D.xlsx", sheets=("Items",))
    assert [(row["PartNumber"], row["ItemLevelGTIN"], row["PartTerminologyID"]) for row in rows] == [
        ("AQ1150", "00734776282468", "6832"),
        ("AQ1151", "00734776282475", "6832"),
        ("AQ1152", "00734776282482", "6832"),
        ("AQ1153", "00734776283922", "6832"),
        ("AQ1153KIT", "00734776283922", "6832"),
        ("AQ1154", "00734776283939", "6832"),
        ("AQ1154BULK", "00734776575997 ", "6832"),
    ]


def test_orders_keep_whole_codes_and_every_digit_of_a_computed_price():
    rows, bad = read(MADE / "orders.xls")
    assert len(rows) == 90 and not bad
    names = ("#", "Product code", "Manufacturer code", "Vendor code", "Package cost", "Unit cost", "Total cost")
    assert picked(rows[:2], *names) == [
        (2, "VX100", "2C7500", "202800", "17.95", "5.983333333333333", "287.2"),
        (3, "VX101", "2C7501", "202801", "0.3", "0.09999999999999999", "0.3"),
    ]


@pytest.mark.parametrize("name", ["texts.xls", "texts.xlsx"])
def test_the_old_and_the_new_format_give_the_same_texts(name):
    assert [row["String"] for row in read(MADE / name)[0]] == ["ABC", "7E3", "007", " A", "A ", "ブレーキ"]
    numbers = [row["Numeric"] for row in read(MADE / name, sheets=("numeric",))[0]]
    assert numbers == ["7", "2.5", "00:00:00", "2001-03-04"]
    assert [row["Boolean"] for row in read(MADE / name, sheets=("boolean",))[0]] == ["TRUE", "FALSE"]


def test_a_form_that_nobody_filled_in_says_so():
    assert fault(MADE / "empty_form.xls").code == "HEADER_ONLY"


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("made/places.xls", "sheet 'Sheet1' lacks Product code"),
        ("made/orders.xls", "sheet 'Sheet1' lacks Physical QOH"),
        ("Flat_ACES_4_1_template_D.xlsx", "lacks Product code"),
    ],
)
def test_a_workbook_without_inventory_content_says_what_each_sheet_lacks(name, lacking):
    with pytest.raises(FileFault) as raised:
        canonical(SAMPLES / name, "stock_count", STOCK_COUNT)
    assert raised.value.code == "MISSING_COLUMN"
    assert lacking in raised.value.message
