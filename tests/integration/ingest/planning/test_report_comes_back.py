"""The workbook that the report writes is the one that decisions are read from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import openpyxl

from assets.report.document import document_of
from assets.report.workbook import render_workbook
from ingest.planning.documents import read_document
from ingest.planning.filing import file_decisions
from ingest.planning.signing import workbook_secret
from ingest.readers.limits import Limits
from tests.support.planning import proposal
from tests.support.report_data import facts, report_data


def test_a_line_of_the_reports_workbook_is_approved_in_it(ann, tmp_path):
    data = report_data(5)
    lines = [
        {**line, "proposal_id": str(proposal(number)), "proposed_quantity": 4, "supplier_code": "S1"}
        for number, line in enumerate(data.lines, start=1)
    ]
    for number, line in enumerate(lines, start=1):
        ann.propose(
            number, quantity=4, garage_code=line["garage_code"], unit_price_amount=line["unit_price_amount"],
            numbers={"brand_code": line["brand_code"], "part_number": line["part_number"]},
        )  # fmt: skip
    made = replace(
        data,
        facts=facts(published_at=datetime.now(UTC) + timedelta(seconds=1)),
        lines=lines,
        revisions={line["proposal_id"]: 1 for line in lines},
        secret=workbook_secret(ann.connection),
    )
    path = tmp_path / "replenishment.xlsx"
    path.write_bytes(render_workbook(document_of(made)))

    book = openpyxl.load_workbook(path)
    place = {cell.value: cell.column for cell in book["Lines"][1]}
    book["Lines"].cell(2, place["Decision"]).value = "APPROVE"
    book["Lines"].cell(3, place["Decision"]).value = "REJECT"
    book["Lines"].cell(3, place["Reason"]).value = "season over"
    book.save(path)

    filed = file_decisions(ann.connection, read_document(path, Limits()), "ann")
    assert [(one.row, one.outcome_code, one.problem, one.ignored) for one in filed.results] == [
        (2, "DONE", None, ()), (3, "DONE", None, ()),
    ]  # fmt: skip
    assert ann.orders() == [(4, "S1", "READY")]
