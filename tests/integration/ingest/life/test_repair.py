"""Refused rows go out in their sender's own form, are edited, come back, and settle what they repair."""

from __future__ import annotations

import csv
import io
import json
import os
from uuid import UUID

import pyarrow as pa
import pytest
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from ingest.arrival.inboxes import read_inboxes
from ingest.arrival.taking import take_waiting
from ingest.errors import PartsbayError
from ingest.pipeline import process
from ingest.profiles.folder import Profiles
from ingest.quarantine import Filter, discard, rows
from ingest.repair_export import export_rows
from tests.support.ingest_files import COUNT, PART, USAGE, checksums, lines, usage_lines, write

PROFILE = """
source_code: G1
kind: usage
format: delimited
options: {delimiter: ";", encoding: cp1252, skip_lines: 1}
submission: FULL
columns:
  garage_code: Filiale
  work_order_number: Auftrag
  work_order_line: Zeile
  brand_code: Marke
  part_number: Teilenummer
  usage_type_code: Art
  quantity: Menge
  consumed_at: Zeitpunkt
  vehicle_ref: Fahrzeug
values: {usage_type_code: {Ausgabe: FITTED}}
numbers: {decimal: ","}
dates: {formats: ["%d.%m.%Y %H:%M"], time_zone: Europe/Berlin}
"""
HEADER = "Filiale;Auftrag;Zeile;Marke;Teilenummer;Art;Menge;Zeitpunkt;Fahrzeug"


def german(*quantities: str) -> bytes:
    """A garage's own export: one work order for each quantity, vehicles with an umlaut and a formula."""
    body = [f'G1;W{n};1;BOSC;007;Ausgabe;{q};01.03.2024 10:00;"=Bühl;{n}"' for n, q in enumerate(quantities)]
    return "\r\n".join(["Auswertung März", HEADER, *body, ""]).encode("cp1252")


@pytest.fixture
def german_ingest(ingest):
    """Eight good lines and two bad ones of a garage with a profile; the catalogue knows its part."""
    ingest.catalogue()
    write(ingest.folder / "profiles", "g1.yaml", PROFILE)
    ingest.profiles = Profiles(ingest.folder / "profiles")
    ingest.first = ingest(german("1,0", "zwei", "2", "1", "1", "1", "drei", "1", "1", "1"), source="G1",
                          profiles=ingest.profiles, name="Verbrauch März.csv")  # fmt: skip
    return ingest


def export(ingest, batch_id=None, **options):
    return export_rows(ingest.connection, ingest.landing, batch_id or ingest.first.batch_id, ingest.folder / "out",
                       **options)  # fmt: skip


