"""``partsbay ingest``, ``quarantine`` and ``bench ingest`` as a person or a program calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.benchmarks.ingest import Sizes, run
from orchestration.benchmarks.server import Server
from orchestration.benchmarks.yardsticks import Dlt, YardstickError
from orchestration.cli.bench import show
from tests.support.ingest_files import GARAGE, PART, USAGE, lines, write

DAMAGED = Path(__file__).parents[3] / "deploy" / "demo" / "damaged"


@pytest.fixture
def partsbay(stores, server, tmp_path):
    """The command in a process of its own, on a store database of its own."""

    def call(*arguments) -> subprocess.CompletedProcess:
        environment = {
            **os.environ,
            "PARTSBAY_HOME": str(tmp_path / "home"),
            "PARTSBAY_PRIMARY_URL": server.url(stores.name),
        }
        command = [sys.executable, "-c", "from orchestration.cli.app import main; main()", *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    return call


def test_good_files_end_with_0_and_damaged_ones_with_1_a_clear_line_and_their_rows(partsbay, tmp_path):
    usage = [{"work_order_number": f"W{n}"} for n in range(9)]
    usage[4]["garage_code"] = "G99"
    files = [
        write(tmp_path, "usage.csv", lines(USAGE, *usage)),
        write(tmp_path, "parts.csv", lines(PART)),
        write(tmp_path, "garages.csv", lines(GARAGE)),
        DAMAGED / "usage_truncated.csv.gz",
        DAMAGED / "adjustment_wrong_encoding.csv",
        DAMAGED / "usage_empty.csv",
    ]
    done = partsbay("ingest", "auto", *files, "--source", "G1", "--json")
    batches = {Path(one["file_name"]).name: one for one in json.loads(done.stdout)["batches"]}
    assert done.returncode == 1
    assert batches["garages.csv"]["state"] == batches["parts.csv"]["state"] == "ACCEPTED"
    assert batches["usage.csv"]["rows_accepted"] == 8 and batches["usage.csv"]["rows_quarantined"] == 1
    assert batches["usage_truncated.csv.gz"]["error_code"] == "TRUNCATED_GZIP"
    assert batches["adjustment_wrong_encoding.csv"]["error_code"] == "ENCODING"
    assert batches["usage_empty.csv"]["error_code"] == "EMPTY_FILE"
    for one in batches.values():
        parts = sum(one[f"rows_{part}"] for part in ("accepted", "duplicate", "quarantined", "held"))
        assert one["rows_read"] == parts

    shown = partsbay("quarantine", "show", batches["usage.csv"]["batch_id"])
    assert "line 6" in shown.stdout and "UNKNOWN_GARAGE: garage_code is 'G99'" in shown.stdout
    listed = json.loads(partsbay("quarantine", "list", "--json").stdout)["batches"]
    assert len(listed) == 4

    again = partsbay("ingest", "garages", files[2], "--source", "G1")
    assert again.returncode == 0 and "seen before" in again.stdout


def test_wrong_usage_ends_with_2_before_any_file_is_touched(partsbay, tmp_path):
    good = write(tmp_path, "garages.csv", lines(GARAGE))
    missing = partsbay("ingest", "garages", good, tmp_path / "nowhere.csv", "--json")
    assert missing.returncode == 2 and json.loads(missing.stdout)["error"]["code"] == "NO_SUCH_FILE"
    unheard_of = partsbay("ingest", "recipes", good)
    assert unheard_of.returncode == 2 and "there is no kind 'recipes'" in unheard_of.stderr
    assert partsbay("quarantine", "list").stdout.strip() == "No bad rows."


def test_the_measurement_accounts_for_every_line_and_drops_its_database(server, tmp_path, capsys):
    def count() -> int:
        import psycopg

        with psycopg.connect(server.url()) as connection:
            return connection.execute("select count(*) from pg_database where datname like 'bench%'").fetchone()[0]

    before = count()
    urls = (server.url(), server.url(role="partsbay_pipeline"), server.url(role="partsbay_owner"))
    document = run(Server(*urls), tmp_path, Sizes(20_000, 1, 0, 3)).as_dict()
    measures, ratios = document["measures"], document["ratios"]
    assert (measures["rows_accepted"], measures["rows_quarantined"]) == (19_800, 200)
    assert (measures["second_delivery_rows_accepted"], measures["second_delivery_rows_duplicate"]) == (200, 19_600)
    assert min(ratios["ingest_to_raw_copy"], ratios["second_delivery_to_first"]) > 0
    assert measures["small_files_seconds"] > 0 and measures["peak_mib"] < 1024
    assert count() == before and not list(tmp_path.iterdir())
    show(document)
    shown = capsys.readouterr().out
    assert "20,000 supplier price lines" in shown and "second delivery to first" in shown and "to dlt" not in shown


def test_a_measurement_without_dlt_says_what_is_missing(monkeypatch, tmp_path):
    def unreachable(*_, **__):
        raise subprocess.CalledProcessError(1, "pip", stderr="ERROR: No matching distribution found for dlt\n")

    monkeypatch.setattr(subprocess, "run", unreachable)
    with pytest.raises(YardstickError, match="dlt could not be installed: ERROR: No matching distribution"):
        Dlt(tmp_path).install()
    assert not list(tmp_path.iterdir())
