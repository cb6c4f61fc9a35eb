"""Orders of a small network, and what partners say about them, as facts of their stores."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg import sql
from psycopg.rows import dict_row

from tests.support import network
from tests.support.stock import NOW, Stock

FEED = UUID(int=2)
_numbers = itertools.count(1)


def ago(days: float) -> datetime:
    """A moment so many days before the tests began."""
    return NOW - timedelta(days=days)


class Orders(Stock):
    """Supplier S1 beside the garages of :class:`Stock`; orders are made by plain inserts."""

    def __init__(self, url: str):
        super().__init__(url)
        network.supplier(self.connection)
        self.connection.execute(
            "insert into ingest.batches (batch_id, sha256, kind, source_code, file_name, byte_count, received_at)"
            " values (%s, repeat('1', 64), 'order_ack', 'S1', 'answers.csv', 0, %s)",
            [FEED, NOW],
        )

    def order(self, *quantities: float, sent: float | None = 20, garage: str = "G1", **values: Any) -> str:
        """An order with a line of P1 for each quantity; sent so many days ago, or not at all."""
        serial = next(_numbers)
        number = f"PO{serial:08d}"
        made = ago((sent or 0) + 1)
        given = {
            "purchase_order_number": number, "serial_number": serial, "supplier_code": "S1", "garage_code": garage,
            "currency_code": "EUR", "created_at": made, "recorded_at": made, "actor": "ann",
        }  # fmt: skip
        self._insert("replenishment.purchase_orders", given)
        for line_number, quantity in enumerate(quantities, 1):
            self.add_line(number, line_number, quantity, **{"garage_code": garage, "recorded_at": made, **values})
        if sent is not None:
            self.send(number, sent)
        return number

    def add_line(self, number: str, line_number: int, quantity: float, **values: Any) -> None:
        line = {
            "purchase_order_number": number, "line_number": line_number, "garage_code": "G1", "part_id": self.p1,
            "brand_code": "BRND", "part_number": "P1", "ordered_quantity": quantity, "uom_code": "EA",
            "pack_count": quantity, "recorded_at": ago(21), "actor": "ann",
        }  # fmt: skip
        line |= values
        self._insert("replenishment.order_lines", {"created_at": line["recorded_at"], **line})

    def send(self, number: str, days: float) -> None:
        content = number.encode()
        control = self.value("select count(*) + 1 from replenishment.order_files")
        file = {
            "supplier_code": "S1", "control_number": control, "file_name": f"{number}-{control}.csv",
            "format_code": "CSV", "content": content, "made_at": ago(days), "actor": "ann", "recorded_at": ago(days),
        }  # fmt: skip
        file["sha256"] = self.value("select encode(sha256(%s::bytea), 'hex')", content)
        self._insert("replenishment.order_files", file)
        self.event(number, "SENT", days, supplier_code="S1", control_number=control)

    def event(self, number: str, event_type: str, days: float, line: int | None = None, **values: Any) -> None:
        given = {
            "purchase_order_number": number, "event_type_code": event_type, "line_number": line, "event_at": ago(days),
            "sequence_number": self.value(
                "select count(*) + 1 from replenishment.order_events where purchase_order_number = %s", number
            ),
            "actor": "ann", "recorded_at": ago(days),
        }  # fmt: skip
        self._insert("replenishment.order_events", {**given, **values})

    def answer(self, number: str, line: str, code: str, quantity: float | None, days: float, **values: Any) -> None:
        given = {
            "supplier_code": "S1", "purchase_order_number": number, "purchase_order_line": line, "schedule_number": 1,
            "stated_at": ago(days), "brand_code": "BRND", "part_number": "P1", "acknowledgement_code": code,
            "acknowledged_quantity": quantity, "uom_code": "EA", "recorded_at": ago(days),
        }  # fmt: skip
        with self.loading():
            self._insert("replenishment.acknowledgements", {**self._sender(), **given, **values})

    def notice(self, number: str | None, line: str | None, quantity: float, days: float, **values: Any) -> str:
        shipment = f"S{next(_numbers)}"
        given = {
            "supplier_code": "S1", "shipment_number": shipment, "shipment_line": "1", "stated_at": ago(days),
            "purchase_order_number": number, "purchase_order_line": line, "brand_code": "BRND", "part_number": "P1",
            "shipped_quantity": quantity, "uom_code": "EA", "recorded_at": ago(days),
        }  # fmt: skip
        with self.loading():
            self._insert("replenishment.shipment_lines", {**self._sender(), **given, **values})
        return shipment

    def arrives(self, quantity: float, days: float, number: str | None = None, **values: Any) -> dict[str, Any]:
        """A receipt of P1 from S1."""
        given = {"supplier_code": "S1", "purchase_order_number": number, "received_at": ago(days)}
        return self.receive(quantity, **{**given, **values})

    def approve(self, quantity: float | None, days: float, **values: Any) -> UUID:
        """A planner's act about P1 in G1; its id."""
        act_id = uuid4()
        given = {
            "act_id": act_id, "act_code": "APPROVE", "proposal_id": uuid4(), "revision_number": 1, "garage_code": "G1",
            "part_id": self.p1, "line_type_code": "BUY", "quantity": quantity, "supplier_code": "S1",
            "operation_number": str(act_id), "actor": "ann", "event_at": ago(days), "recorded_at": ago(days),
        }  # fmt: skip
        self._insert("replenishment.planner_acts", {**given, **values})
        return act_id

    def lines(self, at: datetime = NOW, known_at: str | datetime = "infinity") -> list[dict[str, Any]]:
        call = "select * from replenishment.order_lines_as_of(%s, %s)"
        return self.rows(f"{call} order by purchase_order_number, line_number, ordered_quantity desc", at, known_at)

    def line(self, at: datetime = NOW, known_at: str | datetime = "infinity") -> dict[str, Any]:
        (line,) = self.lines(at, known_at)
        return line

    @contextmanager
    def loading(self) -> Iterator[None]:
        """What suppliers say comes in by batches alone."""
        self.connection.execute("select set_config('partsbay.batch_id', %s, false)", [str(FEED)])
        yield
        self.connection.execute("select set_config('partsbay.batch_id', '', false)")

    def _sender(self) -> dict[str, Any]:
        return {"source_code": "S1", "batch_id": FEED, "line_number": next(_numbers)}

    def _insert(self, relation: str, values: dict[str, Any]) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, values))
        places = sql.SQL(", ").join(map(sql.Placeholder, values))
        with self.connection.cursor(row_factory=dict_row) as cursor:
            table = sql.Identifier(*relation.split("."))
            cursor.execute(sql.SQL("insert into {} ({}) values ({})").format(table, names, places), values)


def quantities(line: dict[str, Any]) -> tuple:
    """Ordered, answered, refused, shipped, received, open, and the state."""
    names = ("ordered", "acknowledged", "rejected", "shipped", "received", "open")
    numbers = (line[f"{name}_quantity"] for name in names)
    return (*(None if number is None else int(number) for number in numbers), line["status_code"])
