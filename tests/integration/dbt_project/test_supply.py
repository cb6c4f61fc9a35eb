"""What is ordered counts once, when it comes in time; what was received teaches how long a supplier takes (F6, F18)."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support.network import AS_OF, insert
from tests.support.refill import compute

ORDERED_AT = AS_OF - timedelta(days=10)


@pytest.fixture
def connection(network_stores):
    with psycopg.connect(network_stores.owner, autocommit=True) as opened:
        yield opened


def order(connection, serial: int, quantity: int, expected_on: date) -> str:
    """An order of P1 that was sent ten days before the as-of."""
    number = f"PO{serial:08d}"
    made = {"created_at": ORDERED_AT, "recorded_at": ORDERED_AT, "actor": "ann"}
    put(connection, "purchase_orders", purchase_order_number=number, serial_number=serial, supplier_code="S1",
        garage_code="G1", currency_code="EUR", **made)  # fmt: skip
    put(connection, "order_lines", purchase_order_number=number, line_number=1, garage_code="G1", brand_code="BRND",
        part_number="P1", part_id=part_id(connection), ordered_quantity=quantity, uom_code="EA", pack_count=quantity,
        expected_on=expected_on, **made)  # fmt: skip
    put(connection, "order_files", supplier_code="S1", control_number=serial, file_name=f"{number}.csv",
        format_code="CSV", content=b"x", sha256="2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        made_at=ORDERED_AT, recorded_at=ORDERED_AT, actor="ann")  # fmt: skip
    put(connection, "order_events", purchase_order_number=number, sequence_number=1, event_type_code="SENT",
        supplier_code="S1", control_number=serial, event_at=ORDERED_AT, recorded_at=ORDERED_AT,
        actor="ann")  # fmt: skip
    return number


def put(connection, table: str, **values) -> None:
    columns = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    connection.execute(f"insert into replenishment.{table} ({columns}) values ({marks})", [*values.values()])


def part_id(connection):
    return connection.execute("select catalogue.part_id('BRND', 'P1')").fetchone()[0]


def rows(database, query: str) -> list[dict]:
    with psycopg.connect(database.pipeline, row_factory=dict_row) as connection:
        return connection.execute(query).fetchall()


def need(database) -> dict | None:
    found = rows(database, "select * from marts.fct_replenishment_proposals where part_number = 'P1'")
    return found[0] if found else None


def test_what_comes_in_time_is_not_asked_for_again(network_stores, connection):
    order(connection, 1, 96, date(2002, 4, 3))
    compute(network_stores.pipeline, AS_OF)
    assert need(network_stores) is None
    (position,) = rows(network_stores, "select * from marts.fct_stock_positions where inbound_order_quantity > 0")
    assert (position["on_order_quantity"], position["inbound_order_quantity"]) == (96, 96)


def test_an_order_due_after_the_horizon_hides_no_shortage(network_stores, connection):
    """Lead time 5 and no review: the next order would come on the 6th, this one comes on the 7th."""
    order(connection, 1, 96, date(2002, 4, 7))
    compute(network_stores.pipeline, AS_OF)
    line = need(network_stores)
    assert (line["on_order_quantity"], line["inventory_position_quantity"], line["proposed_quantity"]) == (0, 7, 96)
    (position,) = rows(
        network_stores, "select * from intermediate.int_inventory_positions where later_order_quantity > 0"
    )
    assert (position["due_order_quantity"], position["later_order_quantity"]) == (0, 96)


def test_five_receipts_teach_how_long_the_supplier_takes(network_stores, connection):
    """Quoted 5 days; they took 2, 4, 6, 8 and 9, and the promise of the fifth day was kept twice."""
    for serial, days in enumerate((2, 4, 6, 8, 9), 1):
        number = order(connection, serial, 10, (ORDERED_AT + timedelta(days=5)).date())
        insert(
            connection, "garage_inventory.receipts", delivery_number=f"D{serial}", delivery_line="1", garage_code="G1",
            part_number="P1", condition_code="NEW", quantity=10, uom_code="EA", supplier_code="S1",
            purchase_order_number=number, purchase_order_line="1", event_at=ORDERED_AT + timedelta(days=days),
            payload_hash=b"x",
        )  # fmt: skip
    compute(network_stores.pipeline, AS_OF)
    (learned,) = rows(network_stores, "select * from marts.fct_lead_times")
    assert (learned["lead_time_source_code"], learned["lead_time_days"]) == ("CLASS_MEDIAN", 6)
    assert (learned["quoted_lead_time_days"], learned["on_time_pct"], learned["observation_count"]) == (5, 40, 5)
    (chosen,) = rows(
        network_stores,
        "select lead_time_days, lead_time_source_code from intermediate.int_suppliers_chosen"
        " where part_id = catalogue.part_id('BRND', 'P1')",
    )
    assert chosen == {"lead_time_days": 6, "lead_time_source_code": "CLASS_MEDIAN"}
