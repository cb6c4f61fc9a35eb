"""Small good files of each kind; a test names only what it spoils."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ingest.batches import BatchSummary
from ingest.contracts import CONTRACTS
from ingest.pipeline import land_and_process
from ingest.profiles.folder import default_profile
from ingest.readers.limits import Limits
from ingest.reading import Chunk, Reading
from ingest.verdicts import Verdict

GARAGE = {
    "garage_code": "G1", "garage_name": "North", "country_code": "DE", "time_zone": "Europe/Berlin",
    "currency_code": "EUR", "valid_from_at": "2024-01-01",
}  # fmt: skip
SUPPLIER = {
    "supplier_code": "S1", "supplier_name": "Parts Ltd", "currency_code": "EUR", "lead_time_days": "2.25",
    "is_active": "yes", "valid_from_at": "2024-01-01",
}  # fmt: skip
PART = {
    "brand_code": "BOSC", "part_number": "007", "description": "Filter", "category_code": "FILTER",
    "unit_cost_amount": "1.5", "currency_code": "EUR", "valid_from_at": "2024-01-01",
}  # fmt: skip
PRICE = {
    "supplier_code": "S1", "brand_code": "BOSC", "part_number": "007", "unit_price_amount": "9.99",
    "currency_code": "EUR", "stated_at": "2024-02-01T08:00:00Z",
}  # fmt: skip
AVAILABILITY = {
    "supplier_code": "S1", "brand_code": "BOSC", "part_number": "007", "available_quantity": "3",
    "availability_code": "IN_STOCK", "stated_at": "2024-02-01T08:00:00Z",
}  # fmt: skip
COUNT = {
    "count_number": "C1", "garage_code": "G1", "brand_code": "BOSC", "part_number": "007", "counted_quantity": "10",
    "counted_at": "2024-02-01T08:00:00Z",
}  # fmt: skip
RECEIPT = {
    "delivery_number": "D1", "garage_code": "G1", "brand_code": "BOSC", "part_number": "007", "quantity": "5",
    "received_at": "2024-02-10T09:00:00Z",
}  # fmt: skip
USAGE = {
    "garage_code": "G1", "work_order_number": "W1", "work_order_line": "1", "brand_code": "BOSC",
    "part_number": "007", "usage_type_code": "FITTED", "quantity": "2", "consumed_at": "2024-03-01T10:00:00Z",
}  # fmt: skip
ADJUSTMENT = {
    "adjustment_number": "A1", "garage_code": "G1", "brand_code": "BOSC", "part_number": "007",
    "direction_code": "IN", "quantity": "10", "adjustment_reason_code": "RECEIPT", "actor": "ann",
    "adjusted_at": "2024-02-15T10:00:00Z",
}  # fmt: skip
RESERVATION = {
    "reservation_number": "R1", "sequence_number": "1", "event_type_code": "RESERVED", "garage_code": "G1",
    "brand_code": "BOSC", "part_number": "007", "quantity": "1", "work_order_number": "W2", "work_order_line": "1",
    "event_at": "2024-02-01T10:00:00Z",
}  # fmt: skip
HOLD = {
    "hold_number": "H1", "sequence_number": "1", "event_type_code": "PLACED", "garage_code": "G1",
    "brand_code": "BOSC", "part_number": "007", "quantity": "1", "hold_reason_code": "PACKAGING",
    "event_at": "2024-02-01T10:00:00Z",
}  # fmt: skip


def lines(row: dict[str, str], *changes: dict[str, Any]) -> str:
    """CSV of one good row per change; without a change, of the good row alone."""
    rows = [{**row, **change} for change in changes or ({},)]
    names = list(dict.fromkeys(name for one in rows for name in one))
    quoted = [",".join(names), *(",".join(_quoted(str(one.get(name, ""))) for name in names) for one in rows)]
    return "\n".join(quoted) + "\n"


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if any(c in value for c in ',"\n') else value


def usage_lines(count: int, **changes: Any) -> str:
    """CSV of so many usage lines, each of a work order of its own."""
    return lines(USAGE, *({"work_order_number": f"W{n}", **changes} for n in range(count)))


def write(folder: Path, name: str, content: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, kind: str, **limits: int) -> Iterator[Chunk]:
    """The typed rows of a delimited file under the built-in profile."""
    return Reading(path, CONTRACTS[kind], default_profile(kind), "delimited", Limits(**limits)).chunks()


def accept_all(table, contract, received_at) -> Verdict:
    """A judge for tests that are not about judging."""
    return Verdict(table, {}, (), "none")


def refuse_all(table, contract, received_at) -> Verdict:
    """A judge that lets nothing pass."""
    return Verdict(table[:0], {line: ["SCHEMA: no"] for line in table["line_number"].to_pylist()}, (), "none")


class Ingest:
    """Files into the stores of one test: a connection as the pipeline, a landing folder, a judge."""

    def __init__(self, url: str, folder: Path, judge=accept_all):
        self.connection = psycopg.connect(url, autocommit=True)
        self.folder, self.landing, self.judge = folder, folder / "landing", judge
        self._numbers = 0

    def __call__(self, content: str | bytes, kind: str = "auto", source: str = "test", **options) -> BatchSummary:
        self._numbers += 1
        name = options.pop("name", f"file_{self._numbers}.csv")
        path = write(self.folder / "files", name, content)
        judge = options.pop("judge", self.judge)
        return next(iter(land_and_process(self.connection, self.landing, [path], source, kind, judge, **options)))

    def catalogue(self) -> None:
        """One garage, one supplier, two parts."""
        self(lines(GARAGE))
        self(lines(SUPPLIER))
        self(lines(PART, {}, {"part_number": "0 986-AB"}))

    def rows(self, statement: str) -> list[tuple]:
        return self.connection.execute(statement).fetchall()

    def value(self, statement: str) -> Any:
        return self.rows(statement)[0][0]


STORE_SCHEMAS = ("catalogue", "supplier_feed", "garage_inventory", "reservation", "quality_hold")
# Handed out anew in each database; everything else must be equal.
_OURS = {"batch_id", "recorded_at", "line_number", "count_line_id", "usage_line_id", "adjustment_line_id",
         "movement_id", "event_id"}  # fmt: skip


def checksums(connection: psycopg.Connection, ignore: frozenset[str] = frozenset()) -> dict[str, str]:
    """A hash of the content of every store table, without ids and the moments of recording."""
    tables = connection.execute(
        "select table_schema, table_name, array_agg(column_name::text order by ordinal_position)"
        " from information_schema.columns inner join information_schema.tables using (table_schema, table_name)"
        # Views may ask when something was recorded, or what the time is.
        " where table_type = 'BASE TABLE' and table_schema = any(%s) group by 1, 2 order by 1, 2",
        (list(STORE_SCHEMAS),),
    ).fetchall()
    return {
        f"{schema}.{table}": _checksum(connection, schema, table, [c for c in names if c not in _OURS | ignore])
        for schema, table, names in tables
    }


def _checksum(connection: psycopg.Connection, schema: str, table: str, names: list[str]) -> str:
    row = sql.SQL("row({})::text").format(sql.SQL(", ").join(map(sql.Identifier, names)))
    statement = sql.SQL("select count(*) || ':' || coalesce(md5(string_agg({row}, ',' order by {row})), '') from {}")
    return connection.execute(statement.format(sql.Identifier(schema, table), row=row)).fetchone()[0]
