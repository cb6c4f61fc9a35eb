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


def test_what_is_counted_is_all_but_what_wants_a_refresh():
    counted = [table for tables in by_word().values() for table in tables]
    assert sorted([*counted, *of_reach(Reach.NETWORK)]) == sorted(ledger.table for ledger in LEDGERS)
