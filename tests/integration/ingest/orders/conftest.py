import pytest

from tests.support.orders import Orders


@pytest.fixture
def orders(stores):
    """A small network with its supplier, and no order yet."""
    made = Orders(stores.owner)
    yield made
    made.connection.close()
