"""``partsbay forecast`` as a person or a program calls it."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from ingest.errors import PartsbayError
from orchestration.cli.app import app
from tests.support.stock import Stock

PART = "BRND:P1"
FROM = date.today()
TO = FROM + timedelta(days=30)
SCOPE = ("--garage", "G1", "--from", FROM, "--to", TO, "--reason", "winter campaign", "--actor", "ann")


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
    done = CliRunner().invoke(app, ["forecast", *(str(one) for one in arguments)])
    if isinstance(done.exception, PartsbayError):
        return done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def test_an_uplift_is_stated_once_listed_and_ended_by_a_further_revision(stock):
    made = call("uplift", 30, "--part", PART, *SCOPE, "--json")
    assert made["is_new"] is True
    assert call("uplift", "30.0 %", "--part", PART, *SCOPE, "--json") == {"uplift_id": None, "is_new": False}
    assert f"+30 %  {FROM} to {TO}  G1 {PART}: winter campaign (ann)" in call("uplifts")

    prefix = made["uplift_id"][:8]
    call("end", prefix, "--on", FROM - timedelta(days=1), "--reason", "called off", "--actor", "bob")
    assert call("uplifts") == "Planners expect what is forecast.\n"
    (listed,) = call("uplifts", "--all", "--json")
    said = ("revision_number", "actor", "stated_by", "reason")
    assert [listed[name] for name in said] == [2, "bob", "ann", "called off"]
    # The same end again says nothing new.
    call("end", prefix, "--on", FROM - timedelta(days=1), "--reason", "called off", "--actor", "bob")
    assert stock.value("select count(*) from replenishment.demand_uplifts") == 2


def test_every_revision_leaves_a_record_of_who_and_why(stock):
    made = call("uplift", "--json", *SCOPE, "--", -20)
    call("end", made["uplift_id"], "--on", FROM, "--reason", "too much", "--actor", "bob")
    records = stock.rows(
        "select actor, action_code, reason from audit.records where relation_name = 'replenishment.demand_uplifts'"
        " order by recorded_at"
    )
    assert [tuple(record.values()) for record in records] == [
        ("ann", "UPLIFT", "winter campaign"),
        ("bob", "END_UPLIFT", "too much"),
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("30", "--from", FROM, "--to", TO, "--reason", "all"), "NO_SCOPE"),
        (("0", *SCOPE), "FACTOR"),
        (("much", *SCOPE), "FACTOR"),
        (("30", "--garage", "G1", "--from", TO, "--to", FROM, "--reason", "x"), "DATES"),
        (("30", "--garage", "G1", "--from", "soon", "--to", TO, "--reason", "x"), "DATES"),
        (("30", "--garage", "G1", "--from", FROM, "--to", TO, "--reason", " "), "NO_REASON"),
        (("30", "--category", "NOSUCH", "--from", FROM, "--to", TO, "--reason", "x"), "UNKNOWN_SCOPE"),
    ],
)
def test_an_uplift_that_means_nothing_is_refused_with_what_to_do(stock, arguments, code):
    refused = call("uplift", *arguments)
    assert (refused.code, bool(refused.mend)) == (code, True)
    assert stock.value("select count(*) from replenishment.demand_uplifts") == 0


def test_an_unknown_uplift_and_a_forecast_before_any_run_say_so(stock):
    assert call("end", "ffff", "--on", FROM, "--reason", "x").code == "NO_SUCH_UPLIFT"
    assert call("show", PART, "--garage", "G1").code == "NO_MODELS"
