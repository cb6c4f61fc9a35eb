"""``partsbay reservation``, as a person or a program calls it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ingest.errors import PartsbayError
from orchestration.cli.app import app
from tests.support.ingest_files import ADJUSTMENT, GARAGE, HOLD, PART, Ingest, lines

PART_NAME = "BOSC:007"


@pytest.fixture
def ingest(stores, server, tmp_path, monkeypatch):
    """A garage with four units of a part, in a database that the commands see."""
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(stores.name))
    made = Ingest(stores.pipeline, tmp_path)
    for content in (lines(GARAGE), lines(PART), lines(ADJUSTMENT, {"quantity": "4"})):
        made(content)
    yield made
    made.connection.close()


def call(*arguments, code: int = 0):
    """The command in this process: its JSON document, or its text, or what it refuses with."""
    done = CliRunner().invoke(app, ["reservation", *(str(one) for one in arguments)])
    if isinstance(done.exception, PartsbayError):
        return done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def reserve(number: str, quantity: str, *more, code: int = 0):
    named = ("--number", number, "--work-order", f"W{number}", "--line", "1", "--actor", "ann")
    return call("reserve", "G1", PART_NAME, quantity, *named, *more, code=code)


def test_a_reservation_from_the_request_to_the_end(ingest):
    assert "RESERVED  3 of 3" in reserve("R1", "3", "--need-by", "2024-03-05")
    partly = reserve("R2", "2", "--json", code=1)
    assert (partly["status_code"], partly["backordered_quantity"]) == ("PARTIALLY_RESERVED", "1.000")
    assert partly["why"] == "stock is reserved for others: reservation R1 has 3"
    assert "R2 waits for 1 in G1: stock is reserved for others: reservation R1 has 3." in call("why", "R2")
    assert "Nobody is served before it." in call("why", "R2")
    [waiting] = call("list", "--status", "partially_reserved", "--garage", "G1", "--json")["reservations"]
    assert (waiting["reservation_number"], waiting["part_number"]) == ("R2", "007")
    assert "reservation R1 has 3" in call("list")

    once = call("consume", "R1", "2", "--operation", "op", "--json")
    assert once == call("consume", "R1", "2", "--operation", "op", "--json")
    assert once["status_code"] == "PARTIALLY_DELIVERED"
    assert "CLOSED" in call("release", "R1", "1", "--reason", "one is enough")
    assert "R2 waits for nothing: RESERVED." in call("why", "R2")
    shown = call("show", "R2")
    assert "RESERVED  2 of 2" in shown and "release of R1" in shown
    assert [one["event_type_code"] for one in call("show", "R2", "--json")["events"]][-1] == "RESERVED"
    assert "lapsed" not in call("extend", "R2", "2099-01-01T00:00:00Z")
    assert "CANCELLED" in call("cancel", "R2", "--reason", "customer went away")
    assert "2 by" in call("available", "G1", PART_NAME)


def test_a_hold_that_stands_in_the_way_is_named(ingest):
    ingest(lines(HOLD, {"quantity": "4"}))
    assert "waits: stock is on quality hold: hold H1 (PACKAGING) of 4" in reserve("R1", "1", code=1)


def test_who_waits_is_told_which_other_garages_have_the_part(ingest):
    reserve("R1", "5", code=1)
    assert "elsewhere" not in call("why", "R1")
    ingest(lines(GARAGE, {"garage_code": "G2"}))
    ingest(lines(ADJUSTMENT, {"garage_code": "G2", "quantity": "3"}))
    assert "Available elsewhere: 3 in G2." in call("why", "R1")
    assert call("why", "R1", "--json")["elsewhere"] == [{"garage_code": "G2", "available_quantity": "3.000"}]


def test_what_is_overdue_lapses(ingest):
    reserve("R1", "1", "--expires", "2024-04-01T00:00:00Z", code=0)
    assert call("show", "R1", "--json")["status_code"] == "EXPIRED"
    assert "0 reservations lapsed." in call("expire")


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("show", "R9"), "PB900", 4),
        (("why", "R9"), "PB900", 4),
        (("consume", "R1", "9"), "PB904", 4),
        (("consume", "R1", "x"), "NO_QUANTITY", 2),
        (("extend", "R1", "soon"), "NO_MOMENT", 2),
        (("list", "--status", "lost"), "UNKNOWN_STATUS", 2),
        (("reserve", "G9", PART_NAME, "1", "--work-order", "W", "--line", "1"), "PB602", 4),
        (("reserve", "G1", "BOSC:none", "1", "--work-order", "W", "--line", "1"), "UNKNOWN_PART", 2),
        (("reserve", "G1", PART_NAME, "1", "--work-order", "WR1", "--line", "1"), "PB002", 4),
        (("reserve", "G1", PART_NAME, "nan", "--work-order", "W", "--line", "1"), "NO_QUANTITY", 2),
        (("reserve", "G1", PART_NAME, "0.5", "--work-order", "W", "--line", "1"), "PB904", 4),
        (
            ("reserve", "G1", PART_NAME, "1", "--work-order", "W", "--line", "1", "--condition", "damaged"),
            "UNKNOWN_CODE",
            2,
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_line_that_says_how_to_mend(ingest, arguments, code, exit_code):
    reserve("R1", "1")
    refused = call(*arguments)
    assert (refused.code, refused.exit_code) == (code, exit_code)
    assert refused.mend and "\n" not in refused.message
