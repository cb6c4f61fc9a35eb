from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingest.batches import BatchSummary
from ingest.landing import land
from ingest.pipeline import process
from tests.support.ingest_files import PRICE, lines, write

MOMENT = "2024-03-{:02}T08:00:00Z"


@pytest.fixture
def deliver(ingest) -> Callable[..., BatchSummary]:
    """A file into the stores, with what came beside it: submission, stated_at, sequence_number."""
    ingest.catalogue()

    def take(content: str, kind: str = "supplier_price", profiles=None, **beside: Any) -> BatchSummary:
        path = write(ingest.folder / "files", f"{len(list(ingest.folder.rglob('*')))}.csv", content)
        [landed] = land(ingest.connection, ingest.landing, path, "test", kind, controls=beside)
        return process(ingest.connection, ingest.landing, landed.batch_id, ingest.judge, profiles=profiles)

    return take


@pytest.fixture
def full(deliver) -> Callable[..., BatchSummary]:
    """A FULL price file of a day in March: one line per part, with its price."""

    def take(day: int, profiles=None, **prices: str) -> BatchSummary:
        moment = MOMENT.format(day)
        rows = [
            {"part_number": part, "unit_price_amount": price, "stated_at": moment} for part, price in prices.items()
        ]
        content = lines(PRICE, *rows) if rows else ",".join(PRICE) + "\n"
        return deliver(content, profiles=profiles, submission="FULL", stated_at=moment)

    return take
