"""A network to plan for, made by SQL: garages, parts, offers, and two years of daily demand with its stock.

Cell n is garage ``G<n mod garages>`` and part ``P<n div garages>``. One cell in ten has 40 lines of usage in the two
years, three have 12, six have 3: as many in all as the spare parts of carparts have. Every draw is a hash, so the same
sizes make the same network.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg

from orchestration.benchmarks.ledgers_rows import bare

AS_OF = datetime(2026, 11, 1, 6, tzinfo=UTC)
GARAGE_COUNT = 50
_BATCH = "00000000-0000-7000-8000-000000000001"
_COMMON = "timestamptz '2020-01-01Z' as valid_from_at, 'bench' as source_code, %(batch)s::uuid as batch_id"

_CATALOGUE = (
    f"""
    insert into catalogue.garages (garage_code, garage_name, country_code, time_zone, currency_code, line_number,
        payload_hash, valid_from_at, source_code, batch_id)
    select 'G' || number, 'Garage ' || number, 'DE', 'Europe/Berlin', 'EUR', number, int8send(number), {_COMMON}
    from generate_series(0, %(garages)s::bigint - 1) as number
    """,
    f"""
    insert into catalogue.suppliers (supplier_code, supplier_name, currency_code, lead_time_days, lead_time_sd_days,
        review_days, is_active, line_number, payload_hash, valid_from_at, source_code, batch_id)
    select 'S' || number, 'Supplier ' || number, 'EUR', 2 + number, 1, 1, true, number, int8send(number), {_COMMON}
    from generate_series(0, 4::bigint) as number
    """,
    f"""
    insert into catalogue.parts (part_id, brand_code, part_number, part_key, description, category_code, base_uom_code,
        lifecycle_code, stocking_class_code, criticality_code, unit_cost_amount, currency_code, line_number,
        payload_hash, valid_from_at, source_code, batch_id)
    select catalogue.part_id('BRND', 'P' || number), 'BRND', 'P' || number, 'P' || number, 'Part ' || number,
        'C' || number %% 20, 'EA', '2', (array['A', 'B', 'C'])[1 + number %% 3],
        (array['SAFETY', 'IMMOBILISING', 'COMFORT'])[1 + number %% 3], 5 + number %% 90, 'EUR', number,
        int8send(number), {_COMMON}
    from generate_series(0, %(parts)s::bigint - 1) as number
    """,
    """
    insert into supplier_feed.offers (supplier_code, brand_code, part_number, price_type_code, break_quantity,
        stated_at, unit_price_amount, currency_code, price_uom_code, minimum_order_quantity, pack_quantity,
        order_multiple_quantity, lifecycle_code, source_code, batch_id, line_number, recorded_at)
    select 'S' || (number + other) %% 5, 'BRND', 'P' || number, 'INSTALLER', break_quantity,
        timestamptz '2026-10-01Z', 5 + number %% 90 - break_quantity / 100.0 + other, 'EUR', 'EA', 1,
        1 + number %% 4, 1, '2', 'bench', %(batch)s, number, timestamptz '2026-10-01Z'
    from generate_series(0, %(parts)s::bigint - 1) as number
    cross join (values (0), (1)) as others (other)
    cross join (values (1), (50)) as breaks (break_quantity)
    """,
)
_CHANCE = "(hashint8extended({}, {}) & 9223372036854775807)"
_CELL = "'G' || cell %% %(garages)s as garage_code, catalogue.part_id('BRND', 'P' || cell / %(garages)s) as part_id"
# Lines as they were drawn, with everything that usage and movements are made of.
_LINES = f"""
    create unlogged table bench_lines as
    select {_CELL}, cell, row_number() over () as number, quantity,
        timestamptz '2024-11-01 09:00Z' + day * interval '1 day' as event_at,
        timestamptz '2024-11-01 18:00Z' + day * interval '1 day' as known_at
    from (
        select cell, {_CHANCE.format("cell * 1000 + draw", 1)} %% 730 as day,
            1 + {_CHANCE.format("cell * 1000 + draw", 2)} %% 10 / 8 as quantity
        from generate_series(0, %(cells)s::bigint - 1) as cell
        cross join lateral generate_series(
            1, case when cell %% 10 = 0 then 40 when cell %% 10 < 4 then 12 else 3 end) as draw
    ) as drawn
