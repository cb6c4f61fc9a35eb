"""What the reader of cells leaves out: error values, formulas without a result, merged cells, zeros that are shown."""

from __future__ import annotations

from dataclasses import dataclass, field

ERROR_WORDS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip
NO_RESULT = "a formula without a stored result"
# A sheet with more than this is not a list of parts; what lies beyond is not noted.
_MOST_NOTES = 200_000

Place = tuple[int, int]


@dataclass
class Notes:
    """By row and column, both from 0: what a cell says instead of a value, and to how many digits it is shown."""

    wrong: dict[Place, str] = field(default_factory=dict)
    shown_digits: dict[Place, int] = field(default_factory=dict)
    merged: list[tuple[Place, Place]] = field(default_factory=list)

    def note_wrong(self, row: int, column: int, words: str) -> None:
        if len(self.wrong) < _MOST_NOTES:
            self.wrong[(row, column)] = words

    def note_error(self, row: int, column: int, code: int) -> None:
        self.note_wrong(row, column, f"{ERROR_WORDS.get(code, '#ERROR')}, an error value")

    def note_merged(self, first: Place, last: Place) -> None:
        if len(self.merged) < _MOST_NOTES and first != last:
            self.merged.append((first, last))


@dataclass
class BookNotes:
    """Notes by the position of a sheet, and whether dates count from 1904; None where nobody says."""

    sheets: dict[int, Notes] = field(default_factory=dict)
    is_1904: bool | None = None

    def sheet(self, position: int) -> Notes:
        return self.sheets.setdefault(position, Notes())
