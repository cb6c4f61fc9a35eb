"""What each X12 message means, in rows that were written down from the file by hand."""

import pytest

from tests.support.edi import SAMPLES, rows_of, stored, x12_of

MADE = SAMPLES / "made"


def test_an_inventory_advice_gives_a_row_for_each_line_and_warehouse():
    rows, bad = rows_of(MADE / "stock.846.x12", "supplier_availability")
    stated = {"brand_code": "BWK", "stated_at": "2026-05-31T06:00:00Z"}
    assert bad == {}
    assert rows == {
        9: stated | {"part_number": "0986494123", "distribution_centre_code": "DC1", "available_quantity": "120",
                     "availability_code": "IN_STOCK"},
        12: stated | {"part_number": "AC-78", "distribution_centre_code": "DC1", "available_quantity": "0",
                      "availability_code": "ON_ORDER", "next_receipt_on": "2026-06-07"},
        16: stated | {"part_number": "0986494125", "distribution_centre_code": "DC1", "available_quantity": "4",
                      "availability_code": "IN_STOCK"},
        18: stated | {"part_number": "0986494125", "distribution_centre_code": "DC2", "available_quantity": "9",
                      "availability_code": "IN_STOCK"},
        20: stated | {"part_number": "0986494125", "distribution_centre_code": "DC3", "available_quantity": "0",
                      "availability_code": "NONE", "next_receipt_on": "2026-06-15"},
    }  # fmt: skip


def test_an_inventory_advice_can_be_a_count():
    rows, _ = rows_of(MADE / "stock.846.x12", "stock_count")
    assert rows[9] == {
        "count_number": "STK-2026-151", "garage_code": "DC1", "brand_code": "BWK", "part_number": "0986494123",
        "counted_quantity": "140", "uom_code": "EA", "counted_at": "2026-05-31T06:00:00Z",
    }  # fmt: skip
    assert "counted_quantity" not in rows[12]


def test_the_profile_says_which_number_and_which_quantity_count():
    rows, _ = rows_of(
        MADE / "stock.846.x12", "supplier_availability", part_number_qualifiers=("UP",), available_qualifiers=("17",)
    )
    assert rows[9]["part_number"] == "4047023000017"
    assert rows[9]["available_quantity"] == "140"
    # A line without such a number keeps the one that it has.
    assert rows[12]["part_number"] == "AC-78"


def test_a_quantity_of_an_unknown_kind_is_no_availability(tmp_path):
    path = stored(tmp_path, x12_of("846~BIA*00*CM*1*20260531~LIN*1*BP*46L5055~QTY*34*5250~UIT*EA"))
    row = {"part_number": "46L5055", "availability_code": "UNKNOWN", "stated_at": "2026-05-31T08:15:00"}
    assert rows_of(path, "supplier_availability")[0] == {5: row}


def test_quantities_by_destination_are_refused_by_name(tmp_path):
    path = stored(tmp_path, x12_of("846~BIA*00*SI*1*20260531~LIN*1*VN*A~SDQ*EA*92*DC1*5*DC2*6"))
    assert list(rows_of(path, "supplier_availability")[1]) == [6]


def test_a_price_catalogue_gives_a_row_for_each_price():
    rows, bad = rows_of(MADE / "prices.832.x12", "supplier_price")
    sheet = {"brand_code": "BWK", "currency_code": "EUR", "effective_to_on": "2026-12-31",
             "stated_at": "2026-05-31T08:15:30"}  # fmt: skip
    pads = sheet | {
        "part_number": "0986494123", "supplier_part_number": "AC-77", "price_uom_code": "EA", "pack_quantity": "4",
        "minimum_order_quantity": "2", "order_multiple_quantity": "2", "lead_time_days": "14",
    }  # fmt: skip
    assert bad == {}
    assert rows == {
        16: pads | {"price_type_code": "LIST", "unit_price_amount": "89.90", "break_quantity": "1",
                    "effective_from_on": "2026-07-01"},
        17: pads | {"price_type_code": "INSTALLER", "unit_price_amount": "61.5", "break_quantity": "1",
                    "effective_from_on": "2026-07-01"},
        18: pads | {"price_type_code": "INSTALLER", "unit_price_amount": "58", "break_quantity": "10",
                    "effective_from_on": "2026-08-01"},
        23: sheet | {"part_number": "AC-78", "supplier_part_number": "AC-78", "price_type_code": "DEALER",
                     "unit_price_amount": "44.10", "effective_from_on": "2026-07-01"},
    }  # fmt: skip


