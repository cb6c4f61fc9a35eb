"""A network of two garages and four parts, small enough to work out by hand, inserted by SQL."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import psycopg

from tests.support.catalogue_files import enter_edge

AS_OF = datetime(2002, 4, 1, tzinfo=UTC)
LONG_AGO = datetime(1998, 1, 1, tzinfo=UTC)
FEED = UUID(int=1)
_numbers = itertools.count(1)


def insert(connection: psycopg.Connection, relation: str, **values) -> None:
    """One row of a store; the columns that every stored line carries are filled in."""
    number = next(_numbers)
    common = {"source_code": "TEST", "batch_id": uuid4(), "line_number": number}
    if relation.startswith("catalogue."):
        # Versions of equal hash are one version.
        common["payload_hash"] = number.to_bytes(8)
    if relation.startswith(("garage_inventory.", "reservation.", "quality_hold.")):
        common |= {"idempotency_key": sha256(number.to_bytes(8)).digest(), "actor": "tester"}
        if relation.rpartition(".")[2] not in ("movements", "transfer_events", "reversals"):
            common["payload_hash"] = b"\0"
    if relation.startswith("supplier_feed."):
        common |= {"batch_id": _feed(connection), "recorded_at": AS_OF}
    row = {**common, **values}
    if "part_number" in values and relation.startswith(("garage_inventory.", "reservation.", "quality_hold.")):
        row["part_id"] = _part_id(connection, row.pop("part_number"))
    columns = ", ".join(row)
    connection.execute(f"insert into {relation} ({columns}) values ({', '.join(['%s'] * len(row))})", [*row.values()])


def _feed(connection: psycopg.Connection) -> UUID:
    """The batch that all lines of feeds belong to; this session loads it."""
    connection.execute(
        "insert into ingest.batches (batch_id, sha256, kind, source_code, file_name, byte_count, received_at)"
        " values (%s, repeat('0', 64), 'supplier_price', 'TEST', 'feed.csv', 0, %s) on conflict do nothing",
        [FEED, AS_OF],
    )
    connection.execute("select set_config('partsbay.batch_id', %s, false)", [str(FEED)])
    return FEED


def insert_network(connection: psycopg.Connection) -> None:
    """Garages G1 and G2; P1 sells 4 a day, P2 one unit a quarter, P3 has no offer, P4 never moved."""
    garage(connection, "G1")
    garage(connection, "G2")
    supplier(connection)
    for number, stocking, criticality, cost in (
        ("P1", "A", "COMFORT", 10),
        ("P2", "C", "IMMOBILISING", 50),
        ("P3", "A", "COMFORT", 10),
        ("P4", "B", "SAFETY", 10),
    ):
        part(connection, number, stocking_class_code=stocking, criticality_code=criticality, unit_cost_amount=cost)
    offer(connection, "P1", break_quantity=1, unit_price_amount=9, pack_quantity=12, minimum_order_quantity=10)
    offer(connection, "P1", break_quantity=50, unit_price_amount=8, pack_quantity=12, minimum_order_quantity=10)
    offer(connection, "P2", unit_price_amount=45)

    count(connection, "P1", 10_000, LONG_AGO)
    count(connection, "P3", 10_000, LONG_AGO)
    count(connection, "P2", 30, LONG_AGO)
    for day in range(1, 400):
        for number in ("P1", "P3"):
            use(connection, number, 4, AS_OF - timedelta(days=day, hours=-9))
    for day in range(20, 1100, 90):
        use(connection, "P2", 1, AS_OF - timedelta(days=day))
    for number, quantity in (("P1", 12), ("P2", 0), ("P3", 1)):
        count(connection, number, quantity, datetime(2002, 3, 31, 20, tzinfo=UTC))
    reservation(connection, "R1", 1, "RESERVED", "P1", 2, datetime(2002, 3, 30, tzinfo=UTC))
    hold(connection, "H1", 1, "PLACED", "P1", 3, datetime(2002, 3, 30, tzinfo=UTC))


def garage(connection, code: str, **values) -> None:
    row = {
        "garage_code": code, "valid_from_at": LONG_AGO, "garage_name": f"Garage {code}", "country_code": "DE",
        "time_zone": "Europe/Berlin", "currency_code": "EUR",
    }  # fmt: skip
    insert(connection, "catalogue.garages", **{**row, **values})


def supplier(connection, **values) -> None:
    row = {
        "supplier_code": "S1", "valid_from_at": LONG_AGO, "supplier_name": "Supplier One", "currency_code": "EUR",
        "lead_time_days": 5, "lead_time_sd_days": 1.5, "review_days": 0, "is_active": True,
    }  # fmt: skip
    insert(connection, "catalogue.suppliers", **{**row, **values})


def part(connection, number: str, **values) -> None:
    row = {
        "part_id": _part_id(connection, number), "valid_from_at": LONG_AGO, "brand_code": "BRND", "part_number": number,
        "part_key": number, "description": f"Part {number}", "category_code": "TEST", "base_uom_code": "EA",
        "lifecycle_code": "2", "stocking_class_code": "A", "criticality_code": "COMFORT", "currency_code": "EUR",
    }  # fmt: skip
    insert(connection, "catalogue.parts", **{**row, **values})


def supersession(connection, number: str, successor: str, **values) -> None:
    enter_edge(connection, **_edge(connection, number, successor, **values))


def stated(connection, number: str, successor: str, actor: str) -> UUID:
    """A supersession of a file that waits; its batch."""
    row = _edge(connection, number, successor, actor=actor, is_of_part=False)
    names = ", ".join(row)
    places = ", ".join(["%s"] * len(row))
    connection.execute(f"insert into catalogue.stated_supersessions ({names}) values ({places})", [*row.values()])
    return row["batch_id"]


def _edge(connection, number: str, successor: str, **values) -> dict:
    line = next(_numbers)
    row = {
        "predecessor_part_id": _part_id(connection, number), "successor_part_id": _part_id(connection, successor),
        "valid_from_at": LONG_AGO, "conversion_quantity": 1, "direction_code": "ONE_WAY",
        "disposition_code": "USE_UP", "effective_from_on": LONG_AGO.date(), "source_code": "TEST",
        "batch_id": uuid4(), "line_number": line, "payload_hash": line.to_bytes(8),
    }  # fmt: skip
    return {**row, **values}


def stocking_rule(connection, number: str, garage: str | None = "G1", **values) -> None:
    """A stocking rule of a part, in one garage or in all; another ``valid_from_at`` is another version of it."""
    part_id = _part_id(connection, number)
    (rule_id,) = connection.execute(
        "select catalogue.policy_rule_id(%s, %s, null, null, null, null)", [garage, part_id]
    ).fetchone()
    row = {"valid_from_at": LONG_AGO, "policy_name": f"Rule of {number}", "garage_code": garage, "part_id": part_id}
    insert(connection, "catalogue.stocking_policies", rule_id=rule_id, **{**row, **values})


def offer(connection, number: str, **values) -> None:
    row = {
        "supplier_code": "S1", "brand_code": "BRND", "part_number": number, "price_type_code": "INSTALLER",
        "break_quantity": 1, "stated_at": datetime(2002, 3, 1, tzinfo=UTC), "currency_code": "EUR",
        "price_uom_code": "EA", "minimum_order_quantity": 1, "pack_quantity": 1, "order_multiple_quantity": 1,
        "lifecycle_code": "2",
    }  # fmt: skip
    insert(connection, "supplier_feed.offers", **{**row, **values})


def use(connection, part_number: str, quantity, at: datetime, usage_type: str = "FITTED", garage: str = "G1") -> None:
    """A usage line and, where it moves stock, its movement under the same key."""
    number = next(_numbers)
    order, key = f"W{number}", number.to_bytes(8)
    insert(
        connection, "garage_inventory.usage_lines", garage_code=garage, work_order_number=order, work_order_line="1",
        part_number=part_number, usage_type_code=usage_type, quantity=quantity, uom_code="EA", is_one_off=False,
        event_at=at, idempotency_key=key,
    )  # fmt: skip
    if usage_type not in ("LOST_SALE", "EMERGENCY_BUY"):
        signed = quantity if usage_type == "RETURN_UNUSED" else -quantity
        insert(
            connection, "garage_inventory.movements", garage_code=garage, part_number=part_number,
            condition_code="NEW", movement_type_code="RETURN" if signed > 0 else "USAGE", quantity=signed,
            reason_code=usage_type, document_number=order, document_line="1", event_at=at, idempotency_key=key,
        )  # fmt: skip


def uplift(connection, percent: int, from_on: date, to_on: date, **values) -> None:
    """What a planner expects beyond the forecast of what ``values`` select, said long ago."""
    row = {
        "uplift_id": uuid4(), "revision_number": 1, "factor_pct": percent, "from_on": from_on, "to_on": to_on,
        "actor": "ann", "reason": "campaign", "event_at": LONG_AGO, **values,
    }  # fmt: skip
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    connection.execute(f"insert into replenishment.demand_uplifts ({names}) values ({places})", [*row.values()])


def reservation(connection, number, sequence, event_type, part_number, quantity, at) -> None:
    insert(
        connection, "reservation.events", reservation_number=number, sequence_number=sequence,
        event_type_code=event_type, garage_code="G1", part_number=part_number, quantity=quantity,
        work_order_number="W0", work_order_line="1", priority=5, event_at=at,
    )  # fmt: skip


def hold(connection, number, sequence, event_type, part_number, quantity, at) -> None:
    insert(
        connection, "quality_hold.events", hold_number=number, sequence_number=sequence, event_type_code=event_type,
        scope_code="CELL", garage_code="G1", part_number=part_number, quantity=quantity, hold_reason_code="PACKAGING",
        severity_code="LOW", event_at=at,
    )  # fmt: skip


def count(connection, number: str, quantity, at: datetime, **values) -> None:
    given = {
        "count_number": f"C{next(_numbers)}", "garage_code": "G1", "part_number": number, "condition_code": "NEW",
        "counted_quantity": quantity, "uom_code": "EA", "event_at": at,
    }  # fmt: skip
    insert(connection, "garage_inventory.counts", **{**given, **values})


def _part_id(connection, number: str):
    return connection.execute("select catalogue.part_id('BRND', %s)", [number]).fetchone()[0]
