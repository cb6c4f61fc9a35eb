"""Compare what a database holds with what the demonstration put into its drop files."""

from __future__ import annotations

from collections import Counter

import psycopg

from deploy.demo.build import Manifest
from deploy.demo.network import CAR_BRAND, COUNTER

_BATCHES = """
select
    source_code || '/' || kind || '/' || file_name as path,
    rows_read,
    rows_accepted,
    rows_quarantined,
    rows_duplicate,
    rows_held
from ingest.batches
where state <> 'LANDED'
"""
_REASONS = """
select
    batches.source_code || '/' || batches.kind || '/' || batches.file_name as path,
    split_part(rows.reasons[1], ':', 1) as reason,
    count(*)
from ingest.quarantined_rows as rows
inner join ingest.batches using (batch_id)
group by path, reason
"""
_FITTED = """
select to_char(event_at at time zone 'UTC', 'YYYY-MM') as month, sum(quantity)::bigint
from garage_inventory.usage_lines
where part_id in (select part_id from catalogue.parts where brand_code = %(brand_code)s)
    and event_at < %(as_of)s
group by month
"""
_COUNTER = """
select usage_type_code, sum(quantity)::bigint
from garage_inventory.usage_lines
where garage_code = %(garage_code)s and event_at < %(as_of)s
group by usage_type_code
union all
select direction_code, sum(quantity)::bigint
from garage_inventory.adjustments
where garage_code = %(garage_code)s and adjustment_reason_code <> 'RECEIPT' and event_at < %(as_of)s
group by direction_code
"""
_DEMAND = """
select to_char(fct_demand.demand_on, 'YYYY-MM') as month, sum(fct_demand.demand_quantity)::bigint
from marts.fct_demand
inner join marts.dim_parts using (part_id)
where dim_parts.brand_code = %(brand_code)s
group by month
having sum(fct_demand.demand_quantity) <> 0
"""


def store_differences(manifest: Manifest, connection: psycopg.Connection) -> list[str]:
    """What the stores of a primary database have otherwise than the manifest, one sentence each; none if all agrees."""
    values = {"brand_code": CAR_BRAND, "garage_code": COUNTER.code, "as_of": manifest.as_of}
    found = {row[0]: row[1:] for row in connection.execute(_BATCHES)}
    reasons: dict[str, dict[str, int]] = {}
    for path, reason, count in connection.execute(_REASONS):
        reasons.setdefault(path, {})[reason] = count
    differences = []
    for file in manifest.files:
        refused = sum(file.expected_quarantined.values())
        repeated, held = file.expected_duplicate_count, file.expected_held_count
        expected = (file.line_count, file.line_count - refused - repeated - held, refused, repeated, held)
        if file.path not in found:
            differences.append(f"{file.path} was never taken in")
        elif found[file.path] != expected:
            words = "read, accepted, quarantined, duplicate, held"
            differences.append(f"{file.path}: {words} are {found[file.path]}, expected {expected}")
        elif reasons.get(file.path, {}) != file.expected_quarantined:
            differences.append(
                f"{file.path}: refused for {reasons.get(file.path, {})}, expected {file.expected_quarantined}"
            )
    fitted = dict(connection.execute(_FITTED, values).fetchall())
    counter = dict(connection.execute(_COUNTER, values).fetchall())
    differences += _unequal("car parts fitted in", fitted, manifest.demand_units_by_month)
    return differences + _unequal("units at the counter as", counter, manifest.counter_units)


def demand_differences(manifest: Manifest, connection: psycopg.Connection) -> list[str]:
    """The same for ``marts.fct_demand``, in the primary database or the warehouse: units of car parts by month."""
    found = dict(connection.execute(_DEMAND, {"brand_code": CAR_BRAND}).fetchall())
    return _unequal("demand of car parts in", found, manifest.demand_units_by_month)


def _unequal(words: str, found: dict[str, int], expected: dict[str, int]) -> list[str]:
    keys = sorted(set(found) | set(expected))
    found, expected = Counter(found), Counter(expected)
    return [
        f"{words} {key}: {found[key]} units, expected {expected[key]}" for key in keys if found[key] != expected[key]
    ]
