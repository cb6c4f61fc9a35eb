"""The report as people meet it: a file opened in a browser."""

from __future__ import annotations

import re
import uuid

import pytest

from assets.report.data import is_to_order, status_of, summarise
from assets.report.files import write_report
from tests.support.report_data import HOSTILE, report_data

pytestmark = pytest.mark.browser

DATA = report_data(1990, hostile=True)
PAGE_LENGTH = 100


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    return write_report(DATA, tmp_path_factory.mktemp("reports")).html.as_uri()


@pytest.fixture(scope="module")
def empty_address(tmp_path_factory) -> str:
    return write_report(report_data(0), tmp_path_factory.mktemp("empty")).html.as_uri()


@pytest.fixture
def open_page(browser):
    """Open an address in a fresh profile; at the end nothing may have gone wrong or been asked for."""
    contexts, complaints, requests = [], [], []

    def opened(address: str, **options):
        options = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", "reduced_motion": "reduce"} | options
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(error.message))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url.split("?")[0] for url in requests if not url.startswith("file:")} == set()
    assert len({url.split("#")[0] for url in requests}) == 1


def _ids(page) -> list[str]:
    return page.eval_on_selector_all("#rows tr", "rows => rows.map(row => row.dataset.id)")


def _column(page, name: str) -> list[str]:
    return page.locator(f"#rows td.c-{name}").all_inner_texts()


def _count(page) -> int:
    return int(page.inner_text("#count").split(" line")[0].replace(",", ""))


def test_it_opens_with_tiles_and_the_first_hundred_lines(open_page, address):
    page = open_page(address)
    summary = summarise(DATA.lines)
    figures = [text.splitlines()[0] for text in page.locator(".tile .figure").all_inner_texts()]
    assert figures[0] == f"{summary['stocked_out']:,}"
    assert figures[1] == f"{summary['runs_out_first']:,}"
    assert figures[2] == f"{summary['to_order']:,}"
    assert figures[3] == f"€{round(summary['order_value']['EUR']):,}"
    assert figures[4] == f"{summary['no_offer']:,}"
    assert len(_ids(page)) == PAGE_LENGTH
    assert "2026-03-31 22:00 UTC" in page.inner_text(".trust")
    assert "1,204 in 4 batches" in page.inner_text(".trust")


def test_filters_from_tiles_groups_and_lists_agree_with_the_data(open_page, address):
    page = open_page(address)
    page.click(".tile.late button")
    assert _count(page) == sum(status_of(line) == "late" for line in DATA.lines)
    page.click('#by-supplier [data-code="NORD"]')
    page.select_option("[name=garage]", "G02")
    wanted = {
        line["proposal_id"]
        for line in DATA.lines
        if (status_of(line), line["supplier_code"], line["garage_code"]) == ("late", "NORD", "G02")
    }
    assert set(_ids(page)) == wanted
    assert page.get_attribute('#by-supplier [data-code="NORD"]', "aria-pressed") == "true"
    assert page.input_value("[name=supplier]") == "NORD"
    page.click("#clear")
    assert _count(page) == len(DATA.lines)
    page.click(".tile:last-child button")
    assert _count(page) == sum(line["outcome_code"] == "NO_OFFER" for line in DATA.lines)


def test_the_group_of_a_supplier_and_garage_says_what_that_order_is_worth(open_page, address):
    page = open_page(address)
    page.click('#by-supplier [data-code="ALPS"]')
    lines = [x for x in DATA.lines if (x["supplier_code"], x["garage_code"]) == ("ALPS", "G03") and is_to_order(x)]
    euros = sum(line["line_amount"] for line in lines if line["currency_code"] == "EUR")
    assert f"€{round(euros):,}" in page.inner_text('#by-garage [data-code="G03"] .sum')
    assert page.inner_text('#by-garage [data-code="G03"] .share').startswith(f"{len(lines)} ")


def test_a_header_sorts_both_ways_and_says_so(open_page, address):
    page = open_page(address)
    head = page.locator('th:has([data-sort="suggested"])')
    page.click('[data-sort="suggested"]')
    assert head.get_attribute("aria-sort") == "descending"
    largest = sorted((float(line["proposed_quantity"]) for line in DATA.lines), reverse=True)[:PAGE_LENGTH]
    assert [float(text.replace(",", "")) for text in _column(page, "suggested")] == largest
    page.click('[data-sort="suggested"]')
    assert head.get_attribute("aria-sort") == "ascending"
    assert float(_column(page, "suggested")[0]) == min(line["proposed_quantity"] for line in DATA.lines)
    assert page.evaluate("document.activeElement.dataset.sort") == "suggested"


def test_empty_values_come_last_in_both_directions(open_page, address):
    page = open_page(f"{address}#outcome=NO_OFFER&sort=price")
    assert set(_column(page, "price")) == {"–"}
    for sort in ("price", "-price"):
        page = open_page(f"{address}#sort={sort}")
        assert "–" not in _column(page, "price")


