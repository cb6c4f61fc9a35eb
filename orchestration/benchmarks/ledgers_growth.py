"""What one reservation costs where much is there already: who waits, lots, what went before."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import psycopg

from orchestration.benchmarks.server import Server

Tell = Callable[[str, float], None]
_ASKED = 50
_BATCH = "00000000-0000-7000-8000-000000000002"
_RESERVE = (
    "select reservation.reserve(%(name)s || %(number)s, 'G1', md5(%(part)s::text)::uuid, 1,"
    " 'W' || %(name)s || %(number)s, '1', 'bench')"
)
_LOTS = """
    insert into garage_inventory.movements (garage_code, part_id, lot_number, condition_code, movement_type_code,
        quantity, reason_code, document_number, document_line, event_at, source_code, batch_id, line_number,
        idempotency_key, actor)
    select 'G1', md5(%(part)s::text)::uuid, 'L' || number, 'NEW', 'RECEIPT', 1000, 'RECEIPT', 'D', number,
        '2026-01-01Z', 'bench', %(batch)s, number, sha256(convert_to(%(part)s::text || number, 'UTF8')), 'bench'
    from generate_series(1, %(count)s::bigint) as number
"""
_EVENTS = """
    insert into reservation.events (reservation_number, sequence_number, event_type_code, garage_code, part_id,
        quantity, work_order_number, work_order_line, priority, event_at, source_code, batch_id, line_number,
        idempotency_key, payload_hash, actor)
    select %(part)s::text || number, 1 + step, case step when 0 then 'REQUESTED' else 'CONSUMED' end, 'G1',
        md5(%(part)s::text)::uuid, 1, 'W' || %(part)s::text || number, '1', 5, '2026-02-01Z', 'bench', %(batch)s,
        number, key, key, 'bench'
    from generate_series(1, %(count)s::bigint) as number
    cross join generate_series(0, %(steps)s) as step
    cross join lateral (select sha256(convert_to(concat_ws('|', %(part)s::text, number, step), 'UTF8')) as key) as keys
"""


def measure_growth(server: Server, count: int, tell: Tell) -> dict[str, float]:
    """Milliseconds of one ``reservation.reserve`` by one client, committed, at positions of different pasts.

    ``waiting``: so many backorders and nothing to give; ``lots``: a hundredth as many lots with stock; ``consumed``: so
    many reservations that were served and ended.
    """
    found: dict[str, float] = {}
    with server.database() as database, psycopg.connect(database.pipeline, autocommit=True) as connection:
        for name, fill in (
            ("waiting_0", lambda part: None),
            (f"waiting_{count}", lambda part: _events(connection, part, count, 0)),
            ("lots_1", lambda part: _lots(connection, part, 1)),
            (f"lots_{max(count // 100, 2)}", lambda part: _lots(connection, part, max(count // 100, 2))),
            (f"consumed_{count}", lambda part: _past(connection, part, count)),
        ):
            began = time.perf_counter()
            fill(name)
            found[name] = _reserve_ms(connection, name)
            tell(f"one reservation, {name.replace('_', ' ')}: {found[name]:.2f} ms", time.perf_counter() - began)
    return found


def _lots(connection: psycopg.Connection, part: str, count: int) -> None:
    connection.execute(_LOTS, {"part": part, "count": count, "batch": _BATCH})


def _events(connection: psycopg.Connection, part: str, count: int, steps: int) -> None:
    connection.execute(_EVENTS, {"part": part, "count": count, "steps": steps, "batch": _BATCH})


def _past(connection: psycopg.Connection, part: str, count: int) -> None:
    """Reservations that had units and used them, and stock for more."""
    _lots(connection, part, 1)
    _events(connection, part, count, 1)


def _reserve_ms(connection: psycopg.Connection, part: str) -> float:
    seconds = []
    for number in range(_ASKED):
        began = time.perf_counter()
        connection.execute(_RESERVE, {"name": f"R{part}-", "number": str(number), "part": part}, prepare=True)
        seconds.append(time.perf_counter() - began)
    return round(median(seconds) * 1000, 3)
