"""Open refused rows as a file in their sender's own form, with what is wrong with each: edit it and send it back."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.rows import dict_row

from ingest.errors import PartsbayError
from ingest.exports import csv_bytes, neutral, restored, safe_name
from ingest.landing import stored_path
from ingest.profiles.model import Profile
from ingest.readers.encodings import marked_encoding
from ingest.readers.formats import module_of
from ingest.readers.limits import Limits
from ingest.readers.unpacking import opened
from ingest.repair import ERROR, ROW, is_repairable

_MARKED = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_TEXT_SUFFIXES = (".csv", ".txt", ".tsv")


@dataclass(frozen=True)
class Exported:
    """One written file: the batch it repairs, its rows, and a word where it is not in the sender's own form."""

    batch_id: UUID
    path: Path
    row_count: int
    note: str | None = None


_BATCH = """
select sha256, batches.kind, batches.source_code, file_name, format_code, content
from ingest.batches
left join ingest.profiles using (profile_version)
where batch_id = %s
"""
# A row of a repair stands for the row that it was to repair; where it stands for none, it cannot come back.
_OPEN_ROWS = """
select
    rows.line_number, coalesce(repairs_batch_id, batch_id)::text || ':' || coalesce(repairs_line_number, line_number)
        as reference, raw, reasons
from ingest.quarantined_rows as rows
inner join ingest.batches using (batch_id)
where batch_id = %(batch_id)s and status = 'OPEN'
    and (repairs_batch_id is not null or not controls ? 'repairs')
    and (%(reason)s::text is null or exists (
        select from unnest(reasons) as said where split_part(said, ':', 1) = %(reason)s
    ))
order by rows.line_number
"""


def export_rows(
    connection: psycopg.Connection,
    landing: Path,
    batch_id: UUID,
    folder: Path,
    reason: str | None = None,
    limits: Limits | None = None,
) -> Exported:
    """Write the open rows of one batch; raises where there are none, or where the file could never be read."""
    with connection.cursor(row_factory=dict_row) as cursor:
        batch = cursor.execute(_BATCH, (batch_id,)).fetchone()
        rows = cursor.execute(_OPEN_ROWS, {"batch_id": batch_id, "reason": reason}).fetchall()
    if not rows:
        raise PartsbayError("NOTHING_OPEN", f"batch {batch_id} has no open row", "See partsbay quarantine list.")
    if batch["content"] is None:
        words = f"{batch['file_name']} could not be read as a whole, so it has no rows to mend"
        raise PartsbayError("NOT_EXPORTABLE", words, "Mend the file itself and send it again.")
    source = _Source(stored_path(landing, batch["sha256"]), batch, limits or Limits())
    names, values = source.rows([row["line_number"] for row in rows])
    table = [
        [row["reference"], " | ".join(row["reasons"]), *(values.get(row["line_number"]) or source.parsed(row["raw"]))]
        for row in rows
    ]
    suffix, data = _FORMS[source.form](source, [ROW, ERROR, *names], table)
    path = Path(folder) / f"{safe_name(Path(batch['file_name']).stem)}_{batch_id.hex[-8:]}_repair{suffix}"
    _write(path, data)
    return Exported(batch_id, path, len(rows), source.note)