def test_search_ignores_spaces_and_hyphens_in_part_numbers(open_page, address):
    page = open_page(address)
    line = DATA.lines[10]
    number = re.sub(r"\W", "", line["part_number"])
    page.fill("#q", f"{number[:3].lower()} {number[3:6]}.{number[6:]}")
    assert line["proposal_id"] in _ids(page)
    assert all(re.sub(r"\W", "", text).upper().find(number) >= 0 for text in _column(page, "part"))
    page.fill("#q", "wiper nordteile")
    wanted = [x for x in DATA.lines if x["description"].startswith("Wiper") and x["supplier_code"] == "NORD"]
    assert _count(page) == len(wanted)
    page.fill("#q", "no such thing anywhere")
    assert page.is_visible("#no-match")
    page.click("#clear-2")
    assert _count(page) == len(DATA.lines)


def test_reload_back_and_a_copied_address_show_the_same(open_page, address):
    page = open_page(address)
    page.select_option("[name=supplier]", "MERI")
    page.click('[data-sort="value"]')
    page.fill("#q", "filter")
    page.fill("#q", "")
    page.click('#pager [aria-label="Next page"]')
    page.locator("button.part").nth(2).click()
    before, where = _ids(page), page.url
    page.reload()
    assert _ids(page) == before
    assert page.is_visible("dialog.drawer[open]")
    page.go_back()
    assert not page.is_visible("dialog.drawer")
    page.go_back()
    assert "Page 1 of" in page.inner_text("#pager")
    copied = open_page(where)
    assert _ids(copied) == before
    assert copied.is_visible("dialog.drawer[open]")


def test_pages_together_hold_every_line_once(open_page, address):
    page = open_page(f"{address}#supplier=TWIN")
    seen = _ids(page)
    while page.is_enabled('#pager [aria-label="Next page"]'):
        page.click('#pager [aria-label="Next page"]')
        seen += _ids(page)
    assert sorted(seen) == sorted(line["proposal_id"] for line in DATA.lines if line["supplier_code"] == "TWIN")


def _fifty_lines() -> list[str]:
    """Of each kind some: raised to the minimum order, rounded to packs, without an offer, and the first ones."""
    kinds = (
        lambda line: is_to_order(line) and line["raw_quantity"] < line["minimum_order_quantity"],
        lambda line: is_to_order(line) and line["proposed_quantity"] > line["raw_quantity"] > 5,
        lambda line: line["outcome_code"] == "NO_OFFER",
    )
    chosen = [line["proposal_id"] for kind in kinds for line in [x for x in DATA.lines if kind(x)][:12]]
    assert len(chosen) == 36
    return list(dict.fromkeys(chosen + [line["proposal_id"] for line in DATA.lines[:50]]))[:50]


def test_the_sums_in_the_drawer_add_up_for_fifty_lines(open_page, address):
    page = open_page(address)
    terms = page.evaluate(
        """async ids => {
            const out = [];
            for (const id of ids) {
                location.hash = `line=${id}`;
                await new Promise(done => addEventListener("hashchange", () => setTimeout(done), { once: true }));
                const tables = [...document.querySelectorAll(".drawer .waterfall")];
                out.push([id, tables.map(table =>
                    [...table.rows].map(row => [row.className === "sum", Number(row.dataset.value)]))]);
            }
            return out;
        }""",
        _fifty_lines(),
    )
    lines = {line["proposal_id"]: line for line in DATA.lines}
    assert len({line_id for line_id, _ in terms}) == 50
    for line_id, tables in terms:
        for table in tables:
            running = 0.0
            for is_sum, value in table:
                running = running if is_sum else running + value
                assert not is_sum or running == pytest.approx(value, abs=0.0005), (line_id, table)
        assert tables[0][-1][1] == float(lines[line_id]["proposed_quantity"])
        assert tables[1][-1][1] == float(lines[line_id]["inventory_position_quantity"])


def test_the_chart_and_its_table_show_the_same_numbers_as_the_data(open_page, address):
    line = DATA.lines[4]
    page = open_page(f"{address}#line={line['proposal_id']}")
    chart = page.locator("svg.chart")
    assert line["part_number"] in chart.locator("title").first.text_content()
    assert "Forecast" in chart.locator("desc").text_content()

    def drawn(selector):
        return dict(
            page.eval_on_selector_all(selector, "marks => marks.map(m => [m.dataset.month, Number(m.dataset.value)])")
        )

    def listed(kind):
        script = "cells => cells.map(c => [c.closest('tr').dataset.month, c.dataset.value])"
        cells = page.eval_on_selector_all(f".twin td[data-kind={kind}]", script)
        return {month: float(value) for month, value in cells if value != ""}

    series = DATA.history[line["garage_code"], line["part_id"]]
    months = [month.isoformat() for month in series.months]
    assert (
        drawn(".bar-demand[data-month]") == listed("demand") == dict(zip(months, series.demand_quantities, strict=True))
    )
    assert drawn(".dot-stock") == listed("stock") == dict(zip(months, series.closing_stock_quantities, strict=True))
    mean = float(line["daily_mean_quantity"])
    expected = {"2026-04-01": mean * 30, "2026-05-01": mean * 31, "2026-06-01": mean * 30}
    assert drawn(".bar-forecast[data-month]") == listed("forecast") == pytest.approx(expected, abs=0.0006)
    assert set(listed("reorder").values()) == {float(line["reorder_point_quantity"])}
    page.click(".twin summary")
    assert page.is_visible(".twin tbody tr >> nth=38")


