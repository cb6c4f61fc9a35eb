"""Files that real systems wrote, under the profiles that ship: rows as a person reads them off the file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.profiles.folder import read_profile
from ingest.profiles.suggest import suggest
from ingest.profiles.trial import Trial, try_profile
from ingest.readers.limits import FileFault
from ingest.reading import recognise_kinds
from tests.support.samples import listed

SAMPLES = listed("csv")
SHIPPED = Path(__file__).parents[4] / "deploy" / "profiles"
GARAGE, SUPPLIER = "garage/stock_import/openboxes", "supplier/csv/openboxes"
BOTS, METAS = "supplier/csv/bots-plugins", "supplier/csv/metasfresh"
ARTICLES = f"{BOTS}/edifact_pricat_slsrpt_consignment_pricat_articledata01.csv"
ORDER_HEADERS = (
    f"{BOTS}/alto_alto_seperate_headers_details_alto_attch._803FF4D0-CE06-4765-A68C-7E2CB177D786_.ETRHDR.csv"
)
ORDER_LINES = f"{BOTS}/edifact_orders_to_csv_csvdemo_csv2edi_test.csv"
PRODUCTS = f"{METAS}/pcm_product_10_Product_ImportFile.csv"
WAREHOUSES = f"{METAS}/pcm_warehouse_10_Warehouse_ImportFile.csv"
NO_TABLE = f"{METAS}/pcm_purchaseorder_masterDataFileExists_123_PurchaseOrder_ImportFile.csv"


def tried(profile: str, sample: str) -> Trial:
    found = try_profile(SAMPLES[sample].path, read_profile(SHIPPED / f"{profile}.yaml"), "SENDER")
    assert found.fault is None
    return found


def row(found: Trial, place: int, *names: str) -> tuple:
    return tuple(found.sample[place].get(name) for name in names)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_that_no_profile_explains_is_refused_by_name(name):
    with pytest.raises(FileFault) as raised:
        recognise_kinds(SAMPLES[name].path)
    assert raised.value.code == SAMPLES[name].outcome and raised.value.mend


def test_article_data_of_a_retail_chain():
    found = tried("article_data", ARTICLES)
    names = ("supplier_code", "brand_code", "part_number", "unit_price_amount", "effective_from_on", "effective_to_on")
    dates = date(2008, 6, 30), date(2008, 6, 30)
    assert [row(found, place, *names) for place in range(3)] == [
        ("SENDER", "HOUSE", "123456", Decimal("40"), *dates),
        ("SENDER", "HOUSE", "123456", Decimal("40"), *dates),
        ("SENDER", "HOUSE", "123456", Decimal("30"), *dates),
    ]
    assert (found.rows_read, found.rows_bad) == (3, 0)


@pytest.mark.parametrize(
    ("sample", "first", "total"),
    [
        (f"{GARAGE}/mainWarehouseInventory.csv", ("RM1-RACK1-SHELF1", Decimal("100000")), Decimal("198656")),
        (f"{GARAGE}/bostonWarehouseInventory.csv", ("RACK1-SHELF1", Decimal("3000")), None),
    ],
)
def test_the_count_of_a_warehouse(sample, first, total):
    found = tried("warehouse_count", sample)
    names = ("count_number", "garage_code", "brand_code", "part_number", "lot_number")
    count = Path(sample).stem
    assert row(found, 0, *names) == (count, "MAIN", "GENERIC", "QX039", "37627")
    assert row(found, 1, *names) == (count, "MAIN", "GENERIC", "TS894", "00392/174")
    assert row(found, 0, "bin_code", "counted_quantity") == first
    assert found.rows_good == 57 and total in (None, found.totals["counted_quantity"])


def test_suppliers_with_the_price_of_a_pack():
    found = tried("supplier_products", f"{SUPPLIER}/productSuppliers.csv")
    names = ("part_number", "supplier_part_number", "unit_price_amount", "price_uom_code", "pack_quantity")
    assert row(found, 0, *names) == ("QX039", "54565865", Decimal("25"), "PK", Decimal("100"))
    assert row(found, 1, *names) == ("TS894", "AD-4376", Decimal("95"), "BX", Decimal("100"))
    assert row(found, 2, *names) == ("CR388", "DG-4657", Decimal("22.04"), "BX", Decimal("76"))
    assert (found.rows_good, found.totals["unit_price_amount"]) == (38, Decimal("10882.39"))


def test_product_master_data_with_a_decimal_comma():
    found = tried("product_master", PRODUCTS)
    names = ("part_number", "supplier_part_number", "description", "gtin", "pack_quantity", "pack_uom_code")
    common = "productValue", "productIdentifier", "productName", None
    assert [row(found, place, *names) for place in range(3)] == [
        (*common, Decimal("4250"), "mm"),
        (*common, Decimal("0.2"), "L"),
        (*common, Decimal("1"), "EA"),
    ]


@pytest.mark.parametrize(
    "sample",
    [NO_TABLE, WAREHOUSES, f"{GARAGE}/binLocations.csv", f"{GARAGE}/locations.csv", f"{SUPPLIER}/WHO_products.csv"],
)
def test_nothing_is_suggested_for_a_file_without_anything_that_we_keep(sample):
    with pytest.raises(FileFault, match="hold no prices, stock, counts, usage or parts"):
        suggest(SAMPLES[sample].path, "SENDER")


@pytest.mark.parametrize("sample", [ORDER_HEADERS, ORDER_LINES])
def test_of_a_file_whose_columns_have_no_names_it_is_said_what_to_do(sample):
    with pytest.raises(FileFault, match="no row names the columns") as refused:
        suggest(SAMPLES[sample].path, "SENDER")
    assert "profile" in refused.value.mend


@pytest.mark.parametrize(
    ("sample", "kind", "columns"),
    [
        (ARTICLES, "supplier_price", {"part_number": "ArticleNumber", "unit_price_amount": "RetailPrice",
                                                "effective_from_on": "DateFrom", "effective_to_on": "DateUntill"}),
        (PRODUCTS, "supplier_catalogue", {"part_number": "ArtNr", "description": "ArtBez"}),
        (f"{GARAGE}/bostonWarehouseInventory.csv", "stock_count", {"part_number": "Product code",
                                                                   "bin_code": "Bin location",
                                                                   "counted_quantity": "Physical QOH"}),
        (f"{GARAGE}/bostonStocklistItems.csv", "supplier_availability", {"part_number": "product_code",
                                                                         "available_quantity": "quantity"}),
        (f"{SUPPLIER}/productSuppliers.csv", "supplier_price", {"part_number": "Product Code",
                                                              "unit_price_amount": "Package Price"}),
        (f"{SUPPLIER}/productCatalogItems.csv", "supplier_catalogue", {"part_number": "productCode",
                                                                     "description": "productName"}),
    ],
)  # fmt: skip
def test_a_suggestion_finds_the_columns_that_a_person_would_name(sample, kind, columns):
    found = suggest(SAMPLES[sample].path, "SENDER")
    assert found.content["kind"] == kind
    assert columns.items() <= found.content["columns"].items()
    assert found.trial.rows_good == found.trial.rows_read > 0 and found.trial.fault is None
