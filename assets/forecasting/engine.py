"""The same forecast on many machines: blocks of series through fugue, on Dask, Ray or Spark."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pandas as pd
import pyarrow as pa

from assets.forecasting.forecast import forecast
from assets.forecasting.tables import FORECAST_SCHEMA
from ingest.errors import SettingsError

ENGINES = ("dask", "ray", "spark")
SERIES_PER_BLOCK = 5_000


def forecast_on(series: pa.Table, engine: Any = "") -> pa.Table:
    """What ``forecast`` says of the series, computed where ``engine`` does its work; here where it is empty.

    ``engine`` is a name that fugue knows, or an engine or client of its own. Series go out and forecasts come back as
    the bytes of Arrow tables, so that no engine rounds a figure or sorts a row.
    """
    if not engine or series.num_rows == 0:
        return forecast(series)
    starts = range(0, series.num_rows, SERIES_PER_BLOCK)
    blocks = pd.DataFrame(
        {
            "block": range(len(starts)),
            "content": [_packed(series.slice(start, SERIES_PER_BLOCK)) for start in starts],
        }
    )
    made = _transformed(blocks, engine).sort_values("block")
    return pa.concat_tables([FORECAST_SCHEMA.empty_table(), *map(_unpacked, made["content"])]).combine_chunks()


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
    return frame.assign(content=[_packed(forecast(_unpacked(content))) for content in frame["content"]])


def _packed(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return b64encode(sink.getvalue()).decode()


def _unpacked(content: str) -> pa.Table:
    return pa.ipc.open_stream(b64decode(content)).read_all()
