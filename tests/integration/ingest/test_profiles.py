"""A partner's own file, by its profile, all the way into the stores."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.profiles.folder import Profiles
from tests.support.ingest_files import Ingest

PROFILE = """
source_code: S1
kind: supplier_price
files: "preise*.csv"
format: delimited
options:
  delimiter: ";"
  encoding: cp1252
  header_has: [Artikelnummer]
  footer_from: Anzahl
  envelope: ['vom (?P<stated_at>[\\d.]+)', 'Anzahl: (?P<line_count>\\d+)']
columns: {part_number: Artikelnummer, unit_price_amount: Preis, effective_from_on: "Gültig ab"}
constants: {brand_code: BOSC, currency_code: EUR}
numbers: {decimal: ",", thousands: "."}
dates: {formats: ["%d.%m.%Y"], time_zone: Europe/Berlin}
tolerances: {failed_rows_pct: 50}
"""
FILE = (
    "Großhandel, Preise vom 01.06.2024\r\n"
    "Artikelnummer;Preis;Gültig ab;Lagerort\r\n"
    "007;1.234,50;01.07.2024;Köln\r\n"
    "0 986-AB;99.90;01.07.2024;Köln\r\n"
    "Anzahl: {count}\r\n"
)


@pytest.fixture
def profiles(ingest: Ingest, tmp_path: Path) -> Profiles:
    ingest.catalogue()
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "s1.yaml").write_text(PROFILE, encoding="utf-8")
    return Profiles(folder)


def test_a_partners_own_file_ends_in_the_stores_by_its_profile(ingest, profiles):
    outcome = ingest(FILE.format(count=2).encode("cp1252"), source="S1", name="Preise 06.csv", profiles=profiles)
    assert (outcome.state, outcome.rows_accepted, outcome.rows_quarantined) == ("ACCEPTED_WITH_QUARANTINE", 1, 1)
    [offer] = ingest.rows(
        "select supplier_code, brand_code, part_number, unit_price_amount, currency_code, effective_from_on,"
        " stated_at at time zone 'UTC' from supplier_feed.offers"
    )
    assert offer[:6] == ("S1", "BOSC", "007", Decimal("1234.5"), "EUR", date(2024, 7, 1))
    assert str(offer[6]) == "2024-05-31 22:00:00"
    [bad] = ingest.rows("select line_number, raw, reasons from ingest.quarantined_rows")
    assert bad[:2] == (4, "0 986-AB;99.90;01.07.2024;Köln") and "',' before the decimals" in str(bad[2])
    version = profiles.find("S1", "supplier_price", "preise.csv").version
    assert ingest.rows("select profile_version, source_code, kind from ingest.profiles where source_code = 'S1'") == [
        (version, "S1", "supplier_price")
    ]


def test_a_count_that_the_footer_states_is_held_against_the_rows(ingest, profiles):
    outcome = ingest(FILE.format(count=3).encode("cp1252"), source="S1", name="preise.csv", profiles=profiles)
    assert (outcome.state, outcome.error_code) == ("REJECTED", "CONTROL_TOTAL")
    assert ingest.value("select count(*) from supplier_feed.offers") == 0


def test_a_column_that_is_gone_is_named_as_the_partner_names_it(ingest, profiles):
    content = FILE.format(count=2).replace("Preis;", "Netto;").encode("cp1252")
    outcome = ingest(content, source="S1", name="preise.csv", profiles=profiles)
    assert (outcome.state, outcome.error_code) == ("REJECTED", "MISSING_COLUMN")
    assert "unit_price_amount (from Preis) missing" in outcome.error


def test_a_broken_profile_holds_the_files_of_its_own_partner_alone(ingest, profiles, tmp_path):
    (tmp_path / "profiles" / "s1.yaml").write_text(PROFILE + "colour: red\n", encoding="utf-8")
    broken = Profiles(tmp_path / "profiles")
    outcome = ingest(FILE.format(count=2).encode("cp1252"), source="S1", name="preise.csv", profiles=broken)
    assert outcome.error_code == "INVALID_PROFILE" and "colour: there is no such key" in outcome.error
    other = "part_number,brand_code\n"
    assert ingest(other, source="S2", name="preise.csv", profiles=broken).error_code != "INVALID_PROFILE"
