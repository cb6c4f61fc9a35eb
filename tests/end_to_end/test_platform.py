"""The whole platform on the demonstration network: files in, a report out, through the command line."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import urllib.request
from pathlib import Path

import psycopg
import pyarrow.dataset as ds
import pytest

from deploy.demo.build import Manifest, build
from deploy.demo.reconcile import demand_differences, store_differences
from deploy.stack.ports import free_port
from deploy.stack.stack import Stack
from tests.support.platform import ROOT, Platform

DAMAGED = ROOT / "deploy" / "demo" / "damaged"


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    platform = Platform(tmp_path_factory.mktemp("a home with spaces") / "partsbay home")
    yield platform
    platform.remove()


@pytest.fixture(scope="module")
def first(platform) -> dict:
    """What ``make run`` runs, with the databases left running."""
    return platform.json("demo", "--keep")


@pytest.fixture(scope="module")
def manifest(platform, first) -> Manifest:
    return build(platform.home / "drop")


def test_make_run_is_the_demo_command():
    printed = subprocess.run(["make", "-n", "run"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ".venv/bin/partsbay demo" in printed


def test_every_row_that_came_in_is_accounted_for(first, manifest):
    batches = first["batches"]
    assert batches["rows_read"] == manifest.line_count
    assert batches["rows_quarantined"] == sum(manifest.expected_quarantined.values())
    assert batches["rows_duplicate"] == manifest.expected_duplicate_count
    assert batches["rows_held"] == manifest.expected_held_count == 5
    assert batches["batches_refused"] == 0
    assert first["supersessions_waiting"] == manifest.line_count_by_kind["supersessions"] == 1


def test_a_run_keeps_its_connections_to_dagster(platform, first):
    """Of its own accord Dagster makes a connection for each of thousands of events."""
    events = platform.value("select count(*) from event_logs", "dagster")
    connections = platform.value("select sessions from pg_stat_database where datname = 'dagster'", "dagster")
    assert connections < events / 2


def test_units_of_demand_in_the_source_are_units_of_demand_in_the_warehouse(platform, first, manifest):
    assert manifest.demand_units == 66_194
    with psycopg.connect(platform.url("primary")) as connection:
        assert store_differences(manifest, connection) == []
    with psycopg.connect(platform.url("warehouse", "analyst")) as connection:
        assert demand_differences(manifest, connection) == []


def test_the_standby_has_the_same_rows(platform, first):
    assert first["standby_breaches"] == []
    assert platform.json("verify") == {"ok": True, "breaches": []}
    assert platform.contents() != {}
    here, there = (
        platform.contents(("garage_inventory", "serving")),
        platform.contents(("garage_inventory", "serving"), "standby"),
    )
    assert here == there


def test_lag_is_known_for_every_store(platform, first):
    status = platform.json("status")
    assert set(status["lag_seconds"]) >= {
        "catalogue", "supplier_feed", "garage_inventory", "reservation", "replenishment", "quality_hold", "audit",
    }  # fmt: skip
    assert all(seconds is not None for seconds in first["lag_seconds"].values())


def test_a_second_run_changes_nothing(platform, first):
    before = platform.contents()
    second = platform.json("demo", "--keep")
    assert second["run"]["run_id"] is None
    assert second["run"]["reason"].startswith("Nothing new since")
    assert platform.contents() == before
    for told in ("batches", "needs", "checks"):
        assert second[told] == first[told]


def test_the_analyst_asks_the_warehouse_and_is_refused_everything_else(platform, first):
    query = "select count(*) from marts.fct_demand"
    assert platform.json("sql", "warehouse", "-c", query) == [{"count": platform.value(query, "warehouse", "analyst")}]
    refused = platform.run("sql", "warehouse", "-c", "insert into marts.dim_parts select * from marts.dim_parts")
    assert refused.returncode == 1 and "read-only" in refused.stderr
    refused = platform.run("sql", "primary", "-c", "select * from catalogue.parts")
    assert refused.returncode == 1 and "permission denied for schema catalogue" in refused.stderr
    assert platform.json("sql", "standby", "-c", "select count(*) as n from serving.stock_positions")[0]["n"] > 1000


def test_parquet_holds_what_the_warehouse_holds(platform, first):
    facts = ds.dataset(Path(first["parquet"]) / "fct_demand", partitioning="hive")
    assert facts.count_rows() == platform.value("select count(*) from marts.fct_demand", "warehouse", "analyst")
    months = {path.name for path in (Path(first["parquet"]) / "fct_demand").iterdir()}
    assert "month=1998-01" in months and "month=2002-03" in months


def test_reports_and_data_docs_are_files_that_need_no_network(first):
    page = Path(first["reports"]["html"]).read_text()
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.search(r'(src|href)="https?://', page)
    assert Path(first["reports"]["xlsx"]).stat().st_size > 50_000
    docs = Path(first["data_docs"])
    assert len(list((docs.parent / "validations").glob("*.html"))) == first["batches"]["batch_count"]
    assert not re.search(r'(src|href)="https?://', docs.read_text())


@pytest.mark.browser
def test_the_report_opens_with_its_real_lines(browser, platform, first):
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(Path(first["reports"]["html"]).as_uri())
    page.wait_for_selector("#main:not([hidden])")
    page.click("#show-all")
    text = page.inner_text("#count")
    count = platform.value("select count(*) from marts.fct_replenishment_proposals", "warehouse", "analyst")
    assert f"{count:,} lines" in text
    # A need may have several lines: what is moved, and what is bought.
    assert count > first["needs"]["line_count"] > 0
    assert None not in first["needs"]["order_amounts"] and "null" not in first["needs"]["order_amounts"]
    assert said == []
    page.close()


@pytest.fixture(scope="module")
def damaged(platform, first) -> dict[str, dict]:
    """What became of each damaged file, sent in one command: good files beside it would not be stopped."""
    before = platform.contents(("garage_inventory",))["garage_inventory.counts"]
    document = platform.json(
        "ingest", "auto", *map(str, sorted(DAMAGED.glob("*.csv*"))), "--source", "G01", exit_code=1
    )
    assert platform.contents(("garage_inventory",))["garage_inventory.counts"] == before
    return {batch["file_name"]: batch for batch in document["batches"]}


@pytest.mark.parametrize(
    ("file", "state", "words"),
    [
        ("usage_bad_numbers.csv", "ACCEPTED_WITH_QUARANTINE", "RANGE"),
        ("usage_unknown_garage.csv", "ACCEPTED_WITH_QUARANTINE", "UNKNOWN_GARAGE"),
        ("adjustment_wrong_encoding.csv", "REJECTED", "not UTF-8"),
        ("usage_truncated.csv.gz", "REJECTED", "ends before its end marker"),
        ("usage_duplicate_header.csv", "REJECTED", "more than once"),
        ("usage_empty.csv", "REJECTED", "empty"),
    ],
)
def test_a_damaged_file_ends_in_a_clear_message_and_loses_nothing_good(platform, damaged, file, state, words):
    batch = damaged[file]
    assert batch["state"] == state
    counted = ("rows_accepted", "rows_duplicate", "rows_quarantined", "rows_held")
    assert batch["rows_read"] == sum(batch[name] for name in counted)
    stored = sum(
        platform.value(f"select count(*) from {table} where batch_id = '{batch['batch_id']}'")
        for table in ("garage_inventory.usage_lines", "garage_inventory.adjustments")
    )
    assert stored == batch["rows_accepted"]
    bad = platform.rows(
        f"select line_number, reasons from ingest.quarantined_rows where batch_id = '{batch['batch_id']}'"
    )
    assert len(bad) == batch["rows_quarantined"]
    assert all(number >= 1 and reasons for number, reasons in bad)
    if state == "REJECTED":
        assert stored == 0
        assert words in batch["error"]
    else:
        assert stored > 0
        assert any(reason.startswith(words) for _, reasons in bad for reason in reasons)


@pytest.fixture(scope="module")
def readme(platform, damaged) -> dict:
    """Every command of the README in its order, after a late file was dropped for the run among them."""
    part, garage = platform.rows(
        "select part_number, garage_code from serving.stock_positions"
        " where brand_code = 'CARP' and available_quantity >= 3 order by garage_code, part_number limit 1"
    )[0]
    where = f"part_number = '{part}' and garage_code = '{garage}'"
    on_hand = f"select on_hand_quantity from serving.stock_positions where {where}"
    before = platform.value(on_hand)
    folder = platform.home / "drop" / garage / "usage"
    folder.mkdir(parents=True, exist_ok=True)
    header = "garage_code,work_order_number,work_order_line,brand_code,part_number,usage_type_code,quantity,consumed_at"
    file = folder / "late.csv"
    file.write_text(f"{header}\n{garage},WO-LATE,1,CARP,{part},FITTED,2,2002-03-31T20:00:00Z\n")
    os.utime(file, (1, 1))
    ended = []
    for command in readme_commands():
        line, _, comment = command.partition("  # ")
        words = shlex.split(line)
        if words[0] == "partsbay":
            expected = int(comment.removeprefix("ends with ")) if comment else 0
            ended.append((line, expected, platform.run(*words[1:])))
    assert platform.run("up").returncode == 0
    return {"ended": ended, "before": before, "after": platform.value(on_hand)}


def test_every_command_of_the_readme_ends_as_it_says(readme):
    assert len(readme["ended"]) >= 10
    for line, expected, result in readme["ended"]:
        assert result.returncode == expected, f"{line}: {result.returncode}\n{result.stdout}\n{result.stderr}"


def test_a_dropped_file_is_taken_by_the_next_run_and_reaches_what_services_read(platform, readme):
    assert readme["after"] == readme["before"] - 2
    assert platform.json("verify")["ok"]


def test_the_runs_are_seen_in_the_dagster_ui(platform, first):
    """One server for all questions: starting it takes most of the time."""
    port = free_port()
    ui = platform.start("ui", "--port", str(port))
    try:
        answer = _ask(port, "{ runsOrError { ... on Runs { results { runId status jobName } } } }", ui)
        runs = {run["runId"]: run for run in answer["runsOrError"]["results"]}
        assert runs[first["run"]["run_id"]]["status"] == "SUCCESS"
        answer = _ask(port, "{ shouldShowNux instance { daemonHealth { id } } }", ui)
        assert answer["shouldShowNux"] is False
    finally:
        os.killpg(ui.pid, signal.SIGINT)
        ui.communicate(timeout=60)
    assert platform.json("status")["services"]["primary"]


def _ask(port: int, query: str, server: subprocess.Popen) -> dict:
    import time

    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql", data=body, headers={"Content-Type": "application/json"}
    )
    for _ in range(240):
        assert server.poll() is None, server.stdout.read()
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)["data"]
        except (OSError, ValueError):
            time.sleep(0.5)
    raise AssertionError("the UI did not answer within two minutes")


def test_everything_stops_and_starts_again_with_all_its_data(platform, first):
    before = platform.contents()
    assert platform.run("down").returncode == 0
    stopped = platform.run("sql", "warehouse", "-c", "select 1")
    assert stopped.returncode == 3 and "partsbay up" in stopped.stderr
    assert platform.run("up").returncode == 0
    assert platform.contents() == before


def test_every_make_command_of_the_readme_is_one_that_is_tested():
    """Each either is run here or does nothing but call what other tests run."""
    tested = {
        "run": "partsbay demo",
        "test": "-m pytest",
        "ui": "partsbay ui",
        "help": "awk",
        "bench": "partsbay bench ingest",
    }
    targets = {shlex.split(line)[1] for line in readme_commands() if line.startswith("make ")}
    targets |= set(re.findall(r"`make ([a-z-]+)`", (ROOT / "README.md").read_text()))
    assert targets <= set(tested)
    for target in targets:
        printed = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert tested[target] in printed
    helped = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"run", "test", "ui", "lint", "bench", "clean"} <= set(helped.split())


def readme_commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_nothing_of_it_is_left_running_after_down(platform, first):
    assert platform.run("down").returncode == 0
    home = str(platform.home).encode()
    running = [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if home in _read(path)]
    assert running == []


def test_deleting_the_databases_leaves_the_files_as_they_came(platform, first):
    # Inside the home, or elsewhere when the servers' account may not enter it.
    databases = Stack(platform.home).folder
    assert (databases / "primary").is_dir()
    assert platform.run("down", "--delete").returncode == 0
    assert not databases.exists()
    assert not (platform.home / "secrets").exists()
    assert len([path for path in (platform.home / "landing").glob("??/*") if path.is_file()]) > 100


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
