"""Files as real systems write them, under the profiles that ship: rows as a person reads them off the file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.profiles.folder import Profiles, read_profile
from ingest.profiles.model import Calendar, Profile, Tolerances
from ingest.profiles.suggest import suggest
from ingest.profiles.trial import Trial, try_profile
from ingest.readers.delimited import Options
from ingest.readers.limits import FileFault
from ingest.reading import recognise_kinds

ROOT = Path(__file__).parents[4]
SAMPLES, SHIPPED = ROOT / "tests" / "data" / "csv", ROOT / "deploy" / "profiles"


def tried(profile: str, sample: str) -> Trial:
    found = try_profile(SAMPLES / sample, read_profile(SHIPPED / f"{profile}.yaml"), "SENDER")
    assert found.fault is None
    return found


def row(found: Trial, place: int, *names: str) -> tuple:
    return tuple(found.sample[place].get(name) for name in names)


def test_article_data_of_a_retail_chain():
    found = tried("article_data", "made/article_data.csv")
    names = ("supplier_code", "brand_code", "part_number", "unit_price_amount", "effective_from_on", "effective_to_on")
    start, end = date(2026, 3, 1), date(2026, 12, 31)
    assert [row(found, place, *names) for place in range(3)] == [
        ("SENDER", "HOUSE", "00417", Decimal("12.5"), start, end),
        ("SENDER", "HOUSE", "00418", Decimal("40"), start, end),
        ("SENDER", "HOUSE", "00980", Decimal("6.95"), start, date(2026, 3, 31)),
    ]
    assert (found.rows_read, found.rows_bad) == (3, 0)


def test_the_count_of_a_warehouse():
    found = tried("warehouse_count", "made/depot_Inventory.csv")
    names = ("count_number", "garage_code", "brand_code", "part_number", "lot_number", "bin_code", "counted_quantity")
    assert [row(found, place, *names) for place in range(4)] == [
        ("depot_Inventory", "MAIN", "GENERIC", "VX300", "F2601", "HALL1-A-03", Decimal("45000")),
        ("depot_Inventory", "MAIN", "GENERIC", "BF512", "26/B-7", "HALL1-A-03", Decimal("1250")),
        ("depot_Inventory", "MAIN", "GENERIC", "LM070", None, "HALL1-B-11", Decimal("76.5")),
        ("depot_Inventory", "MAIN", "GENERIC", "00417", "W-9", "CAGE", Decimal("0")),
    ]
    assert found.rows_good == 4 and found.totals["counted_quantity"] == Decimal("46326.5")


def test_a_government_list_with_american_dates():
    found = tried("item_transfers", "transfers_kansas.csv")
    names = ("part_number", "unit_price_amount", "price_uom_code", "stated_at")
    # Midnight in Kansas is five in the morning in summer, as UTC has it.
    assert row(found, 0, *names) == ("1005-00-073-9421", Decimal("499"), "EA", datetime(2006, 5, 19, 5, tzinfo=UTC))
    assert (found.rows_read, found.rows_bad, found.totals["unit_price_amount"]) == (1575, 0, Decimal("4009658.36"))


def test_suppliers_with_the_price_of_a_pack():
    found = tried("supplier_products", "made/depot_productSuppliers.csv")
    names = ("part_number", "supplier_part_number", "unit_price_amount", "price_uom_code", "pack_quantity")
    assert row(found, 0, *names) == ("VX300", "9001", Decimal("12.5"), "PK", Decimal("50"))
    assert row(found, 1, *names) == ("BF512", "DOT4-12", Decimal("87.6"), "BX", Decimal("12"))
    assert row(found, 2, *names) == ("LM070", "H7-76", Decimal("34.4"), "BX", Decimal("80"))
    assert (found.rows_good, found.totals["unit_price_amount"]) == (3, Decimal("134.50"))


def test_product_master_data_with_a_decimal_comma():
    found = tried("product_master", "made/products_german.csv")
    names = ("part_number", "supplier_part_number", "description", "gtin", "pack_quantity", "pack_uom_code")
    assert [row(found, place, *names) for place in range(3)] == [
        ("00417", "4711", "Ölfilter", None, Decimal("2500"), "mm"),
        ("00980", "4712", "Bremsflüssigkeit DOT 4", None, Decimal("0.5"), "L"),
        ("10233", "4713", "Keilriemen", None, Decimal("1"), "EA"),
    ]


@pytest.mark.parametrize(
    "sample",
    [
        "order_headers", "order_lines", "no_table", "warehouses_german", "purchase_orders_german",
        "purchase_orders_bad_date", "depot_binLocations", "depot_locations", "depot_inventoryLevels", "product_list",
    ],
)  # fmt: skip
def test_a_file_without_anything_that_we_keep_is_refused_by_name(sample):
    with pytest.raises(FileFault) as raised:
        recognise_kinds(SAMPLES / "made" / f"{sample}.csv")
    assert raised.value.code in ("UNKNOWN_KIND", "DUPLICATE_HEADER", "HEADER") and raised.value.mend


@pytest.mark.parametrize(
    "sample",
    ["order_headers", "order_lines", "no_table", "warehouses_german", "depot_binLocations", "depot_locations",
     "product_list"],
)  # fmt: skip
def test_nothing_is_suggested_for_a_file_without_anything_that_we_keep(sample):
    with pytest.raises(FileFault, match=r"hold no prices, stock, counts, usage or parts|no row names the columns"):
        suggest(SAMPLES / "made" / f"{sample}.csv", "SENDER")


@pytest.mark.parametrize(
    ("sample", "kind", "columns"),
    [
        ("made/article_data.csv", "supplier_price", {"part_number": "ArticleNumber", "unit_price_amount": "RetailPrice",
                                                "effective_from_on": "DateFrom", "effective_to_on": "DateUntill"}),
        ("made/products_german.csv", "supplier_catalogue", {"part_number": "ArtNr", "description": "ArtBez"}),
        ("made/depot_Inventory.csv", "stock_count", {"part_number": "Product code",
                                                                   "bin_code": "Bin location",
                                                                   "counted_quantity": "Physical QOH"}),
        ("made/depot_stocklist.csv", "supplier_availability", {"part_number": "product_code",
                                                                         "available_quantity": "quantity"}),
        ("made/depot_productSuppliers.csv", "supplier_price", {"part_number": "Product Code",
                                                              "unit_price_amount": "Package Price"}),
        ("transfers_kansas.csv", "supplier_price", {"part_number": "nsn", "unit_price_amount": "acquisition_cost",
                                                    "price_uom_code": "ui"}),
        ("made/depot_catalog_items.csv", "supplier_catalogue", {"part_number": "productCode",
                                                                     "description": "productName"}),
    ],
)  # fmt: skip
def test_a_suggestion_finds_the_columns_that_a_person_would_name(sample, kind, columns):
    found = suggest(SAMPLES / sample, "SENDER")
    assert found.content["kind"] == kind
    assert columns.items() <= found.content["columns"].items()
    assert found.trial.rows_good == found.trial.rows_read > 0 and found.trial.fault is None


def test_every_profile_that_ships_can_be_used():
    assert not Profiles(SHIPPED).check()
    assert {path.stem for path, _ in Profiles(SHIPPED)} == {path.stem for path in SHIPPED.glob("*.yaml")}


def test_the_page_about_profiles_names_every_key_and_every_option():
    page = (SHIPPED / "README.md").read_text(encoding="utf-8")
    names = [*Profile.model_fields, *Tolerances.model_fields, *Calendar.model_fields, *Options.model_fields]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_the_german_price_list_reads_title_rows_and_last_line(tmp_path):
    path = tmp_path / "Preisliste 12.csv"
    path.write_bytes(
        "Großhandel\nPreisliste Nr. 12 vom 31.05.2024\n\n"
        "Artikelnummer;Bestellnummer;HERSTELLER;Preis;Nettopreis;ME;Mindestmenge;gültig  ab\r\n"
        "0 986;X1;BOSCH;2.469,00;1.234,50;Stk;-;01.06.2024\r\n"
        "007;X2;ATE;99,00;k.A.;Satz;2;2024-07-01\r\n"
        "008;X3;ATE;99.00;;Satz;2;01.07.2024\r\n"
        "009;X4;ATE;5,00-;;Stk;;31.06.2024\r\n"
        "Anzahl Zeilen: 4\r\nSumme: 13,335\r\n".encode("cp1252")
    )
    found = try_profile(path, read_profile(SHIPPED / "german_price_list.yaml"), "SENDER")
    names = ("brand_code", "part_number", "unit_price_amount", "price_uom_code", "minimum_order_quantity",
             "effective_from_on", "stated_at")  # fmt: skip
    stated = datetime(2024, 5, 30, 22, tzinfo=UTC)
    assert [row(found, place, *names) for place in range(len(found.sample))] == [
        ("BOSCH", "0 986", Decimal("12.345"), "EA", Decimal(1), date(2024, 6, 1), stated),
        ("ATE", "007", Decimal("0.99"), "SET", Decimal(2), date(2024, 7, 1), stated),
    ]
    assert [example["place"] for example in found.examples] == ["line 7", "line 8"]
    assert "not a number with ',' before the decimals" in found.examples[0]["reasons"][0]
    assert found.examples[1]["reasons"][0].startswith("DATE: effective_from_on")
    assert found.envelope.sequence_number == 12 and found.envelope.row_counts == {"": 4}
    assert found.envelope.sums == {"unit_price_amount": "13.335"} and found.envelope.submission == "FULL"