def test_a_line_without_history_says_so(open_page, address):
    line = next(x for x in DATA.lines if (x["garage_code"], x["part_id"]) not in DATA.history)
    page = open_page(f"{address}#line={line['proposal_id']}")
    assert "no history" in page.inner_text("dialog.drawer")
    assert page.locator("svg.chart").count() == 0


def test_everything_can_be_done_from_the_keyboard(open_page, address):
    page = open_page(address)
    focused = "document.activeElement.closest('tr')?.dataset.id"
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    ids = _ids(page)
    assert page.evaluate(focused) == ids[1]
    page.keyboard.press("Enter")
    assert page.is_visible("dialog.drawer[open]")
    assert page.evaluate("document.activeElement.id") == "drawer-title"
    page.keyboard.press("j")
    assert f"line={ids[2]}" in page.url
    page.keyboard.press("Escape")
    assert not page.is_visible("dialog.drawer")
    assert page.evaluate(focused) == ids[2]
    page.keyboard.press("/")
    page.keyboard.type("j?k")
    assert page.input_value("#q") == "j?k"
    page.fill("#q", "")
    page.keyboard.press("Tab")
    page.locator("button.part").first.focus()
    page.keyboard.press("?")
    assert page.is_visible("dialog.help[open]")
    page.keyboard.press("Escape")
    assert not page.is_visible("dialog.help")


def test_hostile_text_is_shown_as_text_and_does_nothing(open_page, address):
    page = open_page(address, color_scheme="dark")
    for number, words in enumerate(HOSTILE):
        page.goto(f"{address}#line={uuid.UUID(int=9_000_000 + number)}")
        assert page.text_content("dialog.drawer .what") == words
        assert page.text_content("dialog.drawer .sentence") == words
    assert page.evaluate("window.hacked") is None
    assert page.locator("dialog.drawer script, dialog.drawer img, #rows script, #rows img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [390, 1024])
def test_a_narrow_page_never_scrolls_sideways(open_page, address, width):
    page = open_page(f"{address}#sort=-description", viewport={"width": width, "height": 844})
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    page.locator("button.part").first.click()
    assert page.evaluate(fits)
    assert page.evaluate("(d => d.scrollWidth <= d.clientWidth)(document.querySelector('dialog.drawer'))")
    if width == 390:
        page.keyboard.press("Escape")
        page.select_option("[name=sort]", "-value")
        assert "sort=-value" in page.url
        assert page.locator("#rows td.c-value").first.evaluate("cell => getComputedStyle(cell).display") == "block"


def test_every_control_has_a_name_and_every_head_a_scope(open_page, address):
    page = open_page(f"{address}#line={DATA.lines[0]['proposal_id']}")
    nameless = page.eval_on_selector_all(
        "button, a, input, select, summary",
        """controls => controls.filter(control =>
            !(control.getAttribute("aria-label") || control.textContent.trim() || control.labels?.length)
        ).map(control => control.outerHTML)""",
    )
    assert nameless == []
    assert page.locator("th:not([scope])").count() == 0
    ids = page.eval_on_selector_all("[id]", "all => all.map(element => element.id)")
    assert len(ids) == len(set(ids))
    named_by = page.eval_on_selector_all(
        "[aria-labelledby]", "all => all.flatMap(element => element.getAttribute('aria-labelledby').split(' '))"
    )
    # The help is filled when it is first asked for.
    assert set(named_by) - set(ids) == {"help-title"}
    assert page.locator("h1").count() == 1
    assert page.get_attribute("html", "lang") == "en"


def test_numbers_follow_the_language_of_the_reader(open_page, address):
    page = open_page(f"{address}#sort=-value", locale="de-DE")
    assert re.fullmatch(r"[\d.]+,\d\d\s€", _column(page, "value")[0])
    assert not any(re.search(r"[.,]0+$", text) for text in _column(page, "on_hand"))


def test_print_has_all_matching_lines_on_landscape_pages(open_page, address):
    page = open_page(f"{address}#supplier=NORD")
    matching = sum(line["supplier_code"] == "NORD" for line in DATA.lines)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(_ids(page)) == matching > PAGE_LENGTH
    page.emulate_media(media="print")
    assert not page.is_visible("#q")
    assert page.is_visible("#rows tr >> nth=150")
    pdf = page.pdf(prefer_css_page_size=True)
    assert b"/MediaBox [0 0 842 595" in pdf or b"/MediaBox [0 0 841" in pdf
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(_ids(page)) == PAGE_LENGTH


def test_nothing_to_order_is_said_in_words(open_page, empty_address):
    page = open_page(empty_address)
    assert page.is_visible("text=Nothing needs ordering")
    assert not page.is_visible("#filters")


def test_without_scripts_the_first_lines_are_readable(open_page, address):
    page = open_page(address, java_script_enabled=False)
    text = page.inner_text("body")
    assert "Scripts do not run here" in text
    assert DATA.lines[0]["part_number"] in text
