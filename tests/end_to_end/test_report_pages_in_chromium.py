"""The further pages of the report and the choice of columns, as people meet them."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from assets.report.data import is_to_order
from assets.report.files import write_report
from ingest.planning.documents import read_document
from ingest.readers.limits import Limits
from tests.support.report_data import report_data

pytestmark = pytest.mark.browser

DATA = report_data(200)
EXCESS = {
    "garage_code": "G01", "brand_code": "B", "currency_code": "EUR", "action_code": "MOVE", "to_garage_code": "G02",
    "is_dead": False, "last_demand_on": date(2026, 1, 5),
}  # fmt: skip
PAGES = {
    "excess": [
        EXCESS | {"part_number": "A-1", "excess_quantity": Decimal(3), "excess_amount": Decimal(90)},
        EXCESS | {"part_number": "A2", "excess_quantity": Decimal(20), "excess_amount": Decimal(10)},
        EXCESS | {"part_number": "C3", "excess_quantity": Decimal(5), "excess_amount": Decimal(50), "is_dead": True,
                  "dead_amount": Decimal(50), "action_code": "RETURN", "affected_quantity": Decimal(5),
                  "supplier_code": "S1", "return_until_on": date(2026, 1, 30), "to_garage_code": None},
    ],
    "upcoming": [
        {"garage_code": "G01", "brand_code": "B", "part_number": "U1", "order_by_on": date(2026, 4, 5),
         "stock_out_on": date(2026, 4, 9), "raw_quantity": Decimal(8), "raw_amount": Decimal(20),
         "currency_code": "EUR"},
    ],
    "order_groups": [
        {"supplier_code": "S1", "garage_code": "G01", "order_by_at": datetime(2026, 3, 31, 14, tzinfo=UTC),
         "line_count": 2, "order_amount": Decimal(70), "minimum_gap_amount": Decimal(30), "currency_code": "EUR",
         "candidates": [{"part_number": "A1", "quantity": 4}, {"part_number": "A2", "quantity": 6}]},
    ],
    "purchase_orders": [
        {"document_number": "PO1", "document_line": "1", "purchase_order_number": "PO1", "status_code": "PART_RECEIVED",
         "supplier_code": "S1", "garage_code": "G01", "open_quantity": Decimal(8), "late_days": 2},
    ],
    "needs": [{"garage_code": "G01", "part_number": "N1", "outcome_code": "NO_OFFER", "explanation": "None sells it."}],
    "gone": [
        {"garage_code": "G01", "part_number": "W1", "line_type_code": "BUY", "gone_quantity": Decimal(96),
         "gone_amount": Decimal(768), "currency_code": "EUR", "explanation": "Nothing proposed, it is covered."},
    ],
    "accuracy": [
        {"demand_class_code": "LUMPY", "method_code": "CHOSEN", "series_count": 9, "mase_value": 0.7,
         "smape_value": 126.5},
    ],
    "kpis": [
        {"kpi_code": "FILL_RATE", "name": "First-time fill rate", "value": Decimal("97.25"), "unit_code": "PCT",
         "description": "Served at once.", "place_number": 1},
        {"kpi_code": "STOCK_ACCURACY", "name": "Stock accuracy", "value": Decimal(94), "unit_code": "PCT",
         "description": "By counts.", "place_number": 13},
    ],
}  # fmt: skip
# A page, and what its rows say.
SAID = {
    "excess": ("Excess & dead stock", ["Return", "Return until", "30 Jan 2026"]),
    "upcoming": ("Coming up", ["U1", "5 Apr 2026", "€20"]),
    "order_groups": ("Orders", ["€70", "A1 × 4, A2 × 6"]),
    "purchase_orders": ("On order", ["PO1", "Part received", "8"]),
    "needs": ("Why nothing", ["N1", "No offer", "None sells it."]),
    "gone": ("Gone", ["W1", "96", "€768", "Nothing proposed, it is covered."]),
    "accuracy": ("Forecast accuracy", ["Lumpy", "0.7", "9", "sMAPE", "126.5", "from 0 to 200 %"]),
    "kpis": ("Figures", ["Stock accuracy", "94"]),
}

CUT = "all => all.filter(one => one.clientWidth < 30 || one.scrollWidth > one.clientWidth).map(one => one.innerText)"


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    lines = [dict(line) for line in DATA.lines]
    # A transfer has no supplier.
    lines[0] |= {"line_type_code": "TRANSFER", "from_garage_code": lines[1]["garage_code"], "supplier_code": None}
    lines[2] |= {"line_type_code": "RETURN_EXCESS", "outcome_code": "PROPOSED", "proposed_quantity": Decimal(6),
                 "line_amount": None, "unit_price_amount": None, "currency_code": None}  # fmt: skip
    made = replace(DATA, lines=lines, pages=PAGES)
    return write_report(made, tmp_path_factory.mktemp("pages")).html.as_uri()


def heads(page, table: str) -> list[str]:
    return [head.strip() for head in page.locator(f"{table} thead th").all_inner_texts()]


def parts(page) -> list[str]:
    return page.locator("#page td.c-part_number").all_inner_texts()


def test_columns_are_chosen_kept_in_the_address_and_put_back(open_page, address):
    page = open_page(address + "#show=all")
    usual = heads(page, "#lines")
    assert "Held" not in usual and "Garage" in usual
    page.click("#columns-button")
    chooser = page.locator("#chooser")
    chooser.get_by_label("Held").check()
    chooser.get_by_label("Garage").uncheck()
    chooser.get_by_role("button", name="Close").click()
    assert not chooser.is_visible()
    chosen = heads(page, "#lines")
    assert "Held" in chosen and "Garage" not in chosen and "Part" in chosen
    assert len(page.locator("#rows td.c-held").all()) > 10
    page.reload()
    page.wait_for_selector("#rows tr")
    assert heads(page, "#lines") == chosen
    page.click("#columns-button")
    assert chooser.get_by_label("Held").is_checked() and not chooser.get_by_label("Garage").is_checked()
    chooser.get_by_role("button", name="Usual columns").click()
    assert heads(page, "#lines") == usual and "cols=" not in page.url


def test_columns_are_chosen_from_the_keyboard(open_page, address):
    page = open_page(address + "#show=all")
    page.focus("#columns-button")
    page.keyboard.press("Enter")
    page.locator("#chooser").get_by_label("Held").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    assert not page.locator("#chooser").is_visible() and "Held" in heads(page, "#lines")
    assert page.evaluate("document.activeElement.id") == "columns-button"


@pytest.mark.parametrize("name", SAID)
def test_every_page_has_its_name_its_rows_and_its_place_in_the_address(open_page, address, name):
    title, said = SAID[name]
    page = open_page(address)
    page.locator(".views a", has_text=title).click()
    assert page.inner_text("#page-title") == title and f"view={name}" in page.url
    shown = page.inner_text("#page")
    assert [words for words in said if words not in shown] == []
    page.reload()
    page.wait_for_selector("#page-title")
    assert page.inner_text("#page-title") == title
    page.go_back()
    page.wait_for_selector("#rows tr")
    assert not page.locator("#page").is_visible()


def test_a_transfer_is_on_the_page_of_transfers(open_page, address):
    page = open_page(address + "#view=transfers")
    page.wait_for_selector("#page-title")
    assert page.inner_text("#page-title") == "Transfers"
    assert parts(page) == [DATA.lines[0]["part_number"]] and "1 row" in page.inner_text("#page .count")


def test_what_goes_back_is_to_return_and_not_among_what_is_to_order(open_page, address):
    page = open_page(address + "#show=all&outcome=TO_RETURN")
    page.wait_for_selector("#rows tr")
    assert page.inner_text("#count").startswith("1 line")
    assert "To return" in page.locator("[name=outcome] option:checked").inner_text()
    assert page.locator("#rows .status.excess").count() == 1
    page.click("[data-tile=order]")
    others = [line for line in DATA.lines if is_to_order(line) and line is not DATA.lines[2]]
    assert page.inner_text("#count").startswith(f"{len(others)} lines")


def test_a_page_is_sorted_and_searched_and_its_sums_follow(open_page, address):
    page = open_page(address + "#view=excess")
    page.wait_for_selector("#page-title")
    assert parts(page) == ["A-1", "A2", "C3"] and "3 rows" in page.inner_text("#page .count")
    assert "€150" in page.inner_text("#page .count")
    page.click('#page [data-sort="excess_quantity"]')
    assert parts(page) == ["A2", "C3", "A-1"]
    page.click('#page [data-sort="excess_quantity"]')
    assert parts(page) == ["A-1", "C3", "A2"]
    page.goto(address + "#view=excess&q=a1")
    page.reload()
    page.wait_for_selector("#page-title")
    assert parts(page) == ["A-1"] and "€90" in page.inner_text("#page .count")


def test_a_page_is_narrowed_down_by_its_own_fields_and_they_survive_reload(open_page, address):
    page = open_page(address + "#view=excess")
    page.wait_for_selector("#page-bar")
    page.locator("#page-bar [name=q]").press_sequentially("a 1")
    assert parts(page) == ["A-1"] and page.evaluate("document.activeElement.value") == "a 1"
    page.reload()
    page.wait_for_selector("#page-bar")
    assert page.input_value("#page-bar [name=q]") == "a 1" and parts(page) == ["A-1"]
    page.fill("#page-bar [name=q]", "")
    page.select_option("#page-bar [name=supplier]", "S1")
    assert parts(page) == ["C3"] and "supplier=S1" in page.url
    assert page.evaluate("document.activeElement.name") == "supplier"


@pytest.mark.parametrize("name", SAID)
def test_a_page_is_downloaded_as_it_is_shown(open_page, address, name):
    page = open_page(f"{address}#view={name}")
    page.wait_for_selector("#page-download")
    page.click("#page-download")
    rows = saved(page, "#save-page")
    assert len(rows) == len(PAGES[name]) and "proposal_id" not in rows[0]


def saved(page, button: str) -> list[dict[str, str]]:
    page.check("#download input[value=point]")
    with page.expect_download() as made:
        page.click(button)
    return [*csv.DictReader(made.value.path().read_text("utf-8-sig").splitlines())]


def test_what_is_found_on_a_page_is_what_is_downloaded(open_page, address):
    page = open_page(address + "#view=excess&q=c3")
    page.wait_for_selector("#page-download")
    page.click("#page-download")
    assert [row["part_number"] for row in saved(page, "#save-page")] == ["C3"]


def test_parts_that_fill_orders_are_downloaded_as_decisions_of_ones_own(open_page, tmp_path):
    candidates = [
        {"brand_code": "B", "part_number": "-A1", "description": "One", "quantity": 4, "amount": 8},
        {"brand_code": "B", "part_number": "A2", "description": "Two", "quantity": 6, "amount": 9},
        {"brand_code": "B", "part_number": "OIL", "description": "By the litre", "quantity": 1.125, "amount": 9},
    ]
    filled = PAGES["order_groups"][0] | {"action_code": "TOP_UP_TO_MINIMUM", "candidates": candidates}
    short = filled | {"action_code": "BELOW_MINIMUM", "garage_code": "G02"}
    made = replace(
        DATA, facts=replace(DATA.facts, published_at=datetime.now(UTC)), pages={"order_groups": [filled, short]}
    )
    page = open_page(write_report(made, tmp_path).html.as_uri() + "#view=order_groups")
    page.wait_for_selector("#page-download")
    page.click("#page-download")
    page.check("#download input[value=comma]")
    with page.expect_download() as download:
        page.click("#save-top-ups")
    path = tmp_path / "top-ups.csv"
    download.value.save_as(path)
    lines = read_document(path, Limits()).lines
    names = ("Garage", "Brand", "Part number", "Decision", "Final quantity", "Reason", "proposal_id")
    reason = "fills the order to its minimum"
    # What does not reach the minimum is no use.
    assert [tuple(line.get(name) for name in names) for line in lines] == [
        ("G01", "B", "'-A1", "APPROVE", "4", reason, None),
        ("G01", "B", "A2", "APPROVE", "6", reason, None),
        # Three decimals alone may be a group of a thousand.
        ("G01", "B", "OIL", "APPROVE", "1,1250", reason, None),
    ]


def test_on_a_phone_the_pages_stand_in_one_line_and_the_open_one_is_in_sight(open_page, address):
    page = open_page(address + "#view=kpis", viewport={"width": 390, "height": 844})
    page.wait_for_selector("#page-title")
    boxes = [link.bounding_box() for link in page.locator(".views a").all()]
    assert len({box["y"] for box in boxes}) == 1
    current = page.locator(".views [aria-current]").bounding_box()
    assert current["x"] >= 0 and current["x"] + current["width"] <= 390


def test_every_head_of_the_widest_page_is_whole_on_a_laptop(open_page, tmp_path):
    row = EXCESS | {
        "garage_name": "Garage One", "part_number": "0986-42", "description": "Brake disc", "abc_code": "B",
        "excess_quantity": Decimal(12), "affected_quantity": Decimal(5), "excess_amount": Decimal(90), "is_dead": True,
        "dead_amount": Decimal(90), "supplier_name": "Supplier One", "return_until_on": date(2026, 1, 30),
        "on_hand_quantity": Decimal(20), "order_up_to_quantity": Decimal(8), "excess_days": Decimal(30),
        "to_garage_name": "Garage Two",
    }  # fmt: skip
    address = write_report(replace(DATA, pages=PAGES | {"excess": [row]}), tmp_path).html.as_uri()
    page = open_page(f"{address}#view=excess")
    page.wait_for_selector("#page-title")
    assert page.eval_on_selector_all("#page th", CUT) == []
    assert page.eval_on_selector_all("#page td.c-return_until_on, #page td.c-part_number", CUT) == []


PART = {
    "garage_code": "G01", "garage_name": "Detroit Eastern Market", "brand_code": "CARP", "part_number": "90497232-A",
    "description": "Brake disc, ventilated", "supplier_code": "S1", "supplier_name": "International Trek Center",
    "currency_code": "USD",
}  # fmt: skip
WIDE = {
    "order_groups": {
        "supplier_name": "International Trek Center", "garage_name": "Detroit Eastern Market", "line_count": 279,
        "action_code": "TOP_UP_TO_FREE_FREIGHT", "order_by_at": datetime(2026, 9, 24, 19, 30, tzinfo=UTC),
        "order_amount": Decimal("44824.39"), "minimum_order_amount": Decimal(1500),
        "minimum_gap_amount": Decimal("433.16"), "free_freight_amount": Decimal(2000),
        "free_freight_gap_amount": Decimal("999.99"), "borne_freight_amount": Decimal("12.50"),
        "top_up_amount": Decimal("452.66"), "candidates": [{"part_number": "21030259", "quantity": 2}],
        "first_stock_out_on": date(2026, 9, 28), "currency_code": "USD",
    },
    "purchase_orders": PART | {
        "purchase_order_number": "PO00000012", "order_line_number": 12, "status_code": "PART_RECEIVED",
        "ordered_quantity": Decimal(960), "acknowledged_quantity": Decimal(960), "received_quantity": Decimal(400),
        "open_quantity": Decimal(560), "open_amount": Decimal("12345.60"), "expected_on": date(2026, 9, 28),
        "late_days": 12, "sent_at": datetime(2026, 9, 24, 19, 30, tzinfo=UTC),
    },
    "excess": PART | {
        "to_garage_name": "Denver Highlands", "action_code": "RETURN", "affected_quantity": Decimal(9575),
        "excess_quantity": Decimal(9575), "excess_amount": Decimal("12345.60"), "is_dead": True,
        "dead_amount": Decimal("12345.60"), "return_until_on": date(2026, 9, 28), "on_hand_quantity": Decimal(10146),
        "order_up_to_quantity": Decimal(571), "excess_days": Decimal("1264.2"), "last_demand_on": date(2026, 9, 28),
        "abc_code": "C",
    },
    "gone": PART | {
        "line_type_code": "TRANSFER", "from_garage_code": "G02", "gone_quantity": Decimal(9600),
        "gone_amount": Decimal("12345.60"), "explanation": "Nothing proposed, it is covered.",
    },
    "upcoming": PART | {
        "order_by_on": date(2026, 9, 24), "stock_out_on": date(2026, 9, 28), "raw_quantity": Decimal(8000),
        "inventory_position_quantity": Decimal(1200), "reorder_point_quantity": Decimal(1100),
        "daily_mean_quantity": Decimal("123.456"), "raw_amount": Decimal("12345.60"), "abc_code": "A",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", WIDE)
def test_no_head_number_or_day_is_cut_on_a_laptop(open_page, tmp_path, name):
    address = write_report(replace(DATA, pages={name: [WIDE[name]]}), tmp_path).html.as_uri()
    page = open_page(f"{address}#view={name}", viewport={"width": 1366, "height": 800})
    page.wait_for_selector("#page-title")
    assert page.eval_on_selector_all("#page th, #page td.n, #page td[class*=_on], #page td[class*=_at]", CUT) == []
    assert page.evaluate("(one => one.scrollWidth <= one.clientWidth)(document.querySelector('#page .scroller'))")


def test_why_nothing_is_told_in_few_columns_and_downloaded_in_all(open_page, tmp_path):
    need = {
        "garage_code": "G01", "brand_code": "B", "part_number": "0986-4242", "description": "Brake disc",
        "outcome_code": "EXCEEDS_MAX_SKIPPED", "is_below_point": True, "policy_code": "MIN_MAX",
        "on_hand_quantity": Decimal(2), "held_quantity": Decimal(1), "inventory_position_quantity": Decimal(-2),
        "daily_mean_quantity": Decimal("0.026"), "reorder_point_quantity": Decimal(2), "raw_quantity": Decimal(4),
        "order_up_to_quantity": Decimal(6), "supplier_code": "S1", "stock_out_on": date(2026, 9, 28),
        "explanation": "Nothing proposed, it would exceed the maximum: " + "2 on hand, 4 wanted, " * 20,
    }  # fmt: skip
    address = write_report(replace(DATA, pages={"needs": [need]}), tmp_path).html.as_uri()
    page = open_page(f"{address}#view=needs", viewport={"width": 1366, "height": 800})
    page.wait_for_selector("#page-title")
    assert heads(page, "#page table") == [
        "Garage", "Brand", "Part", "Description", "Why nothing", "On hand", "Position", "Reorder point", "Order up to",
        "Needed", "Supplier", "Runs out on", "How it comes about",
    ]  # fmt: skip
    assert page.eval_on_selector_all("#page th, #page td:not(.c-explanation)", CUT) == []
    assert page.inner_text("#page td.c-inventory_position_quantity") == "−2"
    page.click("#page-download")
    assert set(saved(page, "#save-page")[0]) == set(need)


@pytest.mark.parametrize("name", [name for name in SAID if name != "kpis"])
def test_on_a_phone_a_card_holds_all_that_its_row_says(open_page, address, name):
    page = open_page(f"{address}#view={name}", viewport={"width": 390, "height": 844})
    page.wait_for_selector("#page-title")
    rows = "#page tbody:not(.space) tr"
    assert page.eval_on_selector_all(rows, "all => all.filter(one => one.scrollHeight > one.clientHeight).length") == 0
    cells = page.locator(rows).first.locator("td:visible").all_inner_texts()
    assert cells and not [cell for cell in cells if cell.split("\n")[-1] == "–"]


def test_a_method_is_said_in_words_and_a_search_stands_where_there_is_something_to_search(open_page, address):
    page = open_page(f"{address}#view=accuracy")
    page.wait_for_selector("#page-title")
    assert page.inner_text("#page td.c-method_code") == "Each series by its own"
    assert page.inner_text("#page td.c-smape_value") == "126.5 %"
    assert page.locator("#page-bar [name=q]").count() == 0
    page.goto(f"{address}#view=transfers")
    page.reload()
    page.wait_for_selector("#page-bar [name=q]")
    assert heads(page, "#page table")[:2] == ["From", "To"] and "Units" in heads(page, "#page table")
    assert "1 to move" in page.inner_text(".tile.order .about")


def test_no_words_of_a_tile_are_cut(open_page, tmp_path):
    amounts = {"EUR": (Decimal(498757), Decimal(236198)), "GBP": (Decimal(276311), Decimal(190442))}
    excess = [
        EXCESS | {"currency_code": code, "excess_amount": worth, "dead_amount": dead, "is_dead": True}
        for code, (worth, dead) in amounts.items()
    ]
    address = write_report(replace(DATA, pages=PAGES | {"excess": excess}), tmp_path).html.as_uri()
    for width in (1200, 1440):
        page = open_page(address, viewport={"width": width, "height": 900})
        page.wait_for_selector("#tiles .tile")
        cut = page.eval_on_selector_all(
            "#tiles .tile span",
            "spans => spans.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)",
        )
        assert [words for words in cut if words] == []
        assert page.inner_text(".tile.excess .about") == "and £276,311; €236,198 + £190,442 dead"


@pytest.mark.parametrize("name", SAID)
def test_a_page_is_printed_whole_and_fits(open_page, address, name):
    page = open_page(f"{address}#view={name}", viewport={"width": 1040, "height": 760})
    page.wait_for_selector("#page-title")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    row = "#page .tile:visible"
    if name != "kpis":
        row = "#page tbody td:first-child:visible"
        assert f"{len(PAGES[name])} row" in page.inner_text("#page .count")
        # A text that is cut on the screen is whole on paper.
        assert page.eval_on_selector_all("#page .clamp", CUT) == []
    assert len(page.locator(row).all()) >= len(PAGES[name])
    assert page.evaluate("document.querySelector('.top h1').getBoundingClientRect().left") >= 0
    assert not page.locator(".views").is_visible()
