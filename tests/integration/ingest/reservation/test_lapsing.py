"""A reservation lapses at its moment, whatever time somebody looks."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.errors import ProtectedError
from ingest.reservation.acts import cancel, consume, expire
from tests.support.reservations import HOUR, NOW, Stock

START = NOW - 24 * HOUR
MINUTE = timedelta(minutes=1)


def at(minute: int):
    return START + minute * MINUTE


def reserve_at(stock: Stock, number: str, minute: int, quantity: int, until: int | None, **more) -> None:
    """Ask at a minute of yesterday, until another one."""
    stock.connection.execute(
        """
        select reservation.reserve(
            %(number)s, %(garage)s, %(part)s, %(quantity)s, %(number)s, '1', 'ann', expires_at => %(until)s,
            requested_at => %(at)s, allows_other_garages => %(others)s
        )
        """,
        {
            "number": number, "garage": more.get("garage", "G1"), "part": stock.part_id, "quantity": quantity,
            "until": None if until is None else at(until), "at": at(minute), "others": more.get("others", False),
        },
    )  # fmt: skip


def test_it_lapses_at_its_moment_and_its_units_go_on_from_that_moment(stock):
    stock.receive(1)
    reserve_at(stock, "R1", 0, 1, 10)
    reserve_at(stock, "R2", 1, 1, 20)
    reserve_at(stock, "R3", 2, 1, None)
    assert expire(stock.connection, at(60)) == 2
    moments = [(fact[0], fact[2], fact[4], fact[7]) for fact in stock.facts() if fact[1] > 2]
    assert moments == [
        ("R1", "EXPIRED", -1, at(10)),
        ("R2", "RESERVED", 1, at(10)),
        ("R2", "EXPIRED", -1, at(20)),
        ("R3", "RESERVED", 1, at(20)),
    ]
    assert expire(stock.connection, at(60)) == 0


def test_units_and_what_it_waited_for_lapse_together(stock):
    stock.lot("A", "2030-01-01")
    stock.receive(1, lot="A")
    stock.receive(1)
    reserve_at(stock, "R1", 0, 5, 10)
    expire(stock.connection, at(60))
    assert stock.events("R1")[-3:] == [("EXPIRED", 1, -1), ("EXPIRED", 1, -1), ("EXPIRED", 3, 0)]
    assert stock.cells() == {("G1", "A"): (1, 0), ("G1", ""): (1, 0)}


def test_nothing_is_done_with_what_has_lapsed_though_nobody_swept(stock):
    stock.receive(1)
    reserve_at(stock, "R1", 0, 1, 10)
    for act in (lambda: consume(stock.connection, "R1", Decimal(1), "a"), lambda: cancel(stock.connection, "R1", "a")):
        with pytest.raises(ProtectedError, match="lapsed at") as refused:
            act()
        assert refused.value.code == "PB903"
    with pytest.raises(ProtectedError, match="future"):
        expire(stock.connection, NOW + 2 * HOUR)


def test_news_of_a_time_before_it_lapsed_still_counts(stock):
    stock.receive(1)
    reserve_at(stock, "R1", 0, 1, 10)
    consume(stock.connection, "R1", Decimal(1), "ann", at=at(5))
    assert expire(stock.connection, at(60)) == 0
    assert stock.cells() == {}


def test_many_lapse_in_groups_of_parts(stores):
    stocks = [Stock(stores.pipeline) for _ in range(5)]
    for number, one in enumerate(stocks):
        one.receive(1)
        reserve_at(one, f"R{number}", 0, 1, 10 + number)
    connection = stocks[0].connection
    counts = [connection.execute("select reservation.expire(%s, 2)", (at(60),)).fetchone()[0] for _ in range(4)]
    assert counts == [2, 2, 1, 0]
    for one in stocks:
        assert one.reserved() == {} and one.breaches() == []
        one.connection.close()


_garages = st.sampled_from(["G1", "G2"])
_asked = st.tuples(st.just("ask"), _garages, st.integers(1, 3), st.integers(1, 40) | st.none(), st.booleans())
_moved = st.tuples(st.just("move"), _garages, st.sampled_from([-2, -1, 1, 2]))
_ended = st.tuples(st.just("cancel"), st.integers(0, 5)) | st.tuples(st.just("consume"), st.integers(0, 5))
_news = st.lists(_asked | _moved | _ended, min_size=1, max_size=10)


def _enter(stock: Stock, minute: int, news: tuple) -> None:
    """One piece of news at its minute; an act that is refused changes nothing."""
    name = f"{stock.part_id}"
    match news:
        case ("ask", garage, quantity, lasts, others):
            until = None if lasts is None else minute + lasts
            reserve_at(stock, f"{name} {minute}", minute, quantity, until, garage=garage, others=others)
        case ("move", garage, quantity):
            stock.receive(quantity, garage=garage, at=at(minute))
        case ("cancel", which):
            _or_refused(lambda: cancel(stock.connection, f"{name} {which * 5}", "ann", at=at(minute)))
        case ("consume", which):
            _or_refused(lambda: consume(stock.connection, f"{name} {which * 5}", Decimal(1), "ann", at=at(minute)))


def _or_refused(act) -> None:
    try:
        act()
    except ProtectedError as refused:
        assert refused.code in ("PB900", "PB902", "PB903", "PB904"), refused


def _told(stock: Stock) -> list[tuple]:
    """All facts, without the name of the part."""
    name = f"{stock.part_id} "
    return [tuple(v.replace(name, "") if isinstance(v, str) else v for v in fact) for fact in stock.facts()]


@example(
    news=[("ask", "G1", 3, None, False), ("ask", "G1", 1, 11, False), ("move", "G1", 4), ("ask", "G1", 1, 2, False)],
    sweeps=[],
)
@example(news=[("ask", "G2", 1, 1, False), ("ask", "G1", 1, None, True)], sweeps=[])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(news=_news, sweeps=st.lists(st.integers(0, 120), max_size=6))
def test_sweeping_late_twice_or_in_pieces_gives_the_same_events(stores, news, sweeps):
    on_time, late = Stock(stores.pipeline), Stock(stores.pipeline)
    try:
        for stock, moments in ((on_time, range(0, 121)), (late, sorted(sweeps))):
            minutes = {5 * place: one for place, one in enumerate(news)}
            for minute in sorted({*minutes, *moments}):
                if minute in minutes:
                    if stock is on_time:
                        expire(stock.connection, at(minute))
                    _enter(stock, minute, minutes[minute])
                if minute in moments:
                    expire(stock.connection, at(minute))
            expire(stock.connection, at(121))
            expire(stock.connection, at(121))
            assert stock.breaches() == []
        assert _told(late) == _told(on_time)
    finally:
        on_time.connection.close()
        late.connection.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(news=st.lists(_news, min_size=2, max_size=4))
def test_parts_that_are_swept_together_have_the_events_of_parts_swept_one_by_one(stores, news):
    together, alone = ([Stock(stores.pipeline) for _ in news] for _ in range(2))
    try:
        for stocks, part_limit in ((together, 1000), (alone, 1)):
            for stock, told in zip(stocks, news, strict=True):
                for place, one in enumerate(told):
                    _enter(stock, 5 * place, one)
            sweep = "select reservation.expire(%s, %s)"
            while stocks[0].connection.execute(sweep, (at(121), part_limit)).fetchone()[0]:
                pass
        for one, other in zip(together, alone, strict=True):
            assert one.breaches() == []
            assert _told(one) == _told(other)
    finally:
        for stock in together + alone:
            stock.connection.close()


@pytest.mark.parametrize("is_wanted", (False, True))
def test_four_times_as_many_that_lapse_are_four_times_as_many_rows_to_go_through(stores, server, is_wanted):
    """Counted in rows that plans give or throw away: where each lapse meets all others, it is sixteen times."""
    gone_through, statements = [], []
    with psycopg.connect(server.url(stores.name), autocommit=True) as connection:
        connection.execute("load 'auto_explain'")
        for name, value in _EXPLAINING.items():
            connection.execute("select set_config(%s, %s, false)", [f"auto_explain.{name}", value])
        plans: list[str] = []
        connection.add_notice_handler(lambda notice: plans.append(notice.message_primary))
        for count in (100, 400):
            _ask_for_a_minute(connection, count, is_wanted)
            connection.execute("analyze")
            plans.clear()
            assert connection.execute("select reservation.expire(%s)", (at(60),)).fetchone() == (count,)
            explained = [json.loads(plan[plan.index("{") :])["Plan"] for plan in plans]
            gone_through.append(sum(map(_rows, explained)))
            statements.append(sum(plan["Node Type"] == "ModifyTable" for plan in explained))
    assert gone_through[0] > 100
    assert gone_through[1] < 6 * gone_through[0], gone_through
    assert statements[1] == statements[0], "whatever lapses at a moment of its own has no statement of its own"


_EXPLAINING = {
    "log_level": "notice",
    "log_format": "json",
    "log_min_duration": "0",
    "log_analyze": "on",
    "log_timing": "off",
    "log_nested_statements": "on",
}


def _rows(node: dict) -> float:
    own = node["Actual Rows"] + node.get("Rows Removed by Join Filter", 0) + node.get("Rows Removed by Filter", 0)
    return own * node["Actual Loops"] + sum(_rows(part) for part in node.get("Plans", []))


def _ask_for_a_minute(connection: psycopg.Connection, count: int, is_wanted: bool) -> None:
    """One reservation each of that many parts with stock, until another moment; perhaps one that waits for it."""
    connection.execute(
        """
        insert into garage_inventory.movements (
            garage_code, part_id, condition_code, movement_type_code, quantity, reason_code, document_number,
            document_line, event_at, source_code, batch_id, line_number, idempotency_key, actor
        )
        select 'G1', md5(%(count)s || ' ' || number)::uuid, 'NEW', 'RECEIPT', 1, 'RECEIPT', 'D', number, %(at)s, 'test',
            uuidv7(), number, sha256((%(count)s || ' ' || number)::bytea), 'ann'
        from generate_series(1, %(count)s::integer) as number
        """,
        {"count": count, "at": at(0)},
    )
    connection.execute(
        """
        insert into reservation.events (
            reservation_number, sequence_number, event_type_code, garage_code, part_id, quantity, work_order_number,
            work_order_line, priority, expires_at, event_at, source_code, batch_id, line_number, idempotency_key,
            payload_hash, actor
        )
        select count || ' ' || number || who, 1, 'REQUESTED', 'G1', md5(count || ' ' || number)::uuid, 1,
            count || ' ' || number || who, '1', 5,
            case who when 'has' then %(at)s + (20 + number) * interval '0.1 second' end,
            %(at)s + case who when 'has' then 0 else 1 end * interval '1 second', 'test', uuidv7(), number,
            sha256((count || ' ' || number || who)::bytea), '', 'ann'
        from (select %(count)s::text as count, generate_series(1, %(count)s::integer) as number) as numbers
        cross join unnest(%(whos)s::text[]) as who
        """,
        {"count": count, "at": at(1), "whos": ["has", "waits"] if is_wanted else ["has"]},
    )
