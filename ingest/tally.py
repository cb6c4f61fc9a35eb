"""What is known of a batch while it is read, and what became of it in the end."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from ingest.batches import Batch, BatchSummary
from ingest.contracts import Contract
from ingest.readers.records import Reasons
from ingest.stores.loading import Stored
from ingest.thresholds import Thresholds
from ingest.verdicts import CheckOutcome, Verdict, merged

# Reasons that the catalogue may answer later, without the sender.
UNKNOWN_PREFIX = "UNKNOWN_"


@dataclass(frozen=True)
class Stop:
    """Why nothing of a batch is stored: HELD waits for a person or for the catalogue, REJECTED for a new file."""

    state: str
    code: str
    words: str


@dataclass
class Tally:
    """Counts, bad rows and check results of a batch, and where its time went.

    ``bad`` lists at most ``listed_count`` rows; ``bad_count`` counts all of them. Rows that a
    person or another batch settled before are counted apart. A released batch is not held again.
    """

    listed_count: int = 100_000
    row_count: int = 0
    bad: Reasons = field(default_factory=dict)
    bad_count: int = 0
    unknown_count: int = 0
    settled_count: int = 0
    duplicate_count: int = 0
    is_released: bool = False
    changes: list = field(default_factory=list)
    latest_at: datetime | None = None
    outcomes: list[CheckOutcome] = field(default_factory=list)
    rule_version: str = "reader"
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def note(self, bad: Reasons) -> None:
        """Count bad rows, and list them as long as there is room."""
        self.bad_count += len(bad)
        self.unknown_count += sum(_waits_for_catalogue(reasons) for reasons in bad.values())
        self._list(bad)

    def _list(self, bad: Reasons) -> None:
        room = max(0, self.listed_count - len(self.bad))
        self.bad.update(list(bad.items())[:room])

    def note_stored(self, stored: Stored) -> None:
        """Count the rows that a store refused, of which it lists some."""
        self.bad_count += stored.unknown_count + stored.refused_count + stored.conflict_count
        self.unknown_count += stored.unknown_count
        self._list(stored.bad)

    def judged(self, verdict: Verdict) -> None:
        """Take in what a judge said of one chunk."""
        self.note(verdict.bad_rows)
        self.outcomes = merged(self.outcomes, verdict.results)
        self.rule_version = verdict.rule_version

    def saw(self, table: pa.Table, contract: Contract) -> None:
        """Remember the newest moment that the batch speaks of."""
        if table.num_rows and contract.event_column in table.column_names:
            newest = pc.max(table[contract.event_column]).as_py()
            if newest is not None:
                self.latest_at = max(newest, self.latest_at or newest)

    def add(self, stage: str, seconds: float) -> None:
        self.seconds[stage] += seconds

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - started)

    def stop(self, batch: Batch, thresholds: Thresholds) -> Stop | None:
        """Why the bad rows are too many for any row to be stored, if they are (F20)."""
        share = self.bad_count / self.row_count if self.row_count else 0
        limit = thresholds.share(batch.kind)
        words = f"{self.bad_count} of {self.row_count} rows are bad ({share:.1%}; at most {limit:.0%} may be)"
        if thresholds.is_exceeded(batch.kind, self.bad_count - self.unknown_count, self.row_count):
            return Stop("REJECTED", "TOO_MANY_BAD_ROWS", f"{words}; nothing was stored. {self._first()}")
        if not self.is_released and thresholds.is_exceeded(batch.kind, self.bad_count, self.row_count):
            words = f"{self.unknown_count} of {self.row_count} rows name what the catalogue does not know"
            return Stop("HELD", "UNKNOWN_REFERENCES", f"{words}; the batch waits for it. {self._first()}")
        if self.bad_count - self.unknown_count > self.listed_count:
            # Rows that nobody could find again would be lost; what the catalogue lacks is remembered by its key.
            words = f"{self.bad_count} rows are bad, and at most {self.listed_count} are kept one by one"
            return Stop("REJECTED", "TOO_MANY_BAD_ROWS", f"{words}; nothing was stored. {self._first()}")
        return None

    def _first(self) -> str:
        first = min(self.bad)
        return f"First: line {first}: {self.bad[first][0]}"

    def summary(self, batch: Batch, stored: Stored | None, stop: Stop | None) -> BatchSummary:
        """What became of the batch."""
        refused = self.bad_count + self.settled_count
        good = self.row_count - refused - self.duplicate_count
        common = {
            "batch_id": batch.batch_id,
            "kind": batch.kind,
            "source": batch.source_code,
            "file_name": batch.file_name,
            "rows_read": self.row_count,
            "rows_quarantined": refused,
            "rows_duplicate": self.duplicate_count,
            "seconds": dict(self.seconds),
        }
        if stop or stored is None:
            stop = stop or Stop("REJECTED", "NOTHING_STORED", "nothing was stored")
            words = f"{batch.file_name}: {stop.words}"
            return BatchSummary(**common, state=stop.state, rows_held=good, error_code=stop.code, error=words)
        return BatchSummary(
            **{**common, "rows_duplicate": self.duplicate_count + stored.duplicate_count},
            state="ACCEPTED_WITH_QUARANTINE" if refused else "ACCEPTED",
            rows_accepted=good - stored.duplicate_count - stored.held_count,
            rows_held=stored.held_count,
        )


def _waits_for_catalogue(reasons: list[str]) -> bool:
    return all(reason.startswith(UNKNOWN_PREFIX) for reason in reasons)
