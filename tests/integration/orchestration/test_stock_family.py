"""``partsbay stock`` as a person or a program calls it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ingest.errors import PartsbayError
from orchestration.cli.app import app
from tests.support.stock import Stock, ago

PART = "BRND:P1"


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
    done = CliRunner().invoke(app, ["stock", *(str(one) for one in arguments)])
    if isinstance(done.exception, PartsbayError):
        return done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def test_a_delivery_is_received_shown_and_told_in_the_history(stock):
    call("receive", "G1", PART, 4, "--delivery", "LS1", "--lot", "L9", "--expires", "2030-01-31", "--actor", "ann")
    told = call("show", PART)
    assert "G1  4 available" in told
    assert "NEW, lot L9, keeps until 2030-01-31: 4 on hand" in told
    assert "RECEIPT +4 → 4" in call("history", PART)
    assert stock.value("select distinct actor from garage_inventory.movements") == "ann"


def test_it_says_which_holds_and_reservations_stand_in_the_way(stock):
    stock.receive(10)
    stock.hold("H1", 4)
    stock.reserve("R1", 5)
    stock.reserve("R2", 3)
    told = call("show", PART, "--garage", "G1")
    assert "G1  0 available" in told
    assert "NEW, no lot: 10 on hand, 4 held, 6 reserved" in told
    assert "hold H1 (PACKAGING): 4" in told
    assert "reservation R1: 5 for work order R1 line 1 in G1" in told
    assert "R2 in G1 waits for 2" in told


def test_the_stock_of_a_past_moment_is_shown_as_it_was_and_as_it_was_known(stock):
    stock.move(9, event_at=ago(days=9), recorded_at=ago(days=9))
    stock.move(-2, event_at=ago(days=5), recorded_at=ago(days=1))

    def at(*options):
        return [cell["on_hand_quantity"] for cell in call("show", PART, "--json", *options)["cells"]]

    then = ("--at", ago(days=4).isoformat())
    assert at() == ["7.000"]
    assert at("--at", ago(days=6).isoformat()) == ["9.000"]
    assert at(*then) == ["7.000"]
    assert at(*then, "--known-at", ago(days=2).isoformat()) == ["9.000"]


def test_an_adjustment_above_the_limit_waits_for_somebody_else(stock):
    told = call("adjust", "G1", PART, "IN", 500, "--reason-code", "FOUND", "--number", "A1", "--actor", "ann", code=1)
    assert "waits for a second person: partsbay stock approve A1" in told
    assert "A1 line 1" in call("pending")
    refusal = call("approve", "A1", "--reason", "sure", "--actor", "ann")
    assert (refusal.code, refusal.exit_code, refusal.mend) == ("PB607", 4, "Let somebody else decide.")
    call("approve", "A1", "--reason", "seen", "--actor", "eve")
    assert stock.on_hand() == 500
    assert call("pending") == "Nothing waits.\n"


def test_a_rejected_adjustment_moves_nothing(stock):
    call("adjust", "G1", PART, "IN", 500, "--reason-code", "FOUND", "--number", "A1", "--actor", "ann", code=1)
    assert "nothing moves" in call("reject", "A1", "--reason", "no", "--actor", "eve")
    assert stock.on_hand() == 0


def test_a_line_is_reversed_by_the_numbers_that_people_know(stock):
    call("receive", "G1", PART, 4, "--delivery", "LS1")
    assert "Reversed: -4" in call("reverse", "receipt", "LS1", "--reason", "for G2")
    assert stock.on_hand() == 0
    assert call("reverse", "receipt", "LS1", "--reason", "again").code == "PB608"
    assert call("reverse", "receipt", "LS2", "--reason", "?").code == "NO_SUCH_LINE"
    assert call("reverse", "transfer", "T1", "--reason", "?").code == "NO_KIND"


def test_a_transfer_is_asked_for_shipped_received_and_declared_short(stock):
    stock.receive(10, "G2")
    call("transfer", "G2", "G1", PART, 4, "--number", "T1")
    assert "Shipped by T1: 4 of no lot." in call("ship", "T1")
    assert "IN_TRANSIT" in call("transfers")
    assert call("arrive", "T1", "--quantity", 3, "--json")["events"][0]["quantity"] == "3.000"
    assert "Taken out of transit." in call("short", "T1", "--reason", "box was open")
    assert call("transfers") == "No transfer is open.\n"
    assert (stock.on_hand(), stock.total()) == (3, 9)


def test_a_transfer_that_is_not_shipped_is_given_up(stock):
    call("transfer", "G2", "G1", PART, 4, "--number", "T1")
    call("cancel", "T1", "--reason", "bought instead")
    assert call("ship", "T1").code == "PB610"


def test_what_is_to_be_counted_is_listed(stock):
    stock.receive(5, lot_number="L1", received_at=ago(days=3))
    told = call("to-count", "--garage", "G1")
    assert "G1  BRND:P1" in told and "class A, never counted" in told
    assert call("to-count", "--garage", "G2", "--json") == {"to_count": []}


def test_exceptions_are_listed_with_their_likely_cause(stock):
    assert call("exceptions") == "Nothing needs a look.\n"
    stock.receive(5, lot_number="L2")
    stock.move(-2, lot_number="L1", event_at=ago(hours=1))
    assert "NEGATIVE_STOCK WRONG_LOT  G1 BRND:P1 lot L1  -2\n  lot L2 has 5.000" in call("exceptions")
    assert call("exceptions", "--garage", "G2", "--json") == {"exceptions": []}
    assert call("exceptions", "--code", "NOTHING").code == "UNKNOWN_CODE"


def test_a_limit_is_stated_listed_and_heeded(stock):
    assert "every reason, every garage: at most worth 1,000" in call("limits")
    because = ("--reason", "the insurer asks for it")
    call("limit", "--reason-code", "FOUND", "--amount", 0, "--garage", "G1", *because)
    call("limit", "--reason-code", "DAMAGED", "--percent", 10, "--least", 2, *because)
    told = call("limits")
    assert "FOUND, G1: at most worth 0" in told
    assert "DAMAGED, every garage: at most 10 % of the cell and 2 units" in told
    assert "RECEIPT, every garage: no limit" in told
    call("adjust", "G1", PART, "IN", 1, "--reason-code", "FOUND", code=1)
    call("adjust", "G2", PART, "IN", 1, "--reason-code", "FOUND")
    call("limit", "--amount", 400, *because)
    assert "every reason, every garage: at most worth 400" in call("limits") and "1,000" not in call("limits")
    assert call("limit", "--reason-code", "WHIM", *because).code == "NO_REASON_CODE"
    assert call("limit", "--amount", -1, *because).code == "NO_LIMIT"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("receive", "G1", PART, "four", "--delivery", "D"), "NO_QUANTITY"),
        (("receive", "G1", PART, "nan", "--delivery", "D"), "NO_QUANTITY"),
        (("receive", "G1", PART, 1, "--delivery", "D", "--expires", "soon"), "NO_DATE"),
        (("receive", "G1", PART, 1, "--delivery", "D", "--at", "soon"), "NO_MOMENT"),
        (("receive", "G1", PART, 1, "--delivery", "D", "--unit", "BX"), "PB603"),
        (("receive", "G9", PART, 1, "--delivery", "D"), "PB602"),
        (("receive", "G1", "BRND:NO", 1, "--delivery", "D"), "UNKNOWN_PART"),
        (("adjust", "G1", PART, "UP", 1, "--reason-code", "FOUND"), "NO_DIRECTION"),
        (("adjust", "G1", PART, "IN", 1, "--reason-code", "WHIM"), "PB605"),
        (("ship", "T9"), "PB602"),
    ],
)
def test_what_makes_no_sense_is_one_line_with_the_way_to_mend_it(stock, arguments, code):
    error = call(*arguments)
    assert error.code == code
    assert error.mend and "\n" not in error.message


@pytest.mark.parametrize("command", ["show", "history", "exceptions", "pending", "transfers", "receive", "adjust",
    "approve", "reject", "reverse", "transfer", "ship", "arrive", "short", "limits", "limit", "cancel",
    "to-count"])  # fmt: skip
def test_the_help_of_every_command_has_an_example(command):
    assert f"Example: partsbay stock {command}" in CliRunner().invoke(app, ["stock", command, "--help"]).stdout
