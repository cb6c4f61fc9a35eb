"""The pages of the report that stand in sections, as people meet them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assets.report.files import write_report
from tests.support.report_data import report_data
from tests.support.report_pages import PAGES, SERVICE

pytestmark = pytest.mark.browser

DATA = report_data(60)
TITLES = {"service": "Service level", "scorecard": "Suppliers", "settings": "Settings"}


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    lines = [dict(line) for line in DATA.lines]
    for number, line in enumerate(lines):
        line |= {"abc_code": "AB"[number % 2], "xyz_code": "XY"[number % 2], "garage_code": "G01"}
    return write_report(replace(DATA, lines=lines, pages=PAGES), tmp_path_factory.mktemp("pages")).html.as_uri()


@pytest.fixture
def open_view(open_page, address):
    def opened(name: str, **options):
        page = open_page(f"{address}#view={name}", **options)
        page.wait_for_selector("#page-title")
        return page

    return opened


def rows_of(page, section: str) -> dict[str, dict[str, str]]:
    """The rows of a section by their key: what each column says, by its name."""
    return page.eval_on_selector_all(
        f"#{section} tbody tr",
        "rows => Object.fromEntries(rows.map(row => [row.dataset.key,"
        " Object.fromEntries([...row.children].map(cell => [cell.dataset.name, cell.innerText]))]))",
    )


def test_the_service_level_says_what_was_reached_of_which_days(open_view):
    page = open_view("service")
    said = page.inner_text("#page .page-head")
    assert "Of 12,500 units of stocked parts asked for from 31 Mar 2025 to 30 Mar 2026" in said
    assert "93.2 % were served at once; the target is 96.4 %" in said
    assert "610 lost, 140 bought in a hurry, 100 waited for" in said and "96 of 410 parts" in said
    assert "25 units were asked for and 40 % served at once" in said
    classes = rows_of(page, "service-abc")
    assert list(classes) == ["BY", "AX", "CZ", "CX"]
    assert classes["BY"] | {"Target": "95 %", "Gap, points": "−16.5", "Lost": "430"} == classes["BY"]
    assert classes["CX"]["Target"] == classes["CX"]["Served at once"] == "–"
    assert rows_of(page, "service-garage")["G01"]["Garage"] == "Garage North"
    assert rows_of(page, "service-supplier")["-"]["Supplier"] == "No supplier"


def test_the_picture_of_a_service_level_shows_the_numbers_beside_it(open_view):
    page = open_view("service")
    for key, target, reached in (("BY", 95, 78.5), ("CZ", 90, 96.7)):
        picture = page.locator(f"#service-abc [data-key={key}] svg.served")
        scale = "(svg, name) => (svg.querySelector(name).getBBox().x + svg.querySelector(name).getBBox().width / 2 - 6)"
        at = {name: picture.evaluate(f"svg => ({scale})(svg, '{name}')") for name in (".mark", "circle")}
        # 70 to 100 % lie on 108 units.
        assert at[".mark"] == pytest.approx((target - 70) / 30 * 108, abs=0.1)
        assert at["circle"] == pytest.approx((reached - 70) / 30 * 108, abs=0.1)
    assert page.locator("#service-abc [data-key=BY] .short-of").count() == 1
    assert page.locator("#service-abc [data-key=CZ] .short-of").count() == 0


def test_a_class_leads_to_its_lines_and_back(open_view):
    page = open_view("service")
    link = page.locator("#service-abc [data-key=AX] a")
    assert link.get_attribute("aria-label") == "30 lines of AX"
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#rows tr")
    assert page.inner_text("#count").startswith("30 lines") and "abc=AX" in page.url
    page.go_back()
    page.wait_for_selector("#service-abc")
    assert not page.locator("#work").is_visible()
    assert page.locator("#service-abc [data-key=CX] a").count() == 0


def test_sections_are_sorted_from_the_keyboard_and_the_address_keeps_it(open_view):
    page = open_view("service")
    page.focus('#service-abc [data-sort="asked_quantity"]')
    page.keyboard.press("Enter")
    assert list(rows_of(page, "service-abc")) == ["AX", "BY", "CZ", "CX"]
    assert page.evaluate("document.activeElement.dataset.sort") == "asked_quantity"
    page.reload()
    page.wait_for_selector("#service-abc")
    assert list(rows_of(page, "service-abc")) == ["AX", "BY", "CZ", "CX"]


def test_nothing_asked_for_is_said_in_words(open_page, tmp_path):
    idle = SERVICE[0] | {"asked_quantity": 0, "reached_pct": None, "target_pct": None, "gap_pct": None}
    address = write_report(replace(DATA, pages={"service": [idle]}), tmp_path).html.as_uri()
    page = open_page(f"{address}#view=service")
    page.wait_for_selector("#page-title")
    assert "nothing was asked for that is stocked" in page.inner_text("#page .page-head")
    assert page.locator("#service-abc .none").inner_text() == "Nothing is stocked, so there is no target."


def test_a_supplier_is_scored_by_what_it_promised_and_kept(open_view):
    page = open_view("scorecard")
    said = page.inner_text("#page .page-head")
    assert "of all orders since 5 Nov 2025" in said and "with those of 31 Mar 2025" in said
    assert "Files are those from 31 Mar 2025 to 30 Mar 2026" in said
    suppliers = rows_of(page, "scorecard-all")
    assert list(suppliers) == ["S1", "S2", "S3"]
    first = {name: words.replace("\n", " ").strip() for name, words in suppliers["S1"].items()}
    assert first | {
        "Promised": "5 d", "Kept": "6.5 d ± 1.5; 20 lines", "On time": "77.5 % 310 of 400", "Late now": "3",
        "Promises moved": "12",
        "Received": "95 % 361 of 380", "Price drift": "+2.4 % 312 up, 40 down of 2,400",
        "Rows refused": "0.15 % 1,810 of 1,204,000", "Files refused": "2 of 365", "Files on time": "95.9 % 350 of 365",
    } == first  # fmt: skip
    assert suppliers["S2"]["Price drift"].startswith("−1.1 %") and suppliers["S2"]["Kept"] == "4 d\n1 line"
    no_data = ("Kept", "On time", "Received", "Price drift", "Rows refused", "Files refused", "Files on time")
    assert {suppliers["S3"][name] for name in no_data} == {"–"}
    # Kept later than promised is marked, sooner is not.
    assert page.locator("#scorecard-all .warn").count() == page.locator("#scorecard-all .short-of").count() == 1


@pytest.mark.parametrize("name", ["service", "scorecard"])
def test_what_a_page_explains_is_what_its_columns_are_called(open_view, name):
    page = open_view(name)
    terms = page.locator("#page .terms dt").all_inner_texts()
    cells = page.locator("#page tbody tr").first.locator("[data-name]").all()
    called = {cell.get_attribute("data-name") for cell in cells}
    assert len(terms) > 5 and set(terms) - called <= {"Picture", "±"}


def test_the_furthest_from_its_promise_is_sorted_to_the_front(open_view):
    page = open_view("scorecard")
    page.click('#scorecard-all [data-sort="on_time_pct"]')
    assert "sort=on_time_pct" in page.url
    assert next(iter(rows_of(page, "scorecard-all"))) == "S1"
    page.click('#scorecard-all [data-sort="supplier_code"]')
    assert list(rows_of(page, "scorecard-all")) == ["S1", "S3", "S2"]


def told(page, section: str) -> list[list[str]]:
    """What the cells of a section say, row by row."""
    rows = page.locator(f"#{section} tbody tr").all()
    return [[" ".join(words.split()) for words in row.locator("> *").all_inner_texts()] for row in rows]


def test_settings_are_told_with_what_says_so(open_view):
    page = open_view("settings")
    assert told(page, "settings-levels") == [
        ["AX", "99 % 40 parts", "–", "95 % 310 parts", "Matrix of value and variability"],
        ["CZ", "–", "–", "90 % 1,204 parts", "Matrix of value and variability"],
        ["Stocking class C", "–", "–", "90 % 77 parts", "Default of the class"],
        ["Any", "–", "–", "97 % 20 parts 98 % 1 part", "Rule of a segment"],
    ]
    assert told(page, "settings-policies")[1] == [
        "C", "Comfort", "Special order only", "0 d", "365 d", "Nothing proposed", "7 d", "25 %", "Rule of a garage",
        "12",
    ]  # fmt: skip
    assert told(page, "settings-rules") == [
        ["Brand BOSC, category BRAKES", "Every garage", "service level 98 %; review every 7 days", "Brakes", "21",
         "9 Jan 2026", "ann"],
        ["Single parts: 312 rules", "Garage North", "Differs by part", "–", "310", "9 Jan 2026", "–"],
    ]  # fmt: skip
    assert told(page, "settings-suppliers")[0] == [
        "Supplier One", "7 d", "5 d", "1.5 d", "Mon, Wed", "16:00", "€100.00", "€250.00", "30 d",
    ]  # fmt: skip
    assert told(page, "settings-limits")[0][2:] == ["1,000, in the part's currency", "No limit", "Default"]
    assert told(page, "settings-limits")[1][3:] == ["5 %, at least 2", "Stated, from 1 Feb 2026"]
    assert [row[1] for row in told(page, "settings-thresholds")] == ["80 %", "1.32 months", "30 days"]


def test_every_setting_names_the_command_that_changes_it(open_view):
    page = open_view("settings")
    commands = {
        section: page.locator(f"#settings-{section} > p code").all_inner_texts()
        for section in ("levels", "policies", "rules", "suppliers", "limits", "thresholds")
    }
    assert all(commands.values())
    assert commands["limits"][0].startswith("partsbay stock limit") and "dbt_project.yml" in commands["thresholds"][0]
    assert page.locator(".terms code").first.inner_text().startswith("partsbay simulate --network")
    assert page.locator("#page :is(input, select, textarea)").count() == 0


def test_a_network_without_rules_says_so(open_page, tmp_path):
    pages = PAGES | {"stocking_rules": []}
    page = open_page(write_report(replace(DATA, pages=pages), tmp_path).html.as_uri() + "#view=settings")
    page.wait_for_selector("#page-title")
    assert page.inner_text("#settings-rules .none").startswith("No rule was stated")


@pytest.mark.parametrize("name", TITLES)
def test_a_report_from_before_the_page_has_no_link_to_it_and_opens(open_page, tmp_path, name):
    page = open_page(write_report(replace(DATA, pages={}), tmp_path).html.as_uri())
    page.wait_for_selector("#rows tr")
    assert page.locator(f".views [data-view={name}]").count() == 0
    page.goto(page.url + f"#view={name}")
    page.reload()
    page.wait_for_selector("#page-title")
    assert page.inner_text("#page-title") == TITLES[name]


@pytest.mark.parametrize("name", TITLES)
def test_every_cell_is_whole_on_a_desk_a_phone_and_paper(open_view, name):
    cut = "cells => cells.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)"
    for width, media in ((1440, "screen"), (1000, "screen"), (390, "screen"), (1040, "print")):
        page = open_view(name, viewport={"width": width, "height": 900})
        page.emulate_media(media=media)
        assert page.eval_on_selector_all("#page :is(td, tbody th)", cut) == [], (width, media)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, media)
        rows = page.locator("#page tbody tr:visible").count()
        assert rows == page.locator("#page tbody tr").count() > 0


@pytest.mark.parametrize("name", TITLES)
def test_the_name_of_the_page_is_in_the_bar_without_a_count(open_page, address, name):
    page = open_page(address)
    link = page.locator(f".views [data-view={name}]")
    assert link.inner_text().startswith(TITLES[name])
    link.click()
    assert page.inner_text("#page-title") == TITLES[name] and f"view={name}" in page.url
