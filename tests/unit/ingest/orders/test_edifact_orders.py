"""An ORDERS to the byte, what it refuses, and the same orders when another library reads it back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydifact.segmentcollection import Interchange

from ingest.errors import PartsbayError
from ingest.orders import files
from tests.support.order_documents import MADE_AT, line, order, orders_of, settings


def written(*orders, number: int = 7, **values) -> bytes:
    return files.write(orders or (order(),), settings("edifact", **values), number, MADE_AT)


def test_an_order_as_a_sender_writes_it():
    second = line(2, supplier_part_number=None, part_number="A+B'C", description=None, quantity=Decimal("1.500"),
                  uom_code="L", unit_price_amount=None, need_by_on=None)  # fmt: skip
    assert written(order(line(), second), edifact={"association_code": "EAN008"}).decode() == (
        "UNA:+.? '\n"
        "UNB+UNOC:3+PARTSBAY:14+ACME:14+261129:0320+7++ORDERS'\n"
        "UNH+1+ORDERS:D:96A:UN:EAN008'\n"
        "BGM+220+PO00000012+9'\n"
        "DTM+137:20261129:102'\n"
        "NAD+DP+G01::92++Garage One'\n"
        "CUX+2:EUR:9'\n"
        "LIN+1++AC-77:SA'\n"
        "PIA+1+0986494123:MF'\n"
        "IMD+F++:::Brake pad set'\n"
        "QTY+21:24:PCE'\n"
        "DTM+2:20261210:102'\n"
        "PRI+AAA:12.5'\n"
        "LIN+2++A?+B?'C:MF'\n"
        "QTY+21:1.5:LTR'\n"
        "UNS+S'\n"
        "CNT+2:2'\n"
        "UNT+16+1'\n"
        "UNZ+1+7'\n"
    )


def test_what_the_profile_says_is_in_the_file():
    text = written(
        order(order_type_code="RUSH"), buyer_code="4711", garages={"G01": "10045"}, is_test=True,
        edifact={"character_set": "UNOA", "line_ends": False, "part_number_qualifier": "BP",
                 "supplier_part_number_qualifier": "VN", "order_types": {"RUSH": "22E"}},
    ).decode()  # fmt: skip
    assert "\n" not in text.removeprefix("UNA:+.? '\n")
    assert "UNB+UNOA:3+PARTSBAY:14+ACME:14+261129:0320+7++ORDERS++++1'" in text
    assert "BGM+22E+PO00000012+9'" in text
    assert "NAD+BY+4711::91'NAD+DP+10045::91++GARAGE ONE'" in text
    assert "LIN+1++AC-77:VN'PIA+1+0986494123:BP'IMD+F++:::BRAKE PAD SET'" in text


def test_words_are_cut_in_two_where_they_are_long_and_lose_what_the_format_lacks():
    text = written(order(line(description="Bremsbeläge ę → " + "x" * 80))).decode("iso8859-1")
    assert f"IMD+F++:::Bremsbeläge e {'x' * 21}:{'x' * 35}'" in text


@pytest.mark.parametrize("sign", ["€", "\n", "\x00", "ę"])
def test_a_part_number_that_cannot_be_written_is_refused_with_its_place(sign):
    with pytest.raises(PartsbayError, match=r"order PO00000012: line 1: the part number is .* cannot be written"):
        written(order(line(part_number=f"A{sign}B")))


def test_a_number_that_is_too_long_is_refused():
    with pytest.raises(PartsbayError, match="there is room for 35 signs"):
        written(order(line(part_number="9" * 36)))
    with pytest.raises(PartsbayError, match="more than 14 digits"):
        written(number=10**14)


SIGNS = st.sampled_from("ABCXYZabcäöüß0123456789 -./+'?:&#@=\"*~>")


def _parts(element) -> list[str]:
    return element if isinstance(element, list) else [element]


@given(orders_of(SIGNS), st.integers(1, 10**14 - 1))
def test_what_another_library_reads_is_what_was_written(orders, number):
    content = files.write(orders, settings("edifact"), number, MADE_AT)
    interchange = Interchange.from_str(content.decode("iso8859-1"))
    assert (interchange.control_reference, interchange.sender[0]) == (str(number), "PARTSBAY")
    read = []
    for message in interchange.get_messages():
        assert (message.type, message.version) == ("ORDERS", "D.96A")
        lines: list[dict] = []
        for segment in message.segments:
            elements = segment.elements
            if segment.tag == "BGM":
                read.append((elements[1], {"220": "STOCK", "224": "RUSH"}[elements[0]], lines))
            elif segment.tag == "LIN":
                lines.append({"number": int(elements[0]), "price": None})
                code, qualifier = _parts(elements[2])
                lines[-1][qualifier] = code
            elif segment.tag == "PIA":
                code, qualifier = _parts(elements[1])
                lines[-1][qualifier] = code
            elif segment.tag == "QTY":
                lines[-1]["quantity"] = Decimal(elements[0][1])
            elif segment.tag == "PRI":
                lines[-1]["price"] = Decimal(elements[0][1])
    assert [(number, kind, [_said(one) for one in lines]) for number, kind, lines in read] == [
        (
            one.purchase_order_number,
            one.order_type_code,
            [
                (x.line_number, x.quantity, x.unit_price_amount, x.part_number, x.supplier_part_number)
                for x in one.lines
            ],
        )
        for one in orders
    ]


def _said(one: dict) -> tuple:
    return one["number"], one["quantity"], one["price"], one["MF"], one.get("SA")
