"""Late, duplicate, out-of-order, split and redelivered files end in the same stores as the tidy order.

Left out on purpose, as the two things that depend on arrival: files that contradict each other
on the same line and moment, where the first one accepted counts (F19), and FULL files that are
held for their size, which is a question to a person about what was there when they came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from ingest.landing import land
from ingest.pipeline import process_waiting
from ingest.profiles.folder import Profiles
from ingest.thresholds import Thresholds
from tests.support.ingest_files import (
    COUNT,
    GARAGE,
    PART,
    PRICE,
    SUPPLIER,
    USAGE,
    Ingest,
    checksums,
    lines,
    write,
)  # fmt: skip

PARTS = ("007", "0 986-AB", "C3")
AMOUNTS = ("10", "12", "16", "30", "0")
VIEWS = (
    "select * from supplier_feed.withdrawn order by 1, 2, 3, 4, 5, 6, 7",
    "select line_hold_id, details, status_code from supplier_feed.line_hold_states order by 1",
    "select * from ingest.sequence_gaps order by 1, 2, 3",
    "select reference_code, reference_key from ingest.awaited_references order by 1, 2",
)


@dataclass(frozen=True)
class File:
    """One file as sent: its rows, and what came beside it."""

    kind: str
    row: dict[str, str]
    changes: tuple[dict[str, str], ...]
    beside: dict[str, Any] = field(default_factory=dict)

    @property
    def may_be_split(self) -> bool:
        return len(self.changes) > 1 and not self.beside

    def split(self, place: int) -> list[File]:
        cut = 1 + place % (len(self.changes) - 1)
        return [File(self.kind, self.row, part, {}) for part in (self.changes[:cut], self.changes[cut:])]

    @property
    def content(self) -> str:
        return lines(self.row, *self.changes)


def moment(day: int) -> str:
    return f"2024-03-{day:02}T08:00:00Z"


def price_files(draw) -> list[File]:
    """One file a day: FULL with some parts left out, or UPDATE; numbered, with a number left out here and there."""
    files = []
    for day in range(1, draw(st.integers(3, 6)) + 1):
        priced = draw(st.dictionaries(st.sampled_from(PARTS), st.sampled_from(AMOUNTS), min_size=1, max_size=2))
        changes = tuple(
            {"part_number": part, "unit_price_amount": amount, "stated_at": moment(day)}
            for part, amount in priced.items()
        )
        if draw(st.integers(0, 3)):
            code = draw(st.sampled_from(["FULL", "FULL", "UPDATE"]))
            number = day + draw(st.sampled_from([0, 0, 10]))
            beside = {"submission": code, "sequence_number": number, "stated_at": moment(day)}
            files.append(File("supplier_price", PRICE, changes, beside))
        else:
            files.append(File("supplier_price", PRICE, changes))
    return files


def garage_files(draw) -> list[File]:
    """Counts and usage, some of parts that only a later catalogue has."""
    used = tuple(
        {"work_order_number": f"W{number}", "part_number": draw(st.sampled_from(PARTS))}
        for number in range(draw(st.integers(2, 5)))
    )
    counted = tuple({"part_number": part, "counted_at": moment(1 + n)} for n, part in enumerate(PARTS[:2]))
    return [File("usage", USAGE, used), File("stock_count", COUNT, counted)]


def catalogue_files(draw) -> list[File]:
    """Versions of the parts, equal neighbours among them, in files of any size."""
    versions = tuple(
        {"part_number": part, "valid_from_at": moment(day), "description": draw(st.sampled_from(["Filter", "Oil"]))}
        for day in range(1, 4)
        for part in PARTS
    )
    return [
        File("garages", GARAGE, ({},)),
        File("suppliers", SUPPLIER, ({}, {"valid_from_at": "2024-05-01"})),
        File("parts", PART, versions),
    ]


@st.composite
def deliveries(draw) -> tuple[list[File], list[list[File]]]:
    """Files in the tidy order; and the same split, repeated and shuffled, as the runs that take them."""
    tidy = [*catalogue_files(draw), *price_files(draw), *garage_files(draw)]
    sent = []
    for file in tidy:
        is_split = file.may_be_split and draw(st.booleans())
        sent += file.split(draw(st.integers(0, 9))) if is_split else [file]
        sent += [file] if draw(st.integers(0, 3)) == 0 else []
    shuffled = draw(st.permutations(sent))
    cuts = sorted(draw(st.sets(st.integers(1, len(sent) - 1), max_size=3)))
    return tidy, [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]


@pytest.fixture
def stores_of(stores, tmp_path):
    """What files make of empty stores; the database is emptied before each."""
    ingest = Ingest(stores.pipeline, tmp_path)
    profile = "source_code: '*'\nkind: supplier_price\ntolerances:\n  row_drop_pct: 100\n"
    profiles = Profiles(write(tmp_path / "profiles", "any.yaml", profile).parent)
    options = {"profiles": profiles, "thresholds": Thresholds(default_share=0.5)}

    def fill(runs: list[list[File]]) -> tuple[dict[str, str], list]:
        _empty(stores.owner)
        for run in runs:
            for number, file in enumerate(run):
                path = write(tmp_path / "files", f"{number}.csv", file.content)
                land(ingest.connection, ingest.landing, path, "test", file.kind, controls=file.beside)
            list(process_waiting(ingest.connection, ingest.landing, ingest.judge, **options))
        ingest.connection.execute("set time zone 'UTC'")
        return checksums(ingest.connection), [ingest.rows(view) for view in VIEWS]

    yield fill
    ingest.connection.close()


def _empty(url: str) -> None:
    with psycopg.connect(url) as owner:
        rows = owner.execute(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE' and"
            " table_schema in ('catalogue', 'supplier_feed', 'garage_inventory', 'ingest', 'audit')"
        ).fetchall()
        tables = sql.SQL(", ").join(sql.Identifier(*row) for row in rows)
        owner.execute(sql.SQL("truncate {}").format(tables))


@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(delivery=deliveries())
def test_any_order_repetition_and_splitting_ends_in_the_stores_of_the_tidy_order(stores_of, delivery):
    tidy, runs = delivery
    assert stores_of(runs) == stores_of([[file] for file in tidy])
