"""Orders as text and as a workbook: codes as they are or refused, words in one line, numbers as the profile says."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.errors import PartsbayError
from ingest.orders import files
from tests.support.order_documents import MADE_AT, line, order, orders_of, settings

SIGNS = st.sampled_from("ABCXYZabc\u00e4\u00df\u20ac0123456789 ./'?:&#\"*~>;,")
CODES = ("purchase_order_number", "part_number", "supplier_part_number")


def table(content: bytes, delimiter: str = ",", encoding: str = "utf-8") -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter, strict=True)]


def test_a_table_is_in_the_dialect_of_the_profile():
    options = {"decimal": ",", "delimiter": ";", "encoding": "cp1252", "date_format": "%d.%m.%Y"}
    made = order(
        line(quantity=Decimal("1234.500"), unit_price_amount=Decimal(0), description="Bremsbel\u00e4ge\n vorn")
    )
    (row,) = table(files.write([made], settings("csv", csv=options), 7, MADE_AT), ";", "cp1252")
    names = ("ordered_on", "quantity", "unit_price_amount", "description", "need_by_on")
    assert [row[name] for name in names] == ["29.11.2026", "1234,5", "0", "Bremsbel\u00e4ge vorn", "10.12.2026"]


@pytest.mark.parametrize("number", ["-A1", "=A", "@x", "+A"])
def test_a_code_that_would_be_a_formula_is_refused_in_text_and_written_in_a_workbook(number):
    made = [order(line(part_number=number))]
    with pytest.raises(
        PartsbayError, match=r"order PO00000012 line 1: part_number is .* take for a formula"
    ) as refused:
        files.write(made, settings("csv"), 7, MADE_AT)
    assert "format: xlsx" in refused.value.mend
    sheet = openpyxl.load_workbook(io.BytesIO(files.write(made, settings("xlsx"), 7, MADE_AT))).active
    assert (sheet["F2"].value, sheet["F2"].data_type) == (number, "s")


def test_a_code_that_the_encoding_lacks_is_refused_with_its_place():
    with pytest.raises(PartsbayError, match=r"line 1: part_number is .* cp1252 cannot say"):
        files.write([order(line(part_number="A\u0119"))], settings("csv", csv={"encoding": "cp1252"}), 7, MADE_AT)


@given(orders_of(SIGNS))
def test_what_is_read_back_is_what_was_written(orders):
    assume(not any(one.purchase_order_number.startswith("-") for one in orders))
    lines = [(one, x) for one in orders for x in one.lines]
    said = [(one.purchase_order_number, x.part_number, x.supplier_part_number or "") for one, x in lines]
    rows = table(files.write(orders, settings("csv"), 7, MADE_AT))
    assert [tuple(row[name] for name in CODES) for row in rows] == said
    assert [Decimal(row["quantity"]) for row in rows] == [x.quantity for _, x in lines]
    assert [row["unit_price_amount"] and Decimal(row["unit_price_amount"]) for row in rows] == [
        "" if x.unit_price_amount is None else x.unit_price_amount for _, x in lines
    ]
