"""Workbooks of real systems; what is expected of each was copied from its cells by hand."""

from __future__ import annotations

import pytest

from ingest.readers.limits import FileFault
from tests.support.samples import listed
from tests.support.workbooks import STOCK_COUNT, canonical, fault, picked, read

SAMPLES = listed("spreadsheet")
GARAGE, SUPPLIER = "garage/stock_import/openboxes", "supplier/csv/openboxes"
COUNTED = f"{GARAGE}/194269_inventory.xls"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_workbook_taken_for_a_stock_count_ends_as_a_person_said_that_it_should(name):
    try:
        rows, bad = canonical(SAMPLES[name].path, "stock_count", STOCK_COUNT)
        found = f"{len(rows)} rows, {len(bad)} bad"
    except FileFault as raised:
        found = raised.code
    assert found == SAMPLES[name].outcome


def test_a_counted_store_comes_out_with_its_codes_lots_and_quantities():
    rows, bad = canonical(SAMPLES[COUNTED].path, "stock_count", STOCK_COUNT)
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
    rows, _ = read(SAMPLES[COUNTED].path)
    expected = ["", "2025-02-16", "2025-02-16", "2025-12-14", "2025-09-14", "2025-07-14", "2025-11-14"]
    assert [row["Expiration date"] for row in rows] == expected


def test_a_form_with_instructions_before_it_is_read_from_the_sheet_that_fits():
    rows, bad = canonical(SAMPLES[f"{GARAGE}/inventory.xls"].path, "stock_count", STOCK_COUNT)
    assert not bad
    assert picked(rows, "line_number", "part_number", "lot_number", "bin_code", "counted_quantity") == [
        ("2", "10088", "P0000224", "CS6", "0.000"),
        ("3", "10088", "P0000313", "CS6", "200.000"),
    ]


def test_orders_keep_whole_codes_and_every_digit_of_a_computed_price():
    rows, bad = read(SAMPLES[f"{SUPPLIER}/purchaseOrders.xls"].path)
    assert len(rows) == 136 and not bad
    names = ("#", "Product code", "Manufacturer code", "Vendor code", "Package cost", "Unit cost", "Total cost")
    assert picked(rows[:3], *names) == [
        (2, "BR50", "1659", "202808", "71", "1.42", "142"),
        (3, "UU25", "2C7554", "382469", "212.72", "4.431666666666667", "1914.48"),
        (4, "MF33", "123326", "286510", "25.71", "2.571", "77.13000000000001"),
    ]


@pytest.mark.parametrize(
    ("name", "count"), [("inventoryLevelImportData-partial.xls", 99), ("inventoryLevelImportData.xls", 1497)]
)
def test_stock_levels_with_stray_columns_are_read_in_full(name, count):
    rows, bad = read(SAMPLES[f"{GARAGE}/{name}"].path, header_columns=("Product code",))
    assert len(rows) == count and not bad
    assert picked(rows[:3], "#", "Product code", "Vendor code", "Bin location", "Current quantity", "column V") == [
        (2, "NM89", "", "", "1", ""),
        (3, "PK77", "B-375113-EA", "BP2-02", "361", ""),
        (4, "AJ42", "98SSP1-10", "", "4", ""),
    ]


@pytest.mark.parametrize("name", ["excel-file-importer-spec.xls", "excel-file-importer-spec.xlsx"])
def test_the_old_and_the_new_format_give_the_same_texts(name):
    assert [row["String"] for row in read(SAMPLES[f"{GARAGE}/{name}"].path)[0]] == [
        "ABC",
        "A1",
        "1A",
        " A",
        "A ",
        "苹果",
    ]
    numbers = [row["Numeric"] for row in read(SAMPLES[f"{GARAGE}/{name}"].path, sheets=("numeric",))[0]]
    assert numbers == ["1", "1.2", "00:00:00", "2000-01-01"]
    assert [row["Boolean"] for row in read(SAMPLES[f"{GARAGE}/{name}"].path, sheets=("boolean",))[0]] == [
        "TRUE",
        "FALSE",
    ]


@pytest.mark.parametrize(
    "name", [f"{GARAGE}/binLocations.xls", f"{GARAGE}/inventoryLevels.xls", f"{SUPPLIER}/productAssociations.xls"]
)
def test_a_form_that_nobody_filled_in_says_so(name):
    assert fault(SAMPLES[name].path).code == "HEADER_ONLY"


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        (f"{GARAGE}/locations.xls", "sheet 'Sheet1' lacks Product code"),
        (f"{SUPPLIER}/ProductSuppliers.xls", "sheet 'Sheet1' lacks Physical QOH"),
    ],
)
def test_a_workbook_without_inventory_content_says_what_each_sheet_lacks(name, lacking):
    with pytest.raises(FileFault, match="lacks") as raised:
        canonical(SAMPLES[name].path, "stock_count", STOCK_COUNT)
    assert lacking in raised.value.message


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_half_a_workbook_is_refused(tmp_path, share):
    data = SAMPLES[f"{SUPPLIER}/purchaseOrders.xls"].path.read_bytes()
    path = tmp_path / "b.xls"
    path.write_bytes(data[: int(len(data) * share)])
    assert fault(path).code == "DAMAGED_WORKBOOK"
