"""The commands that decide about lines and look at the queue, as a person or a program calls them."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from ingest.errors import PartsbayError
from ingest.planning.queue import claim, fail
from orchestration.cli.app import app
from tests.support.orders import Orders
from tests.support.planning import Planner, later, proposal

ORDERS = "replenishment.order"


@pytest.fixture
def ann(stores, server, tmp_path, monkeypatch):
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(stores.name))
    made = Planner(stores.pipeline)
    for number in range(1, 4):
        made.propose(number, quantity=4, garage_code=f"G{number}")
    yield made
    made.connection.close()


def call(*arguments, code: int = 0):
    """The command in this process: its JSON document, its text, or the error that ended it."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if isinstance(done.exception, PartsbayError):
        return done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def test_lines_are_previewed_approved_undone_and_listed(ann):
    preview = call("approve", "--supplier", "S1", "--dry-run", "--json")
    assert (preview["taken"], preview["value"], preview["is_preview"]) == (3, {"EUR": "119.88"}, True)
    assert ann.act_count() == 0
    assert "BOSC P1 at G1 approved 4" in call("approve", proposal(1), "--actor", "ann")
    assert "approved 4 already" in call("approve", proposal(1), "--actor", "ann")
    assert call("approve", proposal(1), "--quantity", 6, "--reason", "more").code == "APPROVED"
    assert "undone" in call("undo", proposal(1), "--reason", "wrong line")
    assert "put off until" in call("snooze", proposal(2), "--until", later(9), "--reason-code", "SEASON")
    assert "overridden with 8" in call("override", proposal(3), "--quantity", 8, "--reason", "winter")
    assert "kept firm with 2" in call("firm", proposal(1), "--quantity", 2, "--reason", "promised")
    assert "refused until" in call("reject", "--garage", "G2", "--reason", "not needed")
    listed = call("decisions", "--in-force", "--json")["decisions"]
    assert sorted(one["act_code"] for one in listed) == ["FIRM", "OVERRIDE", "REJECT"]
    (undone,) = call("decisions", "--act", "APPROVE").splitlines()
    assert undone.startswith("G1 ") and ": APPROVE 4 by ann at " in undone and undone.endswith(" (undone)")
    winter = call("decisions", "--act", "OVERRIDE")
    assert re.fullmatch(r"G3 .+: OVERRIDE 8 until [-0-9]+ by \S+ at [-0-9]+ [0-9:]+: winter\n", winter)


def test_returns_are_listed_with_their_notes_until_they_are_undone(ann, tmp_path):
    ann.propose(9, 10, line_type_code="RETURN_EXCESS", numbers={"order_by_on": later(9).isoformat()})
    assert call("orders", "returns") == "Nothing is to go back.\n"
    call("approve", "--line-type", "RETURN_EXCESS", "--actor", "ann")
    (one,) = call("orders", "returns", "--json")["returns"]
    assert (one["approved_quantity"], one["open_quantity"], one["supplier_code"]) == ("10.000", "10.000", "S1")
    told, written = call("orders", "returns", "--supplier", "S1", "--write").splitlines()
    assert told == f"{one['return_number']} G1 BOSC:P9: 10 units to go to S1 until {later(9)}"
    assert f",{later(9)}" in (tmp_path / "home" / "outbox" / "S1" / f"{one['return_number']}.csv").read_text()
    assert written.endswith(f"outbox/S1/{one['return_number']}.csv")
    assert call("orders", "returns", "--supplier", "S2") == "Nothing is to go back.\n"
    call("undo", proposal(9), "--reason", "sold after all")
    assert call("orders", "returns", "--ended") == "Nothing is to go back.\n"


def test_what_cannot_be_decided_says_why(ann):
    assert call("approve").code == "NOTHING_CHOSEN"
    assert call("approve", proposal(9)).code == "NO_LINE"
    assert call("approve", "--supplier", "S1", "--quantity", 4, "--reason", "x").code == "SEVERAL_LINES"
    refused = call("snooze", proposal(1), "--until", "2020-01-01", "--reason", "x")
    assert (refused.code, refused.exit_code) == ("UNTIL", 4)
    ann.propose(1, quantity=6, revision=2, change_code="CHANGED", garage_code="G1")
    assert call("approve", proposal(1), "--revision", 1).code == "STALE"


