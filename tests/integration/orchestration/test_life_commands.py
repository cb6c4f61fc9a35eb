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


def test_a_file_over_a_cap_is_let_in_once_the_setting_moves_it(ingest, monkeypatch):
    ingest.catalogue()
    path = write(ingest.folder, "usage.csv", lines(USAGE, *({"work_order_number": f"W{n}"} for n in range(5))))
    monkeypatch.setenv("PARTSBAY_LIMITS", "row_count=3")
    [first] = call("ingest", "usage", path, "--source", "G1", "--json", code=1)["batches"]
    assert (first["state"], first["error_code"]) == ("REJECTED", "TOO_LARGE") and "3 rows" in first["error"]
    call("replay", first["batch_id"], code=1)
    monkeypatch.setenv("PARTSBAY_LIMITS", "row_count=5")
    [one] = call("replay", first["batch_id"], "--json")["batches"]
    assert one["changes"]["state"] == ["REJECTED", "ACCEPTED"]


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


def test_a_held_batch_is_shown_and_released_or_discarded_with_a_reason(ingest):
    ingest.catalogue()
    held = unknown_parts(ingest, *range(8))
    other = unknown_parts(ingest, *range(8), source="G2")
    assert (held.state, other.state) == ("HELD", "HELD")
    assert len(call("held", "list", "--json")["batches"]) == 2
    assert "UNKNOWN_REFERENCES" in call("held", "show", held.batch_id)
    [one] = call("held", "release", held.batch_id, "--reason", "the shop says so", "--actor", "ann", "--json", code=1)[
        "batches"
    ]
    assert (one["state"], one["rows_accepted"], one["rows_quarantined"]) == ("ACCEPTED_WITH_QUARANTINE", 1, 8)
    assert call("held", "release", held.batch_id, "--reason", "again").code == "NOT_HELD"
    assert call("held", "discard", other.batch_id, "--reason", " ").code == "NO_REASON"
    call("held", "discard", other.batch_id, "--reason", "a mistake", "--actor", "ann")
    assert call("held", "list").strip() == "No batch is held."
    assert call("replay", other.batch_id).code == "NOT_RETAKABLE"
    decided = ingest.rows(
        "select subject_code, decision_code, reason, actor from ingest.decisions order by recorded_at"
    )
    assert decided == [("BATCH", "RELEASE", "the shop says so", "ann"), ("BATCH", "DISCARD", "a mistake", "ann")]
    recorded = (
        "select relation_name, action_code, reason from audit.records where actor = 'ann' and stream_code = 'ingest'"
    )
    assert set(ingest.rows(recorded)) == {
        (relation, action, reason)
        for decision, reason in (("RELEASE", "the shop says so"), ("DISCARD", "a mistake"))
        for relation, action in (("ingest.decisions", "INSERT"), ("ingest.batches", decision))
    }
    ingest(lines(PART, {"part_number": "0986424"}))
    assert ingest.value("select count(*) from garage_inventory.usage_lines where work_order_number like 'G2%'") == 0


def test_a_match_is_decided_once_and_lets_waiting_rows_in(ingest):
    ingest.catalogue()
    unknown_parts(ingest, 2, 5, part="0987-AB")
    [part] = call("match", "list", "--json")["parts"]
    assert (part["brand_code"], part["part_number"], part["row_count"]) == ("BOSC", "0987-AB", 2)
    assert "BOSC:" in call("match", "list")
    wrong = call("match", "alias", "BOSC", "0987-AB", "--to", "BOSC:nothing", "--reason", "why")
    assert (wrong.code, wrong.exit_code) == ("UNKNOWN_PART", 2)
    done = call("match", "alias", "BOSC", "0987-AB", "--to", "BOSC:0986AB", "--reason", "misprint", "--actor", "ann",
                "--json")  # fmt: skip
    assert [(one["rows_accepted"], one["rows_open"]) for one in done["batches"]] == [(9, 0)]
    assert call("match", "list").strip() == "No row waits for a part."
    assert unknown_parts(ingest, 1, part="0987AB", source="G3").rows_quarantined == 0
    call("match", "forget", "BOSC", "0987-AB", "--reason", "it was another part")
    assert unknown_parts(ingest, 1, part="0987AB", source="G4").rows_quarantined == 1
    assert ingest.value("select count(*) from audit.records where action_code = 'MATCH'") == 2


def test_a_price_that_jumps_is_listed_and_released_by_its_line(ingest):
    from tests.support.ingest_files import PRICE

    ingest.catalogue()
    ingest(lines(PRICE), source="S1")
    jumped = lines(PRICE, {"unit_price_amount": "99.90", "stated_at": "2024-03-01T08:00:00Z"})
    assert ingest(jumped, source="S1").rows_held == 1
    [line] = call("held", "lines", "--json")["lines"]
    assert line["reason_code"] == "PRICE_JUMP" and "PRICE_JUMP" in call("held", "lines", "--source", "S1")
    call("held", "release-line", line["line_hold_id"], "--reason", "new contract")
    assert call("held", "lines").strip() == "No line is held."
    assert len(call("held", "lines", "--status", "RELEASED", "--json")["lines"]) == 1


def test_a_column_that_is_gone_is_accepted_and_its_file_taken(ingest):
    ingest.catalogue()
    write(ingest.folder / "home" / "profiles", "g1.yaml", "source_code: G1\nkind: usage\ncolumns: {vehicle_ref: Car}\n")
    path = write(ingest.folder, "usage.csv", lines(USAGE))
    [refused] = call("ingest", "usage", path, "--source", "G1", "--json", code=1)["batches"]
    assert refused["error_code"] == "SCHEMA_DRIFT"
    assert "MISSING_COLUMN  Car  FAIL" in call("drift", "list")
    [one] = call("drift", "accept", refused["batch_id"], "Car", "--reason", "no longer asked", "--json")["batches"]
    assert one["state"] == "ACCEPTED" and "no longer asked" in call("drift", "list")
