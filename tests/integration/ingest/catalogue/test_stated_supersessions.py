"""Two persons for what files say of successors: it waits, somebody else decides, and only then it holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ingest.audit_proof import breaches
from ingest.batches import quarantined_rows
from ingest.catalogue import reviewing
from ingest.errors import PartsbayError
from ingest.replay import take_again
from ingest.thresholds import Thresholds
from tests.support.catalogue_files import SUPERSESSION, approve_stated, parts, published
from tests.support.ingest_files import PART, lines
from tests.support.persons import forms_of

EDGE = {"part_number": "A", "successor_part_number": "B"}
LOOSE = Thresholds(default_share=1)


@pytest.fixture
def network(ingest):
    parts(ingest, *"ABCD")
    return ingest


def state(network, *changes, **options):
    return network(lines(SUPERSESSION, *changes), kind="supersessions", thresholds=LOOSE, **options)


def decide(network, batch, decision_code=reviewing.APPROVED, actor="bob", line_numbers=None):
    return reviewing.decide(network.connection, batch.batch_id, decision_code, "checked", actor, line_numbers)


def ordered(network, number: str, known_at: str = "infinity") -> str:
    query = (
        "select (select part_number from catalogue.parts where part_id = orderable_part_id limit 1)"
        " from catalogue.orderable_part(catalogue.part_id('BOSC', %s), '2025-01-01', %s)"
    )
    return network.connection.execute(query, (number, known_at)).fetchone()[0]


def test_what_a_file_says_holds_from_its_approval_on_and_was_not_known_before(network):
    batch = state(network, EDGE)
    assert (batch.state, batch.rows_accepted, ordered(network, "A")) == ("ACCEPTED", 1, "A")
    assert [row["line_count"] for row in reviewing.waiting_batches(network.connection)] == [1]
    [line] = reviewing.waiting_lines(network.connection, batch.batch_id)
    assert (line["part"], line["successor"]) == ("BOSC A", "BOSC B")
    before = network.value("select clock_timestamp()")
    assert decide(network, batch) == reviewing.Decided(1, 1)
    assert (ordered(network, "A"), ordered(network, "A", before)) == ("B", "A")
    assert reviewing.waiting_count(network.connection) == 0
    assert breaches(network.connection) == []
    recorded = network.rows(
        "select distinct actor, reason from audit.records where relation_name = 'catalogue.supersessions'"
    )
    assert recorded == [("bob", "checked")]


@pytest.mark.parametrize("actor", [*forms_of("test"), "Pipeline", "pipe\u200bline"])
@pytest.mark.parametrize("decision_code", [reviewing.APPROVED, reviewing.REJECTED])
def test_neither_the_sender_nor_who_handed_it_in_decides(network, actor, decision_code):
    batch = state(network, EDGE)
    with pytest.raises(PartsbayError) as caught:
        decide(network, batch, decision_code, actor)
    assert caught.value.code == "TWO_PERSONS"
    assert reviewing.waiting_count(network.connection) == 1
    handed_in = state(network, {"part_number": "C", "successor_part_number": "D"}, actor="ann")
    with pytest.raises(PartsbayError, match="ann sent these"):
        decide(network, handed_in, decision_code, "ann")


def test_the_database_takes_no_edge_of_a_line_that_nobody_approved(network):
    batch = state(network, EDGE)
    with pytest.raises(psycopg.errors.CheckViolation, match="not what a line says"):
        network.connection.execute(
            "insert into catalogue.supersessions (predecessor_part_id, successor_part_id, valid_from_at,"
            " direction_code, disposition_code, effective_from_on, source_code, batch_id, line_number, payload_hash)"
            " select predecessor_part_id, successor_part_id, valid_from_at, direction_code, disposition_code,"
            " effective_from_on, source_code, batch_id, line_number, payload_hash"
            " from catalogue.stated_supersessions where batch_id = %s",
            (batch.batch_id,),
        )


@pytest.mark.parametrize("changed", ["successor_part_id = catalogue.part_id('BOSC', 'D')", "conversion_quantity = 2"])
def test_the_database_takes_no_edge_that_is_another_than_was_approved(network, stores, changed):
    batch = state(network, EDGE)
    column, value = changed.split(" = ")
    names = "predecessor_part_id, successor_part_id, valid_from_at, conversion_quantity, direction_code,"
    names += " disposition_code, effective_from_on, source_code, batch_id, line_number, payload_hash"
    with psycopg.connect(stores.pipeline) as connection:
        connection.execute(
            "insert into catalogue.stated_decisions (batch_id, line_number, decision_code, reason, actor)"
            " select batch_id, line_number, 'APPROVED', 'checked', 'bob' from catalogue.stated_supersessions"
            " where batch_id = %s",
            (batch.batch_id,),
        )
        with pytest.raises(psycopg.errors.CheckViolation, match="not what a line says"):
            connection.execute(
                f"insert into catalogue.supersessions ({names}) select {names.replace(column, value)}"
                " from catalogue.stated_supersessions"
            )


def test_the_database_takes_no_part_of_a_file_with_a_successor_that_is_new(network):
    names = "part_id, brand_code, part_number, part_key, description, category_code, base_uom_code, lifecycle_code,"
    names += " stocking_class_code, criticality_code, currency_code, source_code, batch_id, line_number, payload_hash"
    enter = (
        f"insert into catalogue.parts (valid_from_at, superseded_by_part_number, {names})"
        f" select %s, %s, {names} from catalogue.parts where part_number = 'A' limit 1"
    )
    published(network, "part", brand_code="BOSC", part_number="A", valid_from_at="2024-02-01",
              superseded_by_part_number="B")  # fmt: skip
    for day, successor in (("2024-01-15", "B"), ("2024-03-01", "C")):
        with pytest.raises(psycopg.errors.CheckViolation, match="a successor that it did not have before"):
            network.connection.execute(enter, (day, successor))
    network.connection.execute(enter, ("2024-03-01", "B"))
    assert ordered(network, "A") == "B"


def test_who_handed_a_file_in_does_not_decide_though_somebody_else_took_it_again(network):
    batch = state(network, {"part_number": "A", "successor_part_number": "Z"}, actor="ann")
    parts(network, "Z")
    options = {"thresholds": LOOSE, "actor": "bob"}
    [taken] = take_again(network.connection, network.landing, [batch.batch_id], network.judge, **options)
    assert taken.open_count == 0
    assert [row["actor"] for row in reviewing.waiting_batches(network.connection)] == ["ann"]
    for actor in (*forms_of("ann"), "bob"):
        with pytest.raises(PartsbayError) as caught:
            decide(network, batch, actor=actor)
        assert caught.value.code == "TWO_PERSONS"
    assert decide(network, batch, actor="eve") == reviewing.Decided(1, 1)


def test_lines_of_a_batch_are_decided_one_by_one_or_all_that_is_left(network):
    batch = state(network, EDGE, {"part_number": "C", "successor_part_number": "D"})
    first, second = (line["line_number"] for line in reviewing.waiting_lines(network.connection, batch.batch_id))
    decide(network, batch, reviewing.REJECTED, line_numbers=[second])
    with pytest.raises(PartsbayError, match=f"no supersession of line {second} of batch"):
        decide(network, batch, line_numbers=[first, second])
    assert decide(network, batch) == reviewing.Decided(1, 1)
    with pytest.raises(PartsbayError) as caught:
        decide(network, batch)
    assert caught.value.code == "NOTHING_WAITS"
    assert (ordered(network, "A"), ordered(network, "C")) == ("B", "C")


def test_the_same_line_again_is_the_same_whatever_was_decided_of_it(network):
    batch = state(network, EDGE)
    for decision_code in (None, reviewing.REJECTED):
        if decision_code:
            decide(network, batch, decision_code)
        again = state(network, EDGE, {"part_number": "C", "successor_part_number": "D", "note": decision_code})
        assert again.rows_duplicate >= 1
        assert network.value("select count(*) from catalogue.stated_supersessions") == 2


def test_another_word_on_the_same_moment_conflicts_unless_the_first_was_rejected(network):
    batch = state(network, EDGE)
    other = {**EDGE, "conversion_quantity": "2"}
    refused = state(network, other)
    [row] = quarantined_rows(network.connection, refused.batch_id)
    assert row["reasons"][0].startswith("CONFLICT")
    decide(network, batch, reviewing.REJECTED)
    mended = state(network, other, name="mended.csv", source="other")
    assert mended.rows_accepted == 1
    decide(network, mended)
    assert network.value("select conversion_quantity from catalogue.supersessions") == 2


def test_what_people_published_of_the_same_moment_meanwhile_stays(network):
    batch = state(network, EDGE)
    published(network, "supersession", **{**SUPERSESSION, **EDGE, "conversion_quantity": "3"})
    assert decide(network, batch) == reviewing.Decided(1, 0)
    assert network.rows("select conversion_quantity, revision_number from catalogue.supersessions") == [(3, 1)]


def test_two_batches_that_close_a_circle_are_not_both_approved(network):
    there, back = state(network, EDGE), state(network, {"part_number": "B", "successor_part_number": "A"})
    decide(network, there)
    with pytest.raises(PartsbayError) as caught:
        decide(network, back)
    assert caught.value.code == "CYCLE"
    assert reviewing.waiting_count(network.connection) == 1


def test_of_two_who_decide_at_once_one_is_too_late(network, stores):
    batch = state(network, EDGE)

    def approve(actor):
        with psycopg.connect(stores.pipeline, autocommit=True) as connection:
            try:
                return reviewing.decide(connection, batch.batch_id, reviewing.APPROVED, "checked", actor).line_count
            except PartsbayError as error:
                return error.code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(str, pool.map(approve, ("bob", "eve")))) == ["1", "NOTHING_WAITS"]
    assert network.value("select count(*) from catalogue.supersessions") == 1


def name_successor(network, successor: str, valid_from_at: str = "2024-02-01", **options):
    row = {"part_number": "A", "superseded_by_part_number": successor, "valid_from_at": valid_from_at}
    return network(lines(PART, row), kind="parts", thresholds=LOOSE, **options)


def test_a_part_of_a_file_holds_at_once_and_its_successor_once_it_is_approved(network):
    batch = name_successor(network, "b")
    assert network.value("select count(*) from catalogue.parts where part_number = 'A'") == 2
    assert ordered(network, "A") == "A"
    assert decide(network, batch) == reviewing.Decided(1, 1)
    assert ordered(network, "A") == "B"
    assert breaches(network.connection) == []


@pytest.mark.parametrize("decision_code", [None, reviewing.APPROVED, reviewing.REJECTED])
def test_who_sends_the_same_parts_every_day_is_asked_about_a_successor_once(network, decision_code):
    batch = name_successor(network, "B")
    if decision_code:
        decide(network, batch, decision_code)
    for day in ("2024-03-01", "2024-03-02"):
        assert name_successor(network, "B", day).rows_accepted == 1
    assert network.value("select count(*) from catalogue.stated_supersessions") == 1
    assert name_successor(network, "C", "2024-03-03").rows_accepted == 1
    assert network.value("select count(*) from catalogue.stated_supersessions") == 2


def test_a_file_leaves_the_successor_that_people_published_as_it_is(network):
    published(network, "part", brand_code="BOSC", part_number="A", valid_from_at="2024-02-01",
              superseded_by_part_number="B")  # fmt: skip
    for successor, day in (("", "2024-03-01"), ("B", "2024-03-02")):
        name_successor(network, successor, day)
        assert ordered(network, "A") == "B"
    assert reviewing.waiting_count(network.connection) == 0
    batch = name_successor(network, "C", "2024-03-03")
    assert ordered(network, "A") == "B"
    decide(network, batch)
    assert ordered(network, "A") == "C"


def test_a_line_of_supersessions_says_more_than_a_line_of_parts(network):
    name_successor(network, "B", "2024-01-02")
    batch = state(network, {**EDGE, "valid_from_at": "2024-01-02", "conversion_quantity": "2"})
    assert batch.rows_accepted == 1
    approve_stated(network)
    query = "select conversion_quantity from catalogue.supersessions order by revision_number desc limit 1"
    assert network.value(query) == 2
