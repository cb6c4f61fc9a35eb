from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.reservations import Stock


@pytest.fixture
def stock(stores) -> Iterator[Stock]:
    """A part without stock in a fresh store database."""
    made = Stock(stores.pipeline)
    yield made
    # Whatever a test did to it, what is derived is right.
    assert made.breaches() == []
    made.connection.close()
