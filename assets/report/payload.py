"""What the page gets of a document: columns for the table at once, everything else of a line only when it is asked for.

Columns are lists, and lists of few different texts are an index into them. The details of a few
hundred lines together are compressed: a page of fifty thousand lines stays small, and opening it
reads nothing but the table.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from assets.report.document import Document
from assets.report.words import (
    ACTS,
    CHANGES,
    COLUMN_MEANINGS,
    DEMAND_CLASSES,
    FLAGS,
    LINE_TYPES,
    MEANINGS,
    METHODS,
    OUTCOMES,
    REASONS,
    STATUSES,
)
from assets.report.workbook_columns import REASON_EXAMPLES

CHUNK_LENGTH = 200

# What the table shows, filters, sorts and searches by.
TABLE_COLUMNS = (
    "proposal_id", "status", "reason_code", "is_waiting", "risk_amount", "garage_code", "brand_code", "part_number",
    "description", "supplier_code", "supplier_part_number", "line_type_code", "from_garage_code", "outcome_code",
    "demand_class_code", "abc_code", "xyz_code", "on_hand_quantity", "held_quantity", "reserved_quantity",
    "on_order_quantity", "inventory_position_quantity", "reorder_point_quantity", "order_up_to_quantity",
    "proposed_quantity", "pack_count", "unit_price_amount", "currency_code", "line_amount", "days_to_stock_out",
    "lead_time_days", "stock_out_on", "next_receipt_on", "order_by_on", "expected_on", "act_code", "status_code",
    "reward_amount", "reward_pct", "revision_number",
)  # fmt: skip
# The names stand once beside their codes.
_NAMES = ("garage_name", "supplier_name")


def table_payload(document: Document) -> dict[str, Any]:
    """Everything that the page needs to open: facts, figures, trends, words and the columns of the table."""
    columns = document["columns"]
    place = {name: index for index, name in enumerate(columns)}
    lines = document["lines"]
    return {
        "facts": document["facts"],
        "exported_at": dict(document["meta"]).get("exported_at"),
        "figures": document["figures"],
        "trend": document["trend"],
        "count": len(lines),
        "chunk": CHUNK_LENGTH,
        "columns": {
            name: packed([line[place[name]] for line in lines]) for name in TABLE_COLUMNS if name in place and lines
        },
        "details": [columns[index] for index in _detail_places(columns)],
        "months": document["months"],
        "garages": _names(lines, place, "garage_code", "garage_name"),
        "suppliers": _names(lines, place, "supplier_code", "supplier_name"),
        "words": {
            "statuses": STATUSES, "reasons": REASONS, "outcomes": OUTCOMES, "types": LINE_TYPES, "acts": ACTS,
            "changes": CHANGES, "classes": DEMAND_CLASSES, "methods": METHODS, "flags": FLAGS,
            "meanings": MEANINGS, "examples": REASON_EXAMPLES, "columns": _named_columns(),
        },
        "pages": {name: len(table["rows"]) for name, table in document["pages"].items()},
    }  # fmt: skip


def _named_columns() -> dict[str, list[tuple[str, str]]]:
    """What a page explains of its columns, in their order: what it calls them and what they mean."""
    return {page: [one for one in columns.values() if one[0]] for page, columns in COLUMN_MEANINGS.items()}


def packed(values: list[Any]) -> list[Any] | dict[str, list]:
    """A column as it is, or as the different texts in it and the place of each line's among them."""
    if not any(isinstance(value, str) for value in values):
        return values
    texts = list(dict.fromkeys(values))
    if len(texts) * 2 > len(values):
        return values
    places = {text: place for place, text in enumerate(texts)}
    return {"d": texts, "i": [places[value] for value in values]}


def _names(lines: list[list], place: dict[str, int], code: str, name: str) -> dict[str, str]:
    if not lines:
        return {}
    return {line[place[code]]: line[place[name]] for line in lines if line[place[code]]}


def _detail_places(columns: list[str]) -> list[int]:
    return [index for index, name in enumerate(columns) if name not in TABLE_COLUMNS and name not in _NAMES]


def detail_chunks(document: Document) -> list[str]:
    """The further columns, history and inbound of the lines, so many lines to a piece: JSON, zlib, base64."""
    kept = _detail_places(document["columns"])
    rows = [
        [[line[index] for index in kept], history, inbound]
        for line, history, inbound in zip(document["lines"], document["history"], document["inbound"], strict=True)
    ]
    return [_squeezed(rows[start : start + CHUNK_LENGTH]) for start in range(0, len(rows), CHUNK_LENGTH)]


def _squeezed(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 4)).decode("ascii")
