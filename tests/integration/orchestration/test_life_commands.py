"""The commands that decide about batches and rows, as a person or a program calls them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.errors import PartsbayError
from orchestration.cli.app import app
from tests.support.ingest_files import GARAGE, PART, USAGE, Ingest, lines, write


@pytest.fixture
def ingest(stores, server, tmp_path, monkeypatch):
    """Files into a fresh store database that the commands see as well."""
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(stores.name))
    made = Ingest(stores.pipeline, tmp_path)
    made.landing = tmp_path / "home" / "landing"
    yield made
    made.connection.close()


def call(*arguments, code: int = 0):
    """The command in this process: its JSON document, or its text."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if isinstance(done.exception, PartsbayError):
        return done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def unknown_parts(ingest, *places: int, source: str = "G1", count: int = 9, part: str = "0986424"):
    """Usage of a garage with parts that the catalogue does not know on these rows."""
    rows = [
        {"work_order_number": f"{source}W{n}", **({"part_number": part} if n in places else {})} for n in range(count)
    ]
    return ingest(lines(USAGE, *rows), source=source)


def test_refused_rows_are_listed_shown_exported_mended_and_settled(ingest, tmp_path):
    ingest.catalogue()
    batch = unknown_parts(ingest, 2, 5)
    rows = [{"work_order_number": f"X{n}", "quantity": "?" if n == 1 else "1"} for n in range(9)]
    other = ingest(lines(USAGE, *rows), source="G2")
    listed = call("quarantine", "list", "--source", "G1", "--json")["batches"]
    assert [(one["batch_id"], one["open_count"], one["reasons"]) for one in listed] == [
        (str(batch.batch_id), 2, {"UNKNOWN_PART": 2})
    ]
    assert [one["source"] for one in call("quarantine", "list", "--reason", "PARSE", "--json")["batches"]] == ["G2"]
    assert "No bad rows" in call("quarantine", "list", "--status", "DISCARDED")
    shown = call("quarantine", "show", f"{batch.batch_id}:4")
    assert "line 4" in shown and "UNKNOWN_PART: BOSC 0986424" in shown and "partsbay match list" in shown
    assert "line 7" not in shown

    [file] = call("quarantine", "export", other.batch_id, "--to", tmp_path / "repair", "--json")["files"]
    header, row = list(csv.reader(Path(file["path"]).read_text(encoding="utf-8-sig").splitlines()))
    row[header.index("quantity")] = "1"
    mended = write(tmp_path, "mended.csv", "\n".join([",".join(header), ",".join(f'"{v}"' for v in row)]))
    [done] = call("ingest", "auto", mended, "--json")["batches"]
    assert (done["source"], done["rows_accepted"]) == ("G2", 1)
    assert call("quarantine", "list", "--status", "OPEN", "--source", "G2").strip() == "No bad rows."

    call("quarantine", "discard", f"{batch.batch_id}:4", "--reason", "a mistake", "--actor", "ann")
    ingest(lines(PART, {"part_number": "0986424"}))
    replayed = call("quarantine", "replay", "--source", "G1", "--json")["batches"]
    assert [(one["rows_accepted"], one["rows_open"]) for one in replayed] in ([(8, 0)], [])
    assert ingest.value("select count(*) from garage_inventory.usage_lines where work_order_number = 'G1W2'") == 0
    refused = call("quarantine", "discard", batch.batch_id, "--reason", "why")
    assert (refused.code, refused.exit_code) == ("NOTHING_OPEN", 1)
    assert call("quarantine", "show", "nonsense").exit_code == 2
    assert call("quarantine", "export", "--to", tmp_path).code == "NO_BATCH"


def test_a_replay_by_the_same_rules_changes_nothing_and_says_so(ingest):
    from tests.support.ingest_files import checksums

    ingest.catalogue()
    batch = unknown_parts(ingest, 2)
    before = checksums(ingest.connection)
    [one] = call("replay", batch.batch_id, "--json", code=1)["batches"]
    assert one["changes"] == {} and checksums(ingest.connection) == before
    everything = call("replay", "--source", "test", "--kind", "parts", "--from", "2020-01-01")
    assert "nothing" in everything and checksums(ingest.connection) == before
    assert "Nothing to take again" in call("replay", "--to", "2020-01-01")
    assert call("replay").exit_code == 2


def test_after_a_new_rule_only_refused_rows_change(ingest):
    ingest.catalogue()
    write(ingest.folder / "home" / "profiles", "g1.yaml", "source_code: G1\nkind: usage\nunits: {Stk: EA}\n")
    rows = [{"work_order_number": f"W{n}", "uom_code": "Stück" if n == 3 else "Stk"} for n in range(9)]
    path = write(ingest.folder, "usage.csv", lines(USAGE, *rows))
    [first] = call("ingest", "usage", path, "--source", "G1", "--json", code=1)["batches"]
    assert (first["rows_accepted"], first["rows_quarantined"]) == (8, 1)
    write(ingest.folder / "home" / "profiles", "g1.yaml", "source_code: G1\nkind: usage\nunits: {Stk: EA, Stück: EA}\n")
    [one] = call("replay", "--source", "G1", "--json")["batches"]
    assert one["changes"] == {
        "state": ["ACCEPTED_WITH_QUARANTINE", "ACCEPTED"], "rows_accepted": [8, 9], "rows_quarantined": [1, 0],
    }  # fmt: skip
    assert ingest.value("select count(*) from garage_inventory.usage_lines") == 9


def test_each_ingested_batch_gets_its_outcome_files_and_they_can_be_written_again(ingest, tmp_path):
    ingest.catalogue()
    rows = [{"work_order_number": f"W{n}", "quantity": "=1+1" if n == 3 else "1"} for n in range(9)]
    path = write(ingest.folder, "usage.csv", lines(USAGE, *rows))
    [batch] = call("ingest", "usage", path, "--source", "G1", "--json", code=1)["batches"]
    folder = tmp_path / "home" / "outcomes" / "G1"
    [document] = folder.glob("*.json")
    [table] = folder.glob("*.csv")
    said = json.loads(document.read_text())
    assert document.name.endswith(f"_usage.csv_{batch['batch_id'][-8:]}.json")
    assert (said["rows_accepted"], said["refused_rows"][0]["line"]) == (8, 5)
    written = (document.read_bytes(), table.read_bytes())
    table.unlink()
    document.unlink()
    assert len(call("outcome", "--missing", "--json")["files"]) > 2
    assert (document.read_bytes(), table.read_bytes()) == written
    assert "Nothing to write" in call("outcome", "--missing")
    call("outcome", batch["batch_id"], "--to", tmp_path / "mail")
    assert len(list((tmp_path / "mail").rglob("*.*"))) == 2
    assert call("outcome").exit_code == 2


def test_a_new_garage_lets_its_rows_in(ingest):
    ingest.catalogue()
    rows = [{"work_order_number": f"W{n}", "garage_code": "G7" if n == 3 else "G1"} for n in range(9)]
    ingest(lines(USAGE, *rows), source="G1")
    ingest(lines(GARAGE, {"garage_code": "G7"}))
    call("quarantine", "replay", "--json")
    assert ingest.value("select count(*) from garage_inventory.usage_lines") == 9
