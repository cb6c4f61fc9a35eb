"""The stores follow from the ledger of batches and the raw files: emptied and filled again they are the same bytes."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from ingest.contracts import CONTRACTS
from ingest.pipeline import process, retry_unknown
from ingest.profiles.folder import Profiles
from ingest.readers.limits import Limits
from ingest.thresholds import Thresholds
from tests.integration.ingest.rules.conftest import MOMENT
from tests.support.catalogue_files import PACK, PART_TYPE, POLICY, REFERENCE, SUPERSESSION
from tests.support.ingest_files import (
    ADJUSTMENT,
    AVAILABILITY,
    COUNT,
    HOLD,
    PART,
    PRICE,
    RECEIPT,
    RESERVATION,
    STORE_SCHEMAS,
    USAGE,
    lines,
    refuse_all,
    write,
)  # fmt: skip

# What the files below fill; people and rules fill the rest.
FILLED = {one.waiting_relation or one.relation for one in CONTRACTS.values() if one.store in STORE_SCHEMAS} - {
    "supplier_feed.articles", "supplier_feed.interchanges",
}  # fmt: skip
ORDER = "select batch_id from ingest.batches order by received_at, batch_id"


def tables(connection: psycopg.Connection) -> list[sql.Identifier]:
    rows = connection.execute(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema = any(%s) and table_type = 'BASE TABLE' order by 1, 2",
        (list(STORE_SCHEMAS),),
    ).fetchall()
    return [sql.Identifier(*row) for row in rows]


def contents(connection: psycopg.Connection) -> dict[str, bytes]:
    """Every column of every store table as bytes, ids and moments of recording included."""
    found = {}
    for table in tables(connection):
        query = sql.SQL("copy (select * from {table} as line order by line::text) to stdout").format(table=table)
        with connection.cursor() as cursor, cursor.copy(query) as copy:
            found[table.as_string(connection).replace('"', "")] = b"".join(bytes(part) for part in copy)
    return found


@pytest.fixture
def filled(ingest, deliver):
    """Files of most kinds, among them repeats, a conflict, FULL files, a jump, and lines before their part."""
    ingest(lines(PART, {"valid_from_at": "2024-06-01"}, {"valid_from_at": "2024-07-01"}))
    for row in (COUNT, ADJUSTMENT, RECEIPT, RESERVATION, HOLD, AVAILABILITY):
        assert ingest(lines(row)).state == "ACCEPTED"
    lots = [{"work_order_number": f"W{n}", "part_number": "late" if n == 3 else "007"} for n in range(9)]
    ingest(lines(USAGE, *lots))
    ingest(lines(USAGE, *lots[2:5], {"work_order_number": "W0", "quantity": "9"}, *lots[5:]))
    ingest(lines(PART, {"part_number": "late"}))
    assert len(list(retry_unknown(ingest.connection, ingest.landing, ingest.judge))) == 2
    for row in (PART_TYPE, PACK, REFERENCE, SUPERSESSION, POLICY):
        assert ingest(lines(row)).state == "ACCEPTED"
    for day, price in ((1, "10"), (3, "20"), (2, "11")):
        rows = [{"part_number": part, "unit_price_amount": price, "stated_at": MOMENT.format(day)} for part in "AB"]
        deliver(lines(PRICE, *rows), submission="FULL", stated_at=MOMENT.format(day))
    return ingest


def test_emptied_stores_are_filled_again_with_the_same_bytes(filled, stores):
    before = contents(filled.connection)
    assert {name for name in FILLED if not before[name]} == set()
    with psycopg.connect(stores.owner) as owner:
        owner.execute(sql.SQL("truncate {}").format(sql.SQL(", ").join(tables(owner))))
    for (batch_id,) in filled.rows(ORDER):
        process(filled.connection, filled.landing, batch_id, filled.judge, again=True)
    assert len(list(retry_unknown(filled.connection, filled.landing, filled.judge))) == 2
    assert contents(filled.connection) == before


def test_taking_every_batch_again_changes_nothing(filled):
    before = contents(filled.connection)
    ledger = "select batch_id, state, rows_read, rows_accepted, rows_duplicate, rows_quarantined, rows_held"
    entries = filled.rows(f"{ledger} from ingest.batches order by batch_id")
    for (batch_id,) in filled.rows(ORDER)[::-1]:
        process(filled.connection, filled.landing, batch_id, filled.judge, again=True)
    assert contents(filled.connection) == before
    assert filled.rows(f"{ledger} from ingest.batches order by batch_id") == entries


def test_a_stored_batch_that_can_no_longer_be_taken_is_left_as_it_was(ingest):
    ingest.catalogue()
    first = ingest(lines(USAGE, {"work_order_number": "W1"}, {"work_order_number": "W2"}), "usage")
    broken = write(ingest.folder / "profiles", "test.yaml", "source_code: test\nkind: usage\nnope: 1\n").parent
    ledger = (
        "select * from ingest.batches",
        "select * from ingest.quarantined_rows",
        "select * from ingest.drift_events",
    )
    before = [ingest.rows(query) for query in ledger]

    def again(judge=ingest.judge, **options):
        options = {"again": True, **options}
        return process(ingest.connection, ingest.landing, first.batch_id, judge, **options)

    tries = [
        again(profiles=Profiles(broken)),
        again(thresholds=Thresholds(limits=Limits(row_count=1))),
        again(refuse_all),
    ]

    for outcome, code in zip(tries, ("INVALID_PROFILE", "TOO_LARGE", "TOO_MANY_BAD_ROWS"), strict=True):
        assert (outcome.state, outcome.rows_accepted, outcome.error_code) == ("ACCEPTED", 2, "LEFT_AS_IT_WAS")
        assert code in outcome.error
    assert [ingest.rows(query) for query in ledger] == before
