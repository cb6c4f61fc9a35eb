import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from assets.report.document import document_bytes, document_of, read_document, rows_of
from tests.support.report_data import HOSTILE, line, report_data


def test_the_same_data_gives_the_same_bytes_and_they_read_back():
    content = document_bytes(document_of(report_data(30, hostile=True)))
    assert document_bytes(document_of(report_data(30, hostile=True))) == content
    assert document_bytes(read_document(content)) == content


def test_every_number_of_the_models_is_in_it_and_what_is_worked_out_too():
    data = report_data(3)
    rows = list(rows_of(document_of(data)))
    assert [row["line_amount"] for row in rows] == [float(one["line_amount"]) for one in data.lines]
    assert {"status", "reason_code", "risk_amount", "is_waiting", "revision_number"} <= set(rows[0])
    assert [row["description"] for row in rows_of(document_of(report_data(0, hostile=True)))] == list(HOSTILE)


def test_a_gap_in_the_history_stays_a_gap():
    data = report_data(3)
    series = next(iter(data.history.values()))
    del series.months[1], series.demand_quantities[1], series.closing_stock_quantities[1]
    document = document_of(data)
    assert document["history"][0][1][1] is None
    assert len(document["months"]) == 36


def test_columns_that_only_some_lines_have_are_empty_in_the_others():
    data = report_data(2)
    data.lines[1]["offers"] = [
        {"supplier_code": "S1", "landed_unit_cost_amount": Decimal("2.50"), "arrives_on": date(2026, 1, 2)}
    ]
    first, second = rows_of(document_of(data))
    assert first["offers"] is None
    assert second["offers"] == [{"supplier_code": "S1", "landed_unit_cost_amount": 2.5, "arrives_on": "2026-01-02"}]


def test_a_page_of_a_relation_is_kept_with_its_columns():
    data = replace(
        report_data(1),
        pages={
            "excess": [
                {
                    "garage_code": "G1",
                    "excess_amount": Decimal("9"),
                    "dead_amount": Decimal("9"),
                    "currency_code": "EUR",
                    "is_dead": True,
                    "return_until_on": date(2026, 4, 30),
                }
            ]
        },
    )
    document = document_of(data)
    assert document["figures"]["excess"] == document["figures"]["dead"] == {"EUR": 9}
    (row,) = rows_of(document, "excess")
    assert (row["garage_code"], row["return_until_on"]) == ("G1", "2026-04-30")
    assert list(rows_of(document, "needs")) == []


def test_it_says_that_it_knows_decisions_up_to_the_last_that_it_shows():
    data = report_data(0)
    later = datetime(2026, 4, 2, 9, tzinfo=UTC)
    decided = replace(data, lines=[line(1, act_code="APPROVE", act_recorded_at=later)])
    assert dict(document_of(data)["meta"])["exported_at"] == data.facts.published_at.isoformat()
    assert dict(document_of(decided)["meta"])["exported_at"] == later.isoformat()
    assert json.loads(document_bytes(document_of(decided)))["figures"]["needs_you"] == 0
