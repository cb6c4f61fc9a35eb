"""Every ledger of garages and parts is one that a plan hangs on, or one of which it is said why not."""

from __future__ import annotations

import psycopg

from ingest.replanning.news import LEDGERS, NO_NEWS, Reach, by_word, of_reach

_OF_GARAGES_AND_PARTS = """
select table_schema || '.' || table_name
from information_schema.columns
inner join information_schema.tables using (table_schema, table_name)
where table_type = 'BASE TABLE'
group by table_schema, table_name
having bool_or(column_name = 'recorded_at') and bool_or(column_name = 'part_id')
    and bool_or(column_name in ('garage_code', 'from_garage_code', 'to_garage_code'))
"""

_MANY = """
insert into garage_inventory.movements (
    garage_code, part_id, condition_code, movement_type_code, quantity, reason_code, document_number, document_line,
    event_at, source_code, idempotency_key, actor, recorded_at
)
select 'G1', gen_random_uuid(), 'NEW', 'ISSUE', -1, 'CONSUMPTION', 'D', number, '2026-01-01', 'test',
    sha256(number::text::bytea), 'test', '2026-01-01'::timestamptz + number * interval '1 minute'
from generate_series(1, 60000) as number
"""


def test_a_ledger_of_garages_and_parts_is_news_or_it_is_said_why_it_is_none(stores):
    tables = [ledger.table for ledger in LEDGERS]
    with psycopg.connect(stores.owner) as connection:
        there = {table for (table,) in connection.execute(_OF_GARAGES_AND_PARTS)}
    assert there - set(tables) == set(NO_NEWS)
    assert there > {"garage_inventory.movements", "garage_inventory.transfer_events", "reservation.events"}
    assert len(set(tables)) == len(tables)


def test_what_a_plan_hangs_on_can_be_asked_since_a_moment(stores):
    with psycopg.connect(stores.pipeline) as connection:
        for ledger in LEDGERS:
            connection.execute(f"select count(*) from {ledger.table} where recorded_at >= now()")


def test_news_are_found_without_reading_what_was_before(stores):
    """Ledgers are written at their end, so ranges of pages are enough to go by."""
    with psycopg.connect(stores.owner) as connection:
        indexed = connection.execute(
            "select indrelid::regclass::text from pg_index inner join pg_class as indexes on indexes.oid = indexrelid"
            " inner join pg_am on pg_am.oid = indexes.relam where amname = 'brin'"
            " and pg_get_indexdef(indexrelid, 1, false) = 'recorded_at'"
        ).fetchall()
        assert {table for (table,) in indexed} == {table for tables in by_word().values() for table in tables}
        connection.execute("alter table garage_inventory.movements disable trigger user")
        connection.execute(_MANY)
        connection.execute("analyze garage_inventory.movements")
        query = "select count(*) from garage_inventory.movements where recorded_at >= '2026-01-01'::timestamptz + "
        plan = connection.execute(f"explain {query} interval '59900 minutes'").fetchall()
        assert any("movements_by_recording" in line for (line,) in plan)


def test_what_is_counted_is_all_but_what_wants_a_refresh():
    counted = [table for tables in by_word().values() for table in tables]
    assert sorted([*counted, *of_reach(Reach.NETWORK)]) == sorted(ledger.table for ledger in LEDGERS)
