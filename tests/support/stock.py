"""A small network whose stock a test moves by the acts of ``garage_inventory`` and by plain facts."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tests.support import network

GARAGES = ("G1", "G2", "G3")
NOW = datetime.now(UTC).replace(microsecond=0)
_numbers = itertools.count(1)


def ago(**parts: float) -> datetime:
    """A moment so long before the tests began."""
    return NOW - timedelta(**parts)


class Stock:
    """Three garages and part P1 in pieces, at 10 a piece; every call is a transaction of its own."""

    def __init__(self, url: str):
        self.connection = psycopg.connect(url, autocommit=True)
        for code in GARAGES:
            network.garage(self.connection, code)
        self.p1 = self.part("P1", unit_cost_amount=10)

    def part(self, number: str, **values: Any) -> UUID:
        network.part(self.connection, number, **values)
        return self.value("select catalogue.part_id('BRND', %s)", number)

    def pack(self, number: str, uom_code: str, factor: str) -> None:
        network.insert(
            self.connection, "catalogue.packs", part_id=self.value("select catalogue.part_id('BRND', %s)", number),
            uom_code=uom_code, factor_quantity=factor, valid_from_at=network.LONG_AGO,
        )  # fmt: skip

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        return self._dicts(statement, values)

    def _dicts(self, statement: Any, values: Any) -> list[dict[str, Any]]:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, values).fetchall()

    def value(self, statement: str, *values: Any) -> Any:
        return next(iter(self.rows(statement, *values)[0].values()))

    def call(self, function: str, **values: Any) -> list[dict[str, Any]]:
        """The rows that a function of ``garage_inventory`` answers with."""
        names = sql.SQL(", ").join(sql.SQL("{} => {}").format(sql.Identifier(n), sql.Placeholder(n)) for n in values)
        call = sql.SQL("select * from {}({})").format(sql.Identifier("garage_inventory", function), names)
        return self._dicts(call, values)

    def receive(self, quantity: float, garage: str = "G1", **values: Any) -> dict[str, Any]:
        given = {
            "delivery_number": f"D{next(_numbers)}", "delivery_line": "1", "garage_code": garage, "part_id": self.p1,
            "quantity": quantity, "uom_code": "EA", "actor": "ann",
        }  # fmt: skip
        return self.call("receive", **{**given, **values})[0]

    def adjust(self, direction: str, quantity: float, reason: str = "FOUND", **values: Any) -> dict[str, Any]:
        given = {
            "adjustment_number": f"A{next(_numbers)}", "adjustment_line": "1", "garage_code": "G1", "part_id": self.p1,
            "direction_code": direction, "quantity": quantity, "uom_code": "EA", "adjustment_reason_code": reason,
            "actor": "ann",
        }  # fmt: skip
        return self.call("adjust", **{**given, **values})[0]

    def transfer(self, quantity: float, to: str = "G1", **values: Any) -> str:
        number = f"T{next(_numbers)}"
        given = {
            "transfer_number": number, "from_garage_code": "G2", "to_garage_code": to, "part_id": self.p1,
            "quantity": quantity, "uom_code": "EA", "actor": "ann",
        }  # fmt: skip
        self.call("request_transfer", **{**given, **values})
        return number

    def reserve(self, number: str, quantity: float, garage: str = "G1", **values: Any) -> dict[str, Any]:
        given = {
            "reservation_number": number, "garage_code": garage, "part_id": self.p1, "quantity": quantity,
            "work_order_number": number, "work_order_line": "1", "actor": "ann",
        }  # fmt: skip
        names = {**given, **values}
        listed = ", ".join(f"{name} => %({name})s" for name in names)
        return self._dicts(f"select * from reservation.reserve({listed})", names)[0]

    def move(self, quantity: float, garage: str = "G1", **values: Any) -> None:
        """A movement as a garage's file makes it."""
        given = {
            "garage_code": garage, "part_id": self.p1, "condition_code": "NEW", "movement_type_code": "ADJUSTMENT",
            "quantity": quantity, "reason_code": "FOUND", "document_number": f"M{next(_numbers)}", "document_line": "1",
            "event_at": ago(days=10),
        }  # fmt: skip
        network.insert(self.connection, "garage_inventory.movements", **{**given, **values})

    def count(self, quantity: float, garage: str = "G1", **values: Any) -> str:
        given = {
            "count_number": f"C{next(_numbers)}", "garage_code": garage, "part_id": self.p1, "condition_code": "NEW",
            "counted_quantity": quantity, "uom_code": "EA", "event_at": ago(days=5),
        }  # fmt: skip
        given |= values
        network.insert(self.connection, "garage_inventory.counts", **given)
        return given["count_number"]

    def hold(self, number: str, quantity: float, garage: str = "G1", **values: Any) -> None:
        given = {
            "hold_number": number, "sequence_number": 1, "event_type_code": "PLACED", "scope_code": "CELL",
            "garage_code": garage, "part_id": self.p1, "quantity": quantity, "hold_reason_code": "PACKAGING",
            "severity_code": "LOW", "event_at": ago(minutes=1),
        }  # fmt: skip
        network.insert(self.connection, "quality_hold.events", **{**given, **values})

    def on_hand(self, garage: str = "G1", condition: str = "NEW", lot: str | None = None) -> Decimal:
        return self.value(
            "select coalesce(sum(on_hand_quantity), 0) from garage_inventory.cells where (garage_code, part_id,"
            " condition_code) = (%s, %s, %s) and lot_number = coalesce(%s, lot_number)",
            garage, self.p1, condition, lot,
        )  # fmt: skip

    def total(self) -> Decimal:
        """What the network has of the part, in whatever condition and on whatever way."""
        return self.value(
            "select coalesce(sum(on_hand_quantity), 0) from garage_inventory.cells where part_id = %s", self.p1
        )

    def state(self, reservation_number: str) -> dict[str, Any]:
        return self.rows(
            "select *, coalesce((select jsonb_object_agg(garage_code || ':' || lot_number, quantity) from"
            " reservation.pegs where pegs.reservation_number = states.reservation_number and quantity > 0), '{}')"
            " as pegs from reservation.states where reservation_number = %s",
            reservation_number,
        )[0]

    def transfer_state(self, number: str) -> dict[str, Any]:
        return self.rows("select * from garage_inventory.transfer_states where transfer_number = %s", number)[0]

    def refused(self, function: str, **values: Any) -> psycopg.Error:
        """The refusal that an act meets."""
        try:
            self.call(function, **values)
        except psycopg.Error as error:
            if (error.sqlstate or "").startswith("PB"):
                return error
            raise
        raise AssertionError(f"{function} was not refused")

    def drift(self) -> list[dict[str, Any]]:
        """Cells, pegs and movements that are not what the ledgers say; and cells that promise more than they carry."""
        return self.rows(
            "select 'cell' as what, * from (select garage_code, part_id, condition_code, lot_number, on_hand_quantity"
            " from garage_inventory.cells where on_hand_quantity <> 0 except select garage_code, part_id,"
            " condition_code, lot_number, on_hand_quantity from garage_inventory.cell_folds) as cells"
            " union all select 'promise', garage_code, part_id, condition_code, lot_number, reserved_quantity"
            " from garage_inventory.cells where reserved_quantity > greatest(sellable_quantity, 0)"
            " union all select 'peg', cells.garage_code, cells.part_id, cells.condition_code, cells.lot_number,"
            " cells.reserved_quantity from garage_inventory.cells left join (select garage_code, part_id,"
            " condition_code, lot_number, sum(quantity) as quantity from reservation.peg_folds group by 1, 2, 3, 4)"
            " as pegs using (garage_code, part_id, condition_code, lot_number)"
            " where cells.reserved_quantity <> coalesce(pegs.quantity, 0)"
        )
