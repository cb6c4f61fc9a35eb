"""What was approved to go back to its supplier: the note that goes with it, and how much of it has left."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ingest.exports import csv_bytes, safe_name
from ingest.orders.document import number
from ingest.orders.outbox import put
from ingest.profiles.folder import Profiles

COLUMNS = (
    "return_number", "garage_code", "brand_code", "part_number", "supplier_part_number", "description", "quantity",
    "uom_code", "approved_on", "return_until_on",
)  # fmt: skip
_RETURNS = """
select states.*, garage_inventory.base_uom_code(states.part_id, states.approved_at) as uom_code
from replenishment.returns_as_of(%(at)s) as states
where states.supplier_code = coalesce(%(supplier_code)s, states.supplier_code)
    and (%(with_ended)s or states.open_quantity > 0)
order by states.supplier_code, states.garage_code, states.approved_at, states.return_number
"""


def returns_of(
    connection: psycopg.Connection, at: datetime, supplier_code: str | None = None, with_ended: bool = False
) -> list[dict[str, Any]]:
    """Returns as they stand at a moment; only what is still to go unless ended ones are asked for."""
    with connection.cursor(row_factory=dict_row) as cursor:
        values = {"at": at, "supplier_code": supplier_code, "with_ended": with_ended}
        return cursor.execute(_RETURNS, values).fetchall()


def write_notes(returns: list[dict[str, Any]], profiles: Profiles, outbox: Path) -> list[Path]:
    """Write the note of each return for its supplier; the same return makes the same bytes under the same name.

    A note is delimited text in UTF-8 with the delimiter, decimal sign and days of the orders of the supplier.
    """
    written = []
    for one in returns:
        path = outbox / safe_name(one["supplier_code"]) / f"{one['return_number']}.csv"
        put(path, _note(one, profiles))
        written.append(path)
    return written


def _note(one: dict[str, Any], profiles: Profiles) -> bytes:
    options = profiles.orders_for(one["supplier_code"]).csv
    values = {
        **one,
        "quantity": number(one["approved_quantity"]).replace(".", options.decimal),
        "approved_on": one["approved_at"].strftime(options.date_format),
        "return_until_on": one["return_until_on"].strftime(options.date_format),
    }
    row = [str(values[name] or "") for name in COLUMNS]
    return csv_bytes(COLUMNS, [row], options.delimiter)
