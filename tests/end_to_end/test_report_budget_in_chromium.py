"""Money first: a budget leaves out what brings least for its money, and its decisions are read back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from assets.report.files import write_report
from assets.report.reward import reward_of
from ingest.planning.documents import read_document
from ingest.planning.values import as_quantity
from ingest.readers.limits import Limits
from tests.support.report_data import facts, report_data

pytestmark = pytest.mark.browser

DATA = report_data(300)
# Somebody approved the line that is worth least.
DECIDED = min(
    (line for line in DATA.lines if reward_of(line)["reward_pct"] is not None and line["currency_code"] == "EUR"),
    key=lambda line: reward_of(line)["reward_pct"],
)


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    lines = [line | ({"act_code": "APPROVE"} if line is DECIDED else {}) for line in DATA.lines]
    # A part number that a spreadsheet would take for a formula.
    lines[4] |= {"part_number": "=1+1"}
    revisions = {line["proposal_id"]: 3 for line in lines}
    made = replace(DATA, facts=facts(published_at=datetime.now(UTC)), lines=lines, revisions=revisions)
    return write_report(made, tmp_path_factory.mktemp("budget")).html.as_uri() + "#show=all"


def expected(budget: int, lines: list[dict], currency: str = "EUR") -> tuple[set[str], set[str]]:
    """Kept and left out: what is decided first, then the best for the money; what no longer fits is left out."""
    bought = [x for x in lines if reward_of(x)["reward_pct"] is not None and x["currency_code"] == currency]
    bought.sort(key=lambda x: (x is not DECIDED, -reward_of(x)["reward_pct"], -reward_of(x)["reward_amount"]))
    left, kept, out = Decimal(budget), set(), set()
    for line in bought:
        fits = line is DECIDED or line["line_amount"] <= left
        left -= line["line_amount"] if fits else 0
        (kept if fits else out).add(line["proposal_id"])
    return kept, out


def downloaded(page, button: str, dialect: str = "point") -> list[dict[str, str]]:
    page.click("#download-button")
    page.check(f"#download input[value={dialect}]")
    with page.expect_download() as made:
        page.click(button)
    text = made.value.path().read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter={"point": ",", "comma": ";"}[dialect]))


def ids(rows: list[dict[str, str]], decision: str) -> set[str]:
    return {row["proposal_id"] for row in rows if row["Decision"] == decision}


def test_the_lowest_reward_for_its_money_goes_first_and_what_that_risks_is_said(open_page, address):
    page = open_page(address)
    assert not page.is_visible("#cut")
    page.fill("[name=budget]", "100000")
    kept, out = expected(100_000, DATA.lines)
    said = page.inner_text("#cut-said")
    assert f"{len(kept)} lines" in said and f"{len(out)} lines" in said and "at risk" in said
    lines = {line["proposal_id"]: line for line in DATA.lines}
    for part in (kept, out):
        assert f"€{sum(lines[one]['line_amount'] for one in part):,.2f}" in said
    page.click("#cut-out")
    assert page.inner_text("#count").startswith(f"{len(out)} lines")
    assert page.locator("#rows tr.left-out").count() == page.locator("#rows tr").count() > 10
    assert page.locator("#rows .out-word").first.inner_text() == "left out"
    # What was left out is worth less for its money than what was kept, but for what did not fit.
    cheapest = min(lines[one]["line_amount"] for one in out)
    assert 100_000 - sum(lines[one]["line_amount"] for one in kept) < cheapest
    page.click("#cut-kept")
    assert page.inner_text("#count").startswith(f"{len(kept)} lines") and page.locator("#rows tr.left-out").count() == 0


def test_a_budget_survives_reload_and_goes_with_the_address(open_page, address):
    page = open_page(f"{address}&garage=G02")
    page.fill("[name=budget]", "20000")
    page.click("#cut-kept")
    said, count = page.inner_text("#cut-said"), page.inner_text("#count")
    kept, _ = expected(20_000, [line for line in DATA.lines if line["garage_code"] == "G02"])
    assert count.startswith(f"{len(kept)} lines")
    page.reload()
    assert (page.inner_text("#cut-said"), page.inner_text("#count")) == (said, count)
    assert page.input_value("[name=budget]") == "20000"
    copied = open_page(page.url)
    assert copied.inner_text("#cut-said") == said
    copied.fill("[name=budget]", "")
    assert not copied.is_visible("#cut") and "budget=" not in copied.url and "cut=" not in copied.url


def test_each_garage_has_a_budget_of_its_own_and_no_currency_meets_another(open_page, address):
    page = open_page(f"{address}&budget=15000&per=garage")
    by_garage = {code: [x for x in DATA.lines if x["garage_code"] == code] for code in ("G01", "G02", "G03")}
    page.click("#cut-bar summary")
    rows = {row.split("\t")[0]: row.split("\t") for row in page.locator("#cut-bar tbody tr").all_inner_texts()}
    for name, code in (("Harbour Road", "G01"), ("Mill Lane", "G02"), ("Old Station", "G03")):
        kept, out = expected(15_000, by_garage[code])
        assert (rows[name][1], rows[name][3]) == (str(len(kept)), str(len(out)))
    page.select_option("[name=per]", "")
    page.select_option("[name=money]", "GBP")
    kept, _ = expected(15_000, DATA.lines, "GBP")
    assert page.inner_text("#cut-said").startswith(f"{len(kept)} lines for £")


@pytest.mark.parametrize("dialect", ["point", "comma"])
def test_decide_reads_the_decisions_of_a_budget(open_page, address, tmp_path, dialect):
    page = open_page(f"{address}&budget=60000")
    rows = downloaded(page, "#save-decisions", dialect)
    kept, out = expected(60_000, DATA.lines)
    # Whatever is decided already is not decided again.
    assert ids(rows, "APPROVE") == kept - {DECIDED["proposal_id"]}
    assert ids(rows, "") == out | {DECIDED["proposal_id"]}
    assert {row["proposal_id"] for row in rows if row["Reason"] == "BUDGET"} == out
    page.click("#download-button")
    with page.expect_download() as made:
        page.check(f"#download input[value={dialect}]")
        page.click("#save-decisions")
    path = tmp_path / made.value.suggested_filename
    made.value.save_as(path)
    read = read_document(path, Limits())
    assert path.name.endswith("-decisions.csv") and read.row_count == len(kept | out)
    assert {line.get("proposal_id") for line in read.lines} == kept - {DECIDED["proposal_id"]}
    prices = {line["proposal_id"]: line["unit_price_amount"] for line in DATA.lines}
    for line in read.lines:
        assert line.get("revision_number") == "3"
        assert as_quantity(line.get("Unit price")) == prices[line.get("proposal_id")]


def test_the_lines_shown_are_downloaded_and_text_is_no_formula(open_page, address):
    page = open_page(f"{address}&supplier={DATA.lines[4]['supplier_code']}", locale="de-DE")
    page.click("#download-button")
    assert page.is_checked("#download input[value=comma]")
    assert not page.locator("#save-decisions").count()
    page.keyboard.press("Escape")
    rows = downloaded(page, "#save-lines", "comma")
    wanted = [line for line in DATA.lines if line["supplier_code"] == DATA.lines[4]["supplier_code"]]
    assert {row["proposal_id"] for row in rows} == {line["proposal_id"] for line in wanted}
    assert "Decision" not in rows[0]
    numbers = {row["proposal_id"]: row["Part number"] for row in rows}
    assert numbers[DATA.lines[4]["proposal_id"]] == "'=1+1"
    worth = {row["proposal_id"]: row["Reward %"].replace(",", ".") for row in rows}
    for line in wanted:
        percent = reward_of(line)["reward_pct"]
        assert worth[line["proposal_id"]] == "" if percent is None else Decimal(worth[line["proposal_id"]]) == percent


def test_nothing_is_approved_from_a_stale_plan(open_page, tmp_path):
    revisions = {line["proposal_id"]: 1 for line in DATA.lines}
    stale = write_report(replace(DATA, revisions=revisions), tmp_path).html.as_uri()
    page = open_page(f"{stale}#show=all&budget=60000")
    page.click("#download-button")
    assert page.is_disabled("#save-decisions")
    assert "stale" in page.inner_text("#download")


def test_the_drawer_says_what_a_line_is_worth(open_page, address):
    line = next(x for x in DATA.lines if reward_of(x)["reward_pct"])
    page = open_page(f"{address}&line={line['proposal_id']}")
    page.wait_for_selector("dialog.drawer[open]")
    worth = reward_of(line)
    said = page.inner_text("dialog.drawer")
    assert f"a unit is worth €{worth['reward_amount']:,.2f}: {float(worth['reward_pct']):g} % of its price" in said
