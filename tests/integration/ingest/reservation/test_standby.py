"""Nothing is promised from a copy that is behind."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest

from ingest.errors import ProtectedError
from ingest.reservation.acts import cancel, consume, expire, extend, pick, release
from tests.support.reservations import NOW


@pytest.fixture
def standby(stock, server):
    """The database with a subscription of ours, whose publisher is nowhere."""
    stock.receive(5)
    stock.reserve("R1", 2)
    name = psycopg.conninfo.conninfo_to_dict(stock.url)["dbname"]
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        connection.execute(
            "create subscription sub_reservation connection 'host=127.0.0.1 port=1 connect_timeout=1'"
            " publication pub_reservation with (connect = false, slot_name = 'none_such')"
        )
        try:
            connection.execute("alter subscription sub_reservation enable")
            yield connection
        finally:
            connection.execute("alter subscription sub_reservation disable")
            connection.execute("alter subscription sub_reservation set (slot_name = none)")
            connection.execute("drop subscription sub_reservation")


def test_a_standby_refuses_every_act_and_says_where_to_ask(stock, standby):
    """Fault 33."""
    before = stock.facts()
    acts = (
        lambda: stock.reserve("R2"),
        lambda: stock.reserve("R1", 2),
        lambda: consume(stock.connection, "R1", Decimal(1), "ann"),
        lambda: release(stock.connection, "R1", Decimal(1), "ann"),
        lambda: cancel(stock.connection, "R1", "ann"),
        lambda: extend(stock.connection, "R1", NOW, "ann"),
        lambda: pick(stock.connection, "R1", "ann"),
        lambda: expire(stock.connection, NOW),
    )
    for act in acts:
        with pytest.raises(ProtectedError, match="this is a standby") as refused:
            act()
        assert (refused.value.code, refused.value.exit_code) == ("PB033", 4)
        assert "primary region" in refused.value.mend
    assert stock.facts() == before


def test_who_has_taken_over_from_the_primary_answers_again(stock, standby):
    standby.execute("alter subscription sub_reservation disable")
    assert stock.reserve("R2").status_code == "RESERVED"
