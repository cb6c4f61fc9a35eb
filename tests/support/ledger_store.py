"""Facts into the database, one statement each, and what became of them, in the words of the model."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import psycopg

from tests.support.ledger_facts import Cell, Count, HoldEvent, Lot, Movement, Statement
from tests.support.ledger_model import LedgerModel

_MOVE = """
insert into garage_inventory.movements (
    garage_code, part_id, condition_code, lot_number, movement_type_code, quantity, reason_code, document_number,
    document_line, event_at, source_code, batch_id, line_number, idempotency_key, actor
)
select garage_code, part_id, condition_code, nullif(lot_number, ''), 'RECEIPT', quantity, 'RECEIPT', 'D', '1', event_at,
    'test', uuidv7(), 1, sha256(key::bytea), 'ann'
from unnest(%s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::numeric[], %s::timestamptz[])
    as given (garage_code, part_id, condition_code, lot_number, key, quantity, event_at)
on conflict (idempotency_key) do nothing
"""
_COUNT = """
insert into garage_inventory.counts (
    garage_code, part_id, condition_code, lot_number, count_number, counted_quantity, uom_code, event_at, source_code,
    batch_id, line_number, idempotency_key, payload_hash, actor
)
select garage_code, part_id, condition_code, nullif(lot_number, ''), count_number, quantity, 'EA', event_at, 'test',
    uuidv7(), 1, sha256(key::bytea), '', 'ann'
from unnest(%s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::numeric[], %s::timestamptz[])
    as given (garage_code, part_id, condition_code, lot_number, key, count_number, quantity, event_at)
on conflict (idempotency_key) do nothing
"""
_STATE_LOTS = """
insert into garage_inventory.lots (part_id, lot_number, stated_at, expires_on, received_at, source_code, actor)
select part_id, lot_number, stated_at, expires_on, received_at, 'test', 'ann'
from unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::date[], %s::timestamptz[])
    as given (part_id, lot_number, stated_at, expires_on, received_at)
on conflict do nothing
"""
_HOLD = """
insert into quality_hold.events (
    garage_code, part_id, condition_code, lot_number, hold_number, sequence_number, event_type_code, scope_code,
    quantity, hold_reason_code, severity_code, event_at, source_code, batch_id, line_number, idempotency_key,
    payload_hash, actor
)
select garage_code, part_id, condition_code, nullif(lot_number, ''), hold_number, sequence_number, event_type_code,
    'CELL', quantity, 'PACKAGING', 'LOW', event_at, 'test', uuidv7(), 1, sha256(key::bytea), '', 'ann'
from unnest(%s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::integer[], %s::text[],
        %s::numeric[], %s::timestamptz[])
    as given (garage_code, part_id, condition_code, lot_number, key, hold_number, sequence_number, event_type_code,
        quantity, event_at)
on conflict (idempotency_key) do nothing
"""
_STATE = """
insert into reservation.events (
    garage_code, part_id, condition_code, lot_number, reservation_number, sequence_number, event_type_code, quantity,
    event_at, priority, need_by_at, expires_at, allows_other_garages, minimum_remaining_days, work_order_number,
    work_order_line, source_code, batch_id, line_number, idempotency_key, payload_hash, actor
)
select garage_code, part_id, condition_code, nullif(lot_number, ''), reservation_number, sequence_number,
    event_type_code, quantity, event_at, priority, need_by_at, expires_at, allows_other_garages,
    minimum_remaining_days, reservation_number, '1', 'garage', uuidv7(), 1, sha256(key::bytea), '', 'ann'
from unnest(%s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::integer[], %s::text[],
        %s::numeric[], %s::timestamptz[], %s::integer[], %s::timestamptz[], %s::timestamptz[], %s::boolean[],
        %s::integer[])
    as given (garage_code, part_id, condition_code, lot_number, key, reservation_number, sequence_number,
        event_type_code, quantity, event_at, priority, need_by_at, expires_at, allows_other_garages,
        minimum_remaining_days)
