"""FULL files: what two in a row leave out is withdrawn, and one that shrinks waits for a person (F20)."""

from __future__ import annotations

import itertools

import psycopg
import pytest

from ingest.decisions import Decision, decide
from ingest.pipeline import process
from ingest.profiles.folder import Profiles
from tests.integration.ingest.rules.conftest import MOMENT
from tests.support.ingest_files import AVAILABILITY, PRICE, lines, refuse_all

WITHDRAWN = "select part_number from supplier_feed.withdrawn order by 1"
ARTICLE = {
    "supplier_code": "S1", "brand_code": "BOSC", "part_number": "007", "maintenance_code": "A",
    "stated_at": "2024-03-01T08:00:00Z",
}  # fmt: skip


def loose(folder, text: str) -> Profiles:
    """Profiles with these tolerances for prices of every source."""
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "profiles" / "any.yaml").write_text(f"source_code: '*'\nkind: supplier_price\ntolerances:\n  {text}\n")
    return Profiles(folder / "profiles")


def test_what_two_full_files_in_a_row_leave_out_is_withdrawn_whatever_came_when(ingest, full, stores):
    """Four parts: A stays, B is left out once and comes back, C twice, D in the last file alone."""
    profiles = loose(ingest.folder, "row_drop_pct: 100")
    files = {1: "ABCD", 2: "AD", 3: "ABD", 4: "AB"}
    for number, order in enumerate(itertools.permutations(files)):
        if number % 5:
            continue
        for day in order:
            full(day, profiles, **dict.fromkeys(files[day], "10"))
        assert ingest.rows(WITHDRAWN) == [("C",)], order
        with psycopg.connect(stores.owner) as owner:
            owner.execute("truncate supplier_feed.offers, supplier_feed.full_listings, ingest.batches cascade")


def test_an_omission_ends_with_the_next_statement_and_a_bad_line_is_none(ingest, full, deliver):
    profiles = loose(ingest.folder, "row_drop_pct: 100\n  failed_rows_pct: 60")
    full(1, profiles, A="10", B="10", C="10")
    full(2, profiles, A="10", B="ten")
    full(3, profiles, A="10")
    assert ingest.rows(WITHDRAWN) == [("C",)]
    full(4, profiles, A="10")
    assert ingest.rows(WITHDRAWN) == [("B",), ("C",)]
    deliver(lines(PRICE, {"part_number": "C", "stated_at": MOMENT.format(5)}))
    assert ingest.rows(WITHDRAWN) == [("B",)]


def test_availability_left_out_twice_and_an_article_deleted_by_name_are_withdrawn(ingest, deliver):
    for day, parts in ((1, "AB"), (2, "A"), (3, "A")):
        rows = [{"part_number": part, "stated_at": MOMENT.format(day)} for part in parts]
        content = lines(AVAILABILITY, *rows)
        outcome = deliver(content, "supplier_availability", submission="FULL", stated_at=MOMENT.format(day))
        if outcome.state == "HELD":
            release(ingest, outcome.batch_id)
    deliver(lines(ARTICLE, {"part_number": "X"}, {"part_number": "Y"}), "supplier_catalogue")
    deliver(lines(ARTICLE, {"part_number": "Y", "maintenance_code": "D", "stated_at": MOMENT.format(2)}), "supplier_catalogue")  # fmt: skip # noqa: E501
    found = ingest.rows("select kind, part_number, reason_code from supplier_feed.withdrawn order by 1")
    assert found == [("supplier_availability", "B", "OMITTED"), ("supplier_catalogue", "Y", "DELETED")]


def release(ingest, batch_id) -> str:
    """Release a held batch, take it again, return its state."""
    with ingest.connection.transaction(), ingest.connection.cursor() as cursor:
        decide(cursor, Decision("BATCH", "RELEASE", batch_id, "they closed a depot", "ann"), "ingest.batches", 1)
    return process(ingest.connection, ingest.landing, batch_id, ingest.judge, again=True).state


def test_a_full_file_that_shrinks_is_held_with_the_figures_until_it_is_released(ingest, full):
    """Fault 49."""
    parts = [f"P{number}" for number in range(20)]
    for day, count in ((1, 20), (2, 20), (3, 17)):
        assert full(day, **dict.fromkeys(parts[:count], "10")).state == "ACCEPTED"
    held = full(4, **dict.fromkeys(parts[:16], "10"))
    assert (held.state, held.error_code, held.rows_held) == ("HELD", "ROW_DROP", 16)
    assert "16 rows, where the median of the last 3 FULL files is 20 (20.0 % fewer; at most 15 % may be)" in held.error
    assert ingest.value("select count(*) from supplier_feed.offers") == 57
    assert ingest.value("select count(*) from supplier_feed.full_listings") == 3
    assert release(ingest, held.batch_id) == "ACCEPTED"
    assert ingest.value("select count(*) from supplier_feed.offers") == 73


def test_a_full_file_without_a_line_withdraws_nothing(ingest, full):
    """Fault 48."""
    full(1, A="10")
    for day in (2, 3):
        assert full(day).state in ("REJECTED", "HELD")
    assert ingest.rows(WITHDRAWN) == []


def test_a_full_file_of_other_lines_is_held_where_the_profile_asks_for_coverage(ingest, full):
    profiles = loose(ingest.folder, "key_coverage_pct: 60")
    full(1, profiles, A="10", B="10")
    held = full(2, profiles, A="10", X="10", Y="10")
    assert (held.state, held.error_code) == ("HELD", "KEY_COVERAGE")
    assert "names 1 of the 2 lines of the FULL file before it (50.0 %; at least 60 % must be)" in held.error


@pytest.mark.parametrize("order", [(1, 2, 5), (5, 1, 2)])
def test_a_gap_in_sequence_numbers_is_told_until_it_is_filled_or_a_full_file_comes(ingest, deliver, order):
    def send(number: int, **beside) -> None:
        content = lines(PRICE, {"part_number": f"P{number}", "stated_at": MOMENT.format(number)})
        deliver(content, sequence_number=number, stated_at=MOMENT.format(number), **beside)

    gaps = "select words from ingest.sequence_gaps order by 1"
    for number in order:
        send(number)
    assert ingest.rows(gaps) == [("sequences 3 to 4 are missing: send them, or a FULL file",)]
    send(3)
    assert ingest.rows(gaps) == [("sequence 4 is missing: send it, or a FULL file",)]
    send(7, previous_sequence_number=6)
    assert len(ingest.rows(gaps)) == 2
    send(8, submission="FULL", previous_sequence_number=7)
    assert ingest.rows(gaps) == []


def test_a_short_list_that_was_refused_before_waits_all_the_same_when_it_is_taken_again(ingest, full):
    full(1, A="10", B="10", C="10", D="10")
    good, ingest.judge = ingest.judge, refuse_all
    short = full(2, A="10")
    assert short.state == "REJECTED"
    again = process(ingest.connection, ingest.landing, short.batch_id, good, again=True)
    assert (again.state, again.error_code) == ("HELD", "ROW_DROP")