def test_the_queue_is_looked_at_and_acted_on(ann):
    call("approve", "--supplier", "S1")
    (topic,) = call("queue", "stats", "--json")["topics"]
    assert (topic["topic_code"], topic["ready_count"]) == (ORDERS, 3)
    (claimed,) = call("queue", "claim", ORDERS, "--count", 1, "--worker", "erp", "--json")["messages"]
    assert "Done." in call("queue", "ack", claimed["message_id"], claimed["lease_token"])
    assert call("queue", "ack", claimed["message_id"], claimed["lease_token"]).code == "lease_lost"
    (held,) = claim(ann.connection, [ORDERS], "w", 1)
    fail(ann.connection, held, "no such supplier", is_final=True)
    assert "1 dead" in call("queue", "stats", code=1)
    assert "no such supplier" in call("queue", "list", "--status", "dead")
    assert call("queue", "list", "--status", "LOST").code == "NO_SUCH_STATE"
    lost = ("queue", "discard", "--topic", ORDERS, "--status", "LOST", "--reason", "by phone")
    assert call(*lost).code == "NO_SUCH_STATE"
    assert "no such supplier" in call("queue", "show", held.message_id)
    assert "1 message ready again" in call("queue", "replay", "--topic", ORDERS, "--reason", "mended")
    claim(ann.connection, [ORDERS], "gone", 2)
    assert "2 messages free again" in call("queue", "free", "--worker", "gone", "--reason", "host is gone")
    assert "2 messages discarded" in call(
        "queue", "discard", "--topic", ORDERS, "--status", "READY", "--reason", "by phone"
    )
    assert call("queue", "retry").code == "NOTHING_CHOSEN"


def test_a_file_of_decisions_is_previewed_applied_and_applied_once(ann, tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text(f"proposal_id,revision_number,Decision,Reason\n{proposal(1)},1,APPROVE,\n{proposal(2)},1,REJECT,\n")
    preview = call("decide", path, "--dry-run", "--json", code=1)
    assert (preview["counts"], ann.act_count()) == ({"DONE": 1, "SAME": 0, "REFUSED": 1, "WRONG": 0}, 0)
    text = call("decide", path, code=1)
    assert "1 taken" in text and "D3: REJECT needs a reason" in text
    assert (tmp_path / "decisions.result.xlsx").is_file()
    (tmp_path / "decisions.result.xlsx").unlink()
    again = call("decide", path)
    assert "already applied" in again and "D3: REJECT needs a reason" in again
    assert (tmp_path / "decisions.result.xlsx").is_file()
    assert ann.act_count() == 1


def test_whoever_takes_an_order_back_is_told_that_its_supplier_has_it(ann, stores):
    store = Orders(stores.owner)
    unsent, sent = store.order(10, sent=None), store.order(10, sent=2)
    store.connection.close()
    assert "CANCELLED" in (told := call("orders", "cancel", unsent, "--reason", "wrong part")) and "tell it" not in told
    told = call("orders", "cancel", sent, "--reason", "wrong part").splitlines()
    assert "CANCELLED" in told[0] and re.fullmatch(
        r"S1 has it since [-0-9]+ [0-9:]+: tell it, or it delivers\.", told[1]
    )


def test_answers_that_do_not_fit_are_listed_with_what_to_do(ann, stores):
    assert call("orders", "differences") == "Whatever was answered and received fits what was ordered.\n"
    store = Orders(stores.owner)
    number = store.order(10, sent=3)
    store.answer(number, "1", "IQ", 12, days=1)
    store.connection.close()
    (told,) = call("orders", "differences", "--supplier", "S1").splitlines()
    assert re.fullmatch(
        rf"{number} 1  answer of S1, P1, [-0-9]+: confirms 12 of 10 that were ordered\. Call the supplier, .+\.", told
    )
    (one,) = call("orders", "differences", "--json")["differences"]
    assert (one["difference_code"], one["said"], one["ours"], one["line_number"]) == ("MORE", "12", "10", 1)
    assert call("orders", "differences", "--supplier", "S2", "--json") == {"differences": []}
