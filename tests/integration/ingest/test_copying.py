"""What goes to the server in its binary form arrives as it was said."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import psycopg
import pyarrow as pa
import pytest

from ingest.contracts import CONTRACTS, Type
from ingest.stores import supplier_feed
from ingest.stores.copying import ID, CopyData
from ingest.stores.loading import create_incoming

VALUES = {
    Type.TEXT: ["", "a\tb\\N\n", "Ölfilter", "x" * 100_000],
    Type.QUANTITY: [Decimal(v) for v in ("0.000", "-0.001", "99999999999.999", "-10000.000", "10000.100", "9999.990")],
    Type.AMOUNT: [Decimal(v) for v in ("0.0000", "0.0001", "-9999999999.9999", "100000000.0000", "12.3400")],
    Type.DAYS: [Decimal(v) for v in ("0.00", "-1.50", "9999.99")],
    Type.INTEGER: [0, -1, 2**31 - 1, -(2**31)],
    Type.BOOLEAN: [True, False],
    Type.DATE: [date(1, 1, 1), date(1999, 12, 31), date(2000, 1, 1), date(9999, 12, 31)],
    Type.TIMESTAMP: [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
}


def arrived(connection: psycopg.Connection, kind: str, table: pa.Table) -> list[tuple]:
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("set local time zone 'UTC'")
        create_incoming(cursor, CONTRACTS[kind])
        CopyData.of(table).copy_to(cursor, "incoming")
        names = ", ".join(table.column_names)
        return cursor.execute(f"select {names} from incoming order by line_number").fetchall()


@pytest.mark.parametrize("has_nulls", [False, True])
@pytest.mark.parametrize("kind", CONTRACTS)
def test_every_column_of_every_contract_arrives_as_it_was(stores, kind, has_nulls):
    row_count = 13
    columns = {"line_number": pa.array(range(row_count), pa.int64())}
    for column in CONTRACTS[kind].columns:
        values = [*VALUES[column.type], *([None] if has_nulls else [])]
        column_values = [values[row % len(values)] for row in range(row_count)]
        columns[column.name] = pa.array(column_values, column.type.value)
    table = pa.table(columns)
    with psycopg.connect(stores.pipeline) as connection:
        # A part of a longer table, as filters and slices leave one.
        assert arrived(connection, kind, table[3:]) == list(
            zip(*(c.to_pylist() for c in table[3:].columns), strict=True)
        )


def test_a_column_of_nothing_but_nulls_arrives_as_nulls(stores):
    columns = {"line_number": pa.array([1, 2], pa.int64())}
    columns |= {column.name: pa.nulls(2, column.type.value) for column in CONTRACTS["supplier_price"].columns}
    with psycopg.connect(stores.pipeline) as connection:
        rows = arrived(connection, "supplier_price", pa.table(columns))
    assert [set(row[1:]) for row in rows] == [{None}, {None}]


def test_stores_that_are_copied_into_have_the_types_of_their_contract(stores):
    with psycopg.connect(stores.pipeline) as connection, connection.cursor() as cursor:
        for contract in (CONTRACTS[kind] for kind, one in supplier_feed.STATEMENTS.items() if one.is_direct):
            found = dict(
                cursor.execute(
                    "select attname, format_type(atttypid, atttypmod) from pg_attribute"
                    " where attrelid = %s::regclass and attnum > 0",
                    (contract.relation,),
                ).fetchall()
            )
            create_incoming(cursor, contract)
            wanted = cursor.execute(
                "select attname, format_type(atttypid, atttypmod) from pg_attribute"
                " where attrelid = 'pg_temp.incoming'::regclass and attnum > 0"
            ).fetchall()
            assert {name: kind for name, kind in wanted if name in found and found[name] != kind} == {}
            cursor.execute("drop table pg_temp.incoming")


def test_ids_and_lists_of_text_arrive_as_they_were(stores):
    lists = [["a"], ["", 'q"{},\\N', "Ölfilter\n"], [], ["x" * 70_000, "y"], ["NULL"], ["a", "b", "c"]]
    ids = [uuid4() for _ in lists]
    columns = {
        "batch_id": pa.array([one.bytes for one in ids], ID),
        "reasons": pa.array(lists, pa.list_(pa.string())),
        "line_number": pa.array(range(len(lists)), pa.int64()),
    }
    for table in (pa.table(columns), pa.table(columns)[2:], pa.table(columns)[:0]):
        with psycopg.connect(stores.pipeline) as connection, connection.cursor() as cursor:
            cursor.execute("create temporary table kept (line_number bigint, batch_id uuid, reasons text[])")
            CopyData.of(table).copy_to(cursor, "kept")
            found = cursor.execute("select batch_id, reasons from kept order by line_number").fetchall()
            connection.rollback()
        first = len(lists) - table.num_rows if table.num_rows else len(lists)
        assert found == list(zip(ids, lists, strict=True))[first:]
