import io
from decimal import Decimal

import openpyxl
import pytest

from assets.report.workbook import COLUMNS, render_workbook
from tests.support.report_data import HOSTILE, line, report_data


def _open(data) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(render_workbook(data)))


def _records(sheet) -> list[dict]:
    headers, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(headers, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def data():
    return report_data(60, hostile=True)


@pytest.fixture(scope="module")
def workbook(data):
    return _open(data)


def test_the_sheets_are_real_tables_with_frozen_heads(workbook):
    assert workbook.sheetnames == ["Lines", "By supplier", "By garage", "Legend"]
    assert list(workbook["Lines"].tables) == ["Lines"]
    assert workbook["Lines"].freeze_panes == "F2"
    assert workbook["Lines"].tables["Lines"].autoFilter is not None


def test_every_line_is_there_with_its_numbers(workbook, data):
    records = _records(workbook["Lines"])
    assert [record["Part number"] for record in records] == [line["part_number"] for line in data.lines]
    for record, line_ in zip(records, data.lines, strict=True):
        assert record["Suggested"] == line_["proposed_quantity"]
        assert record["Line value"] == (
            None if line_["line_amount"] is None else pytest.approx(float(line_["line_amount"]))
        )
    assert len(records[0]) == len(COLUMNS)


def test_text_that_looks_like_a_formula_or_a_link_stays_text(workbook):
    sheet = workbook["Lines"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    descriptions = [record["Description"] for record in _records(sheet)]
    assert descriptions[-len(HOSTILE) :] == list(HOSTILE)


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
    assert render_workbook(data) == render_workbook(report_data(60, hostile=True))


def test_a_workbook_without_lines_opens():
    assert _open(report_data(0))["Lines"].tables["Lines"].ref.endswith("2")


def _with(lines):
    data = report_data(0)
    return type(data)(data.facts, lines)
