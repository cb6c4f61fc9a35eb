"""Stock, holds and reservations of one part, as facts that a test enters."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg

from ingest.reservation.acts import Request, reserve
from ingest.reservation.answers import Answer

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)

_MOVEMENT = """
insert into garage_inventory.movements (
    garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code, document_number,
    document_line, event_at, source_code, idempotency_key, actor
) values (%s, %s, %s, 'NEW', %s, %s, 'RECEIPT', %s, '1', %s, 'test', sha256(%s), 'ann')
"""
_LOT = """
insert into garage_inventory.lots (part_id, lot_number, stated_at, expires_on, source_code, actor)
values (%s, %s, %s, %s, 'test', 'ann')
"""
_HOLD = """
insert into quality_hold.events (
    hold_number, sequence_number, event_type_code, scope_code, garage_code, part_id, lot_number, quantity,
    hold_reason_code, severity_code, event_at, source_code, batch_id, line_number, idempotency_key, payload_hash, actor
) values (
    %s, %s, %s, 'CELL', %s, %s, %s, %s, 'DAMAGE_IN_TRANSIT', 'LOW', %s, 'test', uuidv7(), 1, sha256(%s), '', 'ann'
)
"""
_USAGE = """
with stored as (
    insert into garage_inventory.usage_lines (
        garage_code, work_order_number, work_order_line, part_id, lot_number, usage_type_code, quantity, uom_code,
        is_one_off, reservation_number, event_at, source_code, batch_id, line_number, idempotency_key, payload_hash,
        actor
    ) values (
        %(garage)s, %(work_order)s, '1', %(part)s, %(lot)s, %(usage_type)s, %(quantity)s, 'EA', false,
        %(reservation)s, %(at)s, 'garage', uuidv7(), 1, sha256(%(key)s), '', 'ann'
    )
    returning *
),

moved as (
    insert into garage_inventory.movements (
        garage_code, part_id, lot_number, condition_code, movement_type_code, quantity, reason_code, document_number,
        document_line, event_at, source_code, batch_id, line_number, idempotency_key, actor
    )
    select garage_code, part_id, lot_number, 'NEW', 'USAGE',
        case usage_type_code when 'RETURN_UNUSED' then quantity else -quantity end, usage_type_code,
        work_order_number, work_order_line, event_at, source_code, batch_id, line_number, idempotency_key, actor
    from stored
    returning 1
)

select (select count(*) from stored), (select count(*) from moved)
"""
_FACTS = """
select reservation_number, sequence_number, event_type_code, quantity, peg_quantity, peg_garage_code, lot_number,
    event_at, shortage_reason_code, obstacles::text, caused_by_code, caused_by_number