def table(path, encoding="cp1252", delimiter=";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline=""), delimiter=delimiter))


def returned(ingest, edited: list[list[str]], name: str, **form):
    """Hand an edited export in, as somebody who is not its sender."""
    return ingest(as_sent(edited, **form), source="somebody", name=name, profiles=ingest.profiles)


def as_sent(edited: list[list[str]], delimiter: str = ";", encoding: str = "cp1252") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(edited)
    return text.getvalue().encode(encoding)


def statuses(ingest, batch_id=None) -> dict[int, str]:
    return {row["line_number"]: row["status"] for row in
            rows(ingest.connection, Filter(batch_id=batch_id or ingest.first.batch_id))}  # fmt: skip


def test_an_export_has_the_senders_columns_signs_and_encoding_and_says_what_is_wrong(german_ingest):
    ingest = german_ingest
    assert (ingest.first.rows_accepted, ingest.first.rows_quarantined) == (8, 2)
    exported = export(ingest)
    header, first, second = table(exported.path)
    assert header == ["partsbay_row", "partsbay_error", *HEADER.split(";")]
    assert first[0] == f"{ingest.first.batch_id}:4" and "PARSE: quantity is 'zwei'" in first[1]
    # What a spreadsheet program would take for a formula is made harmless.
    assert first[2:] == ["G1", "W1", "1", "BOSC", "007", "Ausgabe", "zwei", "01.03.2024 10:00", "'=Bühl;1"]
    assert second[0] == f"{ingest.first.batch_id}:9"
    assert exported.row_count == 2 and exported.path.name.startswith("Verbrauch_Marz_")


def test_an_edited_export_settles_the_rows_it_repairs_under_their_senders_keys(german_ingest):
    ingest = german_ingest
    header, first, second = table(export(ingest).path)
    first[header.index("Menge")] = "2,0"
    outcome = returned(ingest, [header, first, second], "edited.csv")
    assert (outcome.source, outcome.kind, outcome.rows_accepted, outcome.rows_quarantined) == ("G1", "usage", 1, 1)
    assert statuses(ingest) == {4: "REPLAYED", 9: "OPEN"}
    assert ingest.value("select repaired_by_batch_id from ingest.quarantined_rows where status = 'REPLAYED'") == \
        outcome.batch_id  # fmt: skip
    [still] = rows(ingest.connection, Filter(batch_id=outcome.batch_id))
    assert "repairs line 9" in still["place"] and "PARSE: quantity is 'drei'" in still["reasons"][0]
    stored = ingest.rows("select quantity, vehicle_ref, source_code from garage_inventory.usage_lines"
                         " where work_order_number = 'W1'")  # fmt: skip
    assert [(float(q), v, s) for q, v, s in stored] == [(2, "=Bühl;1", "G1")]
    assert ingest.rows("select distinct submission_code from ingest.batches where kind = 'usage' order by 1") == [
        ("FULL",), ("UPDATE",),
    ]  # fmt: skip
    assert ingest.rows("select action_code, row_count from audit.records where stream_code = 'ingest'") == [
        ("REPAIR", 1)
    ]
    before = checksums(ingest.connection)
    for batch_id in (ingest.first.batch_id, outcome.batch_id):
        process(ingest.connection, ingest.landing, batch_id, ingest.judge, profiles=ingest.profiles, again=True)
    assert checksums(ingest.connection) == before and statuses(ingest) == {4: "REPLAYED", 9: "OPEN"}
    # A later export of the sender that holds the line as well is a duplicate: the key is the same.
    again = ingest(german("1,0", "2,0"), source="G1", profiles=ingest.profiles)
    assert (again.rows_accepted, again.rows_duplicate) == (0, 2)


def test_the_same_repair_twice_changes_nothing_and_a_second_repair_of_a_settled_row_is_a_duplicate(german_ingest):
    ingest = german_ingest
    header, first, second = table(export(ingest).path)
    first[header.index("Menge")] = "2"
    returned(ingest, [header, first], "edited.csv")
    before = checksums(ingest.connection)
    assert returned(ingest, [header, first], "edited.csv").is_repeat
    first[header.index("Menge")] = "7"
    second[header.index("Menge")] = "3"
    outcome = returned(ingest, [header, first, second], "edited again.csv")
    assert (outcome.rows_read, outcome.rows_accepted, outcome.rows_duplicate) == (2, 1, 1)
    assert statuses(ingest) == {4: "REPLAYED", 9: "REPLAYED"}
    assert checksums(ingest.connection) != before
    assert ingest.value("select quantity from garage_inventory.usage_lines where work_order_number = 'W1'") == 2


def test_a_repair_of_a_repair_settles_the_first_row_and_every_row_that_stood_for_it(german_ingest):
    ingest = german_ingest
    header, first, _ = table(export(ingest).path)
    first[header.index("Menge")] = "ein"
    repair = returned(ingest, [header, first], "edited.csv")
    header, line = table(export(ingest, repair.batch_id).path)
    assert line[0] == f"{ingest.first.batch_id}:4"
    line[header.index("Menge")] = "1"
    assert returned(ingest, [header, line], "again.csv").rows_accepted == 1
    assert statuses(ingest) == {4: "REPLAYED", 9: "OPEN"} and set(statuses(ingest, repair.batch_id).values()) == {
        "REPLAYED"
    }


def test_rows_of_a_repair_that_name_no_refused_row_or_a_discarded_one_are_refused(german_ingest):
    ingest = german_ingest
    header, first, second = table(export(ingest).path)
    discard(ingest.connection, ingest.first.batch_id, 9, "a test order", "ann")
    menge = header.index("Menge")
    first[menge] = second[menge] = "1"
    strange = [f"{ingest.first.batch_id}:3", *first[1:]]
    outcome = returned(ingest, [header, first, first, second, strange], "edited.csv")
    assert (outcome.rows_accepted, outcome.rows_quarantined) == (1, 3)
    said = [row["reasons"][0] for row in rows(ingest.connection, Filter(batch_id=outcome.batch_id))]
    assert ["stands on an earlier line" in said[0], said[1].split(":")[0], "no refused row" in said[2]] == [
        True, "DISCARDED", True,
    ]  # fmt: skip


def test_a_delimiter_and_encoding_changed_by_a_spreadsheet_program_are_understood(german_ingest):
    ingest = german_ingest
    header, first, _ = table(export(ingest).path)
    first[header.index("Menge")] = "2,0"
    outcome = returned(ingest, [header, first], "saved.csv", delimiter="\t", encoding="utf-8-sig")
    assert outcome.rows_accepted == 1
    assert ingest.value("select vehicle_ref from garage_inventory.usage_lines where work_order_number = 'W1'") == (
        "=Bühl;1"
    )


def test_a_row_with_a_value_too_many_can_be_mended_by_its_reference(ingest):
    ingest.catalogue()
    ingest.profiles = None
    content = usage_lines(9).replace("W3,1,", "W3,1,oops,")
    ingest.first = ingest(content, source="G1")
    header, line = table(export(ingest).path, "utf-8-sig", ",")
    assert len(line) == len(header) + 1
    line.remove("oops")
    outcome = returned(ingest, [header, line], "edited.csv", delimiter=",", encoding="utf-8")
    assert outcome.rows_accepted == 1 and statuses(ingest) == {5: "REPLAYED"}


def test_a_file_without_a_header_in_utf_16_comes_back_in_utf_16_with_one(ingest):
    ingest.catalogue()
    columns = ", ".join(f"{name}: {place}" for place, name in enumerate(USAGE, 1))
    options = "{delimiter: tab, encoding: utf-16, header: false}"
    profile = f"source_code: G1\nkind: usage\nformat: delimited\noptions: {options}\ncolumns: {{{columns}}}\n"
    write(ingest.folder / "profiles", "g1.yaml", profile)
    ingest.profiles = Profiles(ingest.folder / "profiles")
    content = usage_lines(9).replace("W3,1,BOSC,007,FITTED,2", "W3,1,BOSC,007,FITTED,zwö").split("\n", 1)[1]
    ingest.first = ingest(content.replace(",", "\t").encode("utf-16"), source="G1", profiles=ingest.profiles)
    header, row = table(export(ingest).path, "utf-16", "\t")
    assert header[2:] == [str(place) for place in range(1, len(USAGE) + 1)] and row[8] == "zwö"
    row[8] = "2"
    outcome = returned(ingest, [header, row], "edited.csv", delimiter="\t", encoding="utf-16")
    assert outcome.rows_accepted == 1 and statuses(ingest) == {4: "REPLAYED"}


def test_json_lines_come_back_as_json_lines(ingest):
    ingest.catalogue()
    ingest.profiles = None
    objects = [{**USAGE, "work_order_number": f"W{n}", "quantity": "two" if n == 4 else "2"} for n in range(9)]
    ingest.first = ingest("\n".join(map(json.dumps, objects)), kind="usage", source="G1", name="usage.jsonl")
    exported = export(ingest)
    [row] = [json.loads(line) for line in exported.path.read_text().splitlines()]
    assert exported.path.suffix == ".jsonl" and row["partsbay_row"] == f"{ingest.first.batch_id}:5"
    outcome = ingest(json.dumps({**row, "quantity": "2"}), source="x", name="back.jsonl")
    assert outcome.rows_accepted == 1 and statuses(ingest) == {5: "REPLAYED"}


def test_rows_of_a_parquet_file_come_back_as_csv_with_its_columns(ingest):
    ingest.catalogue()
    ingest.profiles = None
    usage = [{**USAGE, "work_order_number": f"W{n}", "quantity": "two" if n == 4 else "2"} for n in range(9)]
    sink = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(usage), sink)
    ingest.first = ingest(sink.getvalue(), kind="usage", source="G1", name="usage.parquet")
    exported = export(ingest)
    header, row = table(exported.path, "utf-8-sig", ",")
    assert exported.note and header[2:] == list(USAGE)
    row[header.index("quantity")] = "2"
    outcome = returned(ingest, [header, row], "edited.csv", delimiter=",", encoding="utf-8")
    assert outcome.rows_accepted == 1 and list(statuses(ingest).values()) == ["REPLAYED"]


