"""The text of refused rows as it was sent, kept while it is at hand."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.readers.limits import Limits
from ingest.readers.records import Raw
from ingest.reading import Chunk, Reading


class RefusedRows:
    """Raw rows by number, from the stretch that each was read with; the file is read again only for others.

    At most ``room`` characters are kept in memory.
    """

    def __init__(self, room: int = Limits.raw_characters):
        self._kept: dict[int, Raw] = {}
        self._room = room

    def keep(self, chunk: Chunk, numbers: Iterable[int]) -> None:
        """Keep the text of these rows of the chunk, if its format has it at hand."""
        numbers = list(numbers)
        if not numbers or not chunk.raw_rows or self._room <= 0:
            return
        found = chunk.raw_rows(numbers)
        self._room -= sum(len(raw.text) for raw in found.values())
        if self._room > 0:
            self._kept.update(found)

    def all(self, reading: Reading, numbers: Iterable[int]) -> dict[int, Raw]:
        """These rows of the file; of each so much as may be kept of so many."""
        wanted = set(numbers)
        if not wanted <= self._kept.keys():
            return reading.raw(wanted)
        longest = reading.limits.raw_characters_of_each(len(wanted))
        return {number: Raw.cut(raw.text, raw.place, longest) for number, raw in self._kept.items() if number in wanted}
