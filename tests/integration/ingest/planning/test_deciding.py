"""Decisions about proposals: what is refused and why, what is the same again, what an approval sets off."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ingest.errors import PartsbayError
from ingest.planning.acts import DONE, REFUSED, SAME, decide
from ingest.planning.queue import Consumed, consume
from tests.support.planning import TODAY, later


def test_an_approved_line_is_ordered_as_proposed(ann):
    ann.propose(quantity=4)
    answer = ann.decide("APPROVE")
    assert (answer.outcome_code, answer.quantity, answer.line_type_code) == (DONE, 4, "BUY")
    ((payload,),) = ann.rows("select payload from replenishment.messages where topic_code = 'replenishment.order'")
    assert payload["act_id"] == str(answer.act_id)
    assert (payload["quantity"], payload["supplier_code"], payload["supplier_is_changed"]) == (4, "S1", False)
    assert payload["numbers"]["pack_quantity"] == 2
    ((act, actor),) = ann.rows("select act_code, actor from replenishment.planner_acts_in_force")
    assert (act, actor) == ("APPROVE", "ann")


def test_a_line_is_approved_once_whoever_asks_and_however_often(ann, bob):
    ann.propose(quantity=4)
    first = ann.decide("APPROVE")
    assert ann.decide("APPROVE").act_id == first.act_id
    assert ann.decide("APPROVE").outcome_code == SAME
    assert bob.decide("APPROVE").outcome_code == SAME
    other = bob.decide("APPROVE", quantity=6, reason="more")
    assert (other.outcome_code, other.refusal_code) == (REFUSED, "APPROVED")
    assert "APPROVE 4 by ann" in other.problem
    assert ann.orders() == [(4, "S1", "READY")]


def test_an_approval_that_is_not_ordered_yet_stands_against_one_of_a_later_revision(ann):
    """A run between approval and order finds nothing on order: the line it proposes again is not ordered twice."""
    ann.propose(quantity=4)
    ann.decide("APPROVE")
    ann.propose(quantity=6, revision=2, change_code="CHANGED")
    assert ann.decide("APPROVE", revision=2).refusal_code == "APPROVED"
    assert consume(ann.connection, ["replenishment.order"], "w", lambda cursor, message: None) == Consumed(done=1)
    assert ann.decide("APPROVE", revision=2).outcome_code == DONE


def test_two_who_approve_at_once_order_once(ann, bob):
    ann.propose(quantity=4)
    answers = []
    with ann.connection.transaction():
        first = ann.decide("APPROVE")
        thread = threading.Thread(target=lambda: answers.append(bob.decide("APPROVE", quantity=2, reason="less")))
        thread.start()
        time.sleep(0.3)
        assert not answers
    thread.join(20)
    assert first.outcome_code == DONE
    assert answers[0].refusal_code == "APPROVED"
    assert ann.orders() == [(4, "S1", "READY")]


def test_a_decision_about_a_revision_that_is_no_more_is_refused_with_both(ann):
    ann.propose(quantity=4)
    ann.propose(quantity=6, revision=2, change_code="CHANGED", supplier_code="S2", unit_price_amount=Decimal("9.5"))
    answer = ann.decide("APPROVE", revision=1)
    assert (answer.outcome_code, answer.refusal_code, answer.field_code) == (REFUSED, "STALE", "PROPOSAL")
    assert answer.problem == "the proposal changed meanwhile: it was 4 at 9.99 EUR from S1 and is 6 at 9.5 EUR from S2"
    assert (answer.seen_quantity, answer.current_quantity) == (4, 6)
    assert ann.decide("APPROVE", revision=2).outcome_code == DONE


def test_a_revision_that_differs_in_nothing_decided_about_is_no_obstacle(ann):
    ann.propose(quantity=4, numbers={"days_to_stock_out": 9})
    ann.propose(quantity=4, revision=2, change_code="CHANGED", numbers={"days_to_stock_out": 8})
    answer = ann.decide("APPROVE", revision=1)
    assert (answer.outcome_code, answer.revision_number) == (DONE, 2)


def test_a_proposal_that_is_gone_is_not_decided_about(ann):
    ann.propose(quantity=4)
    ann.propose(quantity=0, revision=2, change_code="GONE", status_code="WITHDRAWN")
    answer = ann.decide("SNOOZE", until_on=later(9), reason="later")
    assert (answer.refusal_code, answer.problem) == (
        "STALE", "the proposal changed meanwhile: it was 4 at 9.99 EUR from S1 and is gone",
    )  # fmt: skip


def test_what_somebody_else_decided_since_stands_and_ones_own_does_not(ann, bob):
    ann.propose(quantity=4)
    seen_at = ann.rows("select clock_timestamp()")[0][0]
    bob.decide("SNOOZE", until_on=later(9), reason="season over")
    answer = ann.decide("APPROVE", seen_at=seen_at)
    assert (answer.refusal_code, "SNOOZE until" in answer.problem, "by bob" in answer.problem) == (
        "DECIDED",
        True,
        True,
    )
    assert bob.decide("REJECT", seen_at=seen_at, reason="not needed").outcome_code == DONE
    assert ann.decide("APPROVE", seen_at=datetime.now(UTC) + timedelta(seconds=1)).outcome_code == DONE


@pytest.mark.parametrize(
    ("act_code", "said", "code", "words"),
    [
        ("APPROVE", {"quantity": -3, "reason": "x"}, "QUANTITY", "-3 is not a whole number >= 0"),
        ("APPROVE", {"quantity": "2.5", "reason": "x"}, "QUANTITY", "2.5 is not a whole number >= 0"),
        ("APPROVE", {"quantity": 0, "reason": "x"}, "QUANTITY", "0 orders nothing; REJECT the line instead"),
        ("APPROVE", {"quantity": "1e9", "reason": "x"}, "QUANTITY", "1000000000 is more than a million units"),
        ("APPROVE", {"quantity": 5, "reason": "x"}, "QUANTITY", "5 is not in whole packs of 2; the next are 4 and 6"),
        ("APPROVE", {"quantity": 6}, "REASON", "another quantity or supplier than proposed needs a reason"),
        ("APPROVE", {"supplier_code": "S9", "reason": "x"}, "SUPPLIER", "S9 has never offered it"),
        ("APPROVE", {"until_on": later(3)}, "UNTIL", "APPROVE has no end; leave the day out"),
        ("OVERRIDE", {"reason": "x"}, "QUANTITY", "OVERRIDE needs a final quantity"),
        ("FIRM", {"quantity": 0, "reason": "x"}, "QUANTITY", "0 orders nothing; REJECT the line instead"),
        ("SNOOZE", {"reason": "x"}, "UNTIL", "SNOOZE needs a day until which it counts"),
        ("SNOOZE", {"until_on": TODAY, "reason": "x"}, "UNTIL", f"{TODAY} is not after today, {TODAY}"),
        ("SNOOZE", {"until_on": later(400), "reason": "x"}, "UNTIL", f"{later(400)} is more than a year ahead"),
        ("SNOOZE", {"until_on": later(9)}, "REASON", "SNOOZE needs a reason"),
        ("REJECT", {"reason": "  "}, "REASON", "REJECT needs a reason"),
        ("REJECT", {"reason_code": "WHIM"}, "REASON", "'WHIM' is no reason code"),
        ("BUY", {}, "UNKNOWN_ACT", "'BUY' is none of APPROVE, OVERRIDE, FIRM, SNOOZE, REJECT"),
        ("UNDO", {"reason": "x"}, "NOTHING_TO_UNDO", "there is no such decision, or it is undone already"),
        ("APPROVE", {"number": 7}, "NO_PROPOSAL", "there is no such proposal"),
        ("APPROVE", {"revision": 3}, "NO_REVISION", "the proposal has no revision 3, its latest is 1"),
    ],
)
def test_what_is_wrong_is_refused_with_its_field_and_nothing_is_entered(ann, act_code, said, code, words):
    ann.propose(quantity=4)
    answer = ann.decide(act_code, **said)
    assert (answer.outcome_code, answer.refusal_code, answer.problem) == (REFUSED, code, words)
    assert ann.act_count() == 0 and ann.orders() == []


def test_a_donor_gives_no_more_than_it_can_spare_and_a_transfer_knows_no_packs(ann):
    ann.propose(quantity=3, line_type_code="TRANSFER", supplier_code=None, unit_price_amount=None)
    assert ann.decide("APPROVE", quantity=4, reason="x").problem == "4 is more than the 3 that the garage can spare"
    assert ann.decide("APPROVE").outcome_code == DONE


def test_another_quantity_until_a_day_and_one_that_is_kept_firm_count_until_then(ann):
    ann.propose(1, quantity=4)
    ann.propose(2, quantity=4)
    ann.decide("OVERRIDE", 1, quantity=0, reason_code="SEASON")
    ann.decide("FIRM", 2, quantity=8, until_on=later(5), reason="promised")
    query = "select act_code, quantity::int, until_on from replenishment.acts_in_force(now()) order by act_code"
    assert ann.rows(query) == [("FIRM", 8, later(5)), ("OVERRIDE", 0, later(30))]


def test_an_approval_is_undone_before_it_is_ordered_and_not_after(ann):
    ann.propose(quantity=4)
    ann.decide("APPROVE")
    assert ann.decide("UNDO", reason="wrong line").outcome_code == DONE
    assert ann.orders() == [(4, "S1", "DISCARDED")]
    assert ann.rows("select * from replenishment.planner_acts_in_force") == []
    assert ann.decide("APPROVE").outcome_code == DONE
    consume(ann.connection, ["replenishment.order"], "w", lambda cursor, message: None)
    answer = ann.decide("UNDO", reason="too late")
    assert answer.refusal_code == "ORDERED" and "cancel the order line instead" in answer.problem


def test_an_approval_that_a_worker_takes_while_it_is_undone_is_ordered_and_not_undone(ann, bob):
    ann.propose(quantity=4)
    ann.decide("APPROVE")
    said = []
    undoing = threading.Thread(target=lambda: said.append(ann.decide("UNDO", reason="too late")))
    with bob.connection.transaction():
        bob.rows("select replenishment.claim('{replenishment.order}', 'w', 1, '1 minute')")
        undoing.start()
        waiting = "select count(*) from pg_locks where not granted and locktype = 'transactionid'"
        while undoing.is_alive() and not bob.rows(waiting)[0][0]:
            time.sleep(0.02)
    undoing.join()
    assert [one.refusal_code for one in said] == ["ORDERED"]
    assert ann.orders() == [(4, "S1", "LEASED")]
    assert ann.act_count() == 1


def test_the_same_operation_answers_as_the_first_time_and_another_act_under_it_is_refused(ann):
    ann.propose(quantity=4)
    first = ann.decide("SNOOZE", until_on=later(9), reason="later", operation="op-1")
    ann.decide("UNDO", reason="now", operation="op-2")
    again = ann.decide("SNOOZE", until_on=later(9), reason="later", operation="op-1")
    assert (again.outcome_code, again.act_id) == (SAME, first.act_id)
    assert ann.decide("UNDO", reason="now", operation="op-2").outcome_code == SAME
    assert ann.decide("APPROVE", operation="op-1").refusal_code == "OPERATION"
    assert ann.act_count() == 2


def test_many_decisions_go_in_together_and_one_that_is_wrong_stops_no_other(ann):
    for number in range(1, 6):
        ann.propose(number, quantity=2 * number)
    said = [ann.decision("APPROVE", number) for number in (1, 2, 3)]
    said += [ann.decision("APPROVE", 3), ann.decision("SNOOZE", 4, reason="x"), ann.decision("REJECT", 5, reason="x")]
    answers = decide(ann.connection, said, "ann")
    assert [answer.place for answer in answers] == [0, 1, 2, 3, 4, 5]
    assert [answer.refusal_code or answer.outcome_code for answer in answers] == [
        DONE, DONE, DONE, "TWICE", "UNTIL", DONE,
    ]  # fmt: skip
    assert ann.orders() == [(2, "S1", "READY"), (4, "S1", "READY"), (6, "S1", "READY")]


def test_a_preview_says_what_would_become_of_it_and_enters_nothing(ann):
    ann.propose(quantity=4)
    assert ann.decide("APPROVE", is_preview=True).outcome_code == DONE
    assert ann.act_count() == 0 and ann.orders() == []


def test_nobody_and_nothing_of_tomorrow_decides(ann):
    ann.propose()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for changes, code in (({"actor": " "}, "NO_ACTOR"), ({"decided_at": tomorrow}, "PB711")):
        with pytest.raises(PartsbayError) as refused:
            decide(ann.connection, [ann.decision("APPROVE")], **{"actor": "ann", **changes})
        assert refused.value.code == code


def test_every_decision_is_in_the_audit_with_who_and_why_and_the_chains_hold(ann):
    ann.propose()
    answer = ann.decide("REJECT", reason="season over")
    rows = ann.rows(
        "select actor, action_code, reason, details -> 'rows' -> 0 ->> 'act_id' from audit.records"
        " where relation_name = 'replenishment.planner_acts' and row_count > 0"
    )
    assert rows == [("ann", "DECIDE", "season over", str(answer.act_id))]
    assert ann.rows("select * from audit.breaches()") == []
    assert ann.rows("select * from audit.content_breaches()") == []


def test_a_run_that_stores_proposals_and_a_decision_wait_for_each_other(ann, bob):
    ann.propose(quantity=4)
    answers = []
    with bob.connection.transaction():
        bob.connection.execute("select pg_advisory_xact_lock(hashtext('replenishment.proposals'))")
        bob.propose(quantity=8, revision=2, change_code="CHANGED")
        thread = threading.Thread(target=lambda: answers.append(ann.decide("APPROVE")))
        thread.start()
        time.sleep(0.3)
        assert not answers
    thread.join(20)
    assert answers[0].refusal_code == "STALE"


def test_thousands_are_decided_in_seconds(ann):
    ann.connection.execute(
        "insert into replenishment.proposals select md5(n::text)::uuid, 1, now(), 'BUY', 'G1', md5(n::text)::uuid,"
        " 'S1', 4, 9.99, 'EUR', 'PROPOSED', 'NEW', '{\"pack_quantity\": 2, \"order_multiple_quantity\": 1}', 'x', now()"
        " from generate_series(1, 5000) as n"
    )
    ids = [row[0] for row in ann.rows("select proposal_id from replenishment.proposals")]
    said = [ann.decision("APPROVE", 1) for _ in ids]
    said = [one.__class__(**{**one.__dict__, "proposal_id": key}) for one, key in zip(said, ids, strict=True)]
    began = time.monotonic()
    answers = decide(ann.connection, said, "ann")
    assert {answer.outcome_code for answer in answers} == {DONE}
    assert len(ann.orders()) == 5000
    assert time.monotonic() - began < 20
