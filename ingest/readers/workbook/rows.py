"""The rows of one table as columns of text, batch by batch, with what is wrong with each bad row."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import python_calamine as calamine

from ingest.readers.limits import FileFault
from ingest.readers.workbook.cells import address, as_date, as_text, identifier_fault
from ingest.readers.workbook.notes import Notes
from ingest.readers.workbook.plan import Plan
from ingest.readers.workbook.tables import Table, folded, merged_cells

_ROWS_A_BATCH = 8192
# Columns that hold part numbers and the like under our own names or the usual spellings of them.
IDENTIFIERS = frozenset(
    {
        "partnumber",
        "supplierpartnumber",
        "supersededbypartnumber",
        "replacedbypartnumber",
        "otherpartnumber",
        "gtin",
        "ean",
        "lotnumber",
        "lot",
    }
)


@dataclass(frozen=True)
class Batch:
    """Columns of text of the good rows; ``numbers`` are rows of the sheet, from 1."""

    columns: list[list[str]]
    numbers: list[int]
    bad: dict[int, list[str]]
    text_size: int


class Rows:
    """Reads one table; ``notes`` say what its cells leave out."""

    def __init__(self, table: Table, sheet: calamine.CalamineSheet, notes: Notes, plan: Plan, is_1904: bool | None):
        self._table, self._sheet, self._plan, self._is_1904 = table, sheet, plan, is_1904
        self._last = table.first + len(table.names) - 1
        self._wrong: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for (row, column), words in notes.wrong.items():
            if row > table.header and table.first <= column <= self._last:
                self._wrong[row].append((column, words))
        self._digits: dict[int, dict[int, int]] = defaultdict(dict)
        for (row, column), digits in notes.shown_digits.items():
            self._digits[row][column - table.first] = digits
        self._merged = merged_cells(sheet, notes)
        named = set(map(folded, plan.identifier_columns))
        self._identifiers = [i for i, name in enumerate(table.names) if _is_identifier(name, named)]
        dated = set(map(folded, plan.date_columns))
        self._dates = [i for i, name in enumerate(table.names) if folded(name) in dated]

    def batches(self) -> Iterator[Batch]:
        """All rows below the header, but for blank ones and the footer."""
        end = (self._sheet.end or (0, 0))[0] - self._plan.footer_rows
        rows = islice(enumerate(self._sheet.iter_rows()), self._table.header + 1, end + 1)
        while part := list(islice(rows, _ROWS_A_BATCH)):
            yield self._batch(part)
        if late := {row: said for row, said in self._wrong.items() if row > end}:
            # An error in a last row where nothing else stands lies outside the range of values.
            bad = {row + 1: [_wrong(row, column, words) for column, words in said] for row, said in late.items()}
            yield Batch([[] for _ in self._table.names], [], bad, 0)

    def shown(self, wanted: set[int]) -> Iterator[tuple[int, str]]:
        """Some rows as they are, by number: their cells as one line of CSV."""
        for row, cells in enumerate(self._sheet.iter_rows()):
            if row + 1 in wanted:
                wrong = dict(self._wrong.get(row, ()))
                texts = self._texts(row, cells)
                for column, words in wrong.items():
                    texts[column - self._table.first] = words.split(",")[0]
                yield row + 1, _as_line(texts)

    def _batch(self, part: list[tuple[int, list]]) -> Batch:
        width, bad = len(self._table.names), defaultdict(list)
        kept = [(row, cells) for row, cells in part if cells.count("") != len(cells) or row in self._wrong]
        for row, cells in kept:
            if len(cells) > width and cells.count("") != len(cells) - width + cells[:width].count(""):
                raise self._beyond(row)
        self._note_bad(kept, bad)
        good = [(row, cells) for row, cells in kept if not bad.get(row + 1)]
        columns = [self._column(i, good) for i in range(width)]
        for i, column in enumerate(columns):
            if any("\0" in text for text in column):
                for (row, _), text in zip(good, column, strict=True):
                    if "\0" in text:
                        bad[row + 1].append(f"PARSE: {address(row, self._table.first + i)} holds a NUL character")
        if nul := {row for row, _ in good if row + 1 in bad}:
            keep = [i for i, (row, _) in enumerate(good) if row not in nul]
            good, columns = [good[i] for i in keep], [[column[i] for i in keep] for column in columns]
        size = sum(sum(map(len, column)) for column in columns)
        return Batch(columns, [row + 1 for row, _ in good], dict(sorted(bad.items())), size)

    def _note_bad(self, kept: list[tuple[int, list]], bad: dict[int, list[str]]) -> None:
        first = self._table.first
        for row, _ in kept if self._wrong else ():
            bad_cells = self._wrong.get(row, ())
            if bad_cells:
                bad[row + 1] += [_wrong(row, column, words) for column, words in bad_cells]
        if self._merged and self._plan.merged_cells == "refuse":
            self._note_merged(kept, bad)
        accepts = self._plan.numeric_identifiers == "accept"
        for i in self._identifiers:
            for row, cells in kept:
                if cells[i] != "" and (words := identifier_fault(cells[i], accepts)):
                    bad[row + 1].append(f"SCHEMA: {address(row, first + i)} is {words}")

    def _note_merged(self, kept: list[tuple[int, list]], bad: dict[int, list[str]]) -> None:
        rows = [row for row, _ in kept]
        for (top, left), (bottom, right) in self._merged:
            if not rows or bottom < rows[0] or top > rows[-1] or right < self._table.first or left > self._last:
                continue
            columns = set(range(max(left, self._table.first), min(right, self._last) + 1)) - self._table.unnamed
            cells = f"{address(top, left)}:{address(bottom, right)}"
            words = f"SCHEMA: {cells} is one merged cell, whose value stands in {address(top, left)} alone"
            for row in rows:
                # In its first row a merged cell leaves out the columns beside its value; below it, all.
                if top <= row <= bottom and top > self._table.header and columns - ({left} if row == top else set()):
                    bad[row + 1].append(words)

    def _column(self, i: int, good: list[tuple[int, list]]) -> list[str]:
        values = [cells[i] for _, cells in good]
        if set(map(type, values)) <= {str}:
            return values
        digits, is_date = self._plan.significant_digits, i in self._dates
        if is_date:
            values = [as_date(value, self._is_1904) for value in values]
        if bool in (kinds := set(map(type, values))) and kinds & {int, float}:
            # TRUE and 1 are equal, and not the same.
            texts = [as_text(value, digits) for value in values]
        else:
            said = {value: as_text(value, digits) for value in set(values)}
            texts = [said[value] for value in values]
        if self._plan.decimal != ".":
            pairs = zip(values, texts, strict=True)
            texts = [text.replace(".", ",") if isinstance(value, float) else text for value, text in pairs]
        if self._digits and not is_date:
            texts = [self._filled(row, i, text) for (row, _), text in zip(good, texts, strict=True)]
        return texts

    def _filled(self, row: int, i: int, text: str) -> str:
        digits = self._digits.get(row, {}).get(i, 0)
        return text.zfill(digits) if digits and text.isdigit() else text

    def _texts(self, row: int, cells: list) -> list[str]:
        return [self._column(i, [(row, cells)])[0].replace("\0", "\\x00") for i in range(len(self._table.names))]

    def _beyond(self, row: int) -> FileFault:
        words = f"sheet '{self._table.sheet}' row {row + 1}: a value beyond column {len(self._table.names)}"
        return FileFault("HEADER", words, "Send only the columns needed.", row + 1)


def _is_identifier(name: str, named: set[str]) -> bool:
    return folded(name) in named or re.sub(r"[^a-z]", "", name.casefold()) in IDENTIFIERS


def _wrong(row: int, column: int, words: str) -> str:
    return f"PARSE: {address(row, column)} is {words}"


def _as_line(texts: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(texts)
    return line.getvalue()
