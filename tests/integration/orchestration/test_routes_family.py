"""``partsbay routes`` as a person or a program calls it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ingest.errors import PartsbayError
from orchestration.cli.app import app
from tests.support.stock import Stock

SAID = ("--days", 1, "--cost", "3.50", "--reason", "daily shuttle", "--actor", "ann")


@pytest.fixture
def stock(stores, server, tmp_path, monkeypatch):
    """A network that the commands see as well."""
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(stores.name))
    made = Stock(stores.pipeline)
    yield made
    made.connection.close()


def call(*arguments, code: int = 0):
    """The command in this process: its JSON document, its text, or the error that it ends with."""
    done = CliRunner().invoke(app, ["routes", *(str(one) for one in arguments)])
    if isinstance(done.exception, PartsbayError):
        return done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def test_a_route_is_said_once_changed_by_a_revision_and_on_record(stock):
    assert call("list") == "Every pair of garages takes the usual days and cost.\n"
    assert call("set", "G1", "G2", *SAID, "--json") == {"revision_number": 1, "is_new": True}
    assert call("set", "G1", "G2", *SAID) == "It was said before.\n"
    assert call("list") == "G1 → G2: 1 days, 3.5 a line, says ann: daily shuttle\n"
    assert "from the next run on" in call(
        "set", "G1", "G2", "--closed", *SAID[:4], "--reason", "no van", "--actor", "bob"
    )
    assert call("list") == "G1 → G2: closed, says bob: no van\n"
    records = stock.rows(
        "select actor, action_code, reason from audit.records where relation_name = 'replenishment.transfer_routes'"
        " order by recorded_at"
    )
    assert [tuple(record.values()) for record in records] == [
        ("ann", "ROUTE", "daily shuttle"), ("bob", "ROUTE", "no van"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (("G1", "G1", *SAID), "SAME_GARAGE"),
        (("G1", "G9", *SAID), "UNKNOWN_GARAGE"),
        (("G1", "G2", "--days", 1, "--cost", "-1", "--reason", "x"), "TERMS"),
        (("G1", "G2", "--days", 1, "--cost", "1", "--reason", " "), "NO_REASON"),
        (("G1", "G2", "--days", 1, "--cost", "much", "--reason", "x"), "NO_QUANTITY"),
    ],
)
def test_what_is_no_route_is_refused_and_says_why(stock, wrong, code):
    assert call("set", *wrong).code == code
    assert stock.value("select count(*) from replenishment.transfer_routes") == 0


def test_help_teaches():
    told = CliRunner().invoke(app, ["routes", "set", "--help"]).output
    assert "Example: partsbay routes set G01 G02" in told
