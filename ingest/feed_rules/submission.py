"""Whether a batch replaces everything its sender said before, and what moment it speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.batches import Batch
from ingest.profiles.model import Profile
from ingest.readers.records import Envelope
from ingest.readers.typed import LINE_NUMBER

# The variant of a part that a line is about, in the SQL of the kinds of which a FULL file leaves something out.
VARIANTS = {
    "supplier_price": "price_type_code || ' ' || break_quantity",
    "supplier_availability": "distribution_centre_code",
    "supplier_catalogue": "''",
}

_MOST_DOUBTFUL = 200_000


@dataclass
class Submission:
    """What a batch says of itself as a whole, and which parts it names on lines that are no good.

    ``stated_at`` is None where only the lines say when. ``unnamed_count`` are bad lines of
    which not even the part can be read: who has them cannot say that anything was left out.
    """

    is_full: bool
    stated_at: datetime | str | None
    doubtful: set[tuple[str, str]] = field(default_factory=set)
    unnamed_count: int = 0

    def note_bad(self, refused: pa.Table | None, judged: pa.Table, bad: Mapping[int, Any], bad_count: int) -> None:
        """Remember the parts on the bad lines of one chunk: ``refused`` as text, those of ``judged`` by number."""
        if not self.is_full or not bad_count:
            return
        if len(self.doubtful) > _MOST_DOUBTFUL:
            # Nothing counts as left out then; a batch with so many bad lines is hardly stored anyway.
            self.unnamed_count += bad_count
            return
        before = bad_count
        for table in (refused, _rows(judged, bad)):
            before -= self._name(table)
        self.unnamed_count += before

    def _name(self, table: pa.Table | None) -> int:
        """Take in the parts that the lines of a table name; how many do."""
        if table is None or not {"brand_code", "part_number"} <= set(table.column_names):
            return 0
        pairs = zip(table["brand_code"].to_pylist(), table["part_number"].to_pylist(), strict=True)
        named = [(brand.strip(), number.strip()) for brand, number in pairs if brand and number]
        self.doubtful.update(named)
        return len(named)


def _rows(table: pa.Table, numbers: Mapping[int, Any]) -> pa.Table | None:
    if not numbers:
        return None
    return table.filter(pc.is_in(table[LINE_NUMBER], pa.array(list(numbers), pa.int64())))


def submission_of(batch: Batch, profile: Profile, envelope: Envelope) -> Submission:
    """What came beside the file counts before what it says itself, and that before its profile.

    The repair of some lines of a FULL file is no FULL file.
    """
    declared = batch.controls.get("declared", {})
    code = declared.get("submission") or envelope.submission or profile.submission
    stated_at = declared.get("stated_at") or envelope.stated_at
    return Submission(code == "FULL" and "repairs" not in batch.controls, stated_at)
