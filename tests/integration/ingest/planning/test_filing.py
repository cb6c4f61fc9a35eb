"""The workbook comes back: what is taken, what is refused and in which cell, and what the same file does again."""

from __future__ import annotations

import datetime as dt
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from ingest.errors import SettingsError
from ingest.planning.documents import read_document
from ingest.planning.filing import Filed, file_decisions
from ingest.planning.outcome import write_outcome
from ingest.planning.signing import row_hash, signed_meta, workbook_secret
from ingest.readers.limits import FileFault, Limits
from tests.support.planning import Planner, later, proposal

HEADERS = [
    "Status", "Garage", "Brand", "Part number", "Decision", "Final quantity", "Snooze until", "Reason", "Suggested",
    "Supplier", "Unit price", "proposal_id", "revision_number", "row_hash",
]  # fmt: skip
EDITION = "0f0e0d0c-0000-7000-8000-000000000001"


class Book:
    """The workbook of a report over the proposals 1 to 5, in which a test decides."""

    def __init__(self, planner: Planner, folder: Path):
        self.planner, self.path = planner, folder / "replenishment.xlsx"
        secret = workbook_secret(planner.connection)
        exported_at = planner.rows("select clock_timestamp()")[0][0].isoformat()
        self.meta = dict(signed_meta(secret, {"edition_id": EDITION, "exported_at": exported_at}))
        self.headers = [*HEADERS]
        self.lines = []
        for number in range(1, 6):
            signed = row_hash(secret, EDITION, proposal(number), 1, Decimal(4))
            said = ["out", "G1", "BOSC", f"P{number}", "", "", "", "", 4, "S1", 9.99, str(proposal(number)), 1, signed]
            self.lines.append(dict(zip(HEADERS, said, strict=True)))

    def say(self, number: int, **cells) -> None:
        names = {"decision": "Decision", "quantity": "Final quantity", "until": "Snooze until", "reason": "Reason"}
        self.lines[number - 1].update({names.get(name, name): value for name, value in cells.items()})

    def write(self) -> Path:
        options = {"strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(self.path), options) as workbook:
            workbook.set_properties({"created": dt.datetime(2026, 1, 31)})
            sheet, meta = workbook.add_worksheet("Lines"), workbook.add_worksheet("_meta")
            day = workbook.add_format({"num_format": "yyyy-mm-dd"})
            for column, header in enumerate(self.headers):
                sheet.write(0, column, header)
                for row, line in enumerate(self.lines, start=1):
                    value = line[header]
                    if isinstance(value, dt.date):
                        sheet.write_datetime(row, column, dt.datetime(value.year, value.month, value.day), day)
                    elif value != "":
                        sheet.write(row, column, value)
            for row, (name, value) in enumerate(self.meta.items()):
                meta.write_string(row, 0, name)
                meta.write_string(row, 1, value)
            meta.very_hidden()
        return self.path

    def file(self, path: Path | None = None, **options) -> Filed:
        document = read_document(path or self.write(), Limits())
        return file_decisions(self.planner.connection, document, self.planner.actor, **options)


@pytest.fixture
def book(ann, tmp_path):
    for number in range(1, 6):
        ann.propose(number, quantity=4)
    return Book(ann, tmp_path)


def test_lines_are_taken_refused_and_wrong_each_with_its_cell_and_the_same_file_changes_nothing(book, ann):
    book.say(1, decision="approve")
    book.say(2, decision="APPROVE", quantity="8,0", reason="campaign")
    book.say(3, decision="SNOOZE", until=later(9), reason='=HYPERLINK("x")')
    book.say(4, decision="APPROVE", quantity=-3)
    book.say(5, decision="SNOOZE", until="someday", reason="x")
    filed = book.file()
    assert [one.outcome_code for one in filed.results] == ["DONE", "DONE", "DONE", "WRONG", "WRONG"]
    assert filed.results[3].words == "F5: -3 is not a whole number >= 0"
    assert filed.results[4].words == "G6: someday is no day; write it as 2027-01-31"
    assert ann.orders() == [(4, "S1", "READY"), (8, "S1", "READY")]
    reasons = ann.rows(
        "select reason, reason_code, document_sha256 from replenishment.planner_acts order by proposal_id"
    )
    assert [row[:2] for row in reasons] == [(None, None), ("campaign", "CAMPAIGN"), ('=HYPERLINK("x")', None)]
    assert {row[2] for row in reasons} == {filed.sha256}
    again = book.file()
    assert (again.applied_by, again.counts) == ("ann", {"DONE": 3, "SAME": 0, "REFUSED": 2, "WRONG": 0})
    assert [one.outcome_code for one in again.results] == ["SAME", "SAME", "SAME", "WRONG", "WRONG"]
    assert [one.words for one in again.results[3:]] == [one.words for one in filed.results[3:]]
    assert ann.act_count() == 3


def test_a_line_whose_proposal_changed_meanwhile_is_refused_with_both_numbers_and_the_others_are_taken(book, ann):
    book.say(1, decision="APPROVE")
    book.say(2, decision="APPROVE")
    ann.propose(1, quantity=6, revision=2, change_code="CHANGED")
    filed = book.file()
    assert [one.code for one in filed.results] == ["STALE", None]
    assert "it was 4 at 9.99 EUR from S1 and is 6 at 9.99 EUR from S1" in filed.results[0].problem
    assert filed.results[0].cell == "L2"
    assert ann.orders() == [(4, "S1", "READY")]


def test_what_somebody_else_decided_since_the_report_stands(book, bob):
    bob.decide("REJECT", 1, reason="no")
    book.say(1, decision="APPROVE")
    (result,) = book.file().results
    assert result.code == "DECIDED" and "REJECT" in result.words


def test_the_same_file_says_again_what_became_of_its_lines_whatever_changed_since(book, ann, bob):
    """A command that was killed after it had entered the decisions is called again: nothing is lost of what it said."""
    book.say(1, decision="APPROVE")
    book.say(2, decision="OVERRIDE", quantity=8, reason="campaign")
    book.say(3, decision="APPROVE")
    bob.decide("SNOOZE", 3, until_on=later(3), reason="wait")
    assert [one.code for one in book.file().results] == [None, None, "DECIDED"]
    bob.decide("UNDO", 3, reason="my fault")
    ann.propose(1, quantity=2, revision=2, change_code="CHANGED")
    filed = book.file()
    assert [(one.outcome_code, one.code) for one in filed.results] == [
        ("SAME", None), ("SAME", None), ("REFUSED", "DECIDED")
    ]  # fmt: skip
    assert ann.orders() == [(4, "S1", "READY")]


def test_a_line_that_nothing_speaks_against_any_more_is_not_taken_by_the_same_bytes(book, ann):
    book.say(1, decision="APPROVE")
    ann.propose(1, quantity=6, revision=2, change_code="CHANGED")
    assert [one.code for one in book.file().results] == ["STALE"]
    ann.propose(1, quantity=4, revision=3, change_code="CHANGED")
    (result,) = book.file().results
    assert (result.outcome_code, result.code) == ("REFUSED", "NOT_TAKEN") and "in a new report" in result.problem
    assert ann.orders() == []


def test_changed_cells_that_nobody_may_change_are_reported_and_ignored(book, ann):
    book.say(1, decision="APPROVE", Suggested=40, Supplier="S9")
    (result,) = book.file().results
    assert result.outcome_code == "DONE"
    assert result.ignored == ("J2: Supplier says S9 and is S1; ignored", "I2: Suggested says 40 and is 4; ignored")
    assert ann.orders() == [(4, "S1", "READY")]


def test_a_row_that_was_sorted_without_its_hidden_cells_decides_about_no_other_part(book, ann):
    """The row shows P3 with the hidden cells of P1, and the other way round: neither is ordered."""
    first, third = book.lines[0], book.lines[2]
    names = ("proposal_id", "revision_number", "row_hash")
    for name in names:
        first[name], third[name] = third[name], first[name]
    book.say(1, decision="APPROVE")
    book.say(2, decision="APPROVE")
    book.say(3, decision="APPROVE", Garage="g1")
    results = book.file().results
    assert [(one.outcome_code, one.code, one.cell) for one in results] == [
        ("WRONG", "OTHER_LINE", "D2"), ("DONE", None, None), ("WRONG", "OTHER_LINE", "D4")
    ]  # fmt: skip
    assert "the row says P1, and its hidden cells are of P3 for G1; it was sorted or copied" in results[0].problem


def test_a_part_number_that_lost_its_zeros_on_the_way_is_the_same(book, ann):
    ann.propose(6, quantity=4, numbers={"part_number": "00-986"})
    book.lines[0] |= {"Part number": 986.0, "proposal_id": str(proposal(6)), "Brand": "bosc"}
    book.lines[0]["row_hash"] = row_hash(workbook_secret(ann.connection), EDITION, proposal(6), 1, Decimal(4))
    book.say(1, decision="APPROVE")
    (result,) = book.file().results
    assert (result.outcome_code, len(result.ignored)) == ("DONE", 2)


def test_columns_may_be_moved_or_left_out_and_rows_sorted(book):
    book.headers = ["row_hash", "Decision", "revision_number", "Reason", "proposal_id"]
    book.lines.reverse()
    book.lines[0]["Decision"] = "APPROVE"
    (result,) = book.file().results
    assert (result.row, result.outcome_code) == (2, "DONE")
    assert result.answer.proposal_id == proposal(5)


def test_a_file_saved_by_another_program_is_taken(book, ann):
    book.say(1, decision="APPROVE")
    book.write()
    saved = openpyxl.load_workbook(book.path)
    saved["Lines"]["E3"], saved["Lines"]["F3"], saved["Lines"]["H3"] = "APPROVE", "=4+4", "more"
    saved["Lines"]["E4"], saved["Lines"]["G4"], saved["Lines"]["H4"] = "SNOOZE", later(5), "later"
    saved.save(book.path)
    filed = book.file(book.path)
    assert [one.outcome_code for one in filed.results] == ["DONE", "WRONG", "DONE"]
    assert filed.results[1].words == "F3: a formula without a stored result"


def test_a_line_of_another_report_and_a_workbook_of_another_network_are_refused(book):
    book.say(1, decision="APPROVE", row_hash="0" * 20)
    (result,) = book.file().results
    assert (result.outcome_code, result.code) == ("WRONG", "NOT_OURS")
    book.meta["exported_at"] = "2099-01-01T00:00:00+00:00"
    with pytest.raises(FileFault) as fault:
        book.file()
    assert fault.value.code == "NOT_OURS"


def test_a_preview_enters_nothing_and_the_file_can_still_be_applied(book, ann):
    book.say(1, decision="APPROVE")
    assert book.file(is_preview=True).counts["DONE"] == 1
    assert ann.act_count() == 0
    assert book.file().counts["DONE"] == 1


def test_delimited_text_goes_the_same_way(book, ann, tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text(
        f"proposal_id;revision_number;Decision;Final quantity;Reason\n{proposal(1)};1;OVERRIDE;12,0;winter\n"
        f"{proposal(2)};1;APPROVE;x;\n"
    )
    filed = book.file(path)
    assert [one.words for one in filed.results] == ["", "D3: x is not a whole number >= 0"]
    assert ann.rows("select act_code, quantity::int from replenishment.planner_acts") == [("OVERRIDE", 12)]


@pytest.mark.parametrize(
    ("line", "cell", "words"),
    [
        ("{};99999999999;APPROVE;4;x", "A3", "the hidden cells of the line are empty or damaged"),
        ("{};-1;APPROVE;4;x", "A3", "the hidden cells of the line are empty or damaged"),
        ("{};1;APPROVE;4;a\0b", "E3", "a NUL character, which is in no text"),
        ("{};1;APP\0ROVE;4;x", "C3", "a NUL character, which is in no text"),
        ("{};1;APPROVE;4;too much; really", "C3", "6 values in 5 columns; put text with the sign that separates them"),
    ],
)
def test_a_damaged_line_of_text_is_named_and_the_others_are_taken(book, ann, tmp_path, line, cell, words):
    path = tmp_path / "decisions.csv"
    good = f"{proposal(1)};1;APPROVE;;\n"
    path.write_text("proposal_id;revision_number;Decision;Final quantity;Reason\n" + good + line.format(proposal(2)))
    first, second = book.file(path).results
    assert (first.outcome_code, second.outcome_code, second.cell) == ("DONE", "WRONG", cell)
    assert words in second.problem
    assert ann.orders() == [(4, "S1", "READY")]


def test_a_quote_that_is_not_closed_swallows_no_line(book, tmp_path):
    path = tmp_path / "decisions.csv"
    head, good = "proposal_id,revision_number,Decision,Reason\n", f"{proposal(2)},1,APPROVE,\n"
    for wrong in (f'{proposal(1)},1,REJECT,"12 inch\n{good}', f'{proposal(1)},1,REJECT,"12" wheels\n{good}'):
        path.write_text(head + wrong)
        with pytest.raises(FileFault, match=r"decisions.csv cannot be read from line [23] on") as fault:
            book.file(path)
        assert "quotes" in fault.value.mend


def test_an_outcome_that_cannot_be_written_says_that_the_decisions_are_entered(book, tmp_path):
    book.say(1, decision="APPROVE")
    document = read_document(book.write(), Limits())
    filed = file_decisions(book.planner.connection, document, "ann")
    with pytest.raises(SettingsError, match="what was decided is entered all the same"):
        write_outcome(document, filed, tmp_path / "no such folder" / "out.xlsx")


def test_text_that_says_when_it_was_exported_knows_nothing_of_what_others_decided_since(book, ann, bob, tmp_path):
    exported_at = ann.rows("select clock_timestamp()")[0][0].isoformat()
    bob.decide("REJECT", 1, reason="no")
    path = tmp_path / "decisions.csv"
    head = "proposal_id;revision_number;Decision;exported_at\n"
    path.write_text(head + f"{proposal(1)};1;APPROVE;{exported_at}\n{proposal(2)};1;APPROVE;{exported_at}\n")
    assert [one.code for one in book.file(path).results] == ["DECIDED", None]
    path.write_text(head + f"{proposal(3)};1;APPROVE;yesterday\n")
    with pytest.raises(FileFault, match="does not say when it was exported"):
        book.file(path)


def test_the_outcome_names_every_line_and_its_text_is_no_formula(book, tmp_path):
    """Fault 56: cells of text stay text, numbers stay numbers."""
    book.say(1, decision="APPROVE", quantity=4)
    book.say(2, decision="REJECT", reason="=cmd()")
    book.say(3, decision="APPROVE", quantity=5, reason="+x")
    document = read_document(book.write(), Limits())
    filed = file_decisions(book.planner.connection, document, "ann")
    sheet = openpyxl.load_workbook(write_outcome(document, filed, tmp_path / "out.xlsx"))["Results"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [row[9] for row in rows] == ["DONE", "DONE", "REFUSED"]
    assert (rows[0][5], rows[1][7], rows[2][10]) == (4, "=cmd()", "F4")
    assert sheet["H3"].data_type == "s"


@pytest.mark.parametrize("content", [b"PK\x03\x04 no zip", b"\xff\xfe\x00", b"a;b\n1;2\n"])
def test_what_is_no_file_of_decisions_is_refused(content, tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(FileFault):
        read_document(path, Limits())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pass_protected.xlsx", "protected by a password"),
        ("date.xls", "a workbook of before 2007"),
    ],
)
def test_a_workbook_of_another_kind_says_how_to_save_it(name, words):
    sample = Path(__file__).parents[3] / "data" / "torture" / "spreadsheet" / f"calamine-{name}"
    with pytest.raises(FileFault, match=words) as fault:
        read_document(sample, Limits())
    assert "Save it as .xlsx" in fault.value.mend


def test_a_file_saved_as_an_open_document_is_taken_and_an_error_in_it_is_none(book, ann, tmp_path):
    book.say(1, decision="APPROVE")
    book.say(2, decision="APPROVE", quantity="#DIV/0!", reason="more")
    rows = [book.headers, *([line[name] for name in book.headers] for line in book.lines)]
    path = open_document(tmp_path / "replenishment.ods", {"Lines": rows, "_meta": list(book.meta.items())})
    filed = book.file(path)
    assert [one.outcome_code for one in filed.results] == ["DONE", "WRONG"]
    assert filed.results[1].words == "F3: #DIV/0!, an error value"
    assert ann.orders() == [(4, "S1", "READY")]


def open_document(path: Path, sheets: dict[str, list]) -> Path:
    """Sheets as LibreOffice saves them: a formula that failed has a text that is shown, and no value."""

    def cell(value) -> str:
        if isinstance(value, (int, float)):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        if value.startswith("#"):
            said = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
            return f"<table:table-cell {said}><text:p>{value}</text:p></table:table-cell>"
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    urn = "urn:oasis:names:tc:opendocument:xmlns"
    names = " ".join(f'xmlns:{name}="{urn}:{name}:1.0"' for name in ("office", "table", "text"))
    calc = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
    tables = "".join(
        f'<table:table table:name="{name}">'
        + "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr(
            "content.xml",
            f'<office:document-content {names} xmlns:calcext="{calc}"><office:body><office:spreadsheet>{tables}'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        package.writestr("META-INF/manifest.xml", manifest)
    return path


def test_text_in_another_encoding_says_where_and_how_to_save_it(tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_bytes("proposal_id;revision_number;Decision;Reason\n1;1;REJECT;Größe\n".encode("cp1252"))
    with pytest.raises(FileFault, match="by its byte 58") as fault:
        read_document(path, Limits())
    assert "CSV UTF-8" in fault.value.mend


def test_a_sheet_of_endless_size_ends_at_the_cap_of_memory(tmp_path):
    path = tmp_path / "wide.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Lines")
        sheet.write(0, 0, "Decision")
        sheet.write(1_048_575, 16_383, "x")
        workbook.add_worksheet("_meta")
    with pytest.raises(FileFault) as fault:
        read_document(path, Limits())
    assert fault.value.code == "TOO_LARGE"
