"""Nothing is held or released on a copy that is behind."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest

from ingest.errors import ProtectedError
from ingest.quality_hold.acts import Finding, extend, inspect, release, sweep, take
from ingest.quality_hold.campaigns import call_back

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def standby(shelf, server):
    """The database with a hold, and a subscription of ours whose publisher is nowhere."""
    shelf.move(5)
    shelf.place()
    name = psycopg.conninfo.conninfo_to_dict(shelf.url)["dbname"]
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        connection.execute(
            "create subscription sub_quality_hold connection 'host=127.0.0.1 port=1 connect_timeout=1'"
            " publication pub_quality_hold with (connect = false, slot_name = 'none_such')"
        )
        try:
            connection.execute("alter subscription sub_quality_hold enable")
            yield shelf
        finally:
            connection.execute("alter subscription sub_quality_hold disable")
            connection.execute("alter subscription sub_quality_hold set (slot_name = none)")
            connection.execute("drop subscription sub_quality_hold")


def test_a_standby_refuses_every_act_on_a_hold(standby):
    connection = standby.connection
    acts = (
        lambda: standby.place("H2"),
        lambda: take(connection, "H1", "SCRAPPED", "ann", Decimal(1)),
        lambda: release(connection, "H1", "ann"),
        lambda: extend(connection, "H1", NOW, "ann"),
        lambda: inspect(connection, "H1", Finding(verdict_code="ACCEPT"), "ann"),
        lambda: sweep(connection, NOW),
        lambda: call_back(connection, "RC-1", "G1", "W1", "1", "DONE", "ann"),
    )
    for act in acts:
        with pytest.raises(ProtectedError, match="this is a standby") as refused:
            act()
        assert refused.value.code == "PB033"
    assert standby.rows("select hold_number, open_quantity from quality_hold.holds") == [("H1", 5)]