on conflict (idempotency_key) do nothing
"""
_RESERVE = """
select reservation_number, requested_quantity, reserved_quantity
from reservation.reserve(
    %s, %s, %s, %s, %s, '1', 'ann', need_by_at => %s, priority => %s, expires_at => %s, condition_code => %s,
    lot_number => nullif(%s, ''), allows_other_garages => %s, minimum_remaining_days => %s, requested_at => %s
)
"""


class LedgerStore:
    """Takes the same facts as the model does, by plain statements on a connection of its own."""

    def __init__(self, connection: psycopg.Connection):
        self.connection = connection

    def move(self, *facts: Movement) -> None:
        self._send(_MOVE, [(*fact.cell, fact.key, fact.quantity, fact.at) for fact in facts])

    def count(self, *facts: Count) -> None:
        self._send(_COUNT, [(*fact.cell, fact.key, fact.number, fact.quantity, fact.at) for fact in facts])

    def state_lots(self, *facts: Lot) -> None:
        self._send(_STATE_LOTS, list(facts))

    def hold(self, *facts: HoldEvent) -> None:
        rows = [
            (*fact.cell, fact.key, fact.number, fact.sequence, fact.event_type, fact.quantity, fact.at)
            for fact in facts
        ]
        self._send(_HOLD, rows)

    def state(self, *facts: Statement) -> None:
        self._send(_STATE, [(*fact.cell, *fact[:4], *fact[5:12]) for fact in facts])

    def reserve(self, fact: Statement) -> tuple:
        """Ask for it by the one path that there is; answer number, requested and reserved quantity."""
        cell = fact.cell
        given = (
            fact.number, cell.garage, cell.part, fact.quantity, fact.number, fact.need_by, fact.priority,
            fact.expires_at, cell.condition, cell.lot, fact.allows_other_garages, fact.minimum_remaining_days, fact.at,
        )  # fmt: skip
        return self.connection.execute(_RESERVE, given, prepare=True).fetchone()

    def _send(self, query: str, rows: Sequence[tuple]) -> None:
        self.connection.execute(query, [list(column) for column in zip(*rows, strict=True)], prepare=True)

    # What became of it.

    def cells(self, parts: list[str]) -> dict[Cell, tuple]:
        """Cell → on hand, held, reserved, sellable, expiry."""
        rows = self.connection.execute(
            "select garage_code, part_id::text, condition_code, lot_number, on_hand_quantity, held_quantity,"
            " reserved_quantity, sellable_quantity, expires_on from garage_inventory.cells"
            " where part_id = any(%s::uuid[])",
            [parts],
            prepare=True,
        ).fetchall()
        return {Cell(*row[:4]): row[4:] for row in rows}

    def pegs(self, parts: list[str]) -> dict[tuple[str, Cell], Decimal]:
        rows = self.connection.execute(
            "select reservation_number, garage_code, part_id::text, condition_code, lot_number, quantity"
            " from reservation.pegs where part_id = any(%s::uuid[]) and quantity <> 0",
            [parts],
            prepare=True,
        ).fetchall()
        return {(row[0], Cell(*row[1:5])): row[5] for row in rows}

    def holds(self, parts: list[str]) -> dict[tuple[str, Cell], Decimal]:
        rows = self.connection.execute(
            "select hold_number, garage_code, part_id::text, condition_code, lot_number, open_quantity"
            " from quality_hold.holds where part_id = any(%s::uuid[])",
            [parts],
            prepare=True,
        ).fetchall()
        return {(row[0], Cell(*row[1:5])): row[5] for row in rows}

    def requests(self, numbers: list[str]) -> dict[str, tuple]:
        """Reservation → cell asked for, requested, consumed, ended, whether ended, promised, due, reserved, waiting,
        priority, need date, expiry."""
        rows = self.connection.execute(
            "select reservation_number, garage_code, part_id::text, condition_code, lot_number, requested_quantity,"
            " consumed_quantity, ended_quantity, is_ended, is_promised, due_quantity, reserved_quantity,"
            " backordered_quantity, priority, coalesce(need_by_at, requested_at), expires_at"
            " from reservation.states where reservation_number = any(%s)",
            [numbers],
            prepare=True,
        ).fetchall()
        return {row[0]: (Cell(*row[1:5]), *row[5:]) for row in rows}

    def unexplained(self, numbers: list[str]) -> list[str]:
        """Who waits without an event that says why."""
        rows = self.connection.execute(
            "select reservation_number from reservation.states where reservation_number = any(%s)"
            " and backordered_quantity > 0 and not exists (select from reservation.events"
            " where events.reservation_number = states.reservation_number and shortage_reason_code is not null)",
            [numbers],
            prepare=True,
        ).fetchall()
        return [number for (number,) in rows]


def assert_same(store: LedgerStore, model: LedgerModel, parts: list[str]) -> None:
    """The tables say what the model says, and F2 to F4 hold of it."""
    expected: dict[Any, Any] = {
        cell: (
            model.on_hand(cell), model.held(cell), model.reserved(cell), model.sellable(cell), model.shelf(cell)[0],
        )
        for cell in model.cells()
    }  # fmt: skip
    requests = model.requests()
    numbers = list(requests)
    _assert_equal("holds", store.holds(parts), model.open_quantities())
    told = {number: _told(model, number, requests[number]) for number in numbers}
    _assert_equal("reservations", store.requests(numbers), told)
    _assert_equal("pegs", store.pegs(parts), model.pegs)
    found = store.cells(parts)
    _assert_equal("cells", found, expected)
    assert store.unexplained(numbers) == []
    for on_hand, held, reserved, sellable, _ in found.values():
        assert 0 <= held <= max(on_hand, 0)
        assert 0 <= reserved <= max(sellable, 0)
    for (number, cell), units in model.pegs.items():
        assert units > 0 and requests[number].fits(cell)


def _assert_equal(what: str, found: dict, expected: dict) -> None:
    differing = {
        key: (found.get(key), expected.get(key))
        for key in found.keys() | expected.keys()
        if found.get(key) != expected.get(key)
    }
    assert not differing, f"{what}, as found and as expected: {differing}"


def _told(model: LedgerModel, number: str, request) -> tuple:
    pegged = model.pegged(number)
    return (
        request.cell, request.requested, request.consumed, request.ended, request.is_ended, request.is_promised,
        request.due, pegged, max(request.due - pegged, Decimal(0)), request.priority, request.need_at,
        request.expires_at,
    )  # fmt: skip
