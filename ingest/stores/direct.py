"""Rows that can only be new, straight into their store: no table in between, nothing to sort and compare.

Who said so and when we came to know of it are the same for every row of a batch, so they
come from settings of the transaction, as defaults of the store's columns. The key of the
store decides whether the rows were new; where one was not, the whole table is taken back
and goes the way of all others.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.errors import UniqueViolation

from ingest.stores.copying import CopyData

# Of so few rows the parts that they name are kept, for whoever looks for them again.
_NAMED_COUNT = 1000
_NAMES = ("supplier_code", "brand_code", "part_number")

_SETTINGS = """
select set_config('partsbay.batch_id', %(batch_id)s::text, true),
    set_config('partsbay.source_code', %(source_code)s, true),
    set_config('partsbay.received_at', %(received_at)s::text, true),
    (select array_agg(distinct supplier_code) from catalogue.suppliers)
"""


class Direct:
    """The short way for one batch of statements of suppliers, as long as it fits.

    ``facts`` say of the rows stored this way what rules over a batch ask of it.
    """

    def __init__(self, cursor: psycopg.Cursor, relation: str, values: dict[str, Any]):
        self._cursor, self._relation = cursor, relation
        self._suppliers = set(cursor.execute(_SETTINGS, values).fetchone()[3] or ())
        self._is_open = True
        self.facts: dict[str, Any] = no_facts()

    def store(self, table: pa.Table, data: CopyData) -> bool:
        """Store the rows if they may go this way; whether they did."""
        if not self._is_open or not self._fits(table):
            return False
        try:
            with self._cursor.connection.transaction():
                data.copy_to(self._cursor, self._relation)
        except UniqueViolation:
            # What was sent before is most often sent again as a whole.
            self._is_open = False
            return False
        self._note(table)
        return True

    def _fits(self, table: pa.Table) -> bool:
        """Whether every supplier is known, and no price is nothing, which a rule looks at row by row."""
        if not set(pc.unique(table["supplier_code"]).to_pylist()) <= self._suppliers:
            return False
        return "unit_price_amount" not in table.column_names or pc.min(table["unit_price_amount"]).as_py() > 0

    def _note(self, table: pa.Table) -> None:
        facts, moments = self.facts, pc.min_max(table["stated_at"]).as_py()
        facts["direct_count"] += table.num_rows
        if facts["direct_count"] > _NAMED_COUNT:
            facts["direct_names"] = None
        elif facts["direct_names"] is not None:
            named = facts["direct_names"] or [[] for _ in _NAMES]
            facts["direct_names"] = [kept + table[name].to_pylist() for kept, name in zip(named, _NAMES, strict=True)]
        suppliers = pc.unique(table["supplier_code"]).to_pylist()
        facts["direct_suppliers"] = sorted({*facts["direct_suppliers"], *suppliers})
        facts["direct_first_at"] = min(moments["min"], facts["direct_first_at"] or moments["min"])
        facts["direct_last_at"] = max(moments["max"], facts["direct_last_at"] or moments["max"])


def no_facts() -> dict[str, Any]:
    """What is said of a batch of which no row went the short way."""
    return {
        "direct_count": 0, "direct_suppliers": [], "direct_first_at": None, "direct_last_at": None, "direct_names": (),
    }  # fmt: skip
