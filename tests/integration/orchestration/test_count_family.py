"""``partsbay count`` as a person or a program calls it: from the request over the sheet to the end."""

from __future__ import annotations

import csv
import json

import pytest
from typer.testing import CliRunner

from expectations.judge import judge
from ingest.errors import PartsbayError
from orchestration.cli.app import app
from tests.support.ingest_files import Ingest, lines
from tests.support.stock import Stock, ago

PART = "BRND:P1"


@pytest.fixture
def stock(stores, server, tmp_path, monkeypatch):
    """Five of P1 in a lot of G1, in a database that the commands see as well."""
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(stores.name))
    made = Stock(stores.pipeline)
    made.receive(5, lot_number="L1", received_at=ago(days=3))
    yield made
    made.connection.close()


def call(*arguments, code: int = 0):
    """The command in this process: its JSON document, its text, or the error that it ends with."""
    done = CliRunner().invoke(app, ["count", *(str(one) for one in arguments)])
    if isinstance(done.exception, PartsbayError):
        return done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def test_a_sheet_goes_out_blind_comes_back_as_a_file_and_is_reviewed(stock, stores, tmp_path):
    number = call("request", "G1", "--actor", "ann", "--json")["count_number"]
    assert "Nothing is to be counted" in call("request", "G1", "--actor", "ann")
    file = tmp_path / "to_count.csv"
    assert "1 part taken up" in call("sheet", "G1", file, "--actor", "eve")
    ingest = Ingest(stores.pipeline, tmp_path, judge=judge)

    def count(quantity: int) -> dict[str, str]:
        [row] = csv.DictReader(file.open())
        assert ingest(lines(row), kind="stock_count", source="G1").rows_accepted == 0
        moment = {"counted_at": f"{stock.value('select clock_timestamp()'):%Y-%m-%dT%H:%M:%S.%fZ}", "actor": "eve"}
        filled = {**row, "counted_quantity": str(quantity), **moment}
        assert ingest(lines(filled), kind="stock_count", source="G1").rows_accepted == 1
        return row

    assert count(2)["count_round"] == "1"
    assert f"{number}  G1  {PART}  INVESTIGATING" in call("list")
    call("sheet", "G1", file)
    assert count(2)["count_round"] == "2"
    assert f"{number}  G1  {PART}  READY_TO_REVIEW, off by -3, counted 2 times" in call("list", "--garage", "G1")
    assert call("review", number, "--reason", "so it is", "--actor", "EVE").code == "TWO_PERSONS"
    assert "1 part reviewed" in call("review", number, "--part", PART, "--reason", "so it is", "--actor", "bob")
    assert "1 part completed" in call("complete", "--actor", "bob")
    assert call("list") == "No count is under way.\n"
    [ended] = call("list", "--state", "COMPLETED", "--json")["counts"]
    assert (ended["count_number"], ended["acted_by"]) == (number, "bob")
    ingest.connection.close()
    assert stock.on_hand() == 2


def test_a_count_is_asked_for_by_hand_and_given_up(stock):
    told = call("request", "G1", "--part", PART, "--reason", "the shelf fell over", "--actor", "ann")
    number = told.split("count ", 1)[1].split(".")[0]
    assert "1 part given up" in call("cancel", number, "--garage", "G1", "--reason", "put up again", "--actor", "ann")
    assert call("cancel", number, "--reason", "twice").code == "WRONG_STATE"
    assert call("recount", number, "--reason", "too late").code == "WRONG_STATE"
    assert call("list", "--state", "LOST").code == "UNKNOWN_STATE"


@pytest.mark.parametrize("command", ["request", "sheet", "list", "recount", "review", "cancel", "complete"])
def test_the_help_of_every_command_has_an_example(command):
    assert f"Example: partsbay count {command}" in " ".join(call(command, "--help").split())
