"""The report for everybody: axe-core finds nothing serious on any view, in light and dark, wide and narrow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from assets.report.files import write_report
from tests.support.report_data import facts, report_data
from tests.support.report_pages import PAGES

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
LINES = report_data(120)
VIEWS = {
    "today": "",
    "all lines": "show=all",
    "horizon": "show=all&days=7",
    "upcoming": "view=upcoming&days=9",
    "budget": "show=all&budget=20000&per=garage",
    "drawer": f"show=all&line={LINES.lines[0]['proposal_id']}",
    "decide": "show=all",
    "saved views": "show=all",
    "download": "show=all&budget=20000",
    "excess": "view=excess",
    "orders": "view=order_groups",
    "on order": "view=purchase_orders",
    "accuracy": "view=accuracy",
    "figures": "view=kpis",
    "service level": "view=service",
    "suppliers": "view=scorecard",
    "settings": "view=settings",
}

BUTTONS = {"decide": "#decide-button", "download": "#download-button", "saved views": "#views-saved summary"}


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
        "excess": [row | {"is_dead": True, "dead_amount": Decimal(9), "action_code": "MOVE", "to_garage_code": "G02"}],
        "upcoming": [row | {"order_by_on": date(2026, 4, 5), "raw_quantity": Decimal(8)}],
        "order_groups": [
            {
                "supplier_code": "S1",
                "garage_code": "G01",
                "action_code": "TOP_UP_TO_FREE_FREIGHT",
                "order_by_at": datetime(2002, 4, 1, 14, tzinfo=UTC),
                "order_amount": Decimal(70),
                "currency_code": "EUR",
                "candidates": [{"part_number": "A1", "quantity": 4}, {"part_number": "A2", "quantity": 6}],
            }
        ],
        "purchase_orders": [
            {
                "document_number": "PO1",
                "document_line": "1",
                "purchase_order_number": "PO1",
                "status_code": "SENT",
                "supplier_code": "S1",
                "garage_code": "G01",
                "open_quantity": Decimal(8),
                "late_days": 2,
            }
        ],
        "accuracy": [{"demand_class_code": "LUMPY", "method_code": "CHOSEN", "series_count": 9, "mase_value": 0.7}],
        "kpis": [{"kpi_code": "FILL_RATE", "value": Decimal(97), "unit_code": "PCT", "place_number": 1}],
        **PAGES,
    }
    # Fresh and in the store, so that lines can be decided about.
    revisions = {line["proposal_id"]: 1 for line in LINES.lines}
    made = replace(LINES, facts=facts(published_at=datetime.now(UTC)), pages=pages, revisions=revisions)
    return write_report(made, tmp_path_factory.mktemp("axe")).html.as_uri()


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
        if name in BUTTONS:
            page.click(BUTTONS[name])
        page.evaluate(axe)
        violations = page.evaluate("axe.run().then(result => result.violations)")
        serious = [one["id"] for one in violations if one["impact"] in ("serious", "critical")]
        fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if serious or not fits:
            found[name] = (serious, fits)
        page.close()
    assert found == {}
