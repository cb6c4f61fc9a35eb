"""Export the marts as Parquet, partitioned by month, one folder per generation.

A reader opens ``current/<table>``; the link moves to a generation only when all
of it is written. Rows stream from COPY through Arrow: memory does not grow with
the tables.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
from psycopg import sql

from ingest.warehouse import ColumnShape, mart_shapes

KEPT_GENERATIONS = 2
# The column that says which month a row of a fact belongs to, first match wins.
MONTH_COLUMNS = ("movement_on", "demand_on", "date_on", "stated_at", "as_of_at")

ARROW_TYPES = {
    "text": pa.string(),
    "uuid": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "double precision": pa.float64(),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
}


def export_parquet(primary: psycopg.Connection, folder: Path, generation_id: str) -> dict[str, int]:
    """Write every mart below ``folder/generation=<id>`` and point ``folder/current`` at it; rows per table."""
    final = folder / f"generation={generation_id}"
    building = folder / f".building-{generation_id}"
    shutil.rmtree(building, ignore_errors=True)
    shapes = mart_shapes(primary)
    counts = {table: _export_table(primary, building / table, table, shapes[table]) for table in shapes}
    shutil.rmtree(final, ignore_errors=True)
    os.replace(building, final)
    _point_current_at(folder, final)
    _forget_old(folder, final)
    return counts


def arrow_type(type_name: str) -> pa.DataType:
    """The Arrow type of a column of the marts; text for anything without a better one."""
    exact = re.fullmatch(r"numeric\((\d+),(\d+)\)", type_name)
    if exact:
        return pa.decimal128(int(exact[1]), int(exact[2]))
    return ARROW_TYPES.get(type_name, pa.string())


def _export_table(primary, folder: Path, table: str, columns: list[ColumnShape]) -> int:
    import pyarrow.dataset as ds

    names = [column.name for column in columns]
    month_column = next(
        (name for name in MONTH_COLUMNS if name in names and table.startswith(("fct_", "dim_dates"))), None
    )
    schema = pa.schema([pa.field(column.name, arrow_type(column.type_name)) for column in columns])
    month = sql.SQL("to_char({}, 'YYYY-MM')").format(sql.Identifier(month_column)) if month_column else sql.SQL("''")
    query = sql.SQL("copy (select {}, {} as month from marts.{}) to stdout (format csv)").format(
        sql.SQL(", ").join(map(sql.Identifier, names)), month, sql.Identifier(table)
    )
    schema = schema.append(pa.field("month", pa.string()))
    counted = _Counter()
    folder.mkdir(parents=True)
    with primary.cursor() as cursor, cursor.copy(query) as blocks:
        batches = counted.through(_record_batches(blocks, schema))
        if month_column:
            # A month's rows may come in any order, so a writer stays open for each month.
            ds.write_dataset(
                batches, folder, schema=schema, format="parquet", partitioning=["month"],
                partitioning_flavor="hive", max_open_files=2_000, max_partitions=10_000,
                existing_data_behavior="overwrite_or_ignore",
            )  # fmt: skip
        else:
            kept = schema.remove(len(schema) - 1)
            ds.write_dataset((batch.select(kept.names) for batch in batches), folder, schema=kept, format="parquet")
    return counted.rows


def _record_batches(blocks, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    from pyarrow import csv

    source = pa.PythonFile(_CopyStream(blocks), mode="r")
    try:
        reader = csv.open_csv(
            source,
            read_options=csv.ReadOptions(column_names=schema.names, block_size=8 << 20),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=schema,
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
                true_values=["t"],
                false_values=["f"],
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV file" in str(error):
            return
        raise
    yield from reader


class _CopyStream:
    """The blocks of a COPY as a readable file."""

    closed = False

    def __init__(self, blocks):
        self._blocks = iter(blocks)
        self._pending = bytearray()

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._pending) < size:
            block = next(self._blocks, None)
            if block is None:
                break
            self._pending += block
        end = len(self._pending) if size < 0 else size
        taken = bytes(self._pending[:end])
        del self._pending[:end]
        return taken

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


class _Counter:
    """Counts the rows that pass."""

    def __init__(self):
        self.rows = 0

    def through(self, batches):
        for batch in batches:
            self.rows += batch.num_rows
            yield batch


def _point_current_at(folder: Path, final: Path) -> None:
    link = folder / f".current-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(final.name)
    os.replace(link, folder / "current")


def _forget_old(folder: Path, final: Path) -> None:
    generations = sorted(folder.glob("generation=*"), key=lambda path: path.stat().st_mtime)
    for old in generations[:-KEPT_GENERATIONS]:
        if old != final:
            shutil.rmtree(old)
