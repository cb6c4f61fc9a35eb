"""What the process that opens a Parquet or Arrow file does: check the schema, then turn batch by batch into text."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import BinaryIO

import pyarrow as pa

from ingest.readers.apart.worker import run, send
from ingest.readers.columnar.texts import as_texts, check_schema, shown
from ingest.readers.limits import MEBIBYTE, FileFault, Limits

_ROWS_A_BATCH = 32 * 1024
_AGAIN = "Write the file again and send that."


@dataclass(frozen=True)
class Plan:
    """One reading; ``columns`` names those to read, all where it is empty; ``wanted`` as for a workbook."""

    path: str
    format: str
    limits: Limits
    columns: tuple[str, ...] = ()
    decimal: str = "."
    wanted: tuple[int, ...] | None = None

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        said = json.loads(text)
        wanted = said["wanted"]
        return cls(
            said["path"],
            said["format"],
            Limits(**said["limits"]),
            tuple(said["columns"]),
            said["decimal"],
            None if wanted is None else tuple(wanted),
        )


def main() -> None:
    """Read the plan from the standard input and write frames to the standard output."""
    sys.meta_path.insert(0, _WithoutPandas())
    run(lambda plan, out: _read(Plan.from_json(plan), out), lambda plan: Plan.from_json(plan).limits)


class _WithoutPandas:
    """Arrow looks for pandas when it makes an array, and importing it takes longer than reading most files."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] == "pandas":
            raise ImportError(name)


def _read(plan: Plan, out: BinaryIO) -> None:
    try:
        if plan.wanted is None:
            _send_all(plan, out)
        else:
            _send_shown(plan, out)
    except (FileFault, MemoryError):
        raise
    except Exception as error:
        words = f"the {plan.format} file is damaged: {' '.join(str(error).split())[:300]}"
        raise FileFault("DAMAGED", words, _AGAIN) from None


def _send_all(plan: Plan, out: BinaryIO) -> None:
    first, size = 1, 0
    for batch in _batches(plan):
        size += batch.nbytes
        if first + batch.num_rows - 1 > plan.limits.row_count:
            words = f"the file has more than {plan.limits.row_count} rows"
            raise FileFault("TOO_LARGE", words, "Send it in several files.")
        if size > plan.limits.unpacked_bytes:
            words = f"the file unpacks to more than {plan.limits.unpacked_bytes} bytes"
            raise FileFault("TOO_LARGE", words, "Send it in several files.")
        table, numbers, bad = as_texts(_checked(batch), first, plan.decimal)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        send(out, {"bad": bad, "size": batch.nbytes}, [numbers.buffers()[1], sink.getvalue()])
        first += batch.num_rows
    if first == 1:
        raise FileFault("HEADER_ONLY", "the file has columns and no row", "Send the file again, with its rows.")


def _send_shown(plan: Plan, out: BinaryIO) -> None:
    first, wanted = 1, sorted(plan.wanted)
    for batch in _batches(plan):
        inside = [number for number in wanted if first <= number < first + batch.num_rows]
        rows = shown(batch.take(pa.array([number - first for number in inside], pa.int64()))) if inside else []
        for number, row in zip(inside, rows, strict=True):
            line = io.StringIO()
            csv.writer(line, lineterminator="").writerow(row)
            send(out, {"shown": [number, line.getvalue(), f"row {number}"]})
        first += batch.num_rows


def _checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose buffers hold what its schema promises."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid as error:
        words = f"a batch of the file is damaged: {' '.join(str(error).split())[:300]}"
        raise FileFault("ENCODING" if "UTF8" in words else "DAMAGED", words, _AGAIN) from None
    return batch


def _batches(plan: Plan) -> Iterator[pa.RecordBatch]:
    source = _parquet(plan) if plan.format == "parquet" else _arrow(plan)
    for batch in source:
        for start in range(0, batch.num_rows, _ROWS_A_BATCH):
            yield batch.slice(start, _ROWS_A_BATCH)


def _parquet(plan: Plan) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(
        plan.path,
        thrift_string_size_limit=16 * MEBIBYTE,
        thrift_container_size_limit=1_000_000,
        arrow_extensions_enabled=False,
    )
    try:
        _check_sizes(file.metadata, plan.limits)
        schema = _wanted(file.schema_arrow, plan)
        check_schema(schema, plan.limits.column_count)
        for group in range(file.metadata.num_row_groups):
            yield from file.iter_batches(_ROWS_A_BATCH, row_groups=[group], columns=schema.names, use_threads=False)
    finally:
        file.close()


def _check_sizes(metadata, limits: Limits) -> None:
    """What the footer says is too much is refused unread; what it hides is caught while reading."""
    if metadata.num_rows > limits.row_count:
        words = f"the file has more than {limits.row_count} rows"
        raise FileFault("TOO_LARGE", words, "Send it in several files.")
    for group in range(metadata.num_row_groups):
        if metadata.row_group(group).total_byte_size > limits.row_group_bytes:
            words = f"row group {group + 1} unpacks to more than {limits.row_group_bytes} bytes"
            raise FileFault("TOO_LARGE", words, "Write smaller row groups.")


def _arrow(plan: Plan) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(plan.path) as file:
        is_file = file.read(6) == b"ARROW1"
        file.seek(0)
        if is_file:
            reader = pa.ipc.open_file(file)
            batches = (reader.get_batch(position) for position in range(reader.num_record_batches))
        else:
            reader = pa.ipc.open_stream(file)
            batches = iter(reader)
        schema = _wanted(reader.schema, plan)
        check_schema(schema, plan.limits.column_count)
        for batch in batches:
            yield _checked(batch).select(schema.names)


def _wanted(schema: pa.Schema, plan: Plan) -> pa.Schema:
    if not plan.columns:
        return schema
    if missing := [name for name in plan.columns if name not in schema.names]:
        words = f"the file has no column {', '.join(missing)}"
        raise FileFault("MISSING_COLUMN", words, "Add the column, or mend the profile.")
    return pa.schema([schema.field(name) for name in plan.columns])
