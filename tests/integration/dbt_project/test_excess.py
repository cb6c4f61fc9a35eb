"""Excess goes back to its supplier while the supplier takes it, and is sold or written down after that."""

from __future__ import annotations

from datetime import UTC, date, datetime

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support import network
from tests.support.network import AS_OF
from tests.support.refill import compute

EVENING = datetime(2002, 3, 31, 20, tzinfo=UTC)


@pytest.fixture
def delivered(network_stores):
    """G1 has 40 of P4, which nobody uses. S1 brought 10 on the 20th of March and takes units back for 30 days."""
    with psycopg.connect(network_stores.owner) as connection:
        network.insert(
            connection, "garage_inventory.receipts", delivery_number="D1", delivery_line="1", garage_code="G1",
            part_number="P4", condition_code="NEW", quantity=10, uom_code="EA", supplier_code="S1",
            event_at=datetime(2002, 3, 20, 9, tzinfo=UTC),
        )  # fmt: skip
        network.insert(
            connection, "replenishment.supplier_terms", supplier_code="S1", valid_from_at=network.LONG_AGO,
            currency_code="EUR", return_days=30, payload_hash=b"1",
        )  # fmt: skip
        network.count(connection, "P4", 40, EVENING)
    return network_stores


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (AS_OF, ("RETURN", 10, "S1", date(2002, 4, 19))),
        (datetime(2002, 4, 19, 23, tzinfo=UTC), ("RETURN", 10, "S1", date(2002, 4, 19))),
        (datetime(2002, 4, 20, tzinfo=UTC), ("WRITE_DOWN", 40, None, None)),
    ],
)
def test_excess_goes_back_as_far_as_it_was_delivered_and_until_the_window_closes(delivered, as_of, expected):
    compute(delivered.pipeline, as_of)
    with psycopg.connect(delivered.pipeline, row_factory=dict_row) as connection:
        (row,) = connection.execute("select * from reports.rpt_excess where part_number = 'P4'").fetchall()
    assert (row["excess_quantity"], row["is_dead"]) == (40, True)
    assert (row["action_code"], row["affected_quantity"], row["supplier_code"], row["return_until_on"]) == expected
