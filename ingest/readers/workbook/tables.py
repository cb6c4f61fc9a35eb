"""Where the table of a sheet begins: its header row, the names of its columns, and which sheets are read."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

import python_calamine as calamine

from ingest.readers.limits import FileFault
from ingest.readers.workbook.cells import address, as_text, letters_of
from ingest.readers.workbook.notes import Notes, Place
from ingest.readers.workbook.plan import MOST_SHEETS, Plan

# Sheets up to this many cells stay loaded between the search for a header and the reading of the rows.
_KEPT_CELLS = 2_000_000


@dataclass(frozen=True)
class Table:
    """A sheet to read: ``first`` is its leftmost column and ``header`` its header row, both from 0.

    A column without a name in the header is named by its letters; ``unnamed`` are those, from 0.
    """

    position: int
    sheet: str
    header: int
    first: int
    names: tuple[str, ...]
    unnamed: frozenset[int]


class Book:
    """The sheets of a workbook by position, loaded when asked for."""

    def __init__(self, workbook: calamine.CalamineWorkbook):
        self._workbook = workbook
        self._kept: dict[int, calamine.CalamineSheet] = {}
        self.sheets = workbook.sheets_metadata

    def load(self, position: int) -> calamine.CalamineSheet:
        if position in self._kept:
            return self._kept[position]
        sheet = self._workbook.get_sheet_by_index(position)
        if sum(kept.height * kept.width for kept in self._kept.values()) + sheet.height * sheet.width > _KEPT_CELLS:
            self._kept.clear()
        self._kept[position] = sheet
        return sheet

    def top(self, position: int, count: int) -> list[list]:
        return list(islice(self.load(position).iter_rows(), count))


def tables(book: Book, plan: Plan, notes: Callable[[int], Notes]) -> list[Table]:
    """The sheets that are read, with their headers; raises where none fits, and says of each what it lacks."""
    positions = _positions(book, plan)
    tops = {position: book.top(position, max(plan.header_search_rows, plan.header_row or 0)) for position in positions}
    tops = {position: rows for position, rows in tops.items() if any(row.count("") != len(row) for row in rows)}
    if not tops:
        raise FileFault("EMPTY_FILE", _about(book, positions, "holds no value"), "Send the workbook with its rows.")
    found = _found(book, plan, tops)
    if plan.sheets and (unfit := [position for position in tops if position not in found]):
        raise _no_header(book, plan, {position: tops[position] for position in unfit})
    if not found:
        raise _no_header(book, plan, tops)
    return [_table(book, plan, position, row, tops[position], notes(position)) for position, row in found.items()]


def _positions(book: Book, plan: Plan) -> list[int]:
    sheets = [(i, s) for i, s in enumerate(book.sheets) if s.typ == calamine.SheetTypeEnum.WorkSheet]
    if plan.sheets:
        for pattern in plan.sheets:
            if not any(_fits(sheet.name, pattern) for _, sheet in sheets):
                names = ", ".join(f"'{sheet.name}'" for _, sheet in sheets[:20])
                words = f"the workbook has no sheet '{pattern}'; it has {names or 'none'}"
                raise FileFault("NO_SHEET", words, "Name the sheet so, or name its sheet in the profile.")
        chosen = [i for i, sheet in sheets if any(_fits(sheet.name, pattern) for pattern in plan.sheets)]
    else:
        chosen = [i for i, sheet in sheets if sheet.visible == calamine.SheetVisibleEnum.Visible]
    if len(chosen) > MOST_SHEETS:
        raise FileFault("TOO_LARGE", f"the workbook has more than {MOST_SHEETS} sheets", "Send it in several files.")
    return chosen


def _fits(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name.casefold(), pattern.casefold())


def _about(book: Book, positions: list[int], words: str) -> str:
    names = ", ".join(f"'{book.sheets[position].name}'" for position in positions[:20])
    return f"sheet {names} {words}" if names else "the workbook has no visible sheet"


def _found(book: Book, plan: Plan, tops: dict[int, list[list]]) -> dict[int, int]:
    """Position of a sheet → its header row: what the profile says, else what the kind needs, else the first sheet."""
    if plan.header_row is not None:
        at = {p: plan.header_row - 1 for p, rows in tops.items() if len(rows) >= plan.header_row}
        if plan.sheets or not at:
            return at
        first = next(iter(at))
        needed = _keys(_named(tops[first][at[first]]))
        return {p: row for p, row in at.items() if needed <= _keys(_named(tops[p][row]))}
    for needed in (plan.header_columns,) if plan.header_columns else plan.required:
        found = {p: row for p, rows in tops.items() if (row := _row_with(rows, _keys(needed))) is not None}
        if found or plan.header_columns:
            return found
    first, rows = next(iter(tops.items()))
    start = next((i for i, row in enumerate(rows) if len(row) - row.count("") > 1), None)
    if start is None:
        start = next(i for i, row in enumerate(rows) if row.count("") != len(row))
    needed = _keys(_named(rows[start]))
    if plan.sheets:
        general = {p: _row_with(rows, needed) for p, rows in tops.items()}
        return {p: row for p, row in general.items() if row is not None}
    return {p: row for p, rows in tops.items() if (row := _row_with(rows, needed)) is not None}


def _row_with(rows: list[list], needed: set[str]) -> int | None:
    return next((i for i, row in enumerate(rows) if needed <= _keys(_named(row))), None)


def _named(row: list) -> list[str]:
    return [name for cell in row if (name := _clean(cell))]


def _clean(cell: object) -> str:
    return " ".join(as_text(cell).replace("\0", " ").split())


def merged_cells(sheet: calamine.CalamineSheet, notes: Notes) -> list[tuple[Place, Place]]:
    """First and last cell of every merged one, from 0."""
    found = ((tuple(first), tuple(last)) for first, last in sheet.merged_cell_ranges or () if first != last)
    return sorted({*notes.merged, *found})


def folded(name: str) -> str:
    """A name without what people vary: case, and blanks, underscores and hyphens between words."""
    return re.sub(r"[\s_\-]+", " ", name).strip().casefold()


def _keys(names: Iterable[str]) -> set[str]:
    return {folded(name) for name in names}


def _no_header(book: Book, plan: Plan, tops: dict[int, list[list]]) -> FileFault:
    needed = plan.header_columns or next(iter(plan.required), ())
    said = []
    for position, rows in list(tops.items())[:5]:
        missing = min(
            ([name for name in needed if folded(name) not in _keys(_named(row))] for row in rows),
            key=len,
            default=[],
        )
        lacks = f"lacks {', '.join(missing)}" if missing else f"has no row {plan.header_row}"
        said.append(f"sheet '{book.sheets[position].name}' {lacks}")
    message = f"no header row in the first {plan.header_search_rows} rows: {'; '.join(said)}"
    return FileFault("MISSING_COLUMN", message, "Add the column, or name the sheet and its header in the profile.")


def _table(book: Book, plan: Plan, position: int, row: int, rows: list[list], notes: Notes) -> Table:
    sheet = book.sheets[position].name
    first = (book.load(position).start or (0, 0))[1]
    merged = merged_cells(book.load(position), notes)
    names = _joined(rows[row : row + plan.header_rows], row, first, merged)
    last = max((i for i, name in enumerate(names) if name), default=-1)
    if last >= plan.limits.column_count:
        words = f"sheet '{sheet}' row {row + 1}: more than {plan.limits.column_count} columns"
        raise FileFault("HEADER", words, "Send only the columns needed.", row + 1)
    unnamed = frozenset(first + i for i, name in enumerate(names) if not name)
    names = [name or f"column {letters_of(first + i)}" for i, name in enumerate(names[: plan.limits.column_count])]
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        cells = ", ".join(f"'{n}' in {address(row, first + i)}" for i, n in enumerate(names) if n in repeated)
        words = f"sheet '{sheet}' row {row + 1}: the header names {cells}"
        raise FileFault("DUPLICATE_HEADER", words, "Name each column once.", row + 1)
    return Table(position, sheet, row + plan.header_rows - 1, first, tuple(names), unnamed)


def _joined(rows: list[list], first_row: int, first: int, merged: list) -> list[str]:
    """The names of the columns; in a header of several rows, a merged cell speaks for all columns below it."""
    texts = [[_clean(cell) for cell in row] for row in rows]
    for (top, left), (bottom, right) in merged if len(rows) > 1 else ():
        if top == bottom and first_row <= top < first_row + len(texts) - 1 and left >= first:
            line = texts[top - first_row]
            for column in range(left - first + 1, min(right - first + 1, len(line))):
                line[column] = line[column] or line[left - first]
    return [" ".join(part for part in parts if part) for parts in zip(*texts, strict=True)]
