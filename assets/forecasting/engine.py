"""The same forecast by many: blocks of series in processes here, or through fugue on Dask, Ray or Spark."""

from __future__ import annotations

import multiprocessing
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pandas as pd
import pyarrow as pa

from assets.forecasting.forecast import forecast
from assets.forecasting.library import load
from assets.forecasting.tables import FORECAST_SCHEMA
from ingest.errors import SettingsError

ENGINES = ("dask", "ray", "spark")
SERIES_PER_BLOCK = 5_000
SHARES_PER_PROCESS = 8
# Below this, starting processes costs more than they save.
SERIES_PER_PROCESS = 10_000


def forecast_on(series: pa.Table, engine: Any = "") -> pa.Table:
    """What ``forecast`` says of the series, computed where ``engine`` does its work; here where it is empty.

    ``engine`` is a name that fugue knows, or an engine or client of its own. Series go out and forecasts come back as
    the bytes of Arrow tables, so that no engine rounds a figure or sorts a row.
    """
    if not engine or series.num_rows == 0:
        return _here(series, processes(series.num_rows))
    packed = [b64encode(block).decode() for block in _blocks(series, SERIES_PER_BLOCK)]
    blocks = pd.DataFrame({"block": range(len(packed)), "content": packed})
    made = _transformed(blocks, engine).sort_values("block")
    return _joined(b64decode(content) for content in made["content"])


def processes(series_count: int) -> int:
    """How many of them so many series are worth."""
    return min(len(os.sched_getaffinity(0)), max(series_count // SERIES_PER_PROCESS, 1))


def _here(series: pa.Table, process_count: int) -> pa.Table:
    """A few shares of the series in each process; they start as copies of this one, in which the library is loaded."""
    if process_count == 1:
        return forecast(series)
    load()
    # Slow series lie side by side: who has few of them takes a share more.
    share = -(-series.num_rows // (process_count * SHARES_PER_PROCESS))
    with ProcessPoolExecutor(process_count, mp_context=multiprocessing.get_context("fork")) as pool:
        return _joined(pool.map(_forecast_block, _blocks(series, share)))


def _blocks(series: pa.Table, count: int) -> list[bytes]:
    return [_packed(series.slice(start, count)) for start in range(0, series.num_rows, count)]


def _joined(blocks: Iterable[bytes]) -> pa.Table:
    return pa.concat_tables([FORECAST_SCHEMA.empty_table(), *map(_unpacked, blocks)]).combine_chunks()


def _transformed(blocks: pd.DataFrame, engine: Any) -> pd.DataFrame:
    import fugue.api as fa
    from fugue.exceptions import FuguePluginsRegistrationError

    try:
        return fa.as_pandas(
            fa.transform(
                blocks,
                _forecast_blocks,
                schema="block:long,content:str",
                partition={"by": "block", "num": len(blocks)},
                engine=engine,
                as_local=True,
            )
        )
    except (ImportError, FuguePluginsRegistrationError) as error:
        words = f"Forecasts are to be made on {engine}, which is not installed here: {error}"
        raise SettingsError(
            "NO_ENGINE", words, f"Install fugue[{engine}], or unset PARTSBAY_FORECAST_ENGINE."
        ) from None


def _forecast_blocks(frame: pd.DataFrame) -> pd.DataFrame:
    """What each machine does with the blocks that it is given."""
    made = [b64encode(_forecast_block(b64decode(content))).decode() for content in frame["content"]]
    return frame.assign(content=made)


def _forecast_block(block: bytes) -> bytes:
    return _packed(forecast(_unpacked(block)))


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def _unpacked(block: bytes) -> pa.Table:
    return pa.ipc.open_stream(block).read_all()
