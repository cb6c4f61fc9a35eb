"""An 850 to the byte, what it refuses, and the same orders when it is read back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import PartsbayError
from ingest.orders import files
from tests.support.order_documents import MADE_AT, line, order, orders_of, settings


def written(*orders, number: int = 7, **values) -> bytes:
    return files.write(orders or (order(),), settings("x12", **values), number, MADE_AT)


def test_an_order_as_a_sender_writes_it():
    second = line(2, supplier_part_number=None, part_number="007", description=None, quantity=Decimal("1.500"),
                  uom_code="L", unit_price_amount=None, need_by_on=None)  # fmt: skip
    assert written(order(line(), second)).decode() == (
        "ISA*00*          *00*          *ZZ*PARTSBAY       *ZZ*ACME           *261129*0320*U*00401*000000007*0*P*>~\n"
        "GS*PO*PARTSBAY*ACME*20261129*0320*7*X*004010~\n"
        "ST*850*0001~\n"
        "BEG*00*SA*PO00000012**20261129~\n"
        "CUR*BY*EUR~\n"
        "N1*ST*Garage One*92*G01~\n"
        "PO1*1*24*EA*12.5**VP*AC-77*MG*0986494123~\n"
        "PID*F****Brake pad set~\n"
        "DTM*002*20261210~\n"
        "PO1*2*1.5*LT***MG*007~\n"
        "CTT*2*25.5~\n"
        "SE*10*0001~\n"
        "GE*1*7~\n"
        "IEA*1*000000007~\n"
    )


def test_each_order_is_a_set_of_its_own_and_a_rush_order_says_so():
    rush = order(purchase_order_number="PO00000013", order_type_code="RUSH")
    text = written(order(), rush, line_ends=True) if False else written(order(), rush).decode()
    assert [s.split("*")[:4] for s in text.split("~\n") if s.startswith(("ST", "BEG", "SE", "GE"))] == [
        ["ST", "850", "0001"], ["BEG", "00", "SA", "PO00000012"], ["SE", "9", "0001"],
        ["ST", "850", "0002"], ["BEG", "00", "RO", "PO00000013"], ["SE", "9", "0002"],
        ["GE", "2", "7"],
    ]  # fmt: skip


def test_what_the_profile_says_is_in_the_file():
    text = written(
        buyer_code="4711", garages={"G01": "10045"}, is_test=True, quantity_in="pack",
        x12={"version": "005010", "element": "|", "component": ":", "terminator": "!", "line_ends": False,
             "part_number_qualifier": "MN", "supplier_part_number_qualifier": "VN", "order_types": {"STOCK": "NE"}},
    ).decode()  # fmt: skip
    assert text.startswith("ISA|00|") and text.endswith("IEA|1|000000007!") and "\n" not in text
    assert "|^|00501|000000007|0|T|:!" in text
    assert "GS|PO|PARTSBAY|ACME|20261129|0320|7|X|005010!" in text
    assert "BEG|00|NE|" in text
    assert "N1|BY||91|4711!N1|ST|Garage One|91|10045!" in text
    assert "|VN|AC-77|MN|0986494123!" in text


def test_packs_are_ordered_where_they_come_out_whole():
    whole = line(pack_quantity=Decimal(12))
    broken = line(2, pack_quantity=Decimal(7))
    text = written(order(whole, broken), quantity_in="pack").decode()
    assert "PO1*1*2*PK*150*" in text and "PO1*2*24*EA*12.5*" in text


@pytest.mark.parametrize("sign", ["*", ">", "~", "é", "\n", "\x00"])
def test_a_part_number_that_cannot_be_written_is_refused_with_its_place(sign):
    with pytest.raises(PartsbayError, match=r"order PO00000012: line 1: the part number is .* cannot be written") as no:
        written(order(line(part_number=f"A{sign}B")))
    assert (no.value.code, "orders section" in no.value.mend) == ("order_not_writable", True)


def test_words_lose_what_the_format_lacks_and_no_more():
    text = written(order(line(description="Bremsbelägę *vorn*~\n→ 2x"), garage_name="Größe Œ")).decode()
    assert "PID*F****Bremsbelage vorn 2x~" in text
    assert "N1*ST*Groe*92" not in text


def test_a_number_that_is_too_long_is_refused():
    with pytest.raises(PartsbayError, match="there is room for 48 signs"):
        written(order(line(part_number="9" * 49)))
    with pytest.raises(PartsbayError, match="more than 9 digits"):
        written(number=1_000_000_000)


@pytest.mark.parametrize("code", ["AC*ME", "ACME~", "AC>ME", " ACME", "AC\nME"])
def test_a_partner_whose_code_the_envelope_cannot_say_is_refused(code):
    with pytest.raises(ValueError, match="receiver: "):
        settings("x12", receiver={"code": code, "qualifier": "ZZ"})


SIGNS = st.sampled_from("ABCXYZabc0123456789 -./+'?:&#@=\"")


@given(orders_of(SIGNS), st.integers(1, 999_999_999))
def test_what_is_read_back_is_what_was_written(orders, number):
    content = files.write(orders, settings("x12"), number, MADE_AT).decode("ascii")
    segments = [segment.split("*") for segment in content.split("~\n")][:-1]
    assert (segments[0][13], segments[1][6], segments[-1][2]) == (
        str(number).zfill(9),
        str(number),
        str(number).zfill(9),
    )
    read, lines = [], []
    for tag, *elements in segments:
        if tag == "BEG":
            lines = []
            read.append((elements[2], {"SA": "STOCK", "RO": "RUSH"}[elements[1]], lines))
        elif tag == "PO1":
            ids = dict(zip(elements[5::2], elements[6::2], strict=True))
            price = Decimal(elements[3]) if elements[3] else None
            lines.append((int(elements[0]), Decimal(elements[1]), price, ids["MG"], ids.get("VP")))
    assert read == [
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
    assert content == files.write(orders, settings("x12"), number, MADE_AT).decode("ascii")
