"""What the process that opens a workbook does: notes first, then the cells of every fitting sheet."""

from __future__ import annotations

from array import array
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

import python_calamine as calamine

from ingest.readers.apart.worker import run, send
from ingest.readers.limits import FileFault
from ingest.readers.workbook import biff, binary, ooxml, opendocument
from ingest.readers.workbook.archive import Package, damaged
from ingest.readers.workbook.notes import BookNotes
from ingest.readers.workbook.plan import CELLS_MEND, NUMBERS_A_SHEET, Plan
from ingest.readers.workbook.rows import Batch, Rows
from ingest.readers.workbook.tables import Book, Table, tables

_NOTERS = {".xlsx": ooxml.note_package, ".xlsb": binary.note_package, ".ods": opendocument.note_package}


def main() -> None:
    """Read the plan from the standard input and write frames to the standard output."""
    run(lambda plan, out: _read(Plan.from_json(plan), out), lambda plan: Plan.from_json(plan).limits)


def _read(plan: Plan, out: BinaryIO) -> None:
    path = Path(plan.path)
    try:
        notes = _notes(path, plan)
        book = Book(calamine.CalamineWorkbook.from_path(str(path)))
        chosen = tables(book, plan, notes.sheet)
        row_count = 0
        for ordinal, table in enumerate(chosen):
            rows = Rows(table, book.load(table.position), notes.sheet(table.position), plan, notes.is_1904)
            if plan.wanted is not None:
                _send_shown(out, plan, ordinal, table, rows)
                continue
            for batch in rows.batches():
                row_count += len(batch.numbers) + len(batch.bad)
                _check_count(row_count, plan)
                _send_batch(out, ordinal, table, batch)
        if plan.wanted is None and row_count == 0:
            names = ", ".join(f"'{table.sheet}'" for table in chosen)
            raise FileFault("HEADER_ONLY", f"sheet {names} has a header and no row", "Send it with its rows.")
    except calamine.PasswordError:
        raise _locked() from None
    except (MemoryError, FileFault):
        raise
    except calamine.CalamineError as error:
        if "limit exceeded" in str(error):
            raise FileFault("TOO_LARGE", f"the workbook is too large: {error}", CELLS_MEND) from None
        raise damaged(str(error)[:300]) from None
    except BaseException as error:
        # The reader of cells panics on some broken files: its panic is no ordinary exception.
        raise damaged(f"{type(error).__name__}: {str(error)[:300]}") from None


def _notes(path: Path, plan: Plan) -> BookNotes:
    if plan.suffix != ".xls":
        return _NOTERS[plan.suffix](Package(path, plan.limits))
    if biff.is_encrypted_package(path):
        raise _locked()
    return biff.note_workbook(path)


def _locked() -> FileFault:
    return FileFault("PASSWORD", "the workbook is locked with a password", "Send it without a password.")


def _check_count(row_count: int, plan: Plan) -> None:
    if row_count > plan.limits.row_count:
        words = f"the file has more than {plan.limits.row_count} rows"
        raise FileFault("TOO_LARGE", words, "Send it in several files.")


def _send_shown(out: BinaryIO, plan: Plan, ordinal: int, table: Table, rows: Rows) -> None:
    base = ordinal * NUMBERS_A_SHEET
    wanted = {number - base for number in plan.wanted if 0 < number - base < NUMBERS_A_SHEET}
    for row, text in rows.shown(wanted) if wanted else ():
        send(out, {"shown": [base + row, text, f"sheet '{table.sheet}' row {row}"]})


def _send_batch(out: BinaryIO, ordinal: int, table: Table, batch: Batch) -> None:
    base = ordinal * NUMBERS_A_SHEET
    buffers = [array("q", (base + number for number in batch.numbers)).tobytes()]
    for texts in batch.columns:
        joined = "".join(texts)
        data = joined.encode("utf-8")
        sizes = map(len, texts) if joined.isascii() else (len(text.encode("utf-8")) for text in texts)
        buffers += [array("i", accumulate(sizes, initial=0)).tobytes(), data]
    head = {
        "names": table.names,
        "rows": len(batch.numbers),
        "bad": {base + row: words for row, words in batch.bad.items()},
        "size": batch.text_size,
    }
    send(out, head, buffers)
