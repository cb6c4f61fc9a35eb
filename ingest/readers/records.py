"""What every format reader yields: rows as text with their numbers, one raw row, and what a file says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

# Row number → everything wrong with that row, each as "CODE: words".
Reasons = dict[int, list[str]]


@dataclass(frozen=True)
class Records:
    """A stretch of a file as text: columns named as the file names them, one number per row.

    ``texts`` holds string columns alone; an empty text or null is no value. ``numbers``
    ascend over the whole file: the line of a text file, the row of a sheet, the ordinal of
    a record. ``bad`` names rows that have no shape, by number. ``unpacked_bytes`` is how
    much of the file this stretch took. ``raw_rows`` finds rows of the stretch as they were
    sent, by number, for a format that has them at hand; a row may be left out.
    """

    texts: pa.Table
    numbers: pa.Array
    bad: Reasons
    unpacked_bytes: int
    raw_rows: FindRaw | None = None


@dataclass(frozen=True)
class Raw:
    """One row as it was sent, and where: ``line 17``, ``sheet 'Prices' row 17``, ``message 2 segment 45 (LIN)``."""

    text: str
    place: str

    @classmethod
    def cut(cls, text: str, place: str, longest: int) -> Raw:
        """The row, its end left out where it is longer than what may be kept."""
        return cls(text if len(text) <= longest else text[: longest - 1] + "…", place)


FindRaw = Callable[[Iterable[int]], dict[int, Raw]]


@dataclass(frozen=True)
class Envelope:
    """What a file says of itself as a whole; whatever it leaves out is None or empty.

    ``kinds`` are the contracts that it carries, where the format says so. ``row_counts``
    are declared rows per kind ("" for the whole file), ``sums`` declared sums per
    canonical column as decimal text, ``stated_at`` a moment in ISO 8601.
    """

    kinds: tuple[str, ...] = ()
    document_number: str | None = None
    sender: str | None = None
    receiver: str | None = None
    submission: str | None = None
    sequence_number: int | None = None
    previous_sequence_number: int | None = None
    stated_at: str | None = None
    currency_code: str | None = None
    row_counts: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, str] = field(default_factory=dict)
