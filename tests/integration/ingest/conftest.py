from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.ingest_files import Ingest


@pytest.fixture
def ingest(stores, tmp_path) -> Iterator[Ingest]:
    """Files into a fresh store database, everything judged good."""
    made = Ingest(stores.pipeline, tmp_path)
    yield made
    made.connection.close()


@pytest.fixture
def strict_ingest(ingest) -> Ingest:
    """The same with the suites as judge."""
    from expectations.judge import judge

    ingest.judge = judge
    return ingest
