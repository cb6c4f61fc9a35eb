"""What is proposed for an unknown file, and that doubt is said instead of guessed away."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import yaml
from openpyxl import Workbook

from ingest.contracts import CONTRACTS
from ingest.profiles.columns import folded
from ingest.profiles.folder import read_profile
from ingest.profiles.guess_text import guess_encoding, guess_text
from ingest.profiles.guess_values import guess_dates, guess_numbers
from ingest.profiles.suggest import suggest
from ingest.profiles.trial import try_profile
from ingest.profiles.words import SYNONYMS
from ingest.profiles.yaml_writing import as_yaml
from ingest.readers.limits import FileFault, Limits

ROOT = Path(__file__).parents[4]
ROWS = (
    "0 986-A;Ölfilter;BOSCH;1.234,50;EUR;Stk;01.06.2024;4006381333931\n"
    "007;Bremsbelag größer;ATE;99,00;EUR;Satz;31.12.2024;4006381333931\n"
)
HEADERS = {
    "en": "Item No;Description;Brand;Net Price;Currency;Unit;Valid from;EAN",
    "de": "Artikelnummer;Bezeichnung;Hersteller;Preis;Währung;Einheit;Gültig ab;EAN",
    "fr": "Référence;Désignation;Marque;Prix net;Devise;Unité;Valable à partir du;Gencod",
    "es": "Referencia;Descripción;Marca;Precio;Moneda;Unidad;Válido desde;Código de barras",
    "it": "Codice articolo;Descrizione;Marca;Prezzo netto;Valuta;Unità;Valido dal;Codice EAN",
    "nl": "Artikelcode;Omschrijving;Merk;Nettoprijs;Valuta;Eenheid;Geldig vanaf;Streepjescode",
}


def write(folder: Path, content: str, encoding: str = "utf-8", name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return path


@pytest.mark.parametrize("language", HEADERS)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_price_list_is_understood_in_six_languages(tmp_path, language, encoding):
    names = HEADERS[language].split(";")
    found = suggest(write(tmp_path, HEADERS[language] + "\n" + ROWS, encoding), "ACME")
    assert found.content["kind"] == "supplier_price"
    assert found.content["columns"] == {
        "part_number": names[0], "brand_code": names[2], "unit_price_amount": names[3], "currency_code": names[4],
        "price_uom_code": names[5], "effective_from_on": names[6],
    }  # fmt: skip
    assert found.content["options"]["delimiter"] == "semicolon"
    assert found.content["options"].get("encoding") == ("cp1252" if encoding == "cp1252" else None)
    assert found.content["numbers"] == {"decimal": ",", "thousands": "."}
    assert found.content["dates"] == {"formats": ["%d.%m.%Y"]}
    assert found.content["units"] == {"Stk": "EA", "Satz": "SET"}
    assert found.trial.rows_good == 2 and not found.open_columns


def test_a_suggestion_is_a_profile_that_can_be_used_as_it_stands(tmp_path):
    content = "Preisliste\nStand heute\n\n" + HEADERS["de"] + "\n" + ROWS + "Summe;2\n"
    path = write(tmp_path, content, "cp1252", "preise 2024-05-31.csv")
    text = as_yaml(suggest(path, "ACME"))
    assert "90%: a usual name for it" in text
    profile = read_profile(write(tmp_path, text, name="acme.yaml"))
    found = try_profile(path, profile, "ACME")
    assert (found.rows_read, found.rows_bad, found.envelope.stated_at) == (2, 0, "2024-05-31")
    assert [str(row["unit_price_amount"]) for row in found.sample] == ["1234.5000", "99.0000"]


def test_what_the_file_lacks_is_left_for_a_person(tmp_path):
    found = suggest(write(tmp_path, "sku,price\n007,1.50\n"), "ACME")
    assert found.open_columns == ("brand_code", "currency_code")
    text = as_yaml(found)
    assert "# constants:" in text and "#   currency_code:" in text and "constants" not in yaml.safe_load(text)


@pytest.mark.parametrize(("name", "currency"), [("Price (EUR)", "EUR"), ("Prix €", "EUR"), ("Price $", None)])
def test_a_currency_in_the_name_of_the_price_is_taken_from_there(tmp_path, name, currency):
    found = suggest(write(tmp_path, f"sku;{name}\n007;1.50\n"), "ACME")
    assert found.content.get("constants", {}).get("currency_code") == currency
    assert ("currency_code" in found.open_columns) == (currency is None)
    loaded = yaml.safe_load(as_yaml(found))
    assert loaded.get("constants") == found.content.get("constants")


def test_what_would_be_refused_is_shown_with_its_line(tmp_path):
    content = HEADERS["de"] + "\n" + ROWS * 3 + "008;Kerze;NGK;5.00 EUR;EUR;Stk;01.06.2024;\n"
    [example] = suggest(write(tmp_path, content), "ACME").trial.examples
    assert example["place"] == "line 8" and "with a currency sign (EUR)" in example["reasons"][0]


def test_dates_that_may_mean_two_things_are_not_guessed(tmp_path):
    content = "sku;brand;price;currency;valid from\n007;ATE;1.50;EUR;03/04/2024\n008;ATE;1.50;EUR;05/06/2024\n"
    found = suggest(write(tmp_path, content), "ACME")
    assert "dates" not in found.content and any("%d/%m/%Y or %m/%d/%Y" in note for note in found.notes)
    assert found.trial.reasons["DATE"] == 2


def test_a_stock_list_gets_its_availability_from_the_quantity(tmp_path):
    found = suggest(write(tmp_path, "Artikelnummer;Marke;Lagerbestand\n007;ATE;5\n008;ATE;0\n"), "ACME")
    assert found.content["kind"] == "supplier_availability"
    assert [row["availability_code"] for row in found.trial.sample] == ["IN_STOCK", "NONE"]


def test_a_packed_file_and_other_formats_are_suggested_for_too(tmp_path):
    packed = tmp_path / "list.csv.gz"
    packed.write_bytes(gzip.compress((HEADERS["de"] + "\n" + ROWS).encode()))
    assert suggest(packed, "ACME").content["kind"] == "supplier_price"
    rows = [{"sku": "007", "brand": "ATE", "price": "1.50", "currency": "EUR"}] * 3
    lines = write(tmp_path, "\n".join(map(json.dumps, rows)), name="list.jsonl")
    found = suggest(lines, "ACME")
    assert (found.format, found.content["kind"]) == ("jsonl", "supplier_price") and found.trial.rows_good == 3


def test_our_own_columns_need_no_mapping(tmp_path):
    content = "brand_code,part_number,unit_price_amount,currency_code,stated_at\nATE,007,1.5,EUR,2024-01-01\n"
    found = suggest(write(tmp_path, content), "ACME")
    assert "columns" not in found.content and found.trial.rows_good == 1


@pytest.mark.parametrize("content", ["lorem ipsum\ndolor\nsit\n", "a;b\n1;2\n", "when,who\n2024-01-01,ann\n"])
def test_a_file_that_holds_nothing_of_ours_is_said_so(tmp_path, content):
    with pytest.raises(FileFault, match="hold no prices, stock, counts, usage or parts"):
        suggest(write(tmp_path, content), "ACME")


@pytest.mark.parametrize(
    ("values", "decimal", "thousands", "is_sure"),
    [
        (["1.234,50", "7,00"], ",", ".", True),
        (["1,234.50", "7.00"], ".", ",", True),
        (["7,5", "12,99"], ",", "", True),
        (["1 234,5", "7,0"], ",", " ", True),
        (["1'234.5"], ".", "'", True),
        (["1234", "7"], ".", "", True),
        (["1.234", "5.678"], ".", "", False),
        (["1,234"], ".", "", False),
        (["1.234.567", "12"], ",", ".", True),
    ],
)
def test_number_signs_are_told_by_the_values_or_left_open(values, decimal, thousands, is_sure):
    found = guess_numbers(values)
    assert (found.decimal, found.thousands, found.confidence >= 0.5) == (decimal, thousands, is_sure)


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["31.12.2024"], ("%d.%m.%Y",)),
        (["12/31/2024 0:00:00"], ("%m/%d/%Y %H:%M:%S",)),
        (["01/02/2024", "25/02/2024"], ("%d/%m/%Y",)),
        (["01/02/2024"], ("%d/%m/%Y", "%m/%d/%Y")),
        (["20240131"], ("%Y%m%d",)),
        (["2024-01-31", "2024-02-01T08:00:00Z"], ()),
        (["7", "x"], None),
        (["31.12.2024", "12/31/2024"], None),
    ],
)
def test_date_forms_are_told_by_all_values_together(values, formats):
    assert guess_dates(values) == formats


@pytest.mark.parametrize(
    ("text", "encoding", "least"),
    [
        ("größe", "utf-8", 1.0), ("plain", "utf-8", 0.9), ("größe, Maß", "utf-16", 1.0),
        ("Größe;Maß;Öl", "cp1252", 0.8), ("plain text", "utf-16-le", 0.9),
    ],
)  # fmt: skip
def test_an_encoding_is_told_with_how_sure_it_is(text, encoding, least):
    found, sureness, _ = guess_encoding(text.encode(encoding))
    assert found.removesuffix("-le") == encoding.removesuffix("-le") and sureness >= least


def test_the_frame_of_a_text_is_found(tmp_path):
    path = write(tmp_path, "Title\n\nSKU\tPrice\n007\t1\n008\t2\n009\t3\nend\n")
    assert guess_text(path, Limits()).options == {
        "delimiter": "tab", "header_has": ["SKU", "Price"], "footer_from": "end",
    }  # fmt: skip
    bare = write(tmp_path, "007|1.50|2024-01-01\n008|2.50|2024-01-01\n")
    assert guess_text(bare, Limits()).options == {"delimiter": "|", "header": False}


def test_a_price_list_as_a_spreadsheet_saves_it_is_read_below_its_title():
    found = suggest(ROOT / "deploy" / "demo" / "partners" / "preisliste_44.csv", "UCIRWHOL")
    by_hand = read_profile(ROOT / "deploy" / "demo" / "partners" / "preisliste.yaml")
    profile = found.profile
    assert profile.kind == "supplier_price" and profile.files == by_hand.files
    assert profile.columns == by_hand.columns and profile.constants == by_hand.constants
    assert (profile.numbers, profile.dates.formats) == (by_hand.numbers, by_hand.dates.formats)
    assert profile.units == by_hand.units and found.open_columns == ()
    options = profile.options_for("delimited")
    assert (options.delimiter, options.encoding, options.footer_from) == (";", "cp1252", "Anzahl")
    assert options.header_has == ("Hersteller", "Artikelnummer", "Bestellnummer")
    assert (found.trial.rows_read, found.trial.rows_good) == (8, 6)
    assert found.trial.envelope.stated_at == "2025-11-21" and found.trial.envelope.row_counts == {"": 8}
    assert any("für 100 Stück" in note and "unit_price_amount: 0.01" in note for note in found.notes)
    reasons = [reason for example in found.trial.examples for reason in example["reasons"]]
    assert "DATE: effective_from_on is '31.11.2025', a day that no calendar has" in reasons


def test_the_last_line_of_a_sheet_is_seen_as_a_footer(tmp_path):
    book = Workbook()
    for row in (["Price list"], [], ["Part No", "Brand", "Description", "Price"], ["007", "ACME", "Pad", "1.50"],
                ["008", "ACME", "Disc", "2.50"], ["Rows: 2"]):  # fmt: skip
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    found = suggest(tmp_path / "list.xlsx", "ACME")
    assert found.content["options"] == {"footer_rows": 1}
    assert (found.trial.rows_read, found.trial.rows_good) == (2, 2)


def test_a_file_without_a_header_shows_its_first_row_by_places(tmp_path):
    path = write(tmp_path, "Export;;\n007;BOSCH;12\n008;BOSCH;3\n")
    with pytest.raises(FileFault, match="no row names the columns") as raised:
        suggest(path, "ACME")
    assert "--kind" in raised.value.mend
    found = suggest(path, "ACME", "supplier_availability")
    assert found.content["options"] == {"delimiter": "semicolon", "header": False, "skip_lines": 1}
    assert "that row: 1 = 007, 2 = BOSCH, 3 = 12" in found.notes


def test_one_wrong_day_does_not_hide_the_form_of_the_others():
    assert guess_dates(["31.11.2025", *["01.12.2025"] * 7]) == ("%d.%m.%Y",)


def test_every_word_stands_for_a_column_that_some_kind_has():
    known = {name for contract in CONTRACTS.values() for name in contract.column_names}
    assert set(SYNONYMS) <= known
    for name, words in SYNONYMS.items():
        assert all(word == word.lower() and folded(word) for word in words), name