from reservation.events
where part_id = %s
order by reservation_number, sequence_number, event_id
"""


class Stock:
    """One part in one database; garage G1 unless another is named."""

    def __init__(self, url: str, part_id: UUID | None = None):
        self.url, self.part_id = url, part_id or uuid4()
        self.connection = psycopg.connect(url, autocommit=True)
        self._numbers = itertools.count(1)

    @contextmanager
    def other(self) -> Iterator[Stock]:
        """The same part seen by another connection."""
        made = Stock(self.url, self.part_id)
        try:
            yield made
        finally:
            made.connection.close()

    def _key(self) -> bytes:
        return uuid4().bytes

    def receive(
        self, quantity: Any, lot: str | None = None, garage: str = "G1", at: datetime = NOW - 48 * HOUR
    ) -> None:
        """A movement into stock, or out of it where the quantity is below nothing."""
        kind = "RECEIPT" if quantity > 0 else "ADJUSTMENT"
        values = (garage, self.part_id, lot, kind, quantity, f"D{next(self._numbers)}", at, self._key())
        self.connection.execute(_MOVEMENT, values)

    def lot(self, number: str, expires_on: str, at: datetime = NOW - 72 * HOUR) -> None:
        self.connection.execute(_LOT, (self.part_id, number, at, expires_on))

    def hold(
        self, number: str, event: str, quantity: Any, step: int = 1, garage: str = "G1", lot: str | None = None
    ) -> None:
        values = (number, step, event, garage, self.part_id, lot, quantity, NOW, self._key())
        self.connection.execute(_HOLD, values)

    def use(self, work_order: str, quantity: Any, at: datetime = NOW, **changes: Any) -> None:
        """A line of usage of a garage's file, and its movement, in one statement."""
        values = {
            "garage": "G1", "work_order": work_order, "part": self.part_id, "lot": None, "usage_type": "FITTED",
            "quantity": quantity, "reservation": None, "at": at, "key": self._key(), **changes,
        }  # fmt: skip
        self.connection.execute(_USAGE, values)

    def request(self, number: str, quantity: Any = 1, **changes: Any) -> Request:
        given = {
            "reservation_number": number, "garage_code": "G1", "part_id": self.part_id, "quantity": Decimal(quantity),
            "work_order_number": f"W{number}", "work_order_line": "1", "actor": "ann", **changes,
        }  # fmt: skip
        return Request(**given)

    def reserve(self, number: str, quantity: Any = 1, **changes: Any) -> Answer:
        return reserve(self.connection, self.request(number, quantity, **changes))

    def wait_for_earlier(self) -> None:
        """Wait until all that began before, in whatever database, is over: one seal then takes all that is entered."""
        (last,) = self.connection.execute("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
        oldest = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        deadline = time.monotonic() + 60
        while self.connection.execute(oldest).fetchone()[0] < last:
            assert time.monotonic() < deadline, "a transaction does not end"
            time.sleep(0.01)

    def facts(self) -> list[tuple]:
        """Every event of the part's reservations, but when it was recorded."""
        return self.connection.execute(_FACTS, (self.part_id,)).fetchall()

    def events(self, number: str) -> list[tuple[str, Decimal, Decimal]]:
        """Type, quantity and change of pegs of each event of a reservation, as numbered."""
        return self.connection.execute(
            "select event_type_code, quantity, peg_quantity from reservation.events where reservation_number = %s"
            " order by sequence_number, event_id",
            (number,),
        ).fetchall()

    def reserved(self) -> dict[str, Decimal]:
        """What each reservation of the part that still asks for units has of them."""
        return dict(
            self.connection.execute(
                "select reservation_number, reserved_quantity from reservation.states"
                " where part_id = %s and due_quantity > 0 order by 1",
                (self.part_id,),
            )
        )

    def cells(self) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
        """On hand and reserved of each cell that has units or promises."""
        rows = self.connection.execute(
            "select garage_code, lot_number, on_hand_quantity, reserved_quantity from garage_inventory.cells"
            " where part_id = %s and (on_hand_quantity, reserved_quantity) <> (0, 0)",
            (self.part_id,),
        )
        return {(garage, lot): (on_hand, reserved) for garage, lot, on_hand, reserved in rows}

    def breaches(self) -> list[tuple]:
        """Cells where more is promised than may be (F3), and derived rows that are no fold of the ledgers."""
        return self.connection.execute(
            """
            select 'cell', garage_code, lot_number from garage_inventory.cells
            where part_id = %(part)s and reserved_quantity > greatest(sellable_quantity, 0)
            union all
            select 'peg', garage_code, reservation_number
            from (select * from reservation.pegs where quantity <> 0) as pegs
            full join reservation.peg_folds as folds
                using (part_id, garage_code, condition_code, lot_number, reservation_number)
            where part_id = %(part)s and coalesce(pegs.quantity, 0) <> coalesce(folds.quantity, 0)
            union all
            select 'state', states.garage_code, states.reservation_number
            from reservation.states
            inner join reservation.state_folds as folds using (reservation_number)
            where states.part_id = %(part)s
                and row(
                    states.requested_quantity, states.reserved_quantity, states.consumed_quantity, states.ended_quantity
                ) <> row(
                    folds.requested_quantity, folds.reserved_quantity, folds.consumed_quantity, folds.ended_quantity
                )
            """,
            {"part": self.part_id},
        ).fetchall()
