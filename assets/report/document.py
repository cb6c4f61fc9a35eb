"""The document of a report: everything that page and workbook say, as JSON; an edition keeps it.

Page and workbook are written from the document alone, so the same document gives the same bytes, today
and when an edition is shown again. Lines are rows under ``columns``: pandas reads them as
``DataFrame(document["lines"], columns=document["columns"])``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from assets.report.data import needs_somebody, plain, reason_of, risk_of, status_of, summarise
from assets.report.reward import REWARDS, reward_of
from ingest.planning.signing import row_hash, signed_meta
from ingest.reporting import ReportData

SCHEMA_VERSION = 2

Document = dict[str, Any]

# What is worked out of a line here; the rest comes from the models as it is.
COMPUTED = {
    "status": status_of,
    "reason_code": reason_of,
    "risk_amount": risk_of,
    "is_waiting": needs_somebody,
}
# Said once for the whole report, under facts.
_LEFT_OUT = {"as_of_at", "review_reason_code", *COMPUTED, *REWARDS}


def document_of(data: ReportData) -> Document:
    """Everything the report says, in plain values; the same data gives the same document."""
    months = sorted({month for series in data.history.values() for month in series.months})
    position = {month: index for index, month in enumerate(months)}
    named = [name for name in _columns(data.lines) if name not in _LEFT_OUT]
    columns = [*named, *COMPUTED, *REWARDS, "revision_number", "row_hash"]
    return {
        "schema_version": SCHEMA_VERSION,
        "facts": {name: plain(value) for name, value in asdict(data.facts).items()},
        "figures": as_plain(summarise(data.lines, data.pages.get("excess", ())) | {"kpis": _kpis(data)}),
        "trend": as_plain(data.trend),
        "columns": columns,
        "lines": [_row(data, line, named) for line in data.lines],
        "months": [month.isoformat() for month in months],
        "history": [_series(data, line, position) for line in data.lines],
        "inbound": [as_plain(data.inbound.get((line["garage_code"], line["part_id"]), [])) for line in data.lines],
        "pages": {name: table_of(rows) for name, rows in data.pages.items()},
        "meta": _meta(data),
    }


def _kpis(data: ReportData) -> dict[str, Any]:
    """The figures of the network by code, so that later editions can show their trend."""
    return {row["kpi_code"]: row["value"] for row in data.pages.get("kpis", ())}


def _meta(data: ReportData) -> list[list[str]]:
    """What the workbook says of itself. It shows decisions up to ``exported_at``: later ones are not known to it."""
    decided = [line["act_recorded_at"] for line in data.lines if line.get("act_recorded_at")]
    facts = data.facts
    said = {
        "edition_id": facts.generation_id,
        "exported_at": max([facts.published_at, *decided]).astimezone(UTC).isoformat(),
        "line_count": str(len(data.lines)),
        "as_of_at": facts.as_of_at.astimezone(UTC).isoformat(),
    }
    rows = signed_meta(data.secret, said) if data.secret else sorted(said.items())
    return [list(row) for row in rows]


def _row(data: ReportData, line: dict[str, Any], named: list[str]) -> list[Any]:
    computed = (as_plain(of(line)) for of in COMPUTED.values())
    rewards = map(as_plain, reward_of(line).values())
    return [
        *_plain_values(line, named),
        *computed,
        *rewards,
        data.revisions.get(line["proposal_id"]),
        _row_hash(data, line),
    ]


def _row_hash(data: ReportData, line: dict[str, Any]) -> str | None:
    """What a line is known by when the workbook comes back; none where it is not in the store."""
    revision = data.revisions.get(line["proposal_id"])
    if data.secret is None or revision is None:
        return None
    quantity = line["proposed_quantity"] or Decimal(0)
    return row_hash(data.secret, data.facts.generation_id, line["proposal_id"], revision, quantity)


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    """Every column that a row has, in the order in which they are first met."""
    return list(dict.fromkeys(name for row in rows for name in row))


def table_of(rows: list[dict[str, Any]]) -> dict[str, list]:
    columns = _columns(rows)
    return {"columns": columns, "rows": [_plain_values(row, columns) for row in rows]}


def rows_of(document: Document, page: str | None = None) -> Iterator[dict[str, Any]]:
    """The lines of the document, or the rows of one of its pages, each under the names of its columns."""
    table = document["pages"].get(page, {"columns": [], "rows": []}) if page else None
    columns, rows = (table["columns"], table["rows"]) if page else (document["columns"], document["lines"])
    return (dict(zip(columns, row, strict=True)) for row in rows)


def document_bytes(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def read_document(content: bytes) -> Document:
    return json.loads(content)


_AS_IT_IS = frozenset({str, int, bool, type(None)})
_PLAIN = {Decimal, float, datetime, date}


def as_plain(value: Any) -> Any:
    """A value of any depth in what JSON can carry."""
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind in _PLAIN:
        return plain(value)
    if kind is dict:
        return {str(name): as_plain(item) for name, item in value.items()}
    if kind in (list, tuple):
        return [as_plain(item) for item in value]
    return str(value)


def _plain_values(row: dict[str, Any], names: list[str]) -> list[Any]:
    """The named values of a row: of millions most are as they are, and a call for each is saved."""
    return [value if type(value) in _AS_IT_IS else as_plain(value) for value in map(row.get, names)]


def _series(data: ReportData, line: dict[str, Any], position: dict[date, int]) -> list | None:
    """[first month, demand…, closing stock…] of a line, gaps as null; None without history."""
    series = data.history.get((line["garage_code"], line["part_id"]))
    if series is None or not series.months:
        return None
    places = [position[month] for month in series.months]
    first, count = places[0], places[-1] - places[0] + 1
    demand, closing = _numbers(series.demand_quantities), _numbers(series.closing_stock_quantities)
    if count > len(places):
        demand, closing = (_spread(numbers, places, first, count) for numbers in (demand, closing))
    return [first, demand, closing]


def _numbers(values: list[float | None]) -> list[float | int | None]:
    """Millions of numbers, most of them whole."""
    return [int(value) if type(value) is float and value.is_integer() else plain(value) for value in values]


def _spread(numbers: list, places: list[int], first: int, count: int) -> list:
    """Numbers in the places of their months, with nothing in the months between."""
    spread: list = [None] * count
    for place, number in zip(places, numbers, strict=True):
        spread[place - first] = number
    return spread


def moment_of(text: str) -> datetime:
    """A moment of the document as a moment."""
    return datetime.fromisoformat(text).astimezone(UTC)
