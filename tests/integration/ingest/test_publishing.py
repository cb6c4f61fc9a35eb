"""Marts go to the warehouse whole, to Parquet by month, and to the serving tables by diff."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pyarrow.dataset as ds
import pytest

from ingest.generations import fingerprint, newest_generation, record_generation
from ingest.parquet import export_parquet
from ingest.serving import serve
from ingest.warehouse import publish_generation

AS_OF = datetime(2002, 4, 1, tzinfo=UTC)

MARTS = """
    create table marts.dim_parts (part_id uuid not null, brand_code text not null, part_number text);
    create unique index on marts.dim_parts (part_id);
    comment on table marts.dim_parts is 'One row per part.';
    comment on column marts.dim_parts.part_number is 'As printed.';
    insert into marts.dim_parts values
        ('00000000-0000-0000-0000-000000000001', 'B', '007'), ('00000000-0000-0000-0000-000000000002', 'B', '');
    create table marts.fct_demand (garage_code text, part_id uuid, demand_on date, demand_quantity numeric(14, 3));
    insert into marts.fct_demand values
        ('G1', '00000000-0000-0000-0000-000000000001', '2002-02-28', 2.5),
        ('G1', '00000000-0000-0000-0000-000000000001', '2002-03-01', 1),
        ('G1', '00000000-0000-0000-0000-000000000002', '2002-03-02', null);
    create table marts.fct_stock_positions (
        garage_code text, part_id uuid, on_hand_quantity numeric(14, 3), held_quantity numeric(14, 3),
        reserved_quantity numeric(14, 3), available_quantity numeric(14, 3), available_raw_quantity numeric(14, 3),
        on_order_quantity numeric(14, 3)
    );
    insert into marts.fct_stock_positions values
        ('G1', '00000000-0000-0000-0000-000000000001', 5, 0, 1, 4, 4, 0),
        ('G1', '00000000-0000-0000-0000-000000000002', 3, 0, 0, 3, 3, 0);
    create table marts.fct_replenishment_needs (
        garage_code text, part_id uuid, brand_code text, part_number text, reorder_point_quantity numeric(14, 3),
        inventory_position_quantity numeric(14, 3), proposed_quantity numeric(14, 3), supplier_code text,
        line_amount numeric(16, 4), currency_code text, outcome_code text, is_below_point boolean, line_count integer
    );
