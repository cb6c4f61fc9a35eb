"""What a sender is told of each batch: from the ledger, the same however often it is written."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from ingest import outcomes
from ingest.landing import land
from ingest.outcomes import missing_outcomes, outcome_of, write_outcome
from ingest.pipeline import process
from ingest.quarantine import Filter, rows
from ingest.repair_export import export_rows
from ingest.thresholds import Thresholds
from tests.support.ingest_files import PRICE, USAGE, lines, usage_lines, write

EDI = Path(__file__).parents[3] / "data" / "edi" / "made"
ANY_SHARE = Thresholds(shares=(), default_share=1)


def written(ingest, batch_id) -> dict[str, bytes]:
    paths = write_outcome(ingest.connection, ingest.landing, ingest.folder / "outcomes", batch_id)
    return {path.suffix: path.read_bytes() for path in paths}


def test_the_document_tells_counts_and_the_table_each_refused_row_with_its_mend(ingest):
    ingest.catalogue()
    rows = [{"work_order_number": f"W{n}", "quantity": "=2+2" if n == 3 else "1"} for n in range(9)]
    outcome = ingest(lines(USAGE, *rows), source="G1", name="März/Verbrauch.csv".replace("/", "_"))
    files = written(ingest, outcome.batch_id)
    said = json.loads(files[".json"])
    assert [said[f"rows_{n}"] for n in ("read", "accepted", "duplicate", "quarantined", "held")] == [9, 8, 0, 1, 0]
    assert (said["state"], said["refused_codes"]) == ("ACCEPTED_WITH_QUARANTINE", {"PARSE": 1})
    [row] = csv.DictReader(io.StringIO(files[".csv"].decode("utf-8-sig")))
    assert (row["line"], row["place"], row["status"]) == ("5", "line 5", "OPEN")
    assert "quantity is '=2+2'" in row["reasons"] and row["mend"].startswith("Write the value")
    assert written(ingest, outcome.batch_id) == files
    folder = ingest.folder / "outcomes" / "G1"
    assert not list(folder.glob(".*")) and len(list(folder.iterdir())) == 2


def test_files_that_are_missing_old_or_empty_are_found_and_no_others(ingest):
    ingest.catalogue()
    done = ingest(usage_lines(3), source="G1")
    folder = ingest.folder / "outcomes"
    assert done.batch_id in missing_outcomes(ingest.connection, folder)
    for batch_id in list(missing_outcomes(ingest.connection, folder)):
        written(ingest, batch_id)
    assert list(missing_outcomes(ingest.connection, folder)) == []
    [document] = (folder / "G1").glob("*.json")
    document.write_bytes(b"")
    assert list(missing_outcomes(ingest.connection, folder)) == [done.batch_id]
    written(ingest, done.batch_id)
    process(ingest.connection, ingest.landing, done.batch_id, ingest.judge, again=True)
    assert list(missing_outcomes(ingest.connection, folder)) == [done.batch_id]


def test_a_batch_that_waits_has_no_outcome_yet(ingest):
    [landed] = land(ingest.connection, ingest.landing, write(ingest.folder, "u.csv", usage_lines(1)), "G1", "usage")
    assert written(ingest, landed.batch_id) == {} and not (ingest.folder / "outcomes").exists()


def test_refused_rows_beyond_the_limit_are_counted(ingest, monkeypatch):
    ingest.catalogue()
    monkeypatch.setattr(outcomes, "LISTED_ROWS", 2)
    outcome = ingest(usage_lines(5, quantity="x"), kind="usage", source="G1")
    said = outcome_of(ingest.connection, outcome.batch_id)
    assert (len(said["refused_rows"]), said["refused_rows_not_listed"]) == (2, 3)
    assert said["error_code"] == "TOO_MANY_BAD_ROWS" and "whole file again" in said["mend"]


def test_control_totals_and_missing_sequence_numbers_are_told(ingest):
    ingest.catalogue()
    for number in (3, 5):
        path = write(ingest.folder, f"p{number}.csv", lines(PRICE, {"stated_at": f"2024-02-0{number}T08:00:00Z"}))
        beside = {"sequence_number": number, "line_count": 1}
        [landed] = land(ingest.connection, ingest.landing, path, "S1", controls=beside)
        process(ingest.connection, ingest.landing, landed.batch_id, ingest.judge)
    said = outcome_of(ingest.connection, landed.batch_id)
    assert said["control_totals"] == {"rows": {"declared": 1, "counted": 1}}
    assert said["sequence_gaps"] == ["sequence 4 is missing: send it, or a FULL file"]


def test_an_x12_file_is_answered_with_a_997_and_its_refused_row_comes_back_as_csv(ingest):
    ingest.catalogue()
    broken = (EDI / "stock.846.x12").read_text().replace("QTY*33*120", "QTY*33*many")
    assert broken != (EDI / "stock.846.x12").read_text()
    outcome = ingest(broken, kind="supplier_availability", source="S1", thresholds=ANY_SHARE, name="stock.x12")
    assert (outcome.rows_accepted, outcome.rows_quarantined) == (4, 1)
    files = written(ingest, outcome.batch_id)
    assert files[".997"].startswith(b"ISA") and b"AK1*IB*" in files[".997"]
    assert written(ingest, outcome.batch_id) == files
    exported = export_rows(ingest.connection, ingest.landing, outcome.batch_id, ingest.folder / "repair")
    assert exported.note and exported.path.suffix == ".csv"
    [row] = csv.DictReader(io.StringIO(exported.path.read_text(encoding="utf-8-sig")))
    row["available_quantity"] = "120"
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    repaired = ingest(text.getvalue(), source="x", name="mended.csv")
    assert (repaired.source, repaired.rows_accepted) == ("S1", 1)
    assert [one["status"] for one in rows(ingest.connection, Filter(batch_id=outcome.batch_id))] == ["REPLAYED"]


def test_an_edifact_file_is_answered_with_a_contrl_and_a_broken_one_too(ingest):
    ingest.catalogue()
    text = (EDI / "stock.invrpt.edi").read_text()
    good = ingest(text, kind="supplier_availability", source="S1", thresholds=ANY_SHARE)
    assert b"UNH" in written(ingest, good.batch_id)[".contrl"]
    broken = ingest(text[: text.index("UNZ")], kind="supplier_availability", source="S1", thresholds=ANY_SHARE)
    files = written(ingest, broken.batch_id)
    assert (broken.state, broken.rows_accepted) == ("REJECTED", 0)
    assert json.loads(files[".json"])["error_code"] == broken.error_code and b"CONTRL" in files[".contrl"]


def test_a_file_of_two_kinds_is_answered_once_when_both_are_finished(ingest):
    ingest.catalogue()
    path = write(ingest.folder, "prices.x12", (EDI / "prices.832.x12").read_text())
    landed = land(ingest.connection, ingest.landing, path, "S1")
    assert sorted(one.kind for one in landed) == ["supplier_catalogue", "supplier_price"]
    answers = []
    for one in landed:
        process(ingest.connection, ingest.landing, one.batch_id, ingest.judge, thresholds=ANY_SHARE)
        answers.append(".997" in written(ingest, one.batch_id))
    assert answers == [False, True] and len(list((ingest.folder / "outcomes").rglob("*.997"))) == 1


def test_the_outcome_of_a_batch_is_written_anew_when_its_rows_are_settled(ingest):
    ingest.catalogue()
    outcome = ingest(usage_lines(9).replace("W3,1,BOSC,007,FITTED,2", "W3,1,BOSC,007,FITTED,x"), source="G1")
    for batch_id in list(missing_outcomes(ingest.connection, ingest.folder / "outcomes")):
        written(ingest, batch_id)
    exported = export_rows(ingest.connection, ingest.landing, outcome.batch_id, ingest.folder / "repair")
    repair = ingest(exported.path.read_text(encoding="utf-8-sig").replace(",x,", ",2,"), source="z")
    assert repair.rows_accepted == 1
    assert set(missing_outcomes(ingest.connection, ingest.folder / "outcomes")) == {outcome.batch_id, repair.batch_id}
    written(ingest, repair.batch_id)
    assert list(missing_outcomes(ingest.connection, ingest.folder / "outcomes")) == []
    said = json.loads(written(ingest, outcome.batch_id)[".json"])
    assert [row["status"] for row in said["refused_rows"]] == ["REPLAYED"]


def test_a_batch_that_is_still_refused_when_taken_again_leaves_its_rows_open(ingest):
    ingest.catalogue()
    changes = [{"work_order_number": f"W{n}", "quantity": "x" if n % 2 else "1"} for n in range(10)]
    outcome = ingest(lines(USAGE, *changes), source="G1")
    again = process(ingest.connection, ingest.landing, outcome.batch_id, ingest.judge, again=True)
    assert (outcome.state, again.state) == ("REJECTED", "REJECTED")
    assert {one["status"] for one in rows(ingest.connection, Filter(batch_id=outcome.batch_id))} == {"OPEN"}