def test_a_price_catalogue_gives_a_row_for_each_article():
    rows, _ = rows_of(MADE / "prices.832.x12", "supplier_catalogue")
    sheet = {"brand_code": "BWK", "stated_at": "2026-05-31T08:15:30"}
    assert rows == {
        # 3.25 lb are 1.474 kg; CTN25 is a package, of which only the carton matters.
        9: sheet | {
            "part_number": "0986494123", "supplier_part_number": "AC-77", "gtin": "14047023000014",
            "description": "Brake pad set, front axle", "pack_uom_code": "CA", "pack_quantity": "4",
            "minimum_order_quantity": "2", "order_multiple_quantity": "2", "lead_time_days": "14",
            "weight_kg": "1.474",
        },
        20: sheet | {
            "part_number": "AC-78", "supplier_part_number": "AC-78", "gtin": "4047023000024",
            "description": "Brake disc, vented", "is_hazmat": "true", "un_number": "1950",
        },
        24: sheet | {"part_number": "0986494199", "description": "Not priced yet"},
    }  # fmt: skip


def test_the_profile_adds_units_and_price_types_of_its_own(tmp_path):
    path = stored(tmp_path, x12_of("832~BCT*PC*1~LIN*1*VN*A~CTP**ZZZ*1*1*JR~CTP**LPR*2*1*EA", code="SC"))
    rows, _ = rows_of(path, "supplier_price")
    assert [(row["price_type_code"], row["price_uom_code"]) for row in rows.values()] == [("ZZZ", "JR"), ("LIST", "EA")]
    rows, _ = rows_of(path, "supplier_price", units={"JR": "CA"}, price_types={"ZZZ": "JOBBER"})
    assert [(row["price_type_code"], row["price_uom_code"]) for row in rows.values()] == [
        ("JOBBER", "CA"),
        ("LIST", "EA"),
    ]


def test_an_acknowledgement_numbers_the_answers_to_a_line():
    rows, bad = rows_of(MADE / "answers.855.x12", "order_ack")
    order = {"purchase_order_number": "PO-1001", "currency_code": "USD", "stated_at": "2026-05-31T08:15:00",
             "uom_code": "EA", "schedule_number": "1", "promised_on": "2026-06-10"}  # fmt: skip
    ten = order | {"purchase_order_line": "10", "part_number": "0986494123", "supplier_part_number": "AC-77",
                   "ordered_quantity": "24", "acknowledged_quantity": "12", "unit_price_amount": "12.5"}  # fmt: skip
    assert bad == {}
    assert rows == {
        8: ten | {"acknowledgement_code": "IA", "promised_on": "2026-06-05"},
        9: ten | {"schedule_number": "2", "acknowledgement_code": "IB", "promised_on": "2026-06-20"},
        11: order | {"purchase_order_line": "20", "part_number": "AC-79", "supplier_part_number": "AC-79",
                     "acknowledgement_code": "IS", "ordered_quantity": "5", "acknowledged_quantity": "5",
                     "unit_price_amount": "7"},
        13: order | {"purchase_order_line": "30", "part_number": "AC-80", "supplier_part_number": "AC-80",
                     "acknowledgement_code": "IR", "ordered_quantity": "1", "acknowledged_quantity": "0",
                     "unit_price_amount": "3"},
        14: order | {"purchase_order_line": "40", "part_number": "AC-81", "supplier_part_number": "AC-81",
                     "acknowledgement_code": "IA", "ordered_quantity": "6", "acknowledged_quantity": "6",
                     "unit_price_amount": "2"},
        19: {"purchase_order_number": "PO-1002", "purchase_order_line": "1", "schedule_number": "1",
             "part_number": "OUR-1", "acknowledgement_code": "IR", "ordered_quantity": "2", "uom_code": "EA",
             "acknowledged_quantity": "0", "stated_at": "2026-05-31T08:15:00"},
    }  # fmt: skip


