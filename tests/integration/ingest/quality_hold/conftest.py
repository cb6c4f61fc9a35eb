from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.holds import Shelf


@pytest.fixture
def shelf(stores) -> Iterator[Shelf]:
    """An empty shelf in a fresh database."""
    made = Shelf(stores.pipeline)
    yield made
    made.connection.close()