"""


@pytest.fixture
def primary(stores):
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        connection.execute(MARTS)
        yield connection


@pytest.fixture
def target(warehouse):
    with psycopg.connect(warehouse.pipeline, autocommit=True) as connection:
        yield connection


def rows(connection, query):
    return connection.execute(query).fetchall()


def test_every_mart_arrives_with_its_rows_types_comments_and_keys(primary, target):
    counts = publish_generation(primary, target, str(uuid4()), AS_OF)
    assert counts == {"dim_parts": 2, "fct_demand": 3, "fct_replenishment_needs": 0, "fct_stock_positions": 2}
    assert rows(target, "select part_number from marts.dim_parts order by part_id") == [("007",), ("",)]
    assert rows(target, "select obj_description('marts.dim_parts'::regclass)") == [("One row per part.",)]
    assert rows(target, "select col_description('marts.dim_parts'::regclass, 3)") == [("As printed.",)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        target.execute("insert into marts.dim_parts select * from marts.dim_parts")


def test_the_analyst_reads_each_new_generation_and_nothing_else(primary, target, warehouse):
    for _ in range(2):
        publish_generation(primary, target, str(uuid4()), AS_OF)
        with psycopg.connect(warehouse.analyst) as analyst:
            assert rows(analyst, "select count(*) from marts.fct_demand") == [(3,)]
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                analyst.execute("insert into marts.fct_demand select * from marts.fct_demand")


def test_a_generation_that_fails_half_way_leaves_the_one_before(primary, target):
    first = str(uuid4())
    publish_generation(primary, target, first, AS_OF)
    # A lock that is not given in time stands for any fault in the middle of a publishing.
    blocker = psycopg.connect(primary.info.dsn, password=primary.info.password)
    blocker.execute("lock table marts.fct_demand in access exclusive mode")
    primary.execute("set lock_timeout = '100ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        publish_generation(primary, target, str(uuid4()), AS_OF)
    blocker.close()
    primary.execute("reset lock_timeout")
    assert rows(target, "select distinct generation_id::text from marts.meta_generation") == [(first,)]
    publish_generation(primary, target, str(uuid4()), AS_OF)
    assert rows(target, "select count(*) from marts.fct_demand") == [(3,)]


def test_a_reader_in_the_middle_of_a_query_keeps_its_generation(primary, target, warehouse):
    publish_generation(primary, target, str(uuid4()), AS_OF)
    with psycopg.connect(warehouse.analyst) as reader:
        cursor = reader.cursor(name="slow")
        cursor.execute("select demand_on from marts.fct_demand order by demand_on")
        assert cursor.fetchone() is not None
        import ingest.warehouse

        patience, ingest.warehouse.DROP_TIMEOUT = ingest.warehouse.DROP_TIMEOUT, "200ms"
        try:
            primary.execute("insert into marts.fct_demand values ('G2', gen_random_uuid(), '2002-03-05', 9)")
            publish_generation(primary, target, str(uuid4()), AS_OF)
        finally:
            ingest.warehouse.DROP_TIMEOUT = patience
        assert len(cursor.fetchall()) == 2
    assert rows(target, "select count(*) from marts.fct_demand") == [(4,)]
    publish_generation(primary, target, str(uuid4()), AS_OF)
    assert rows(target, "select nspname from pg_namespace where nspname like 'marts%'") == [("marts",)]


def test_parquet_is_partitioned_by_month_and_keeps_zeros_and_exact_numbers(primary, tmp_path):
    counts = export_parquet(primary, tmp_path, "one")
    assert counts["fct_demand"] == 3
    months = sorted(path.name for path in (tmp_path / "current" / "fct_demand").iterdir())
    assert months == ["month=2002-02", "month=2002-03"]
    facts = ds.dataset(tmp_path / "current" / "fct_demand", partitioning="hive").to_table()
    quantities = sorted(str(value) for value in facts["demand_quantity"].to_pylist())
    assert quantities == ["1.000", "2.500", "None"]
    parts = ds.dataset(tmp_path / "current" / "dim_parts").to_table()
    assert sorted(parts["part_number"].to_pylist()) == ["", "007"]


def test_an_empty_mart_is_exported_empty_and_old_generations_go(primary, tmp_path):
    for generation in ("one", "two", "three"):
        export_parquet(primary, tmp_path, generation)
    assert sorted(path.name for path in tmp_path.glob("generation=*")) == ["generation=three", "generation=two"]
    assert (tmp_path / "current").resolve().name == "generation=three"
    assert ds.dataset(tmp_path / "current" / "fct_replenishment_needs").count_rows() == 0


def test_serving_writes_only_rows_that_differ(primary):
    def served():
        with primary.transaction():
            change = serve(primary, str(uuid4()), AS_OF)["stock_positions"]
        return change.inserted, change.updated, change.deleted, change.row_count

    assert served() == (2, 0, 0, 2)
    assert served() == (0, 0, 0, 2)
    primary.execute("update marts.fct_stock_positions set on_hand_quantity = 6 where on_hand_quantity = 5")
    assert served() == (0, 1, 0, 2)
    primary.execute("delete from marts.fct_stock_positions where on_hand_quantity = 3")
    assert served() == (0, 0, 1, 1)


def test_a_new_batch_another_as_of_or_another_model_changes_the_fingerprint(primary, tmp_path):
    (tmp_path / "model.sql").write_text("select 1")
    first = fingerprint(primary, AS_OF, tmp_path)
    assert fingerprint(primary, AS_OF, tmp_path) == first
    assert fingerprint(primary, AS_OF.replace(day=2), tmp_path) != first
    (tmp_path / "model.sql").write_text("select 2")
    second = fingerprint(primary, AS_OF, tmp_path)
    assert second != first
    primary.execute(
        "insert into ingest.batches (sha256, kind, source_code, file_name, byte_count, received_at, state, finished_at)"
        " values (repeat('a', 64), 'parts', 'S', 'f', 1, now(), 'ACCEPTED', now())"
    )
    assert fingerprint(primary, AS_OF, tmp_path) != second


def test_the_newest_generation_is_the_one_recorded_last(primary):
    assert newest_generation(primary) is None
    for number in ("1", "2"):
        record_generation(primary, str(uuid4()), number, AS_OF, "run", {"fct_demand": 3})
    assert newest_generation(primary).fingerprint == "2"
