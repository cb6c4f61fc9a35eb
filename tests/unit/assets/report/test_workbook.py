import io
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from xlsxwriter.worksheet import Worksheet

from assets.report.document import document_of
from assets.report.reward import reward_of
from assets.report.sheets import heading
from assets.report.words import COLUMN_MEANINGS
from assets.report.workbook import PAGES as SHEETS
from assets.report.workbook import render_workbook
from assets.report.workbook_columns import COLUMNS, DECIDED, OPTIONAL
from tests.support.report_data import HOSTILE, line, report_data
from tests.support.report_pages import PAGES


def _open(data) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(render_workbook(document_of(data))))


def _records(sheet) -> list[dict]:
    headers, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(headers, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def data():
    return report_data(60, hostile=True)


@pytest.fixture(scope="module")
def workbook(data):
    return _open(data)


def test_cells_that_are_written_at_once_are_the_bytes_of_the_library(data, monkeypatch):
    document = document_of(replace(data, pages=PAGES))
    at_once = render_workbook(document)
    monkeypatch.setattr("assets.report.workbook.PlainWorksheet", Worksheet)
    assert render_workbook(document_of(replace(data, pages=PAGES))) == at_once


def test_the_sheets_are_real_tables_with_frozen_heads(workbook):
    assert workbook.sheetnames == ["Lines", "Summary", "By supplier", "By garage", "Legend", "_meta"]
    assert list(workbook["Lines"].tables) == ["Lines"]
    assert workbook["Lines"].freeze_panes == "E2"
    assert workbook["Lines"].tables["Lines"].autoFilter is not None


def test_every_line_is_there_with_its_numbers(workbook, data):
    records = _records(workbook["Lines"])
    assert [record["Part number"] for record in records] == [line["part_number"] for line in data.lines]
    for record, line_ in zip(records, data.lines, strict=True):
        assert record["Suggested"] == line_["proposed_quantity"]
        assert record["Line value"] == (
            None if line_["line_amount"] is None else pytest.approx(float(line_["line_amount"]))
        )
    assert len(records[0]) == len(COLUMNS) - len(OPTIONAL) + len(("Reward a unit", "Reward %"))
    assert records[0]["Reward %"] == pytest.approx(float(reward_of(data.lines[0])["reward_pct"]))


def test_text_that_looks_like_a_formula_or_a_link_stays_text(workbook):
    sheet = workbook["Lines"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    descriptions = [record["Description"] for record in _records(sheet)]
    assert descriptions[-len(HOSTILE) :] == list(HOSTILE)


def test_the_keys_are_hidden_and_what_the_file_says_of_itself_too(workbook, data):
    sheet = workbook["Lines"]
    heads = {cell.value: cell.column_letter for cell in sheet[1]}
    assert [sheet.column_dimensions[heads[name]].hidden for name in ("proposal_id", "Garage")] == [True, False]
    assert workbook["_meta"].sheet_state == "veryHidden"
    meta = dict(workbook["_meta"].iter_rows(values_only=True))
    assert meta["edition_id"] == data.facts.generation_id
    assert meta["line_count"] == str(len(data.lines))


def test_a_planner_can_enter_only_what_can_be_read_back(workbook, data):
    sheet = workbook["Lines"]
    heads = {cell.value: cell.column_letter for cell in sheet[1]}
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert set(rules) == {f"{heads[COLUMNS[name][0]]}2" for name in DECIDED}
    assert rules[f"{heads['Decision']}2"].formula1 == '"APPROVE,OVERRIDE,FIRM,SNOOZE,REJECT"'
    whole = rules[f"{heads['Final quantity']}2"]
    assert (whole.type, whole.operator, whole.formula1) == ("whole", "greaterThanOrEqual", "0")
    assert not rules[f"{heads['Reason']}2"].showErrorMessage
    assert {str(rule.sqref).split(":")[1] for rule in rules.values()} == {
        f"{heads[COLUMNS[name][0]]}{len(data.lines) + 1}" for name in DECIDED
    }


def test_a_decision_that_is_in_force_and_the_revision_stand_beside_the_line():
    data = _with([line(1, act_code="SNOOZE", act_actor="ann", act_quantity=None, act_until_on=date(2026, 4, 9))])
    (record,) = _records(_open(replace(data, revisions={line(1)["proposal_id"]: 3}))["Lines"])
    assert (record["Decided"], record["Decided by"], record["revision_number"]) == ("Snoozed", "ann", 3)
    assert record["Decided until"] == datetime(2026, 4, 9)


def test_further_pages_are_sheets_of_their_own_without_ids():
    rows = [
        {
            "garage_code": "G1",
            "part_id": "x",
            "excess_quantity": Decimal(4),
            "is_dead": True,
            "last_demand_on": None,
            "return_until_on": date(2026, 4, 30),
        }
    ]
    book = _open(replace(_with([line(1)]), pages={"excess": rows, "kpis": []}))
    assert "KPIs" not in book.sheetnames
    assert _records(book["Excess"]) == [{"Garage": "G1", "Excess": 4, "Dead": "yes", "Last demand on": None,
                                        "Return until on": datetime(2026, 4, 30)}]  # fmt: skip


def test_the_legend_says_what_columns_of_further_sheets_are():
    accuracy = [{"demand_class_code": "LUMPY", "mase_value": 0.7, "smape_value": 126.5, "pinball_value": 0.1}]
    book = _open(replace(_with([line(1)]), pages=PAGES | {"accuracy": accuracy}))
    for page, columns in COLUMN_MEANINGS.items():
        heads = {cell.value for cell in book[SHEETS[page]][1]}
        assert {heading(name) for name in columns} - heads == set()
    legend = dict(book["Legend"].iter_rows(values_only=True))
    assert legend["Smape value"].startswith("Error of a month") and legend["Gap pct"].endswith("percentage points.")
    assert legend["On time pct"] == COLUMN_MEANINGS["scorecard"]["on_time_pct"][1]
    # A time of day stays what it is.
    assert [row["Cut off at"] for row in _records(book["Supplier terms"])] == ["16:00:00", None]


def test_codes_are_said_in_words_and_what_moves_comes_from_other_garages():
    needs = [{"part_number": "N1", "outcome_code": "EXCEEDS_MAX_SKIPPED", "method_code": "MOVING_AVERAGE",
              "demand_class_code": "LUMPY", "raw_quantity": Decimal(4), "place_number": 1},
             {"part_number": "N2", "outcome_code": "NEWER", "method_code": None, "demand_class_code": None,
              "raw_quantity": None, "place_number": 2}]  # fmt: skip
    excess = [{"part_number": "N1", "action_code": "USE_UP", "affected_quantity": Decimal(4)}]
    moved = line(2, line_type_code="TRANSFER", from_garage_code="G2", supplier_code=None, supplier_name=None)
    book = _open(replace(_with([line(1), moved]), pages={"needs": needs, "excess": excess}))
    assert _records(book["Why nothing"]) == [
        {"Part number": "N1", "Outcome": "Over the maximum", "Method": "Mean of twelve months",
         "Demand class": "Lumpy", "Needed": 4},
        {"Part number": "N2", "Outcome": "NEWER", "Method": None, "Demand class": None, "Needed": None},
    ]  # fmt: skip
    assert _records(book["Excess"]) == [{"Part number": "N1", "Action": "Use up", "Units": 4}]
    assert "Other garages" in {row["Supplier name"] for row in _records(book["By supplier"])}
    summary = dict(row[:2] for row in book["Summary"].iter_rows(values_only=True))
    assert (summary["Lines to order or to move"], summary["Of these to move between garages"]) == (2, 1)


def test_a_part_number_keeps_its_zeros():
    (record,) = _records(_open(_with([line(1, part_number="007")]))["Lines"])
    assert record["Part number"] == "007"


@pytest.mark.parametrize("sheet", ["By supplier", "By garage"])
def test_the_groups_add_up_to_the_lines_per_currency(workbook, data, sheet):
    wanted: dict[str, Decimal] = {}
    for line_ in data.lines:
        if line_["outcome_code"] == "PROPOSED":
            wanted[line_["currency_code"]] = wanted.get(line_["currency_code"], Decimal(0)) + line_["line_amount"]
    found: dict[str, float] = {}
    for record in _records(workbook[sheet]):
        found[record["Currency"]] = found.get(record["Currency"], 0) + record["Value"]
    assert found == pytest.approx({currency: float(value) for currency, value in wanted.items()})


def test_the_same_data_gives_the_same_bytes(data):
    assert render_workbook(document_of(data)) == render_workbook(document_of(report_data(60, hostile=True)))


def test_a_workbook_without_lines_opens():
    assert _open(report_data(0))["Lines"].tables["Lines"].ref.endswith("2")


def _with(lines):
    data = report_data(0)
    return type(data)(data.facts, lines)


def test_of_very_many_lines_the_workbook_has_what_is_needed_to_decide(monkeypatch):
    monkeypatch.setattr("assets.report.workbook.MANY_LINES", 3)
    (record, *_) = _records(_open(report_data(4))["Lines"])
    assert {"Decision", "Suggested", "Unit price", "Supplier", "proposal_id", "row_hash"} <= set(record)
    assert len(record) < 30