def test_a_repair_may_come_through_the_drop_folder_of_anybody(german_ingest):
    ingest = german_ingest
    header, first, _ = table(export(ingest).path)
    first[header.index("Menge")] = "1"
    path = write(ingest.folder / "drop" / "OFFICE" / "parts", "mended.csv", as_sent([header, first]))
    os.utime(path, (1, 1))
    taken = take_waiting(ingest.connection, read_inboxes(ingest.folder / "drop", None), ingest.landing, ingest.profiles)
    [landed] = taken.landed
    assert (landed.source_code, landed.kind) == ("G1", "usage")
    assert ingest.value("select controls ->> 'handed_in_by' from ingest.batches where controls ? 'repairs'") == "OFFICE"
    done = process(ingest.connection, ingest.landing, landed.batch_id, ingest.judge, profiles=ingest.profiles)
    assert done.rows_accepted == 1 and statuses(ingest) == {4: "REPLAYED", 9: "OPEN"}


def test_a_workbook_comes_back_as_a_workbook(ingest):
    import xlsxwriter

    ingest.catalogue()
    path = ingest.folder / "counts.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Counts")
        sheet.write_row(0, 0, list(COUNT))
        for n in range(9):
            values = {**COUNT, "count_number": f"C{n}", "counted_quantity": "ten" if n == 2 else "10"}
            for column, value in enumerate(values.values()):
                sheet.write_string(n + 1, column, value)
    ingest.first = ingest(path.read_bytes(), source="G1", name="counts.xlsx")
    assert (ingest.first.kind, ingest.first.rows_quarantined) == ("stock_count", 1)
    exported = export(ingest)
    header, row = CalamineWorkbook.from_path(str(exported.path)).get_sheet_by_index(0).to_python()
    assert exported.path.suffix == ".xlsx" and header[:2] == ["partsbay_row", "partsbay_error"]
    row[header.index("counted_quantity")] = "10"
    back = ingest.folder / "back.xlsx"
    with xlsxwriter.Workbook(back) as workbook:
        sheet = workbook.add_worksheet("rows")
        for place, values in enumerate((header, row)):
            for column, value in enumerate(values):
                sheet.write_string(place, column, value)
    outcome = ingest(back.read_bytes(), source="x", name="back.xlsx")
    assert outcome.rows_accepted == 1 and list(statuses(ingest).values()) == ["REPLAYED"]


