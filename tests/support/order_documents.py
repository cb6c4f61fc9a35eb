"""Orders to write, by hand and by hypothesis, and what two EDI standards say when they are read back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from ingest.orders.document import Line, Order
from ingest.profiles.orders import Orders

MADE_AT = datetime(2026, 11, 29, 3, 20, 59, tzinfo=UTC)


def line(line_number: int = 1, **values) -> Line:
    given = {
        "brand_code": "BOSC", "part_number": "0986494123", "supplier_part_number": "AC-77",
        "description": "Brake pad set", "quantity": Decimal("24.000"), "uom_code": "EA",
        "unit_price_amount": Decimal("12.5000"), "need_by_on": date(2026, 12, 10),
    }  # fmt: skip
    return Line(line_number, **{**given, **values})


def order(*lines: Line, **values) -> Order:
    given = {
        "purchase_order_number": "PO00000012", "order_type_code": "STOCK", "garage_code": "G01",
        "garage_name": "Garage One", "currency_code": "EUR", "created_at": MADE_AT,
    }  # fmt: skip
    return Order(**{**given, **values}, lines=lines or (line(),))


def settings(form: str, **values) -> Orders:
    given = {"format": form}
    if form in ("x12", "edifact"):
        qualifier = "ZZ" if form == "x12" else "14"
        given |= {
            "sender": {"code": "PARTSBAY", "qualifier": qualifier}, "receiver": {"code": "ACME", "qualifier": qualifier}
        }  # fmt: skip
    return Orders(**{**given, **values})


def orders_of(signs: st.SearchStrategy[str]) -> st.SearchStrategy[list[Order]]:
    """Some orders whose numbers and words are made of the given signs."""
    code = st.text(signs, min_size=1, max_size=35).filter(lambda text: text == text.strip())
    quantities = st.decimals(min_value=Decimal("0.001"), max_value=Decimal(9_999_999), places=3)
    prices = st.decimals(min_value=0, max_value=Decimal(9_999_999), places=4)
    lines = st.builds(
        Line, st.just(0), code, code, st.none() | code, st.none() | st.text(max_size=90), quantities,
        st.sampled_from(("EA", "PR", "SET", "KT", "PK", "CA", "BX", "L", "ML", "KG", "M")),
        st.sampled_from((Decimal(1), Decimal(12))), st.none() | prices, st.none() | st.dates(date(2000, 1, 1)),
    )  # fmt: skip
    made = st.builds(
        order_of, st.text("ABC0123456789-", min_size=1, max_size=22), st.sampled_from(("STOCK", "RUSH")),
        st.text(signs, min_size=1, max_size=17).filter(lambda text: text == text.strip()), st.text(max_size=50),
        st.lists(lines, min_size=1, max_size=5),
    )  # fmt: skip
    return st.lists(made, min_size=1, max_size=4, unique_by=lambda one: one.purchase_order_number)


def order_of(number: str, order_type: str, garage: str, name: str, lines: list[Line]) -> Order:
    numbered = tuple(Line(**{**vars(one), "line_number": position}) for position, one in enumerate(lines, 1))
    return Order(number, order_type, garage, name, "EUR", MADE_AT, numbered)
