from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.holds import Shelf
from tests.support.ingest_files import Ingest


@pytest.fixture
def shelf(stores) -> Iterator[Shelf]:
    """An empty shelf in a fresh database."""
    made = Shelf(stores.pipeline)
    yield made
    made.connection.close()


@pytest.fixture
def catalogued(shelf, tmp_path) -> Shelf:
    """The same with a garage, a supplier and two parts in the catalogue."""
    ingest = Ingest(shelf.url, tmp_path)
    ingest.catalogue()
    ingest.connection.close()
    return shelf
