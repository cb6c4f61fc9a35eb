"""The audit in marts: who changed what, as ``partsbay audit show`` finds it in the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from ingest.anchors import write_anchor
from ingest.audit import Subject, attribute, find_records, seal
from tests.support import network
from tests.support.network import AS_OF
from tests.support.refill import rebuild

AUDIT = ("stg_audit__records", "stg_audit__entries", "stg_audit__seals", "stg_audit__anchors")
RESERVE = "select reservation.reserve(%s, 'G1', catalogue.part_id('BRND', %s), 1, %s, '1', 'ann')"


@pytest.fixture
def changed(network_stores, tmp_path):
    """Reservations that left entries, two sealed and seen by an anchor, one not; after them the update of a hold."""
    with psycopg.connect(network_stores.owner) as connection:
        # Reserved now, long after what the network has.
        network.count(connection, "P4", 10, datetime.now(UTC) - timedelta(days=1))
    with psycopg.connect(network_stores.pipeline, autocommit=True) as connection:
        for number in ("R-1", "R-2"):
            connection.execute(RESERVE, [number, "P4", number])
        seal(connection)
        write_anchor(connection, tmp_path)
        connection.execute(RESERVE, ["R-3", "P4", "R-3"])
    with psycopg.connect(network_stores.owner) as connection:
        attribute(connection.cursor(), "bob", "typed wrong", correlation_id="mending")
        connection.execute("update quality_hold.events set hold_reason_code = 'WRONG_PART' where hold_number = 'H1'")
    rebuild(network_stores.pipeline, AS_OF, *AUDIT)
    with psycopg.connect(network_stores.pipeline, autocommit=True) as connection:
        yield connection


def rows(connection, query: str) -> list[dict]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query).fetchall()


def part(connection, number: str) -> tuple[UUID, str, str]:
    (part_id,) = connection.execute("select catalogue.part_id('BRND', %s)", [number]).fetchone()
    return part_id, "BRND", number


@pytest.mark.parametrize(
    ("subject", "condition"),
    [
        ({"reservation_number": "R-1"}, "reservation_number = 'R-1'"),
        ({"reservation_number": "R-3"}, "reservation_number = 'R-3'"),
        ({"hold_number": "H1"}, "hold_number = 'H1'"),
        ({"part": "P4"}, "part_id = catalogue.part_id('BRND', 'P4')"),
        ({"garage_code": "G2"}, "garage_code = 'G2'"),
    ],
)
def test_the_mart_has_what_the_audit_shows_of_a_subject(changed, subject, condition):
    if "part" in subject:
        subject = {"part": part(changed, subject["part"])}
    shown = {
        (row["relation_name"], row["recorded_at"], row["actor"], row["sequence_number"])
        for row in find_records(changed, Subject(**subject), limit=5000)
        if "rows" in row["details"]
    }
    told = changed.execute(
        f"select relation_name, recorded_at, actor, sequence_number from marts.fct_audit_changes where {condition}"
    )
    assert set(told) == shown != set()


def test_an_entry_is_chained_by_its_seal_and_the_last_one_waits(changed):
    entries = changed.execute(
        """
        select changes.reservation_number, changes.is_chained, records.action_code, records.row_count,
            records.is_anchored
        from marts.fct_audit_changes as changes
        left join marts.fct_audit_records as records using (record_id)
        where changes.is_entry order by 1
        """
    ).fetchall()
    assert entries == [
        ("R-1", True, "SEAL", 2, True),
        ("R-2", True, "SEAL", 2, True),
        ("R-3", False, None, None, None),
    ]


def test_an_update_says_who_why_and_what_was_there_before(changed):
    (row,) = rows(changed, "select * from marts.fct_audit_changes where correlation_id = 'mending'")
    assert (row["actor"], row["reason"], row["operation_code"]) == ("bob", "typed wrong", "UPDATE")
    assert (row["hold_number"], row["garage_code"], row["part_id"]) == ("H1", "G1", part(changed, "P1")[0])
    assert row["values_before"] == {"hold_reason_code": "PACKAGING"}
    assert row["values_after"] == {"hold_reason_code": "WRONG_PART"}


def test_every_record_is_there_and_the_anchor_is_told_of_those_that_it_saw(changed):
    told = changed.execute(
        "select stream_code, lane_number, sequence_number, record_hash from marts.fct_audit_records"
        " where anchor_number = 1 order by 1, 2, 3"
    ).fetchall()
    seen = changed.execute(
        """
        select records.stream_code, records.lane_number, records.sequence_number,
            encode(records.record_hash, 'hex') as record_hash
        from audit.anchors
        cross join lateral jsonb_to_recordset(heads)
            as head (stream_code text, lane_number integer, sequence_number bigint)
        inner join audit.records on (records.stream_code, records.lane_number) = (head.stream_code, head.lane_number)
            and records.sequence_number <= head.sequence_number
        order by 1, 2, 3
        """
    ).fetchall()
    stored_count, told_count, anchored_count = changed.execute(
        "select (select count(*) from audit.records), count(*), count(anchor_number) from marts.fct_audit_records"
    ).fetchone()
    assert told == seen
    assert stored_count == told_count > anchored_count == len(seen) > 0


def test_what_was_known_rules_the_audit_and_the_day_that_is_looked_at_does_not(network_stores, changed):
    told = "select count(*), max(recorded_at) from marts.fct_audit_records"
    count, last = changed.execute(told).fetchone()
    rebuild(network_stores.pipeline, AS_OF + timedelta(days=40), *AUDIT)
    assert changed.execute(told).fetchone() == (count, last)
    rebuild(network_stores.pipeline, AS_OF, *AUDIT, known_at=last - timedelta(microseconds=1))
    assert changed.execute(told).fetchone()[0] == count - 1
