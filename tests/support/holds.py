"""Stock, reservations and holds of one part in a fresh database, in as few words as a test may want."""

from __future__ import annotations

import hashlib
import itertools
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg

from ingest.quality_hold.acts import Answer, Rule, place

PART = UUID("00000000-0000-0000-0000-000000000007")
_MOVEMENT = """
insert into garage_inventory.movements (
    garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code, document_number,
    document_line, event_at, source_code, batch_id, line_number, idempotency_key, actor
)
values (%s, %s, %s, %s, 'RECEIPT', %s, 'RECEIPT', %s, '1', %s, 'test', uuidv7(), 1, %s, 'test')
"""
_COUNT = """
insert into garage_inventory.counts (
    count_number, garage_code, part_id, lot_number, condition_code, counted_quantity, uom_code, event_at, source_code,
    batch_id, line_number, idempotency_key, payload_hash, actor
)
values (%s, %s, %s, %s, 'NEW', %s, 'EA', %s, 'test', uuidv7(), 1, %s, '', 'test')
"""
_LOT = """
insert into garage_inventory.lots (
    part_id, lot_number, stated_at, expires_on, manufactured_on, supplier_code, received_at, source_code, actor
)
values (%s, %s, %s, %s, %s, %s, %s, 'test', 'test')
"""
_GARAGE = """
insert into catalogue.garages (
    garage_code, valid_from_at, garage_name, country_code, time_zone, currency_code, source_code, batch_id, line_number,
    payload_hash
)
values (%s, '2020-01-01', %s, 'DE', %s, 'EUR', 'test', uuidv7(), 1, '')
"""


class Shelf:
    """One part at a few garages, as the pipeline sees it."""

    def __init__(self, url: str):
        self.url = url
        self.connection = psycopg.connect(url, autocommit=True)
        self._numbers = itertools.count(1)

    def garage(self, code: str, time_zone: str = "UTC") -> None:
        self.connection.execute(_GARAGE, (code, code, time_zone))

    def lot(self, lot: str, expires_on=None, supplier=None, made_on=None, stated_at="2026-01-01Z") -> None:
        self.connection.execute(_LOT, (PART, lot, stated_at, expires_on, made_on, supplier, stated_at))

    def move(self, quantity, lot=None, garage="G1", at="2026-01-02Z", condition="NEW", part=PART) -> None:
        number = f"D{next(self._numbers)}"
        self.connection.execute(_MOVEMENT, (garage, part, lot, condition, quantity, number, at, uuid4().bytes * 2))

    def count(self, number: str, quantity, at, lot=None, garage="G1") -> None:
        key = hashlib.sha256(f"{number}{lot}{garage}".encode()).digest()
        self.connection.execute(_COUNT, (number, garage, PART, lot, quantity, at, key))

    def reserve(self, number: str, quantity, garage="G1", lot=None, needed="2026-01-05Z") -> None:
        self.connection.execute(
            "select reservation.reserve(%s, %s, %s, %s, %s, '1', 'test', need_by_at => %s, lot_number => %s)",
            (number, garage, PART, quantity, number, needed, lot),
        )

    def place(self, number: str = "H1", scope: str = "PART", at: datetime | None = None, **rule) -> Answer:
        given = {"part_id": PART, "hold_reason_code": "SUPPLIER_RECALL", **rule}
        return place(self.connection, Rule(number, scope, **given), "ann", at)

    def cells(self) -> dict[tuple[str, str], tuple[int, int, int, int]]:
        """Garage and lot → on hand, held, reserved and sellable of NEW stock."""
        rows = self.connection.execute(
            "select garage_code, lot_number, on_hand_quantity, held_quantity, reserved_quantity, sellable_quantity"
            " from garage_inventory.cells where condition_code = 'NEW' order by 1, 2"
        )
        return {(garage, lot): tuple(map(_number, rest)) for garage, lot, *rest in rows}

    def states(self) -> dict[str, tuple[int, int]]:
        """Reservation → reserved and backordered."""
        rows = self.connection.execute(
            "select reservation_number, reserved_quantity, backordered_quantity from reservation.states order by 1"
        )
        return {number: tuple(map(_number, rest)) for number, *rest in rows}

    def rows(self, statement: str, values=None) -> list[tuple]:
        return self.connection.execute(statement, values).fetchall()

    def breaches(self) -> list[tuple]:
        """Cells where a unit is held and reserved at once, or more than is there; holds that are not their events."""
        return self.rows(
            "select garage_code, lot_number from garage_inventory.cells where condition_code in ('NEW', 'USED') and"
            " (held_quantity > greatest(on_hand_quantity, 0) or reserved_quantity < 0 or hold_quantity < 0"
            " or reserved_quantity > greatest(sellable_quantity, 0))"
        ) + self.rows(
            "select hold_number from quality_hold.holds full join quality_hold.hold_folds as folds"
            " using (hold_number, garage_code, part_id, condition_code, lot_number)"
            " where holds.open_quantity is distinct from folds.open_quantity"
        )


def _number(value: Decimal) -> int | Decimal:
    return int(value) if value == int(value) else value
