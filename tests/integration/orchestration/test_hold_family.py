"""``partsbay hold`` as a person or a program calls it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ingest.errors import PartsbayError
from orchestration.cli.app import app
from tests.support.ingest_files import COUNT, RESERVATION, USAGE, Ingest, lines

PART = "BOSC:007"


@pytest.fixture
def ingest(stores, server, tmp_path, monkeypatch):
    """A garage with ten of a part in two lots and a reservation of eight, in a database that the commands see."""
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(stores.name))
    made = Ingest(stores.pipeline, tmp_path)
    made.catalogue()
    made(lines(COUNT, {"lot_number": "L9", "counted_quantity": "6"}, {"lot_number": "L10", "counted_quantity": "4"}))
    made(lines(RESERVATION, {"event_type_code": "REQUESTED", "quantity": "8"}))
    yield made
    made.connection.close()


def call(*arguments, code: int = 0):
    """The command in this process: its JSON document, or its text."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if isinstance(done.exception, PartsbayError):
        return done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def placed(*options) -> dict:
    [hold] = call("hold", "place", "--reason-code", "CUSTOMER_COMPLAINT", *options, "--actor", "ann", "--json")["holds"]
    return hold


def test_a_hold_goes_from_the_first_doubt_to_its_end(ingest):
    hold = placed("--part", PART, "--lot", "L9", "--reason", "brittle")
    number = hold["hold_number"]
    assert [one["reservation_number"] for one in hold["moved"]] == ["R1"]
    [listed] = call("hold", "list", "--garage", "G1", "--json")["holds"]
    assert (listed["hold_number"], float(listed["open_quantity"])) == (number, 6)
    judged = call("hold", "verdict", number, "REJECT", "--inspector", "ivy", "--claim", "RMA-1")
    assert "REJECT for 6" in judged and "L9" in judged
    assert "due 2031-01-01" in call("hold", "extend", number, "--due", "2031-01-01")
    released = call("hold", "release", number, "--quantity", "2", "--garage", "G1", "--reason", "fine", "--json")
    assert (released["events"][0]["event_type_code"], len(released["moved"])) == ("PARTIALLY_RELEASED", 1)
    assert "Scrapped 1" in call("hold", "scrap", number, "--quantity", "1", "--evidence", "photo")
    assert "Put right 1" in call("hold", "rework", number, "--quantity", "1")
    assert "Returned 2" in call("hold", "return", number, "--claim", "RMA-1")
    shown = call("hold", "show", number)
    assert "ivy" in shown and "RMA-1" in shown and "EDIFACT 96" in shown and "R1" in shown
    assert "Released" in call("hold", "release", number)
    refused = call("hold", "release", number)
    assert (refused.code, refused.exit_code) == ("PB042", 4)
    assert ingest.rows("select sum(on_hand_quantity), sum(hold_quantity) from garage_inventory.cells") == [(7, 0)]
    assert "Nothing is held" in call("hold", "list")
    assert len(call("hold", "list", "--closed", "--json")["holds"]) == 1


def test_what_cannot_be_meant_is_refused_with_what_would_be_right(ingest):
    assert call("hold", "place", "--reason-code", "BAD", "--part", PART).exit_code == 2
    assert call("hold", "place", "--reason-code", "PACKAGING").code == "PB044"
    assert call("hold", "place", "--reason-code", "PACKAGING", "--part", "BOSC:nothing").code == "UNKNOWN_PART"
    assert call("hold", "show", "H-0").code == "NO_HOLD"
    assert call("hold", "campaign", "RC-0").code == "NO_CAMPAIGN"
    assert call("hold", "release", "H-0").code == "PB041"
    assert call("hold", "automatic", "EXPIRED").exit_code == 2


def test_a_campaign_of_several_parts_is_followed_to_its_end(ingest):
    ingest(lines(USAGE, {"lot_number": "L9", "vehicle_ref": "v1"}, {"work_order_number": "W9", "vehicle_ref": "v2"}))
    options = ("--campaign", "RC-7", "--part", PART, "--part", "BOSC:0986AB", "--lot-from", "L1", "--lot-to", "L9")
    say = ("hold", "place", *options, "--reason-code", "SUPPLIER_RECALL", "--json")
    first, again = call(*say), call(*say)
    assert len(first["holds"]) == 2 and first == again
    told = call("hold", "campaign", "RC-7", "--json")
    assert [(job["vehicle_ref"], job["is_certain"]) for job in told["jobs"]] == [("v1", True), ("v2", False)]
    assert (float(told["progress"]["found_quantity"]), told["progress"]["job_count"]) == (4, 2)
    assert "DONE" in call("hold", "call", "RC-7", "G1", "W1", "DONE", "--note", "replaced")
    assert "ACKNOWLEDGED" in call("hold", "call", "RC-7", "G1", "W9", "ACKNOWLEDGED")
    assert call("hold", "call", "RC-7", "G1", "W77", "DONE").code == "PB041"
    call("hold", "return", first["holds"][0]["hold_number"])
    shown = call("hold", "campaign", "RC-7")
    assert "75.0 % settled" in shown and "1 of 2 jobs done" in shown and "lot unknown" in shown


def test_holds_age_and_the_command_says_when_one_is_overdue(ingest):
    placed("--part", PART, "--lot", "L9", "--at", "2024-03-01", "--due", "2024-03-10", "--number", "OLD")
    assert "0 overdue" in call("hold", "ageing", "--at", "2024-03-05")
    late = call("hold", "ageing", "--at", "2024-03-20", "--json", code=1)
    assert [(one["hold_number"], one["overdue_days"]) for one in late["overdue"]] == [("OLD", 10)]
    assert [(one["bucket_code"], one["hold_count"]) for one in late["buckets"]] == [("8-30", 1)]
    assert call("hold", "ageing", "--at", "2024-03-20", "--garage", "G2").strip() == "Nothing is held."


def test_expired_lots_are_swept_once_and_automatic_holds_can_be_switched(ingest):
    ingest.connection.execute(
        "insert into garage_inventory.lots (part_id, lot_number, stated_at, expires_on, source_code, actor)"
        " select part_id, 'L9', '2024-01-01', '2024-06-01', 'test', 'test' from catalogue.parts"
        " where part_number = '007'"
    )
    swept = call("hold", "sweep", "--at", "2024-07-01")
    assert "EXPIRED-G1-L9" in swept and "2024-05-31 22:00" in swept and "R1" in swept
    assert "Nothing is due" in call("hold", "sweep", "--at", "2024-07-01")
    call("hold", "automatic", "FIRST_DELIVERY", "--on", "--supplier", "S1", "--reason", "new")
    told = call("hold", "automatic").splitlines()
    assert "FIRST_DELIVERY: on for supplier S1" in told
    assert "FIRST_DELIVERY: on, of suppliers that are inspected" in told
    rules = {
        (one["automatic_code"], one["supplier_code"]): one["is_on"]
        for one in call("hold", "automatic", "--json")["automatic"]
    }
    assert (
        rules[("EXPIRED", "")] is True and rules[("COUNT_DISPUTE", "")] is True and rules[("EXPIRY_NEAR", "")] is False
    )