"""
_USAGE = """
    insert into garage_inventory.usage_lines (garage_code, work_order_number, work_order_line, part_id, usage_type_code,
        quantity, uom_code, is_one_off, event_at, source_code, batch_id, line_number, idempotency_key, payload_hash,
        actor, recorded_at)
    select garage_code, 'W' || number, '1', part_id, 'FITTED', quantity, 'EA', false, event_at, 'bench', %(batch)s,
        number, sha256(int8send(number)), '', 'bench', known_at
    from {}
"""
_ISSUES = """
    insert into garage_inventory.movements (garage_code, part_id, condition_code, movement_type_code, quantity,
        reason_code, document_number, document_line, event_at, source_code, batch_id, line_number, idempotency_key,
        actor, recorded_at)
    select garage_code, part_id, 'NEW', 'USAGE', -quantity, 'FITTED', 'W' || number, '1', event_at, 'bench', %(batch)s,
        number, sha256(int8send(number)), 'bench', known_at
    from {}
"""
# Enough for all that is used, and up to four left: some cells are below their points, most are not.
_RECEIPTS = f"""
    insert into garage_inventory.movements (garage_code, part_id, condition_code, movement_type_code, quantity,
        reason_code, document_number, document_line, event_at, source_code, batch_id, line_number, idempotency_key,
        actor, recorded_at)
    select garage_code, part_id, 'NEW', 'RECEIPT', sum(quantity) + {_CHANCE.format("cell", 3)} %% 5, 'RECEIPT',
        'D' || cell, '1', timestamptz '2024-10-31 09:00Z', 'bench', %(batch)s, cell, sha256(int8send(-1 - cell)),
        'bench', timestamptz '2024-10-31 09:00Z'
    from bench_lines
    group by garage_code, part_id, cell
"""
# One cell in a hundred used one more unit in the last month: every hundredth, from the first on.
_CHANGED = f"""
    create temporary table bench_changed on commit drop as
    select {_CELL}, 1000000000 + cell as number, 1 as quantity, timestamptz '2026-10-30 09:00Z' as event_at
    from generate_series(0, %(cells)s::bigint - 1, 100) as cell
"""


def fill(owner: psycopg.Connection, superuser: psycopg.Connection, cell_count: int) -> int:
    """The whole network; returns how many lines of usage there are. Connections in autocommit mode."""
    given = _given(cell_count)
    owner.execute(
        "insert into ingest.batches (batch_id, sha256, kind, source_code, file_name, byte_count, received_at)"
        " values (%(batch)s, repeat('0', 64), 'usage', 'bench', 'usage.csv', 0, now())",
        given,
    )
    owner.execute("select set_config('partsbay.batch_id', %(batch)s, false)", given)
    for statement in _CATALOGUE:
        owner.execute(statement, given, prepare=False)
    owner.execute(_LINES, given)
    _without_indexes(owner, "usage_lines", lambda: owner.execute(_USAGE.format("bench_lines"), given))
    _without_indexes(owner, "movements", lambda: _move(owner, given))
    owner.execute("select set_config('partsbay.batch_id', '', false)")
    lines = owner.execute("select count(*) from bench_lines").fetchone()[0]
    owner.execute("drop table bench_lines")
    owner.execute("select garage_inventory.rebuild()")
    superuser.execute("vacuum (freeze, analyze) garage_inventory.usage_lines, garage_inventory.movements")
    superuser.execute("analyze")
    return lines


def change(owner: psycopg.Connection, cell_count: int) -> int:
    """One more line of usage in one cell of a hundred, with its movement, known from now on as a load brings them."""
    given = _given(cell_count)
    with owner.transaction():
        owner.execute(_CHANGED, given)
        owner.execute("alter table bench_changed add column known_at timestamptz not null default now()")
        made = owner.execute(_USAGE.format("bench_changed"), given).rowcount
        owner.execute(_ISSUES.format("bench_changed"), given)
    return made


def _given(cell_count: int) -> dict[str, object]:
    garages = min(GARAGE_COUNT, cell_count)
    return {"batch": _BATCH, "cells": cell_count, "garages": garages, "parts": -(-cell_count // garages)}


def _move(owner: psycopg.Connection, given: dict[str, object]) -> None:
    owner.execute(_ISSUES.format("bench_lines"), given)
    owner.execute(_RECEIPTS, given)


def _without_indexes(owner: psycopg.Connection, table: str, fill_it: Callable[[], object]) -> None:
    with bare(owner, "garage_inventory", table):
        fill_it()
