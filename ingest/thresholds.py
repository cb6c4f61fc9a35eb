"""How many bad rows a batch may have before it is refused whole (F20)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ingest.profiles.model import Profile
from ingest.readers.limits import Limits


@dataclass(frozen=True)
class Thresholds:
    """Shares of bad rows per kind, and the most bad rows that are listed one by one.

    A supplier can send a feed again; a garage cannot fit a part again, so what a garage
    sends is kept up to a generous share.
    """

    default_share: float = 0.25
    shares: tuple[tuple[str, float], ...] = (("supplier_price", 0.02), ("supplier_availability", 0.02))
    listed_count: int = 100_000
    limits: Limits = field(default_factory=Limits)

    def share(self, kind: str) -> float:
        return dict(self.shares).get(kind, self.default_share)

    def is_exceeded(self, kind: str, bad_count: int, row_count: int) -> bool:
        return bad_count > self.share(kind) * row_count

    def of(self, profile: Profile) -> Thresholds:
        """These thresholds, with what the sender's profile says instead."""
        share = profile.tolerances.failed_rows_pct
        if share is None:
            return self
        return replace(self, shares=(*self.shares, (profile.kind, float(share) / 100)))
