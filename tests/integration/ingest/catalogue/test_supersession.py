"""What replaces what (F16): chains, kits, dates, the part that is ordered, and no way round in a circle."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.batches import quarantined_rows
from ingest.catalogue import drafts
from ingest.errors import PartsbayError
from ingest.thresholds import Thresholds
from tests.support.catalogue_files import (
    SUPERSESSION,
    approve_stated,
    approved,
    edges,
    enter_edge,
    parts,
    published,
)
from tests.support.ingest_files import PART, accept_all, lines

LOOSE = Thresholds(default_share=1)
ORDERED = """
select (select part_number from catalogue.parts where part_id = orderable_part_id limit 1), conversion_quantity,
    array(select (select part_number from catalogue.parts where part_id = step limit 1) from unnest(path) as step),
    is_orderable
from catalogue.orderable_part(catalogue.part_id('BOSC', %s), %s)
order by 1
"""


@pytest.fixture
def ordered(ingest):
    """Part number → what is ordered in its place, how many for one, by which path, and whether it may be."""
    parts(ingest, *"ABCDE")

    def take(number: str, at: str = "2025-01-01"):
        return ingest.connection.execute(ORDERED, (number, at)).fetchall()

    return take


def test_orders_go_to_the_end_of_the_chain_times_every_conversion(ingest, ordered):
    edges(ingest, ("A", "B"), conversion_quantity="2")
    edges(ingest, ("B", "C"), conversion_quantity="3")
    assert ordered("A") == [("C", 6, ["A", "B", "C"], True)]
    assert ordered("C") == [("C", 1, ["C"], True)]


def test_a_successor_is_ordered_from_its_first_day_on(ingest, ordered):
    edges(ingest, ("A", "B"), effective_from_on="2024-07-01")
    assert ordered("A", "2024-06-30T23:59:59Z")[0][0] == "A"
    assert ordered("A", "2024-07-01T00:00:00Z")[0][0] == "B"


def test_a_part_that_may_not_be_ordered_is_passed_over_for_the_last_one_that_may(ingest, ordered):
    edges(ingest, ("A", "B"), ("B", "C"))
    parts(ingest, "C", lifecycle_code="0", valid_from_at="2024-02-01")
    assert ordered("A") == [("B", 1, ["A", "B"], True)]
    parts(ingest, "A", "B", lifecycle_code="8", valid_from_at="2024-02-01")
    assert ordered("A") == [("C", 1, ["A", "B", "C"], False)]


def test_a_kit_is_ordered_as_all_of_its_parts(ingest, ordered):
    edges(ingest, ("A", "B"))
    edges(ingest, ("B", "C"), ("B", "D"), kit_group_code="K", conversion_quantity="2")
    assert [row[:2] for row in ordered("A")] == [("C", 2), ("D", 2)]


def test_several_parts_may_become_one(ingest, ordered):
    edges(ingest, ("A", "C"), ("B", "C"))
    assert (ordered("A")[0][0], ordered("B")[0][0]) == ("C", "C")


def test_of_two_successors_the_one_that_took_effect_last_counts(ingest, ordered):
    edges(ingest, ("A", "B"))
    edges(ingest, ("A", "C"), effective_from_on="2024-06-01")
    assert (ordered("A", "2024-05-31")[0][0], ordered("A")[0][0]) == ("B", "C")


def test_a_parts_file_that_names_a_successor_makes_an_edge(ingest, ordered):
    parts(ingest, "X", superseded_by_part_number="a")
    approve_stated(ingest)
    assert ordered("X") == [("A", 1, ["X", "A"], True)]
    parts(ingest, "Y", superseded_by_part_number="not-there-yet")
    approve_stated(ingest)
    assert ordered("Y")[0][0] == "Y"
    parts(ingest, "not there yet")
    assert ordered("Y")[0][0] == "not there yet"


def test_demand_and_stock_roll_up_where_stock_is_used_up_and_nowhere_else(ingest, ordered):
    edges(ingest, ("A", "B"), conversion_quantity="2")
    edges(ingest, ("B", "C"))
    edges(ingest, ("D", "C"), disposition_code="SCRAP")
    edges(ingest, ("E", "D"))
    found = ingest.rows(
        "select p.part_number, t.part_number, conversion_quantity from catalogue.supersession_rollup"
        " join catalogue.parts as p on p.part_id = predecessor_part_id"
        " join catalogue.parts as t on t.part_id = supersession_rollup.part_id order by 1"
    )
    assert found == [("A", "C", 2), ("B", "C", 1)]


def test_two_way_is_no_cycle_but_the_way_back_said_again_is(ingest, ordered):
    assert edges(ingest, ("A", "B"), direction_code="TWO_WAY").state == "ACCEPTED"
    assert ordered("A")[0][0] == "B" and ordered("B")[0][0] == "B"
    outcome = ingest(
        lines(SUPERSESSION, {"part_number": "B", "successor_part_number": "A"}), kind="supersessions", thresholds=LOOSE
    )
    [row] = quarantined_rows(ingest.connection, outcome.batch_id)
    assert row["reasons"] == ["CYCLE: BOSC B cannot be replaced by BOSC A, which leads back to it"]


def test_lines_of_a_file_that_make_a_circle_are_refused_together_and_the_others_stored(ingest, ordered):
    pairs = [("A", "B"), ("B", "C"), ("C", "A"), ("D", "A"), ("E", "E")]
    rows = [{"part_number": before, "successor_part_number": after} for before, after in pairs]
    outcome = ingest(lines(SUPERSESSION, *rows), thresholds=LOOSE)
    approve_stated(ingest)
    assert (outcome.rows_accepted, outcome.rows_quarantined) == (1, 4)
    assert ordered("D") == [("A", 1, ["D", "A"], True)]


def test_a_part_that_names_a_successor_which_leads_back_is_refused(ingest, ordered):
    edges(ingest, ("A", "B"))
    row = {"part_number": "B", "valid_from_at": "2024-03-01", "superseded_by_part_number": "A"}
    outcome = ingest(lines(PART, row), thresholds=LOOSE)
    [bad] = quarantined_rows(ingest.connection, outcome.batch_id)
    assert bad["reasons"] == ["CYCLE: BOSC B cannot be replaced by BOSC A, which leads back to it"]


def test_a_way_back_after_the_way_there_has_ended_is_no_cycle(ingest, ordered):
    draft = published(ingest, "supersession", **{**SUPERSESSION, "part_number": "A", "successor_part_number": "B"})
    drafts.retire(ingest.connection, draft, "2024-06-01", "mistaken", "bob")
    outcome = edges(ingest, ("B", "A"), valid_from_at="2024-06-01", effective_from_on="2024-06-01")
    assert outcome.state == "ACCEPTED"
    assert (ordered("A", "2024-05-01")[0][0], ordered("A", "2024-07-01")[0][0]) == ("B", "A")
    assert ordered("B", "2024-07-01")[0][0] == "A"


def test_an_unknown_successor_waits_until_the_catalogue_has_it(ingest, ordered):
    outcome = ingest(
        lines(SUPERSESSION, {"part_number": "A", "successor_part_number": "NEW"}),
        kind="supersessions",
        thresholds=LOOSE,
    )
    [row] = quarantined_rows(ingest.connection, outcome.batch_id)
    assert row["reasons"] == ["UNKNOWN_PART: BOSC NEW is not in the catalogue"]
    parts(ingest, "NEW")
    from ingest.pipeline import retry_unknown

    assert [one.state for one in retry_unknown(ingest.connection, ingest.landing, ingest.judge)] in (["ACCEPTED"], [])
    approve_stated(ingest)
    assert ordered("A")[0][0] == "NEW"


def insert_edge(connection, before: str, after: str) -> None:
    part_ids = connection.execute(
        "select catalogue.part_id('BOSC', %s), catalogue.part_id('BOSC', %s)", (before, after)
    ).fetchone()
    enter_edge(
        connection, predecessor_part_id=part_ids[0], successor_part_id=part_ids[1], valid_from_at="2024-01-01",
        conversion_quantity=1, direction_code="ONE_WAY", disposition_code="USE_UP", effective_from_on="2024-01-01",
        source_code="test", batch_id=uuid4(), line_number=1, payload_hash=b"x",
    )  # fmt: skip


def chain(*numbers: str) -> str:
    return lines(SUPERSESSION, *({"part_number": a, "successor_part_number": b} for a, b in pairwise(numbers)))


def test_a_chain_of_a_hundred_is_taken_and_a_longer_one_refused_wherever_it_grows(ingest):
    numbers = [f"N{place}" for place in range(103)]
    parts(ingest, *numbers)
    assert ingest(chain(*numbers[1:51])).state == ingest(chain(*numbers[51:102])).state == "ACCEPTED"
    joined = ingest(chain("N50", "N51"))
    assert joined.state == "ACCEPTED"
    approve_stated(ingest)
    for before, after in (("N0", "N1"), ("N101", "N102"), ("N0", "N50")):
        outcome = ingest(chain(before, after), thresholds=LOOSE)
        is_short = (before, after) == ("N0", "N50")
        assert outcome.rows_accepted == is_short
        if not is_short:
            [row] = quarantined_rows(ingest.connection, outcome.batch_id)
            words = f"BOSC {before} replaced by BOSC {after} is one of more than 100 supersessions in a row"
            assert row["reasons"] == [f"LONG_CHAIN: {words}"]
    with pytest.raises(psycopg.errors.CheckViolation, match="a chain of more than 100"):
        insert_edge(ingest.connection, "N0", "N1")


def test_a_file_of_one_endless_chain_is_refused_beside_a_circle_and_a_sound_line(ingest):
    numbers = [f"N{place}" for place in range(150)]
    parts(ingest, *numbers, *"ABCD")
    content = chain(*numbers) + "".join(chain(*pair).split("\n", 1)[1] for pair in ("AB", "BA", "CA", "DC"))
    outcome = ingest(content, thresholds=LOOSE)
    reasons = [row["reasons"][0].split(":")[0] for row in quarantined_rows(ingest.connection, outcome.batch_id)]
    assert (reasons.count("LONG_CHAIN"), reasons.count("CYCLE"), outcome.rows_accepted) == (149, 2, 2)


def test_two_connections_cannot_close_a_circle_between_them(ingest, ordered, stores):
    """Each transaction alone is sound; the second waits for the first and then sees its edge."""
    with psycopg.connect(stores.pipeline) as one, psycopg.connect(stores.pipeline) as other:
        insert_edge(one, "A", "B")
        with ThreadPoolExecutor(1) as pool:
            second = pool.submit(insert_edge, other, "B", "A")
            with pytest.raises(TimeoutError):
                second.result(timeout=0.3)
            one.commit()
            with pytest.raises(psycopg.errors.CheckViolation, match="leads back"):
                second.result(timeout=5)
        other.rollback()
    assert ingest.value("select count(*) from catalogue.supersessions") == 1


def test_two_drafts_that_close_a_circle_are_not_both_published(ingest, ordered, stores):
    ids = [
        approved(ingest, "supersession", **{**SUPERSESSION, "part_number": before, "successor_part_number": after})
        for before, after in (("A", "B"), ("B", "A"))
    ]

    def publish(draft_id):
        with psycopg.connect(stores.pipeline, autocommit=True) as connection:
            try:
                drafts.publish(connection, draft_id, "bob", accept_all)
                return "PUBLISHED"
            except PartsbayError as error:
                return error.message

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(publish, ids))
    assert said[1] == "PUBLISHED" and said[0].startswith("CYCLE: BOSC")
    assert sorted(one.state_code for one in drafts.drafts(ingest.connection)) == ["PUBLISHED", "REVIEW"]


NODES = "ABCDE"
PAIRS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), min_size=1, max_size=12)


def has_cycle(stored: list[tuple[str, str]]) -> bool:
    """The plain way: take away parts that nothing leads from until none is left, or none can be taken."""
    nodes = set(NODES)
    while ends := {node for node in nodes if not any(a == node and b in nodes for a, b in stored)}:
        nodes -= ends
    return bool(nodes)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(pairs=PAIRS)
def test_whatever_is_stated_the_graph_has_no_cycle_and_no_sound_edge_is_lost(ingest, ordered, pairs):
    if not ingest.value("select count(*) from catalogue.parts"):
        parts(ingest, *NODES)
    stored: list[tuple[str, str]] = []
    with ingest.connection.transaction(force_rollback=True):
        for before, after in pairs:
            try:
                with ingest.connection.transaction():
                    insert_edge(ingest.connection, before, after)
                accepted = True
            except psycopg.errors.IntegrityError:
                accepted = False
            is_new = (before, after) not in stored
            assert accepted == (is_new and not has_cycle([*stored, (before, after)]))
            stored += [(before, after)] * accepted
        assert not has_cycle(stored)
        for number in NODES:
            assert len(ordered(number)) == 1
