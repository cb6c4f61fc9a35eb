"""Terms of suppliers come in as versions, and say until when an order can be placed."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal

import psycopg
import pytest

from tests.support.catalogue_files import SUPPLIER_TERMS
from tests.support.ingest_files import SUPPLIER, lines


@pytest.fixture
def known(ingest):
    ingest(lines(SUPPLIER), kind="suppliers")
    return ingest


def stored(ingest, columns: str) -> list[tuple]:
    query = f"select {columns} from replenishment.supplier_terms order by supplier_code, valid_from_at"
    return ingest.connection.execute(query).fetchall()


def test_a_file_of_terms_is_recognised_and_stored(known):
    summary = known(lines(SUPPLIER_TERMS, {}), kind="auto")
    assert (summary.kind, summary.rows_accepted, summary.rows_quarantined) == ("supplier_terms", 1, 0)
    assert stored(
        known, "minimum_order_amount, freight_amount, discount_pct, order_weekdays, cut_off_at, return_days"
    ) == [(Decimal("100"), Decimal("4.9"), Decimal("2.5"), [1, 3, 5], time(16), 30)]


def test_the_same_terms_again_are_duplicates_and_others_at_the_same_moment_a_conflict(known):
    known(lines(SUPPLIER_TERMS, {}), kind="supplier_terms")
    again = known(lines(SUPPLIER_TERMS, {}) + "\n", kind="supplier_terms")
    assert (again.rows_accepted, again.rows_duplicate) == (0, 1)
    other = known(lines(SUPPLIER_TERMS, {"cut_off_at": "12:00"}), kind="supplier_terms")
    assert (other.rows_accepted, other.rows_quarantined) == (0, 1)
    later = known(lines(SUPPLIER_TERMS, {"cut_off_at": "", "valid_from_at": "2024-02-01"}), kind="supplier_terms")
    assert later.rows_accepted == 1
    assert stored(known, "cut_off_at") == [(time(16),), (None,)]


def test_terms_without_days_to_return_are_the_ones_that_were_said_before_there_were_any(known):
    spoken = {"return_days": ""}
    known(lines(SUPPLIER_TERMS, spoken), kind="supplier_terms")
    # What a line said when terms ended with the cut-off.
    (before,) = known.connection.execute(
        "select sha256(convert_to(jsonb_build_array('EUR', 100.0000, 250.0000, 4.9000, 6.0000, 2.50, 85.00, '1 3 5',"
        " '16:00')::text, 'UTF8'))"
    ).fetchone()
    assert stored(known, "payload_hash, return_days") == [(before, None)]
    other = known(lines(SUPPLIER_TERMS, {"return_days": "0"}), kind="supplier_terms")
    assert (other.rows_accepted, other.rows_quarantined) == (0, 1)


def test_terms_of_a_supplier_that_nobody_knows_wait(known):
    summary = known(lines(SUPPLIER_TERMS, {"supplier_code": "S9"}), kind="supplier_terms")
    assert (summary.rows_accepted, summary.rows_quarantined) == (0, 1)


# Monday is 2002-04-01; Berlin is two hours before UTC in summer and one in winter.
@pytest.mark.parametrize(
    ("weekdays", "cut_off", "after", "expected"),
    [
        ([1, 3], "16:00", "2002-04-01 13:59", "2002-04-01 14:00"),
        ([1, 3], "16:00", "2002-04-01 14:00", "2002-04-03 14:00"),
        ([1], "16:00", "2002-04-01 14:00", "2002-04-08 14:00"),
        ([1], "16:00", "2002-03-26 12:00", "2002-04-01 14:00"),
        ([7], "16:00", "2002-03-26 12:00", "2002-03-31 14:00"),
        (None, "16:00", "2002-03-26 16:00", "2002-03-27 15:00"),
        ([1], None, "2002-04-01 14:00", "2002-04-01 22:00"),
        (None, None, "2002-04-01 14:00", None),
    ],
)
def test_the_next_cut_off_is_in_the_time_of_the_garage(stores, weekdays, cut_off, after, expected):
    with psycopg.connect(stores.pipeline) as connection:
        (found,) = connection.execute(
            "select replenishment.next_cut_off(%s::smallint[], %s::time, 'Europe/Berlin', %s::timestamptz)",
            [weekdays, cut_off, f"{after}+00"],
        ).fetchone()
    assert found == (expected and datetime.fromisoformat(expected).replace(tzinfo=UTC))
