"""The horizon: what is due within so many days, and what comes down to its reorder point until then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from assets.report.files import write_report
from orchestration.benchmarks.report_lines import upcoming_of
from tests.support.report_data import AS_OF, report_data

pytestmark = pytest.mark.browser

TODAY = AS_OF.date()
DATA = report_data(300)
UPCOMING = upcoming_of(DATA.lines)


def due(line: dict) -> int | None:
    """Days until the first of: to be ordered, runs out."""
    days = [(line[name] - TODAY).days for name in ("order_by_on", "stock_out_on") if line[name]]
    return min(days) if days else None


@pytest.fixture(scope="module")
def lines() -> list[dict]:
    """Every third is to be ordered two days before it runs out, every seventh never does either."""
    made = []
    for number, line in enumerate(DATA.lines):
        early = line["stock_out_on"] - timedelta(days=2) if number % 3 == 0 else None
        never = {"stock_out_on": None, "days_to_stock_out": None}
        made.append(line | {"order_by_on": early and max(early, TODAY)} | (never if number % 7 == 0 else {}))
    for line in made:
        line["order_by_on"] = line["order_by_on"] if line["stock_out_on"] else None
    return made


@pytest.fixture(scope="module")
def address(tmp_path_factory, lines) -> str:
    made = replace(DATA, lines=lines, pages={"upcoming": UPCOMING})
    return write_report(made, tmp_path_factory.mktemp("ahead")).html.as_uri()


def count(page, of: str = "#count") -> int:
    return int(page.inner_text(of).split()[0].replace(",", ""))


def within(lines: list[dict], days: int) -> int:
    return sum(due(line) is not None and due(line) <= days for line in lines)


@pytest.mark.parametrize("days", [0, 1, 7, 30])
def test_the_slider_keeps_what_is_due_within_its_days(open_page, address, lines, days):
    page = open_page(f"{address}#show=all")
    assert count(page) == len(lines) and page.inner_text("#days-said") == "any day"
    page.fill("#days", str(days))
    assert count(page) == within(lines, days)
    assert f"days={days}" in page.url
    coming = sum((row["order_by_on"] - TODAY).days <= days for row in UPCOMING)
    assert f"{within(lines, days)} of 300 lines due; {coming} more" in page.inner_text("#days-words")


def test_the_slider_is_moved_from_the_keyboard_and_says_what_it_stands_for(open_page, address, lines):
    page = open_page(f"{address}#show=all&days=5")
    page.focus("#days")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert count(page) == within(lines, 7)
    assert page.evaluate("document.activeElement.id") == "days"
    assert page.get_attribute("#days", "aria-valuetext") == "within 7 days, until 7 Apr"
    page.keyboard.press("Home")
    assert (page.inner_text("#days-said"), count(page)) == ("today", within(lines, 0))
    page.keyboard.press("End")
    assert "days=" not in page.url and count(page) == len(lines)


def test_the_horizon_is_in_the_address_and_counts_with_the_other_filters(open_page, address, lines):
    page = open_page(f"{address}#show=all&days=9&garage=G02")
    mine = [line for line in lines if line["garage_code"] == "G02"]
    assert count(page) == within(mine, 9) and page.input_value("#days") == "9"
    page.reload()
    assert count(page) == within(mine, 9)
    other = page.inner_text("#by-garage [data-code=G03] .share")
    assert int(other) == within([line for line in lines if line["garage_code"] == "G03"], 9)
    page.click("#clear")
    assert count(page) == len(lines) and page.input_value("#days") == "31"


def test_a_bar_a_day_is_as_high_as_the_lines_of_the_day(open_page, address, lines):
    page = open_page(f"{address}#show=all&days=9")
    read = "all => all.map(one => [+one.dataset.day, +one.dataset.value])"
    bars = dict(page.eval_on_selector_all("#day-bars .due", read))
    assert bars == {day: sum(due(line) == day for line in lines) for day in range(31)}
    soon = dict(page.eval_on_selector_all("#day-bars .soon", read))
    assert soon == {day: sum((row["order_by_on"] - TODAY).days == day for row in UPCOMING) for day in range(31)}
    assert page.locator("#day-bars .due.beyond").count() == 21


def test_what_comes_down_to_its_point_has_a_page_with_the_same_slider(open_page, address):
    page = open_page(f"{address}#show=all&days=9&garage=G02")
    page.click("#see-coming")
    assert page.inner_text("#page-title") == "Coming up"
    wanted = [row for row in UPCOMING if row["garage_code"] == "G02" and row["order_by_on"] <= date(2026, 4, 9)]
    assert count(page, "#page .count") == len(wanted) > 5
    page.focus("#days")
    page.keyboard.press("ArrowLeft")
    fewer = [row for row in wanted if row["order_by_on"] <= date(2026, 4, 8)]
    assert count(page, "#page .count") == len(fewer) < len(wanted)
    assert page.evaluate("document.activeElement.id") == "days"
    page.reload()
    page.wait_for_selector("#page-title")
    assert count(page, "#page .count") == len(fewer)
    page.go_back()
    page.wait_for_selector("#rows tr")
    assert page.locator("#rail-horizon #days").count() == 1
