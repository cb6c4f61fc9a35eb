from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from ingest.errors import PartsbayError
from ingest.report_editions import edition_at, edition_document, editions, editions_before, store_edition
from tests.support.report_data import facts

GENERATIONS = [f"0195f3a0-7c11-7d3e-8a51-00000000000{number}" for number in range(4)]


@pytest.fixture
def pipeline(stores):
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        yield connection


def _facts(number: int):
    published_at = facts().published_at + timedelta(days=number)
    return replace(facts(), generation_id=GENERATIONS[number], published_at=published_at, as_of_at=published_at)


def _publish(connection, number: int) -> None:
    made = _facts(number)
    connection.execute(
        "insert into ingest.generations (generation_id, fingerprint, as_of_at, run_id, published_at, row_counts)"
        " values (%s, %s, %s, 'run', %s, '{}')",
        (made.generation_id, str(number), made.as_of_at, made.published_at),
    )


def test_the_trend_is_one_edition_of_each_earlier_generation_the_last_of_it(pipeline):
    for number in range(3):
        _publish(pipeline, number)
        store_edition(pipeline, b"first", _facts(number), 1, {"needs_you": number})
        store_edition(pipeline, b"after a decision", _facts(number), 1, {"needs_you": number + 10})
    trend = editions_before(pipeline, GENERATIONS[2])
    assert [one["figures"]["needs_you"] for one in trend] == [10, 11]
    assert editions_before(pipeline, GENERATIONS[0]) == []


def test_the_same_document_is_kept_once_and_read_back_to_the_byte(pipeline):
    kept = store_edition(pipeline, b"{}" * 5000, _facts(1), 3, {})
    assert store_edition(pipeline, b"{}" * 5000, _facts(1), 3, {}) is None
    (edition,) = editions(pipeline)
    assert (edition.edition_id, edition.line_count) == (kept, 3)
    assert edition.byte_count < 100
    assert edition_document(pipeline, kept) == b"{}" * 5000


def test_what_was_seen_at_a_moment_is_the_last_edition_made_by_then(pipeline):
    first = store_edition(pipeline, b"1", _facts(1), 1, {})
    between = datetime.now(UTC)
    second = store_edition(pipeline, b"2", _facts(2), 1, {})
    assert edition_at(pipeline, between)[0].edition_id == first
    assert edition_at(pipeline, datetime.now(UTC))[0].edition_id == second
    of_data, was_seen = edition_at(pipeline, _facts(1).as_of_at)
    assert (of_data.edition_id, was_seen) == (first, False)
    with pytest.raises(PartsbayError, match="No report had been made"):
        edition_at(pipeline, datetime(2001, 1, 1, tzinfo=UTC))


def test_a_report_that_is_again_what_it_was_is_what_was_seen_last(pipeline):
    """Approved and undone: from then on people see the first report, and not the one with the approval."""
    made = [store_edition(pipeline, document, _facts(1), 1, {}) for document in (b"1", b"approved", b"1", b"1")]
    assert [edition is None for edition in made] == [False, False, False, True]
    newest, _ = edition_at(pipeline, datetime.now(UTC))
    assert (newest.edition_id, edition_document(pipeline, newest.edition_id)) == (made[2], b"1")
    assert len(editions(pipeline)) == 3


def test_an_edition_leaves_a_record_and_nobody_changes_it(pipeline, stores):
    edition_id = store_edition(pipeline, b"1", _facts(1), 1, {})
    said = pipeline.execute(
        "select action_code, row_count from audit.records where relation_name = 'replenishment.report_editions'"
        " and operation_code = 'INSERT'"
    ).fetchall()
    assert said == [("REPORT", 1)]
    for statement in (
        "update replenishment.report_editions set line_count = 2",
        "delete from replenishment.report_editions",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            pipeline.execute(statement)
    with psycopg.connect(stores.owner) as owner:
        owner.execute("update replenishment.report_editions set document = %s", (b"x\x9cK\x04\x00\x00b\x00b",))
    with pytest.raises(PartsbayError, match="hash differs"):
        edition_document(pipeline, edition_id)
