"""Where the rows of an unknown text file probably lie: lines above, the header, the rows, lines below."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.profiles.columns import folded
from ingest.profiles.words import SYNONYMS

_MOST_ABOVE = 50
_MOST_BELOW = 3
_MOST_SHOWN = 12
# Of fewer columns, a row with little in it tells nothing.
_LEAST_COLUMNS = 4
# One or two such words may stand in any line; a header names several.
_KNOWN = {folded(word) for words in SYNONYMS.values() for word in words} | {folded(name) for name in SYNONYMS}


@dataclass(frozen=True)
class Frame:
    """The rows around the data: ``header_row`` is None where no row names the columns."""

    header_row: int | None
    sureness: float
    first_row: int
    footer: tuple[str, ...] = ()

    @property
    def header_count(self) -> int:
        return 0 if self.header_row is None else 1


def find_frame(rows: list[list[str]], is_whole: bool) -> Frame:
    """The frame of rows as a delimiter cuts them, padded with empty values or not."""
    width = usual_width(rows)
    header, sureness = _header_row(rows, width)
    least = _least_filled(rows)
    is_row = [len(row) == width and _filled(row) >= least for row in rows]
    first = header + 1 if header is not None else next((n for n, found in enumerate(is_row) if found), 0)
    return Frame(header, sureness, first, _footer(rows, is_row, first) if is_whole and width > 1 else ())


def frame_options(frame: Frame, rows: list[list[str]]) -> tuple[dict[str, Any], list[str]]:
    """The options of the reader that leave the frame out, with a note for each."""
    options: dict[str, Any] = {}
    notes = []
    if frame.header_row is None:
        options["header"] = False
        if frame.first_row:
            options["skip_lines"] = frame.first_row
        notes.append("the first full row holds values: the columns are known by their places, 1, 2, 3 and so on")
        first = rows[frame.first_row][:_MOST_SHOWN] if frame.first_row < len(rows) else []
        notes.append("that row: " + ", ".join(f"{place} = {value[:40]}" for place, value in enumerate(first, 1)))
    elif frame.header_row:
        options["header_has"] = _telling(rows[frame.header_row])
        count = frame.header_row
        notes.append(f"{count} {'line stands' if count == 1 else 'lines stand'} before the header")
    if frame.footer:
        options |= _footer_options(frame, rows)
        notes.append(f"below the last row: {' / '.join(frame.footer)[:200]}")
    return options, notes


def tail_count(values: Mapping[str, Sequence[str]]) -> int:
    """How many of the last rows of a table are a footer: all but one or two of their values are empty."""
    if len(values) < _LEAST_COLUMNS or len({len(column) for column in values.values()}) != 1:
        return 0
    rows = [list(row) for row in zip(*(column[-_MOST_BELOW - 1 :] for column in values.values()), strict=True)]
    is_sparse = [_filled(row) <= len(row) / 3 for row in rows]
    count = next((place for place, sparse in enumerate(reversed(is_sparse)) if not sparse), len(rows))
    return count if count <= _MOST_BELOW else 0


def usual_width(rows: list[list[str]]) -> int:
    """How many values most rows have."""
    widths = [len(row) for row in rows if any(row)]
    return statistics.mode(widths) if widths else 0


def is_value(text: str) -> bool:
    """Whether this is something counted, priced or dated rather than the name of something."""
    digits = sum(character.isdigit() for character in text)
    return digits > 0 and digits >= len(text) / 3


def _header_row(rows: list[list[str]], width: int) -> tuple[int | None, float]:
    """The row of words, each once, that names most of what we know; the first full one where none does."""
    least = _least_filled(rows)
    full = [place for place, row in enumerate(rows[:_MOST_ABOVE]) if _filled(row) >= least and len(row) >= width * 0.6]
    if not full:
        return 0, 0.1
    best = max(full, key=lambda place: (_known(rows[place]), -place))
    known = _known(rows[best])
    if known >= 2 and _is_named(rows[best], 0.7):
        return best, round(min(1.0, 0.6 + known / _filled(rows[best])), 2)
    first = next((place for place in full if len(rows[place]) == width), full[0])
    if not _is_named(rows[first], 1.0):
        return None, 0.7
    below = [value for row in rows[first + 1 : first + 20] for value in row if value]
    return first, round(min(1.0, 0.6 + sum(map(is_value, below)) / max(len(below), 1)), 2)


def _is_named(row: list[str], least_share: float) -> bool:
    """Whether the values are words, none twice."""
    named = [value for value in row if value]
    words = sum(not is_value(value) for value in named) / len(named)
    return words >= least_share and len(set(map(str.casefold, named))) == len(named)


def _known(row: list[str]) -> int:
    return sum(folded(value) in _KNOWN for value in row if value)


def _filled(row: list[str]) -> int:
    return sum(map(bool, row))


def _least_filled(rows: list[list[str]]) -> float:
    """From how many values on a line is a row: six in ten of what most have."""
    counts = [_filled(row) for row in rows if any(row)]
    return max(statistics.median(counts) * 0.6, 1) if counts else 1


def _footer(rows: list[list[str]], is_row: list[bool], first: int) -> tuple[str, ...]:
    """The last lines, where they are no rows and rows stand above them."""
    places = [place for place in range(first, len(rows)) if any(rows[place])]
    odd: list[int] = []
    while places and len(odd) < _MOST_BELOW and not is_row[places[-1]]:
        odd.insert(0, places.pop())
    return tuple(" ".join(filter(None, rows[place])) for place in odd) if places and is_row[places[-1]] else ()


def _footer_options(frame: Frame, rows: list[list[str]]) -> dict[str, Any]:
    """By the word it begins with, where no row begins so; else by the count of its lines."""
    word = re.match(r"[^\W\d_]{3,}", frame.footer[0])
    above = [row[0] for row in rows[frame.first_row :] if row and row[0]][: -len(frame.footer)]
    if word and not any(value.startswith(word[0]) for value in above):
        return {"footer_from": word[0]}
    return {"footer_lines": len(frame.footer)}


def _telling(names: list[str]) -> list[str]:
    """Three names to know the header by, those that we know before others."""
    named = [name for name in names if name]
    return sorted(named, key=lambda name: folded(name) not in _KNOWN)[:3]
