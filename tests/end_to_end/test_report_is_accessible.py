"""The report for everybody: axe-core finds nothing serious on any view, in light and dark, wide and narrow."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from assets.report.files import write_report
from tests.support.report_data import report_data

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
LINES = report_data(120)
VIEWS = {
    "today": "",
    "all lines": "show=all",
    "drawer": f"show=all&line={LINES.lines[0]['proposal_id']}",
    "excess": "view=excess",
    "figures": "view=kpis",
}


@pytest.fixture(scope="module")
def axe() -> str:
    found = list(ROOT.glob(".venv/axe-core-*/axe.min.js"))
    if not found:
        pytest.skip("axe-core is missing: sh deploy/axe.sh")
    return found[0].read_text()


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    for number, line in enumerate(LINES.lines):
        line |= {"abc_code": "ABC"[number % 3], "xyz_code": "XYZ"[number % 2]}
    row = {"garage_code": "G01", "part_number": "A1", "excess_amount": Decimal(9), "currency_code": "EUR"}
    pages = {
        "excess": [row | {"is_dead": True}],
        "kpis": [{"kpi_code": "FILL_RATE", "value": Decimal(97), "unit": "pct"}],
    }
    return write_report(replace(LINES, pages=pages), tmp_path_factory.mktemp("axe")).html.as_uri()


@pytest.mark.parametrize("width", [390, 720, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_no_page_scrolls_sideways(browser, axe, address, scheme, width):
    found = {}
    for name, state in VIEWS.items():
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", locale="en-GB"
        )
        page.goto(f"{address}#{state}")
        page.wait_for_selector("dialog.drawer[open]" if name == "drawer" else "#tiles .tile")
        page.evaluate(axe)
        violations = page.evaluate("axe.run().then(result => result.violations)")
        serious = [one["id"] for one in violations if one["impact"] in ("serious", "critical")]
        fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if serious or not fits:
            found[name] = (serious, fits)
        page.close()
    assert found == {}
