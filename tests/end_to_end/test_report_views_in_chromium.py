"""Saved views, and what stays in sight."""

from __future__ import annotations

import pytest

from assets.report.data import risk_of, status_of
from assets.report.files import write_report
from tests.support.report_data import report_data

pytestmark = pytest.mark.browser

DATA = report_data(150)
MANY = (
    "status,part,garage,supplier,on_hand,held,reserved,on_order,position,days,reorder,upto,suggested,packs,price,value"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    return write_report(DATA, tmp_path_factory.mktemp("views")).html.as_uri()


def save(page, name: str) -> None:
    if not page.is_visible("#view-name"):
        page.click("#views-saved summary")
    page.fill("#view-name", name)
    page.keyboard.press("Enter")


def saved(page) -> list[str]:
    return page.locator("#saved a").all_inner_texts()


def test_a_view_is_saved_under_a_name_and_opened_again(open_page, address):
    page = open_page(f"{address}#show=all&supplier=NORD&sort=-value&days=9&budget=9000")
    ids = page.eval_on_selector_all("#rows tr", "rows => rows.map(row => row.dataset.id)")
    save(page, "Nord <b>this</b> week")
    page.goto(address + "#show=all")
    page.reload()
    assert saved(page) == ["Nord <b>this</b> week"] and page.is_visible("#saved a")
    assert page.locator("#saved a[aria-current]").count() == 0
    page.click("#saved a")
    assert page.eval_on_selector_all("#rows tr", "rows => rows.map(row => row.dataset.id)") == ids
    assert page.input_value("[name=budget]") == "9000" and page.input_value("#days") == "9"
    assert page.locator("#saved a[aria-current=true]").count() == 1


def test_a_name_stands_for_one_view_and_is_forgotten_again(open_page, address):
    page = open_page(f"{address}#show=all&status=out")
    save(page, "Mine")
    page.goto(f"{address}#show=all&status=late")
    save(page, "Other")
    save(page, "Mine")
    assert saved(page) == ["Other", "Mine"]
    assert page.get_attribute("#saved a >> nth=1", "href") == "#show=all&status=late"
    page.click("#saved [aria-label='Forget Other']")
    page.reload()
    assert saved(page) == ["Mine"]


def test_a_tile_says_what_is_at_risk(open_page, address):
    page = open_page(address)
    for status in ("out", "late"):
        risk = sum(risk_of(x) or 0 for x in DATA.lines if status_of(x) == status and x["currency_code"] == "EUR")
        assert f"€{risk:,.0f}" in page.inner_text(f".tile.{status} .about")


def test_the_part_stays_in_sight_beside_many_columns(open_page, address):
    page = open_page(f"{address}#show=all&cols={MANY}")
    page.evaluate("document.querySelector('#scroller').scrollLeft = 500")
    box = page.locator("#scroller").bounding_box()
    for cell in ("#rows tr td.c-status >> nth=0", "#rows tr td.c-part >> nth=0", "#heads th.c-part"):
        left = page.locator(cell).bounding_box()["x"]
        assert box["x"] <= left < box["x"] + 150
    assert page.locator("#rows td.c-garage").first.bounding_box()["x"] < box["x"]
