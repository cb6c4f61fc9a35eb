"""Demand series out of the models, forecasts into their store.

Both ways go as CSV through COPY and Arrow, so that a hundred thousand series are no Python objects. Every function
works in the transaction of the connection it is given and says there who changes the store and why.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
from psycopg.rows import tuple_row

from ingest.audit import attribute

ACTOR = "pipeline"

# Series of the last dbt build that no stored forecast was made from yet.
_DEMAND_SERIES = """
    copy (
        select
            series.garage_code,
            series.part_id,
            series.demand_class_code,
            series.history_hash,
            series.first_month_on,
            series.last_month_on,
            series.quantities_text
        from intermediate.int_demand_series as series
        where series.demand_class_code in ('SMOOTH', 'ERRATIC', 'INTERMITTENT', 'LUMPY')
            and not exists (
                select from replenishment.forecasts
                where forecasts.garage_code = series.garage_code
                    and forecasts.part_id = series.part_id
                    and forecasts.history_hash = series.history_hash
                    and forecasts.as_of_on <= series.as_of_on
            )
        order by series.garage_code, series.part_id
    ) to stdout (format csv)
"""
_SERIES_COLUMNS = {
    "garage_code": pa.string(),
    "part_id": pa.string(),
    "demand_class_code": pa.string(),
    "history_hash": pa.string(),
    "first_month_on": pa.date32(),
    "last_month_on": pa.date32(),
    "demand_quantities": pa.string(),
}

# Many rows against many: what statistics say of a table that has just been filled would have them compared one by one.
_IN_BULK = "set local enable_nestloop = off"

_INCOMING = """
    create temporary table incoming_forecasts on commit drop as
    select * from replenishment.forecasts with no data
"""
# Of a series that has a forecast, of this day or an earlier, another says nothing new.
_STORE = """
    insert into replenishment.forecasts ({columns}, as_of_on)
    select {columns}, %(as_of_on)s
    from incoming_forecasts as incoming
    where not exists (
        select from replenishment.forecasts
        where forecasts.garage_code = incoming.garage_code
            and forecasts.part_id = incoming.part_id
            and forecasts.history_hash = incoming.history_hash
            and forecasts.as_of_on <= %(as_of_on)s
    )
    on conflict do nothing
"""


def read_demand_series(connection: psycopg.Connection) -> pa.Table:
    """One row per garage and part whose demand series has no forecast yet, in the form that ``forecast`` takes.

    The hash is text as PostgreSQL writes it.
    """
    received = io.BytesIO()
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_IN_BULK)
        with cursor.copy(_DEMAND_SERIES) as blocks:
            for block in blocks:
                received.write(block)
    received.seek(0)
    if not received.getbuffer().nbytes:
        series = pa.schema(list(_SERIES_COLUMNS.items())).empty_table()
    else:
        series = csv.read_csv(
            received,
            read_options=csv.ReadOptions(column_names=list(_SERIES_COLUMNS)),
            convert_options=csv.ConvertOptions(column_types=_SERIES_COLUMNS, strings_can_be_null=False),
        )
    position = len(_SERIES_COLUMNS) - 1
    quantities = pc.split_pattern(series["demand_quantities"], " ").cast(pa.list_(pa.float64()))
    return series.set_column(position, "demand_quantities", quantities)


def store_forecasts(connection: psycopg.Connection, forecasts: pa.Table, as_of: datetime) -> int:
    """Store forecasts made for the day of ``as_of`` and return how many were new.

    A forecast of a series that already has one, of this day or an earlier, is left out.
    """
    if forecasts.num_rows == 0:
        return 0
    columns = ", ".join(forecasts.column_names)
    with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute("drop table if exists pg_temp.incoming_forecasts")
        cursor.execute(_INCOMING)
        with cursor.copy(f"copy incoming_forecasts ({columns}) from stdin (format csv)") as copy:
            copy.write(_as_csv(forecasts))
        as_of_on = as_of.astimezone(UTC).date()
        attribute(cursor, ACTOR, f"forecast as of {as_of_on}", action_code="LOAD")
        cursor.execute(_IN_BULK)
        return cursor.execute(_STORE.format(columns=columns), {"as_of_on": as_of_on}).rowcount


def _as_csv(table: pa.Table) -> bytes:
    """The rows as CSV; a list becomes an array as PostgreSQL reads it."""
    columns = [_array_texts(column) if pa.types.is_list(column.type) else column for column in table.columns]
    written = io.BytesIO()
    csv.write_csv(pa.table(columns, names=table.column_names), written, csv.WriteOptions(include_header=False))
    return written.getvalue()


def _array_texts(lists: pa.ChunkedArray) -> pa.Array:
    chunk = lists.combine_chunks()
    texts = pc.fill_null(pc.list_flatten(chunk).cast(pa.string()), "NULL")
    offsets = pc.cumulative_sum(pc.list_value_length(chunk))
    starts = pa.concat_arrays([pa.array([0], offsets.type), offsets])
    joined = pc.binary_join(pa.ListArray.from_arrays(starts, texts), ",")
    return pc.binary_join_element_wise("{", joined, "}", "")
