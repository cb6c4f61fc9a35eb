from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.stock import Stock


@pytest.fixture
def stock(stores) -> Iterator[Stock]:
    """Three garages and a part, without stock."""
    made = Stock(stores.pipeline)
    yield made
    made.connection.close()
