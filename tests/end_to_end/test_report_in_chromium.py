"""The report as people meet it: a file opened in a browser."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest

from assets.report.data import is_to_order, needs_somebody, reason_of, status_of, summarise
from assets.report.files import write_report
from orchestration.benchmarks.report_lines import GARAGES
from tests.support.report_data import HOSTILE, line, report_data

pytestmark = pytest.mark.browser

DATA = report_data(1990, hostile=True)


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    return write_report(DATA, tmp_path_factory.mktemp("reports")).html.as_uri() + "#show=all"


@pytest.fixture(scope="module")
def empty_address(tmp_path_factory) -> str:
    return write_report(report_data(0), tmp_path_factory.mktemp("empty")).html.as_uri()


def _ids(page) -> list[str]:
    return page.eval_on_selector_all("#rows tr:not(.group)", "rows => rows.map(row => row.dataset.id)")


def _column(page, name: str) -> list[str]:
    return page.locator(f"#rows td.c-{name}").all_inner_texts()


def _count(page) -> int:
    return int(page.inner_text("#count").split(" line")[0].replace(",", ""))


def test_it_opens_on_what_needs_somebody_today_grouped_by_reason(open_page, address):
    page = open_page(address.partition("#")[0])
    summary = summarise(DATA.lines)
    figures = [text.splitlines()[0] for text in page.locator(".tile .figure").all_inner_texts()]
    assert figures[:5] == [
        f"{summary[name]:,}" for name in ("stocked_out", "runs_out_first", "needs_you", "to_order", "no_offer")
    ]
    assert _count(page) == summary["needs_you"] == sum(needs_somebody(line) for line in DATA.lines)
    first = page.locator("#rows tr.group").first
    assert first.get_attribute("data-reason") == "STOCKED_OUT"
    stocked_out = sum(reason_of(line) == "STOCKED_OUT" and needs_somebody(line) for line in DATA.lines)
    assert f"{stocked_out:,} lines" in first.inner_text()
    assert "at risk" in first.inner_text()
    assert "2026-03-31 22:00 UTC" in page.inner_text(".trust")
    assert "1,204 in 4 batches" in page.inner_text(".trust")


def test_a_plan_of_another_day_says_in_red_that_it_is_stale(open_page, address):
    page = open_page(address)
    assert "Stale" in page.inner_text("#age")
    assert page.is_visible("#stale")


def test_tiles_reasons_and_lists_filter_what_the_data_says(open_page, address):
    page = open_page(address)
    page.click('[data-tile="late"]')
    assert _count(page) == sum(status_of(line) == "late" for line in DATA.lines)
    page.click('#by-supplier [data-code="NORD"]')
    page.select_option("[name=garage]", "G02")
    wanted = {
        line["proposal_id"]
        for line in DATA.lines
        if (status_of(line), line["supplier_code"], line["garage_code"]) == ("late", "NORD", "G02")
    }
    assert _count(page) == len(wanted)
    assert set(_ids(page)) <= wanted
    assert page.get_attribute('#by-supplier [data-code="NORD"]', "aria-pressed") == "true"
    assert page.input_value("[name=supplier]") == "NORD"
    page.click("#clear")
    assert _count(page) == len(DATA.lines)
    page.click('#by-reason [data-code="RUNS_OUT"]')
    assert _count(page) == sum(reason_of(line) == "RUNS_OUT" for line in DATA.lines)


def test_only_the_rows_in_sight_exist_and_scrolling_brings_the_others(open_page, address):
    page = open_page(address)
    assert 10 < len(_ids(page)) < 60
    assert page.get_attribute("#lines", "aria-rowcount") == str(len(DATA.lines) + 1)
    seen = set(_ids(page))
    page.evaluate("document.querySelector('#scroller').scrollTop = 40000")
    page.wait_for_timeout(200)
    assert seen.isdisjoint(_ids(page))
    head = page.locator("#heads th").first.bounding_box()
    assert head["y"] >= page.locator("#scroller").bounding_box()["y"]


def test_a_header_sorts_both_ways_and_says_so(open_page, address):
    page = open_page(address)
    head = page.locator('th:has([data-sort="suggested"])')
    page.click('[data-sort="suggested"]')
    assert head.get_attribute("aria-sort") == "descending"
    largest = sorted((float(line["proposed_quantity"]) for line in DATA.lines), reverse=True)[:10]
    assert [float(text.replace(",", "")) for text in _column(page, "suggested")][:10] == largest
    page.click('[data-sort="suggested"]')
    assert head.get_attribute("aria-sort") == "ascending"
    assert float(_column(page, "suggested")[0]) == min(line["proposed_quantity"] for line in DATA.lines)
    assert page.evaluate("document.activeElement.dataset.sort") == "suggested"


def test_empty_values_come_last_in_both_directions(open_page, address):
    page = open_page(f"{address}&outcome=NO_OFFER&sort=value")
    assert set(_column(page, "value")) == {"–"}
    for sort in ("value", "-value"):
        page = open_page(f"{address}&sort={sort}")
        assert "–" not in _column(page, "value")


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
    page.locator("button.part").nth(2).click()
    page.wait_for_selector("dialog.drawer[open]")
    before, where = _ids(page), page.url
    page.reload()
    page.wait_for_selector("dialog.drawer[open]")
    assert _ids(page) == before
    page.go_back()
    page.wait_for_selector("dialog.drawer", state="hidden")
    assert page.input_value("[name=supplier]") == "MERI"
    copied = open_page(where)
    copied.wait_for_selector("dialog.drawer[open]")
    assert _ids(copied) == before


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
                setTimeout(() => { location.hash = `show=all&line=${id}`; });
                const drawer = document.querySelector("#drawer");
                await new Promise(done => new MutationObserver((_, seen) => { seen.disconnect(); done(); })
                    .observe(drawer, { childList: true }));
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


def _listed(page, kind: str) -> dict[str, float]:
    script = "cells => cells.map(c => [c.closest('tr').dataset.key, c.dataset.value])"
    cells = page.eval_on_selector_all(f".twin td[data-kind={kind}]", script)
    return {key: float(value) for key, value in cells if value != ""}


def _drawn(page, selector: str, key: str, value: str = "value") -> dict[str, float]:
    script = f"marks => marks.map(m => [m.dataset.{key}, Number(m.dataset.{value})])"
    return dict(page.eval_on_selector_all(selector, script))


def test_the_chart_of_months_and_its_table_show_the_numbers_of_the_data(open_page, address):
    line = DATA.lines[4]
    page = open_page(f"{address}&line={line['proposal_id']}")
    chart = page.locator("svg.chart").last
    assert line["part_number"] in chart.locator("title").first.text_content()
    assert "Forecast" in chart.locator("desc").text_content()
    series = DATA.history[line["garage_code"], line["part_id"]]
    months = [month.isoformat() for month in series.months]
    sold = dict(zip(months, series.demand_quantities, strict=True))
    assert _drawn(page, ".bar-demand[data-month]", "month") == _listed(page, "demand") == sold
    closing = dict(zip(months, series.closing_stock_quantities, strict=True))
    assert _drawn(page, ".dot-stock", "month") == _listed(page, "stock") == closing
    mean = float(line["daily_mean_quantity"])
    expected = {"2026-04-01": mean * 30, "2026-05-01": mean * 31, "2026-06-01": mean * 30}
    forecast = _listed(page, "forecast")
    assert _drawn(page, ".bar-forecast[data-month]", "month") == forecast == pytest.approx(expected, abs=0.0006)
    assert set(_listed(page, "reorder").values()) == {float(line["reorder_point_quantity"])}


def test_the_projection_falls_by_the_forecast_and_rises_by_the_order(open_page, address):
    line = next(x for x in DATA.lines if is_to_order(x) and not x["on_order_quantity"])
    page = open_page(f"{address}&line={line['proposal_id']}")
    page.wait_for_selector("dialog.drawer[open]")
    without, ordered = _listed(page, "without"), _listed(page, "with")
    assert _drawn(page, ".dot-day", "day") == ordered
    assert _drawn(page, ".dot-day", "day", "without") == without
    start = float(line["sellable_quantity"] - line["reserved_quantity"] - line["backordered_quantity"])
    lead, mean = max(1, line["lead_time_days"]), float(line["daily_mean_quantity"])
    for number, day in enumerate(without):
        assert without[day] == pytest.approx(start - mean * number, abs=0.001)
        arrived = float(line["proposed_quantity"]) if number >= lead else 0
        assert ordered[day] == pytest.approx(start + arrived - mean * number, abs=0.001)
    low, high = _listed(page, "low"), _listed(page, "high")
    assert all(low[day] <= high[day] for day in ordered)


def test_the_projection_falls_by_what_goes_back_and_what_is_moved_or_promised(open_page, tmp_path):
    going = DATA.lines[4] | {
        "line_type_code": "RETURN_EXCESS", "proposed_quantity": Decimal(6), "outbound_transfer_quantity": Decimal(2),
        "sellable_quantity": Decimal(40), "on_order_quantity": Decimal(0),
    }  # fmt: skip
    same = {name: going[name] for name in ("part_id", "brand_code", "part_number")}
    to, other = [code for code in GARAGES if code != going["garage_code"]][:2]
    moved = line(801, **same, line_type_code="TRANSFER", from_garage_code=going["garage_code"], proposed_quantity=3)
    # Neither refused, nor from another garage, nor of another part.
    refused = moved | {"proposal_id": str(uuid.UUID(int=802)), "outcome_code": "REJECTED"}
    elsewhere = moved | {"proposal_id": str(uuid.UUID(int=803)), "from_garage_code": other}
    another = moved | {"proposal_id": str(uuid.UUID(int=804)), "part_number": "else"}
    lines = [going, *(one | {"garage_code": to} for one in (moved, refused, elsewhere, another))]
    address = write_report(replace(DATA, lines=lines), tmp_path).html.as_uri()
    page = open_page(f"{address}#show=all&line={going['proposal_id']}")
    page.wait_for_selector("dialog.drawer[open]")
    without, with_it, leaves = _listed(page, "without"), _listed(page, "with"), _listed(page, "leaves")
    start = float(40 - going["reserved_quantity"] - going["backordered_quantity"])
    mean = float(going["daily_mean_quantity"])
    for number, day in enumerate(without):
        gone = 0 if number == 0 else 1
        assert without[day] == pytest.approx(start - 2 * gone - mean * number, abs=0.001)
        assert with_it[day] == pytest.approx(start - (2 + 6 + 3) * gone - mean * number, abs=0.001)
    assert [units for units in leaves.values() if units] == [11]
    assert _drawn(page, ".mark-leaves[data-day]", "day") == {"2026-04-01": 11}
    assert _drawn(page, ".dot-day", "day") == with_it
    said = page.inner_text("dialog.drawer .reading")
    assert "Of it 2 promised to others." in said and f"With 6 going back and 3 going to {GARAGES[to]}" in said
    assert "order" not in said.lower()


def test_a_line_without_history_says_so(open_page, address):
    line = next(x for x in DATA.lines if (x["garage_code"], x["part_id"]) not in DATA.history)
    page = open_page(f"{address}&line={line['proposal_id']}")
    page.wait_for_selector("dialog.drawer[open]")
    assert "no history" in page.inner_text("dialog.drawer")
    assert page.locator("svg.chart").count() == 1


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
    page.wait_for_selector("dialog.drawer[open]")
    assert page.evaluate("document.activeElement.id") == "drawer-title"
    page.keyboard.press("j")
    assert f"line={ids[2]}" in page.url
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.drawer", state="hidden")
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
        page.goto(f"{address}&line={uuid.UUID(int=9_000_000 + number)}")
        page.wait_for_selector("dialog.drawer[open]")
        assert page.text_content("dialog.drawer .what") == words
        assert page.text_content("dialog.drawer .sentence") == words
    assert page.evaluate("window.hacked") is None
    assert page.locator("dialog.drawer script, dialog.drawer img, #rows script, #rows img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [390, 1024])
def test_a_narrow_page_never_scrolls_sideways(open_page, address, width):
    page = open_page(f"{address}&sort=-description", viewport={"width": width, "height": 844})
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    page.locator("button.part").first.click()
    page.wait_for_selector("dialog.drawer[open]")
    assert page.evaluate(fits)
    assert page.evaluate("(d => d.scrollWidth <= d.clientWidth)(document.querySelector('dialog.drawer'))")
    if width == 390:
        page.keyboard.press("Escape")
        page.select_option("[name=sort]", "-value")
        assert "sort=-value" in page.url
        assert page.locator("#rows td.c-value").first.evaluate("cell => getComputedStyle(cell).display") == "block"


@pytest.mark.parametrize("width", [1366, 1440, 1920])
def test_a_laptop_shows_part_numbers_money_and_heads_whole(open_page, tmp_path, width):
    # The longest sign of a currency: US$ to everybody else.
    lines = [line | {"currency_code": "USD"} if line["currency_code"] else line for line in DATA.lines]
    made = write_report(replace(DATA, lines=lines), tmp_path).html.as_uri()
    page = open_page(f"{made}#show=all", viewport={"width": width, "height": 800})
    cut = "nodes => nodes.filter(node => node.scrollWidth > node.clientWidth).map(node => node.textContent)"
    assert page.eval_on_selector_all("#lines thead button", cut) == []
    assert [text for text in page.eval_on_selector_all("#rows .part", cut) if len(text) <= 13] == []
    assert page.eval_on_selector_all("#rows td.c-status", cut) == []
    money = page.eval_on_selector_all("#rows td.c-value, #rows td.c-risk", cut)
    assert [text for text in money if len(text) <= len("US$1,234.56")] == []


def test_every_control_has_a_name_and_every_head_a_scope(open_page, address):
    page = open_page(f"{address}&line={DATA.lines[0]['proposal_id']}")
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
    # These are filled when they are first asked for.
    assert set(named_by) - set(ids) == {"help-title", "chooser-title", "download-title", "decide-title", "page-title"}
    assert page.locator("h1").count() == 1
    assert page.get_attribute("html", "lang") == "en"


def test_numbers_follow_the_language_of_the_reader(open_page, address):
    page = open_page(f"{address}&sort=-value", locale="de-DE")
    assert re.fullmatch(r"[\d.]+,\d\d\s€", _column(page, "value")[0])
    assert not any(re.search(r"[.,]0+$", text) for text in _column(page, "on_hand"))


def test_print_has_all_matching_lines_on_landscape_pages(open_page, address):
    page = open_page(f"{address}&supplier=NORD")
    matching = sum(line["supplier_code"] == "NORD" for line in DATA.lines)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(_ids(page)) == matching > 150
    page.emulate_media(media="print")
    assert not page.is_visible("#q")
    assert page.is_visible("#rows tr >> nth=150")
    pdf = page.pdf(prefer_css_page_size=True)
    assert b"/MediaBox [0 0 842 595" in pdf or b"/MediaBox [0 0 841" in pdf
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(_ids(page)) < 60


def test_nothing_to_order_is_said_in_words(open_page, empty_address):
    page = open_page(empty_address)
    assert page.is_visible("text=Nothing needs ordering")
    assert not page.is_visible("#filters")


def test_without_scripts_the_first_lines_are_readable(open_page, address):
    page = open_page(address, java_script_enabled=False)
    text = page.inner_text("body")
    assert "Scripts do not run here" in text
    assert DATA.lines[0]["part_number"] in text