class _Source:
    """The file that the rows came in, and how it is written."""

    def __init__(self, path: Path, batch: dict[str, Any], limits: Limits):
        self.path, self.kind, self.limits = path, batch["kind"], limits
        self.format_code, self.suffix = batch["format_code"], Path(batch["file_name"]).suffix.lower()
        self.options = Profile(**batch["content"]).options_for(self.format_code)
        self.form = self.format_code if is_repairable(self.format_code) else "canonical"
        self.note = None
        if self.form == "canonical":
            self.note = f"rows of {self.format_code} files come as CSV with one column per value"

    def rows(self, numbers: list[int]) -> tuple[list[str], dict[int, list[str | None]]]:
        """The columns as sent, and the rows with these numbers that have a shape."""
        wanted, names, found = pa.array(numbers, pa.int64()), [], {}
        for records in module_of(self.format_code).read_records(self.path, self.kind, self.options, self.limits):
            texts = records.texts.drop_columns([n for n in (ROW, ERROR) if n in records.texts.column_names])
            names = texts.column_names
            chosen = pc.is_in(records.numbers, wanted)
            columns = [[restored(value) for value in column.to_pylist()] for column in texts.filter(chosen).columns]
            kept = records.numbers.filter(chosen).to_pylist()
            found.update(zip(kept, map(list, zip(*columns, strict=True)), strict=True))
            if len(records.numbers) and records.numbers[-1].as_py() >= numbers[-1]:
                break
        return names, found

    def parsed(self, raw: str) -> list[str | None]:
        """The values of a row without a shape, as far as they can be told apart."""
        if self.form == "delimited":
            dialect = {"delimiter": self.options.delimiter, "quotechar": self.options.quote or '"'}
            return list(next(csv.reader([raw], **dialect), []))
        if self.form == "spreadsheet":
            return list(next(csv.reader([raw]), []))
        return [raw]

    def encoding(self) -> str:
        """The encoding of the file: what its byte order mark says, else its profile."""
        with opened(self.path, self.limits) as stream:
            marked, _ = marked_encoding(stream.read(4))
        return marked or self.options.encoding


def _as_delimited(source: _Source, names: list[str], rows: list[list]) -> tuple[str, bytes]:
    suffix = source.suffix if source.suffix in _TEXT_SUFFIXES else ".csv"
    delimiter, quote, encoding = source.options.delimiter, source.options.quote or '"', source.encoding()
    return suffix, _marked(csv_bytes(names, rows, delimiter, quote, encoding), encoding)


def _marked(data: bytes, encoding: str) -> bytes:
    """With a byte order mark where the encoding has one: spreadsheet programs and our reader then know it."""
    return "\ufeff".encode(encoding) + data if encoding in _MARKED else data


def _as_canonical(source: _Source, names: list[str], rows: list[list]) -> tuple[str, bytes]:
    return ".csv", _marked(csv_bytes(names, rows), "utf-8")


def _as_workbook(source: _Source, names: list[str], rows: list[list]) -> tuple[str, bytes]:
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as workbook:
        sheet, text = workbook.add_worksheet("rows"), workbook.add_format({"num_format": "@"})
        sheet.freeze_panes(1, 2)
        sheet.set_column(0, max(len(names) - 1, 0), 18, text)
        for place, row in enumerate([names, *rows]):
            for column, value in enumerate(row):
                # Never as a number or a formula: a part number stays what it is.
                sheet.write_string(place, column, neutral(value), text)
    return ".xlsx", target.getvalue()


def _as_json_lines(source: _Source, names: list[str], rows: list[list]) -> tuple[str, bytes]:
    lines = (
        json.dumps(
            {name: neutral(value) for name, value in zip(names, row, strict=False) if value is not None},
            ensure_ascii=False,
        )
        for row in rows
    )
    return ".jsonl", ("\n".join(lines) + "\n").encode()


_FORMS = {
    "delimited": _as_delimited,
    "spreadsheet": _as_workbook,
    "json": _as_json_lines,
    "jsonl": _as_json_lines,
    "canonical": _as_canonical,
}


def _write(path: Path, data: bytes) -> None:
    """Under its name only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(data)
    os.replace(temporary, path)


def export_all(
    connection: psycopg.Connection, landing: Path, batch_ids: Iterable[UUID], folder: Path, reason: str | None = None
) -> tuple[list[Exported], list[PartsbayError]]:
    """The open rows of several batches, one file each; and why some could not be written."""
    written, refused = [], []
    for batch_id in batch_ids:
        try:
            written.append(export_rows(connection, landing, batch_id, folder, reason))
        except PartsbayError as error:
            refused.append(error)
    return written, refused
