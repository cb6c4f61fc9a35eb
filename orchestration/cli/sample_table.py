"""Rows of a file as tables that fit the screen: what all rows share is said once, the rest in columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ingest.readers.typed import LINE_NUMBER

_LONGEST_VALUE = 40
_GAP = 2


def sample_table(rows: list[dict[str, Any]], width: int) -> Group:
    """The rows within ``width``: first what is the same in all of them, then tables of the columns that differ."""
    shown = [{name: shown_value(value) for name, value in row.items()} for row in rows]
    names = [name for name in shown[0] if name != LINE_NUMBER and any(row.get(name) for row in shown)]
    same = [name for name in names if len(shown) > 1 and len({row.get(name) for row in shown}) == 1]
    title = f"the first {len(rows)} rows, mapped" if len(rows) > 1 else "the first row, mapped"
    parts: list[Text | Table] = [Text(title, style="italic")]
    if same:
        told = ", ".join(f"{name} {shown[0][name]}" for name in same)
        parts.append(Text(f"in every row: {told}"))
    lines = [str(row.get(LINE_NUMBER, place)) for place, row in enumerate(shown, 1)]
    differing = [name for name in names if name not in same]
    for stretch in _stretches(differing, shown, width - _width("line", lines)):
        parts.append(_table(stretch, lines, shown))
    return Group(*parts)


def shown_value(value: Any) -> str:
    """A value as people write it: no zeros after the last digit, moments to the minute, long texts cut."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if f"{value:%H%M%S}" == "000000" else f"{value:%Y-%m-%d %H:%M} UTC"
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _table(names: list[str], lines: list[str], rows: list[dict[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    table.add_column("line", justify="right", style="dim", no_wrap=True)
    for name in names:
        table.add_column(
            "\n".join(_pieces(name, [row.get(name) or "" for row in rows])), no_wrap=True, vertical="bottom"
        )
    for line, row in zip(lines, rows, strict=True):
        table.add_row(line, *(escape(row.get(name) or "") for name in names))
    return table


def _stretches(names: list[str], rows: list[dict[str, str]], room: int) -> Iterator[list[str]]:
    """The names in stretches that fit side by side."""
    stretch: list[str] = []
    taken = 0
    for name in names:
        wide = _width(name, [row.get(name) or "" for row in rows])
        if stretch and taken + wide > room:
            yield stretch
            stretch, taken = [], 0
        stretch.append(name)
        taken += wide
    if stretch:
        yield stretch


def _width(name: str, values: list[str]) -> int:
    return max(map(len, [*_pieces(name, values), *values])) + _GAP


def _pieces(name: str, values: list[str]) -> list[str]:
    """A long name over several lines, cut between its words; no wider than its values where that can be."""
    words, pieces = name.split("_"), []
    room = max(map(len, [*values, *words]))
    for word in words:
        if pieces and len(pieces[-1]) + len(word) < room:
            pieces[-1] += f"_{word}"
        else:
            pieces.append(word)
    return [f"{piece}_" for piece in pieces[:-1]] + pieces[-1:]
