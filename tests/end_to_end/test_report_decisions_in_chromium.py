"""Decisions made in the page: what they come to is said first, they outlast a reload, and their file is read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from assets.report.data import is_to_order
from assets.report.files import write_report
from ingest.planning.documents import read_document
from ingest.planning.values import as_code, as_day, as_quantity, as_words
from ingest.readers.limits import Limits
from tests.support.report_data import AS_OF, facts, report_data

pytestmark = pytest.mark.browser

DATA = report_data(120)
REVISIONS = {line["proposal_id"]: 2 for line in DATA.lines}
FIRST, SECOND, THIRD = [line["proposal_id"] for line in DATA.lines if is_to_order(line)][:3]
LATER = AS_OF.date() + timedelta(days=9)
NORD = [line for line in DATA.lines if line["supplier_code"] == "NORD"]
GROUPS = [
    {"supplier_code": "NORD", "garage_code": "G01", "currency_code": "EUR", "minimum_order_amount": Decimal(1_000_000)},
    {"supplier_code": "NORD", "garage_code": "G02", "currency_code": "EUR", "minimum_order_amount": Decimal(1)},
]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    made = replace(
        DATA, facts=facts(published_at=datetime.now(UTC)), revisions=REVISIONS, pages={"order_groups": GROUPS}
    )
    return write_report(made, tmp_path_factory.mktemp("decisions")).html.as_uri() + "#show=all"


def opened(open_page, address: str, line_id: str):
    page = open_page(f"{address}&line={line_id}")
    page.wait_for_selector("dialog.drawer[open]")
    return page


def enter(page, where: str, decision: str, **fields: str) -> None:
    page.select_option(f"{where} [name=decision]", decision)
    for name, value in fields.items():
        page.fill(f"{where} [name={name}]", value)


def filed(page, tmp_path) -> list[tuple]:
    """What `partsbay decide` finds in the file of the page: proposal, revision, decision, quantity, day, reason."""
    page.click("#decided")
    with page.expect_download() as made:
        page.click("#save-decided")
    path = tmp_path / made.value.suggested_filename
    made.value.save_as(path)
    exported_at = datetime.fromisoformat(
        page.evaluate("JSON.parse(document.getElementById('data').textContent).exported_at")
    )
    said = {datetime.fromisoformat(line.get("exported_at")) for line in read_document(path, Limits()).lines}
    assert said == {exported_at}
    return sorted(
        (
            line.get("proposal_id"), int(line.get("revision_number")), as_code(line.get("Decision")),
            as_quantity(line.get("Final quantity")), as_day(line.get("Snooze until")), as_words(line.get("Reason")),
        )
        for line in read_document(path, Limits()).lines
    )  # fmt: skip


def test_a_line_is_decided_about_in_its_drawer_and_the_file_says_so(open_page, address, tmp_path):
    page = opened(open_page, address, FIRST)
    enter(page, ".drawer", "APPROVE")
    page.keyboard.press("Escape")
    page.goto(f"{address}&line={SECOND}")
    page.wait_for_selector("dialog.drawer[open]")
    enter(page, ".drawer", "OVERRIDE", quantity="7", until=LATER.isoformat(), reason="Campaign; coming")
    page.reload()
    page.wait_for_selector("dialog.drawer[open]")
    assert page.input_value(".drawer [name=quantity]") == "7"
    page.keyboard.press("Escape")
    assert page.inner_text("#decided") == "2 decided"
    page.fill("#q", next(line["part_number"] for line in DATA.lines if line["proposal_id"] == FIRST))
    assert page.locator("#rows .decided-word").all_inner_texts() == ["approve"]
    assert filed(page, tmp_path) == sorted([
        (FIRST, 2, "APPROVE", None, None, None), (SECOND, 2, "OVERRIDE", Decimal(7), LATER, "Campaign; coming"),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("decision", "fields", "missing"),
    [
        ("OVERRIDE", {"reason": "x"}, "final quantity is missing"),
        ("OVERRIDE", {"quantity": "-3", "reason": "x"}, "whole number"),
        ("FIRM", {"quantity": "1.5", "reason": "x"}, "whole number"),
        ("FIRM", {"quantity": "1000000000", "reason": "x"}, "whole number"),
        ("SNOOZE", {"reason": "x"}, "day until which"),
        ("SNOOZE", {"until": "2026-03-01", "reason": "x"}, "must lie ahead"),
        # The plan is of 31 March 2026, whatever the day on which it was made.
        ("SNOOZE", {"until": "2027-04-02", "reason": "x"}, "within a year"),
        ("REJECT", {}, "reason is missing"),
        ("APPROVE", {"quantity": "3"}, "reason is missing"),
    ],
)
def test_what_the_store_would_refuse_is_not_kept(open_page, address, decision, fields, missing):
    page = opened(open_page, address, FIRST)
    enter(page, ".drawer", "APPROVE")
    enter(page, ".drawer", decision, **fields)
    assert missing in page.inner_text(".drawer .decide + .notes")
    page.keyboard.press("Escape")
    assert not page.is_visible("#decided")


def test_all_lines_shown_are_decided_about_at_once_after_saying_what_it_comes_to(open_page, address, tmp_path):
    page = opened(open_page, address, NORD[0]["proposal_id"])
    enter(page, ".drawer", "REJECT", reason="Season over")
    page.keyboard.press("Escape")
    page.select_option("[name=supplier]", "NORD")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("d")
    assert page.is_disabled("#decide-apply")
    enter(page, "#decide", "APPROVE")
    approved = [line for line in NORD[1:] if is_to_order(line)]
    values = {
        sign: sum(line["line_amount"] for line in approved if line["currency_code"] == code)
        for sign, code in (("€", "EUR"), ("£", "GBP"))
    }
    said = page.inner_text("#effect")
    assert said.startswith(f"Approve: {len(approved)} lines, ") and "1 supplier, 1 order below the minimum." in said
    for sign, value in values.items():
        assert f"{sign}{value:,.0f}" in said or not value
    page.click("#decide-apply")
    assert page.inner_text("#decided") == f"{len(approved) + 1} decided"
    rows = filed(page, tmp_path)
    assert {row[0] for row in rows if row[2] == "APPROVE"} == {line["proposal_id"] for line in approved}
    # What was decided for itself stays.
    assert [row[:3] for row in rows if row[2] != "APPROVE"] == [(NORD[0]["proposal_id"], 2, "REJECT")]
    page.click("#decide-button")
    page.click("#decide-undo")
    assert not page.is_visible("#decided") and page.locator(".decided-word").count() == 0


def test_decisions_of_one_report_are_not_those_of_another(open_page, address):
    page = opened(open_page, address, THIRD)
    enter(page, ".drawer", "APPROVE")
    page.keyboard.press("Escape")
    (key,) = page.evaluate("Object.keys(localStorage)")
    assert key == f"partsbay-decisions-{facts().generation_id}"
    move = "key => { localStorage.setItem('partsbay-decisions-x', localStorage[key]); delete localStorage[key]; }"
    page.evaluate(move, key)
    page.reload()
    assert not page.is_visible("#decided")


@pytest.mark.parametrize("kept", ["no JSON", "7", '[["x", {"decision": "BUY"}], 3]', "[[1, null]]"])
def test_what_else_the_browser_keeps_does_no_harm(open_page, address, kept):
    page = open_page(address)
    key = f"partsbay-decisions-{facts().generation_id}"
    page.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [key, kept])
    page.reload()
    assert page.locator("#rows tr").count() > 10 and not page.is_visible("#decided")


def test_nothing_is_decided_in_a_stale_plan(open_page, tmp_path):
    stale = write_report(replace(DATA, revisions=REVISIONS), tmp_path).html.as_uri()
    page = opened(open_page, f"{stale}#show=all", FIRST)
    assert "stale" in page.inner_text(".drawer") and not page.locator(".drawer [name=decision]").count()


def test_nothing_is_decided_about_lines_that_the_store_does_not_know(open_page, tmp_path):
    unknown = write_report(replace(DATA, facts=facts(published_at=datetime.now(UTC))), tmp_path).html.as_uri()
    page = opened(open_page, f"{unknown}#show=all", FIRST)
    assert not page.locator(".drawer [name=decision]").count() and not page.locator("#decide-button:visible").count()
