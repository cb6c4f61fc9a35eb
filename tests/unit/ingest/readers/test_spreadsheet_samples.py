"""Workbooks that real programs and people wrote; what is expected of each was copied from its cells by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.contracts import CONTRACTS
from ingest.profiles.model import Profile
from ingest.readers.limits import FileFault
from ingest.reading import Reading
from tests.support.workbooks import fault, read

SAMPLES = Path(__file__).parents[3] / "data" / "spreadsheet"

STOCK_COUNT = {
    "format": "spreadsheet",
    "columns": {
        "part_number": "Product code",
        "lot_number": "Lot number",
        "bin_code": "Bin location",
        "counted_quantity": "Physical QOH",
    },
    "constants": {
        "count_number": "C1",
        "garage_code": "G1",
        "brand_code": "ANY",
        "counted_at": "2025-01-01T00:00:00Z",
        "actor": "store",
    },
}


def canonical(name: str, kind: str, profile: Mapping) -> tuple[list[dict], dict]:
    """The rows of a sample through a profile, in the types of the kind; and the bad ones."""
    contract = CONTRACTS[kind]
    reading = Reading(SAMPLES / name, contract, Profile(source_code="S1", kind=kind, **profile), "spreadsheet")
    rows, bad = [], {}
    for chunk in reading.chunks():
        rows += [{k: None if v is None else str(v) for k, v in row.items()} for row in chunk.table.to_pylist()]
        bad |= chunk.bad
    return rows, bad


def picked(rows: list[dict], *names: str) -> list[tuple]:
    return [tuple(row[name] for name in names) for row in rows]


def test_a_counted_store_comes_out_with_its_codes_lots_and_quantities():
    rows, bad = canonical("openboxes-inventory-counted.xls", "stock_count", STOCK_COUNT)
    assert not bad
    assert picked(rows, "line_number", "part_number", "lot_number", "bin_code", "counted_quantity") == [
        ("2", "00001", "M18", "Salle 1", "2520.000"),
        ("3", "00001", "M21", "Salle 1", "16540.000"),
        ("4", "00001", "M20", "Salle 1", "17360.000"),
        ("5", "00002", "CJ12002", "Salle 1", "385.000"),
        ("6", "00002", "CJ11026", "Salle 2", "300.000"),
        ("7", "00003", "DB11007", "Salle 2", "60.000"),
        ("8", "00003", "DB11012", "Salle 2", "6042.000"),
    ]


def test_the_days_of_an_old_workbook_come_out_as_iso_dates():
    rows, _ = read(SAMPLES / "openboxes-inventory-counted.xls")
    expected = ["", "2025-02-16", "2025-02-16", "2025-12-14", "2025-09-14", "2025-07-14", "2025-11-14"]
    assert [row["Expiration date"] for row in rows] == expected


def test_a_form_with_instructions_before_it_is_read_from_the_sheet_that_fits():
    rows, bad = canonical("inventory.xls", "stock_count", STOCK_COUNT)
    assert not bad
    assert picked(rows, "line_number", "part_number", "lot_number", "bin_code", "counted_quantity") == [
        ("2", "10088", "P0000224", "CS6", "0.000"),
        ("3", "10088", "P0000313", "CS6", "200.000"),
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
    rows, bad = canonical("Rhubarb_8_0_D.xlsx", "supplier_price", profile)
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
    rows, bad = canonical("Rhubarb_8_0_D.xlsx", "supplier_interchange", profile)
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
    rows, bad = read(SAMPLES / "purchaseOrders.xls")
    assert len(rows) == 136 and not bad
    names = ("#", "Product code", "Manufacturer code", "Vendor code", "Package cost", "Unit cost", "Total cost")
    assert picked(rows[:3], *names) == [
        (2, "BR50", "1659", "202808", "71", "1.42", "142"),
        (3, "UU25", "2C7554", "382469", "212.72", "4.431666666666667", "1914.48"),
        (4, "MF33", "123326", "286510", "25.71", "2.571", "77.13000000000001"),
    ]


def test_stock_levels_with_stray_columns_are_read_in_full():
    rows, bad = read(SAMPLES / "inventoryLevelImportData-partial.xls", header_columns=("Product code",))
    assert len(rows) == 99 and not bad
    assert picked(rows[:3], "#", "Product code", "Vendor code", "Bin location", "Current quantity", "column V") == [
        (2, "NM89", "", "", "1", ""),
        (3, "PK77", "B-375113-EA", "BP2-02", "361", ""),
        (4, "AJ42", "98SSP1-10", "", "4", ""),
    ]


@pytest.mark.parametrize("name", ["excel-file-importer-spec.xls", "excel-file-importer-spec.xlsx"])
def test_the_old_and_the_new_format_give_the_same_texts(name):
    assert [row["String"] for row in read(SAMPLES / name)[0]] == ["ABC", "A1", "1A", " A", "A ", "苹果"]
    numbers = [row["Numeric"] for row in read(SAMPLES / name, sheets=("numeric",))[0]]
    assert numbers == ["1", "1.2", "00:00:00", "2000-01-01"]
    assert [row["Boolean"] for row in read(SAMPLES / name, sheets=("boolean",))[0]] == ["TRUE", "FALSE"]


@pytest.mark.parametrize("name", ["binLocations.xls", "inventoryLevels.xls", "productAssociations.xls"])
def test_a_form_that_nobody_filled_in_says_so(name):
    assert fault(SAMPLES / name).code == "HEADER_ONLY"


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("locations.xls", "sheet 'Sheet1' lacks Product code"),
        ("ProductSuppliers.xls", "sheet 'Sheet1' lacks Physical QOH"),
        ("Flat_ACES_4_1_template_D.xlsx", "lacks Product code"),
    ],
)
def test_a_workbook_without_inventory_content_says_what_each_sheet_lacks(name, lacking):
    with pytest.raises(FileFault) as raised:
        canonical(name, "stock_count", STOCK_COUNT)
    assert raised.value.code == "MISSING_COLUMN"
    assert lacking in raised.value.message