def test_a_discarded_row_is_never_stored_by_a_replay_and_the_decision_is_audited(ingest):
    ingest.catalogue()
    usage = [{"work_order_number": f"W{n}"} for n in range(9)]
    usage[2]["part_number"] = usage[5]["part_number"] = "0986424"
    first = ingest(lines(USAGE, *usage), source="G1")
    assert discard(ingest.connection, first.batch_id, 4, "ordered by mistake", "ann") == 1
    ingest(lines(PART, {"part_number": "0986424"}))
    again = process(ingest.connection, ingest.landing, first.batch_id, ingest.judge, again=True)
    assert (again.rows_read, again.rows_accepted, again.rows_quarantined) == (9, 8, 1)
    assert statuses(ingest, first.batch_id) == {4: "DISCARDED", 7: "REPLAYED"}
    assert ingest.rows("select subject_code, decision_code, line_number, reason, actor from ingest.decisions") == [
        ("ROW", "DISCARD", 4, "ordered by mistake", "ann")
    ]
    assert ingest.rows(
        "select actor, action_code, batch_id, row_count from audit.records where stream_code = 'ingest' order by 2"
    ) == [("ann", "DISCARD", first.batch_id, 1), ("ann", "INSERT", None, 1), ("pipeline", "REPLAY", first.batch_id, 1)]
    assert ingest.rows("select * from audit.breaches()") == []
    with pytest.raises(PartsbayError, match="no open row"):
        discard(ingest.connection, first.batch_id, 4, "again", "ann")
    with pytest.raises(PartsbayError, match="no batch"):
        discard(ingest.connection, UUID(int=1), None, "why", "ann")


def test_a_file_that_names_an_unknown_batch_is_refused_whole(ingest):
    ingest.catalogue()
    content = f"partsbay_row,partsbay_error,garage_code\n{UUID(int=1)}:2,x,G1\n"
    assert ingest(content, source="other").error_code == "REPAIR"
    outcome = ingest(content, kind="usage")
    assert (outcome.state, outcome.error_code) == ("REJECTED", "REPAIR") and "not in this ledger" in outcome.error
