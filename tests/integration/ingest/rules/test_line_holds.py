"""Lines that count only when a person has released them: the same ones in every order of arrival (F20)."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import psycopg
import pytest

from ingest.feed_rules import storing
from ingest.feed_rules.lines import decide_line, hold_lines, line_holds
from tests.integration.ingest.rules.conftest import MOMENT
from tests.support.ingest_files import PRICE, Ingest, lines

HELD = "select extract(day from stated_at)::int, details ->> 'last_amount' from supplier_feed.line_holds order by 1"
PRICES = {1: "10", 2: "13", 3: "20", 4: "18.2", 5: "0", 6: "19"}
ARTICLE = {
    "supplier_code": "S1", "brand_code": "BOSC", "part_number": "007", "supplier_part_number": "S-7", "gtin": "1",
    "replaced_by_part_number": "008", "stated_at": MOMENT.format(1),
}  # fmt: skip


@pytest.fixture
def price(deliver):
    """The price of one part on a day in March."""

    def take(day: int, **changes: str):
        row = {"unit_price_amount": PRICES.get(day, "10"), "stated_at": MOMENT.format(day), **changes}
        return deliver(lines(PRICE, row))

    return take


def test_jumping_and_zero_prices_are_held_whatever_came_when(ingest, price, stores):
    """13 is the last good price: 20 and 19 lie more than 40 % above it, 18.2 does not."""
    for order in [*itertools.permutations(PRICES)][::90]:
        for day in order:
            price(day)
        assert ingest.rows(HELD) == [(3, "13.0000"), (5, "18.2000")], order
        with psycopg.connect(stores.owner) as owner:
            owner.execute("truncate supplier_feed.offers, supplier_feed.line_holds, ingest.batches cascade")


def test_a_held_line_is_stored_counted_and_named_with_its_figures(ingest, price):
    assert (price(2).rows_held, price(4).rows_held, price(3).rows_held) == (0, 0, 1)
    [held] = line_holds(ingest.connection)
    assert held["details"] == {
        "unit_price_amount": 20, "last_amount": 13, "change_pct": 53.8, "limit_pct": 40, "currency_code": "EUR",
        "price_uom_code": "EA",
    }  # fmt: skip
    assert (held["line_number"], held["status_code"], held["file_name"][-4:]) == (2, "OPEN", ".csv")
    assert ingest.value("select count(*) from supplier_feed.offers") == 3


def test_another_currency_or_unit_is_another_price(ingest, price):
    price(1)
    assert price(2, unit_price_amount="900", currency_code="CZK").rows_held == 0
    assert price(3, unit_price_amount="100", price_uom_code="PK").rows_held == 0


def test_a_release_counts_for_later_lines_and_a_discarded_line_never_does(ingest, price):
    for day, amount in ((1, "10"), (2, "20"), (3, "20"), (4, "21")):
        price(day, unit_price_amount=amount)
    first = line_holds(ingest.connection)[-1]
    assert len(line_holds(ingest.connection)) == 3
    decide_line(ingest.connection, first["line_hold_id"], "RELEASE", "new year's prices", "ann")
    assert line_holds(ingest.connection) == []
    assert price(5, unit_price_amount="40").rows_held == 1
    [held] = line_holds(ingest.connection)
    decide_line(ingest.connection, held["line_hold_id"], "DISCARD", "a typing error", "ann")
    states = "select status_code from supplier_feed.line_hold_states order by stated_at"
    assert ingest.rows(states) == [("RELEASED",), ("DISCARDED",)]
    assert price(6, unit_price_amount="22").rows_held == 0


def test_a_first_delivery_is_compared_with_nothing_but_its_own_history(ingest, deliver):
    rows = [{"part_number": f"P{n}", "unit_price_amount": str(n * n)} for n in range(5)]
    assert deliver(lines(PRICE, *rows)).rows_held == 1
    history = [{"part_number": "H", "unit_price_amount": a, "stated_at": MOMENT.format(d)} for d, a in PRICES.items()]
    assert deliver(lines(PRICE, *history)).rows_held == 2


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_an_article_that_changes_what_it_is_is_held_whatever_came_when(ingest, deliver, order):
    """Day 2 changes the GTIN, day 3 the successor, day 4 gives the supplier's number to another part."""
    changes = [{}, {"gtin": "2"}, {"replaced_by_part_number": "009"}, {"part_number": "0 986-AB"}]
    for number in order:
        deliver(lines(ARTICLE, {**changes[number], "stated_at": MOMENT.format(number + 1)}), "supplier_catalogue")
    found = ingest.rows("select details from supplier_feed.line_holds order by stated_at")
    assert [row[0] for row in found] == [
        {"gtin": "2", "last_gtin": "1"},
        {"replaced_by_part_number": "009", "last_replaced_by_part_number": "008"},
        {"supplier_part_number": "S-7", "first_part": "BOSC 007"},
    ]


def test_two_loaders_at_once_hold_what_one_after_the_other_would(ingest, deliver, stores):
    """The second loader looks for jumps only when the lines of the first are there to compare with."""
    rows = [{"unit_price_amount": price, "stated_at": MOMENT.format(day)} for day, price in ((1, "10"), (2, "90"))]
    is_waiting, may_go_on = Event(), Event()

    def slow(cursor, values, profile):
        held = hold_lines(cursor, values, profile)
        is_waiting.set()
        assert may_go_on.wait(30)
        return held

    second = Ingest(stores.pipeline, ingest.folder / "second")
    with ThreadPoolExecutor(2) as both, pytest.MonkeyPatch.context() as patch:
        patch.setattr(storing, "hold_lines", slow)
        first = both.submit(deliver, lines(PRICE, rows[0]))
        assert is_waiting.wait(30)
        patch.setattr(storing, "hold_lines", hold_lines)
        later = both.submit(second, lines(PRICE, rows[1]), "supplier_price")
        with psycopg.connect(stores.owner, autocommit=True) as owner:
            while not owner.execute("select 1 from pg_locks where locktype = 'advisory' and not granted").fetchone():
                assert not later.done(), "nobody waited"
        may_go_on.set()
        outcomes = first.result(), later.result()
    second.connection.close()

    assert [one.rows_held for one in outcomes] == [0, 1]
    assert ingest.rows("select reason_code from supplier_feed.line_holds") == [("PRICE_JUMP",)]
