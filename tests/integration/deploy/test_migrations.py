"""Migrations: once each, in order, by the owner, and never over a schema that is ahead of us."""

import psycopg
import pytest

from deploy.database.migrate import _upgrade, check_not_newer, known_revisions, migrate, revision_of
from ingest.errors import ProtectedError


def test_a_migrated_database_is_at_the_newest_revision_and_a_second_run_does_nothing(stores):
    assert revision_of(stores.owner) == known_revisions("stores")[-1]
    assert migrate(stores.owner, "stores") == []


def test_a_database_of_the_first_revision_keeps_its_rows_when_it_is_brought_up_to_date(make_database, server):
    old = make_database("stores")
    name = old.owner.rpartition("/")[2].partition("?")[0]
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f'drop database "{name}"')
        admin.execute(f'create database "{name}" owner partsbay_owner')
    _upgrade(old.owner, "stores", "0001")
    with psycopg.connect(old.owner) as connection:
        connection.execute(_BATCH)
        connection.execute(_BAD_ROW)
        connection.execute(_OFFER)
    assert migrate(old.owner, "stores") == known_revisions("stores")[1:]
    with psycopg.connect(old.pipeline) as connection:
        query = "select file_name, raw, part_number, controls, place from ingest.batches"
        joined = "inner join ingest.quarantined_rows using (batch_id) inner join supplier_feed.offers using (batch_id)"
        assert connection.execute(f"{query} {joined}").fetchall() == [("a.csv", "S1,007", "007", {}, None)]


_BATCH = """
insert into ingest.batches (sha256, kind, source_code, file_name, byte_count, received_at, state)
values (repeat('a', 64), 'supplier_price', 'S1', 'a.csv', 1, now(), 'ACCEPTED')
"""
_BAD_ROW = """
insert into ingest.quarantined_rows (batch_id, line_number, raw, reasons, rule_version)
select batch_id, 2, 'S1,007', '{"PARSE: no number"}', '1' from ingest.batches
"""
_OFFER = """
insert into supplier_feed.offers (
    supplier_code, brand_code, part_number, price_type_code, break_quantity, unit_price_amount, currency_code,
    price_uom_code, stated_at, source_code, batch_id, line_number, recorded_at, pack_quantity,
    minimum_order_quantity, order_multiple_quantity, lifecycle_code
)
select 'S1', 'BOSC', '007', 'INSTALLER', 1, 9.99, 'EUR', 'EA', now(), 'S1', batch_id, 3, now(), 1, 1, 1, '2'
from ingest.batches
"""


def test_a_schema_newer_than_this_code_is_refused(stores):
    with psycopg.connect(stores.owner) as connection:
        connection.execute("update control.alembic_version set version_num = '9999'")
    with pytest.raises(ProtectedError, match="9999") as refusal:
        check_not_newer(stores.pipeline, "stores")
    assert refusal.value.code == "schema_newer"
    assert refusal.value.exit_code == 4


def test_the_warehouse_has_its_own_line_of_migrations(warehouse):
    assert revision_of(warehouse.pipeline) == known_revisions("warehouse")[-1]
