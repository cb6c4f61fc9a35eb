"""Drop files of the demonstration through the real door: what is taken in is what the manifest says."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psycopg
import pytest

from deploy.demo.build import build
from deploy.demo.reconcile import store_differences
from expectations.judge import judge
from ingest.catalogue import reviewing
from ingest.landing import land
from ingest.pipeline import land_and_process, process_waiting
from ingest.summary import summarise

DAMAGED = Path(build.__code__.co_filename).parent / "damaged"
# One car garage, two days of the counter, the dirtiest feed and the supersession stand for all 144 files.
TAKEN = (
    "OFFICE/", "DLA-KS/", "G06/", "G07/usage/counter_2001-12-26", "G07/usage/counter_2002-03-18",
    "INTERNAT0002/supersessions/",
)  # fmt: skip


def part_of(manifest, drop):
    """The manifest of the files in ``TAKEN`` alone, its totals counted from those files."""
    files = tuple(file for file in manifest.files if file.path.startswith(TAKEN))
    months, roles = Counter(), Counter()
    for file in files:
        if file.kind != "usage":
            continue
        lines = pd.read_csv(drop / file.path, dtype={"part_number": str})
        lines = lines[lines.brand_code.eq("CARP") | lines.part_number.str.fullmatch(r"\d{5}[A-Za-z]*")]
        is_car = lines.brand_code.eq("CARP")
        months.update(lines[is_car].groupby(lines.consumed_at.str[:7]).quantity.sum().to_dict())
        roles.update(lines[~is_car].groupby("usage_type_code").quantity.sum().to_dict())
    return replace(manifest, files=files, demand_units_by_month=dict(months), counter_units=dict(roles))


@pytest.fixture(scope="module")
def loaded(make_database, tmp_path_factory):
    """A primary database that took in a part of the demonstration, and the manifest of that part."""
    folder = tmp_path_factory.mktemp("demo")
    manifest = part_of(build(folder / "drop"), folder / "drop")
    with psycopg.connect(make_database("stores").pipeline, autocommit=True) as connection:
        for file in manifest.files:
            land(connection, folder / "landing", folder / "drop" / file.path, file.source_code, file.kind)
        outcomes = list(process_waiting(connection, folder / "landing", judge))
        yield connection, manifest, folder, outcomes


def test_everything_sent_is_accepted_or_refused_for_the_expected_reason(loaded):
    connection, manifest, _, _ = loaded
    assert store_differences(manifest, connection) == []


def test_one_supersession_waits_for_somebody_else_and_replaces_nothing_yet(loaded):
    connection, _, _, _ = loaded
    [waiting] = reviewing.waiting_batches(connection)
    assert (waiting["source_code"], waiting["line_count"]) == ("INTERNAT0002", 1)
    [line] = reviewing.waiting_lines(connection, waiting["batch_id"])
    assert line["part"].startswith("CARP ") and line["successor"].startswith("CARP ")
    assert summarise(connection)["supersessions_waiting"] == 1
    assert connection.execute("select count(*) from catalogue.supersessions").fetchone() == (0,)


def test_no_line_is_lost_between_the_file_and_the_ledger(loaded):
    _, manifest, _, outcomes = loaded
    assert sum(o.rows_read for o in outcomes) == manifest.line_count
    assert sum(o.rows_quarantined for o in outcomes) == sum(manifest.expected_quarantined.values()) > 0
    assert sum(o.rows_duplicate for o in outcomes) == manifest.expected_duplicate_count == 1350


def test_a_file_that_never_came_and_a_unit_too_few_are_told(loaded):
    connection, manifest, _, _ = loaded
    lost = replace(manifest.files[0], path="G99/usage/lost.csv")
    months = {**manifest.demand_units_by_month, "2002-03": 1_000_000}
    told = store_differences(replace(manifest, files=(lost,), demand_units_by_month=months), connection)
    assert told[0] == "G99/usage/lost.csv was never taken in"
    assert told[1].startswith("car parts fitted in 2002-03: ")
    assert len(told) == 2


def test_counts_that_differ_from_the_manifest_are_told_by_file(loaded):
    connection, manifest, _, _ = loaded
    more = [replace(file, line_count=file.line_count + 1) for file in manifest.files]
    told = store_differences(replace(manifest, files=tuple(more)), connection)
    assert len(told) == len(manifest.files)


@pytest.mark.parametrize(
    ("name", "kind", "state", "refused_lines", "error_code"),
    [
        ("usage_bad_numbers.csv", "usage", "ACCEPTED_WITH_QUARANTINE", [3, 4, 5, 6, 7, 8], None),
        ("usage_unknown_garage.csv", "usage", "ACCEPTED_WITH_QUARANTINE", [3], None),
        ("adjustment_wrong_encoding.csv", "adjustment", "REJECTED", [], "ENCODING"),
        ("usage_truncated.csv.gz", "usage", "REJECTED", [], "TRUNCATED_GZIP"),
        ("usage_duplicate_header.csv", "usage", "REJECTED", [], "DUPLICATE_HEADER"),
        ("usage_empty.csv", "usage", "REJECTED", [], "EMPTY_FILE"),
    ],
)
def test_a_damaged_file_is_refused_with_its_lines_and_never_half_stored(
    loaded, name, kind, state, refused_lines, error_code
):
    connection, manifest, folder, _ = loaded
    (outcome,) = land_and_process(connection, folder / "landing", [DAMAGED / name], "G01", kind, judge)
    assert (outcome.state, outcome.error_code) == (state, error_code)
    lines = connection.execute(
        "select line_number from ingest.quarantined_rows where batch_id = %s order by line_number", (outcome.batch_id,)
    ).fetchall()
    if state == "REJECTED":
        assert outcome.rows_accepted == 0
        assert outcome.error
    else:
        assert [line for (line,) in lines] == refused_lines
    stored = connection.execute(
        "select count(*) from garage_inventory.usage_lines where batch_id = %s", (outcome.batch_id,)
    ).fetchone()[0]
    assert stored == outcome.rows_accepted
    # Their good lines are dated after the as-of moment, so the totals stand.
    assert store_differences(manifest, connection) == []