@pytest.mark.parametrize(("said", "code"), [("AK", "IA"), ("AT", "IA"), ("AE", "IA"), ("AH", "IH"), ("RJ", "IR")])
def test_an_answer_without_lines_is_one_to_the_whole_order(tmp_path, said, code):
    path = stored(tmp_path, x12_of(f"855~BAK*00*{said}*PO-9*20260530~DTM*079*20260610", code="PR"))
    refused = {"acknowledged_quantity": "0"} if code == "IR" else {"promised_on": "2026-06-10"}
    assert rows_of(path, "order_ack") == (
        {4: {"purchase_order_number": "PO-9", "purchase_order_line": "ALL", "schedule_number": "1",
             "acknowledgement_code": code, "stated_at": "2026-05-31T08:15:00", **refused}},
        {},
    )  # fmt: skip


@pytest.mark.parametrize(("said", "lines"), [("AC", []), ("ZZ", []), ("AD", ["1"]), ("AE", ["ALL", "1"])])
def test_an_answer_names_the_lines_that_it_answers_and_of_exceptions_all_others(tmp_path, said, lines):
    named = "~PO1*1*5*EA***VP*AC-1~ACK*IQ*4*EA" if "1" in lines else ""
    path = stored(tmp_path, x12_of(f"855~BAK*00*{said}*PO-9*20260530{named}", code="PR"))
    assert [row["purchase_order_line"] for row in rows_of(path, "order_ack")[0].values()] == lines


def test_a_ship_notice_item_inherits_from_its_package_order_and_shipment():
    rows, bad = rows_of(MADE / "shipment.856.x12", "ship_notice")
    shipment = {
        "shipment_number": "SHP-77", "ship_to_code": "G9", "shipped_at": "2026-05-31T07:30:00",
        "expected_on": "2026-06-03", "stated_at": "2026-05-31T07:00:00",
    }  # fmt: skip
    first = shipment | {"purchase_order_number": "PO-1001", "package_number": "00340123450000000017"}
    assert rows == {
        17: first | {"shipment_line": "4", "purchase_order_line": "10", "part_number": "0986494123",
                     "supplier_part_number": "AC-77", "shipped_quantity": "12", "uom_code": "EA",
                     "lot_number": "L-5521", "expires_on": "2028-05-31"},
        21: first | {"shipment_line": "5", "purchase_order_line": "20", "part_number": "AC-79",
                     "supplier_part_number": "AC-79", "shipped_quantity": "5", "uom_code": "EA"},
        26: shipment | {"shipment_line": "7", "purchase_order_number": "PO-1001", "purchase_order_line": "10",
                        "package_number": "00340123450000000024", "part_number": "0986494123",
                        "shipped_quantity": "3", "uom_code": "EA"},
        # An order without packages; a unit that nobody knows passes, so that the judge names it.
        31: shipment | {"shipment_line": "9", "purchase_order_number": "PO-1003", "purchase_order_line": "7",
                        "part_number": "AC-90", "supplier_part_number": "AC-90", "shipped_quantity": "1",
                        "uom_code": "BOX"},
    }  # fmt: skip
    assert bad == {34: ["PARSE: HL 10 names 99 as the level above it, which did not come before"]}


def test_an_item_without_a_package_does_not_get_the_package_of_its_neighbour(tmp_path):
    levels = "BSN*00*S*20260531~HL*1**S~HL*2*1*P~MAN*GM*PACK~HL*3*2*I~LIN**VN*A~SN1**1*EA~HL*4*1*I~LIN**VN*B~SN1**1*EA"
    rows, _ = rows_of(stored(tmp_path, x12_of(f"856~{levels}", code="SH")), "ship_notice")
    assert [row.get("package_number") for row in rows.values()] == ["PACK", None]


def test_messages_interchanges_and_kinds_may_be_mixed_in_one_file():
    rows, bad = rows_of(MADE / "several.x12", "supplier_availability")
    assert [(number, row["part_number"]) for number, row in rows.items()] == [(6, "AC-1"), (18, "AC-4")]
    count = "CONTROL_TOTAL: message 2 (846, reference 0002): SE says '9' segments, and 7 came"
    group = "its group is broken: GE names group 9, and GS named 4"
    assert bad == {
        11: [count],
        13: [count],
        23: ["NOT_INVENTORY: an 850 purchase order, which carries no inventory"],
        41: [f"CONTROL_TOTAL: message 6 (846, reference 0001): {group}"],
    }
    answers, bad = rows_of(MADE / "several.x12", "order_ack")
    assert [row["purchase_order_number"] for row in answers.values()] == ["PO-5"]
    assert bad == {}
