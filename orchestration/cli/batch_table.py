"""Batches as a table where the screen is wide enough; else each in two lines, so that no name is broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

_WIDEST = 100_000
COLOURS = {"ACCEPTED": "green", "ACCEPTED_WITH_QUARANTINE": "yellow", "HELD": "yellow", "REJECTED": "red"}


@dataclass(frozen=True)
class BatchLine:
    """What is told of one batch; ``words`` are columns after its name, ``changed`` the last one."""

    file_name: str
    state: str
    counts: Mapping[str, int]
    words: Mapping[str, str] | None = None
    changed: str | None = None

    @property
    def coloured_state(self) -> str:
        return f"[{COLOURS.get(self.state, 'white')}]{self.state}[/]"


def print_batches(console: Console, lines: Sequence[BatchLine]) -> None:
    """Print them; every line has the same columns as the first."""
    table = _table(lines)
    unbounded = console.options.update(max_width=_WIDEST)
    if Measurement.get(console, unbounded, table).maximum <= console.width:
        console.print(table)
        return
    for line in lines:
        words = "".join(f"  {escape(word)}" for word in (line.words or {}).values())
        console.print(f"[bold]{escape(line.file_name)}[/]{words}  {line.coloured_state}", soft_wrap=True)
        counts = ", ".join(f"{count:,} {name}" for name, count in line.counts.items())
        changed = f"; changed: {line.changed}" if line.changed is not None else ""
        console.print(f"  {counts}{escape(changed)}", soft_wrap=True)


def _table(lines: Sequence[BatchLine]) -> Table:
    first = lines[0]
    table = Table(box=None, header_style="bold", padding=(0, 1))
    for heading in ("file", *(first.words or {}), "state"):
        table.add_column(heading, no_wrap=True)
    for heading in first.counts:
        table.add_column(heading, justify="right", no_wrap=True)
    if first.changed is not None:
        table.add_column("changed", no_wrap=True)
    for line in lines:
        counts = (f"{count:,}" for count in line.counts.values())
        changed = [] if line.changed is None else [escape(line.changed)]
        words = map(escape, (line.words or {}).values())
        table.add_row(escape(line.file_name), *words, line.coloured_state, *counts, *changed)
    return table
