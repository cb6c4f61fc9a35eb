"""``partsbay profile``: what it prints for people and programs, and what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.errors import SettingsError
from orchestration.cli.app import app

PRICES = (
    "Artikelnummer;Hersteller;Preis;Währung;Stand\n007;BOSCH;1.234,50;EUR;01.06.2024\n008;ATE;9,90 €;EUR;01.06.2024\n"
)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path))
    (tmp_path / "prices.csv").write_text(PRICES, encoding="utf-8")
    return tmp_path


def partsbay(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["profile", *map(str, words)])
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout


def test_a_suggestion_is_printed_written_once_and_then_used(home):
    file = home / "prices.csv"
    said = partsbay("suggest", file, "--source", "ACME")
    assert "kind: supplier_price" in said and "1 of 2 rows good" in said and not (home / "profiles").exists()
    partsbay("suggest", file, "--source", "ACME", "--write")
    text = (home / "profiles" / "acme_supplier_price.yaml").read_text(encoding="utf-8")
    assert "part_number: Artikelnummer" in text
    said = partsbay("check", file, "--source", "ACME", "--no-judge", code=1)
    assert "line 3: 008;ATE;9,90 €;EUR;01.06.2024" in said and "with a currency sign (€)" in said
    again = CliRunner().invoke(app, ["profile", "suggest", str(file), "--source", "ACME", "--write"])
    assert isinstance(again.exception, SettingsError) and again.exception.code == "PROFILE_EXISTS"


def test_programs_get_one_document(home):
    document = json.loads(partsbay("suggest", home / "prices.csv", "--source", "ACME", "--json"))
    assert document["profile"]["columns"]["unit_price_amount"] == "Preis"
    assert document["trial"]["rows_bad"] == 1 and document["matches"][0]["confidence"] > 0.5
    path = home / "acme.yaml"
    path.write_text(document["yaml"], encoding="utf-8")
    document = json.loads(partsbay("check", home / "prices.csv", "--profile", path, "--json", code=1))
    assert (document["kind"], document["rows_read"], document["rows_good"]) == ("supplier_price", 2, 1)
    assert document["totals"] == {"unit_price_amount": "1234.5000"} and len(document["profile_version"]) == 12
    assert document["sample"][0]["supplier_code"] == "ACME" and document["examples"][0]["place"] == "line 3"


def test_checking_judges_by_the_expectations_of_the_kind(home):
    (home / "prices.csv").write_text(PRICES.replace("9,90 €", "9,90").replace("ATE;", ";"), encoding="utf-8")
    partsbay("suggest", home / "prices.csv", "--source", "ACME", "--write")
    document = json.loads(partsbay("check", home / "prices.csv", "--source", "ACME", "--json", code=1))
    assert document["rows_bad"] == 1 and "brand_code" in document["examples"][0]["reasons"][0]


def test_a_file_that_cannot_be_read_is_an_outcome_of_the_check(home):
    names = "brand_code,part_number,unit_price_amount,currency_code,stated_at"
    (home / "prices.csv").write_text(names + "\n", encoding="utf-8")
    document = json.loads(
        partsbay("check", home / "prices.csv", "--kind", "supplier_price", "--no-judge", "--json", code=1)
    )
    assert document["fault"]["code"] == "HEADER_ONLY" and document["fault"]["mend"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["suggest", "nothing.csv"], "NO_SUCH_FILE"),
        (["check", "prices.csv", "--kind", "prices"], "UNKNOWN_KIND"),
        (["check", "prices.csv", "--profile", "nothing.yaml"], "NO_SUCH_FILE"),
        (["check", "prices.csv", "--profile", "prices.csv"], "INVALID_PROFILE"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_done(home, monkeypatch, words, code):
    monkeypatch.chdir(home)
    done = CliRunner().invoke(app, ["profile", *words])
    assert isinstance(done.exception, SettingsError) and done.exception.code == code
