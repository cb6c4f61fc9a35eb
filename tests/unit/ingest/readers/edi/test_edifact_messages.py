"""What each EDIFACT message means, in rows that were written down from the file by hand."""

import pytest

from tests.support.edi import SAMPLES, edifact_of, rows_of, stored

MADE = SAMPLES / "made"


def test_an_inventory_report_gives_a_row_for_each_line_and_place():
    rows, bad = rows_of(MADE / "stock.invrpt.edi", "supplier_availability")
    stated = {"brand_code": "BWK", "stated_at": "2026-05-30T23:55:00", "distribution_centre_code": "G9"}
    assert bad == {}
    assert rows == {
        8: stated | {"part_number": "0986494123", "available_quantity": "12", "availability_code": "IN_STOCK",
                     "next_receipt_on": "2026-06-07"},
        13: stated | {"part_number": "AC-78", "available_quantity": "0", "availability_code": "ON_ORDER"},
        17: stated | {"part_number": "AC-78", "available_quantity": "3", "availability_code": "IN_STOCK",
                      "distribution_centre_code": "N2"},
        19: stated | {"part_number": "AC-79", "availability_code": "UNKNOWN"},
    }  # fmt: skip


def test_an_inventory_report_can_be_a_count_with_lots():
    rows, _ = rows_of(MADE / "stock.invrpt.edi", "stock_count")
    count = {"count_number": "CNT-9", "brand_code": "BWK", "uom_code": "EA", "counted_at": "2026-05-30T23:55:00"}
    lot = {"part_number": "AC-78", "lot_number": "L-5521"}
    assert [rows[number] for number in (8, 13, 17)] == [
        count | {"garage_code": "G9", "part_number": "0986494123", "counted_quantity": "12"},
        count | lot | {"garage_code": "G9", "counted_quantity": "0"},
        count | lot | {"garage_code": "N2", "counted_quantity": "3"},
    ]


def test_a_price_catalogue_gives_a_row_for_each_price_with_its_range():
    rows, bad = rows_of(MADE / "prices.pricat.edi", "supplier_price")
    sheet = {"brand_code": "BWK", "currency_code": "EUR", "effective_from_on": "2026-07-01",
             "stated_at": "2026-05-31T06:00:00"}  # fmt: skip
    pads = sheet | {"part_number": "0986494123", "supplier_part_number": "AC-77", "minimum_order_quantity": "2",
                    "pack_quantity": "4"}  # fmt: skip
    assert bad == {}
    assert rows == {
        19: pads | {"price_type_code": "LIST", "unit_price_amount": "89.90"},
        20: pads | {"price_type_code": "INSTALLER", "unit_price_amount": "61.5", "break_quantity": "1",
                    "price_uom_code": "EA"},
        # 5800 for a hundred.
        22: pads | {"price_type_code": "INSTALLER", "unit_price_amount": "58", "break_quantity": "10",
                    "price_uom_code": "EA", "effective_from_on": "2026-08-01"},
        # A price type that nobody knows passes, so that the judge names it.
        28: sheet | {"part_number": "AC-78", "supplier_part_number": "AC-78", "price_type_code": "XYZ",
                     "unit_price_amount": "7"},
    }  # fmt: skip


def test_a_price_catalogue_gives_a_row_for_each_article():
    rows, _ = rows_of(MADE / "prices.pricat.edi", "supplier_catalogue")
    sheet = {"brand_code": "BWK", "stated_at": "2026-05-31T06:00:00"}
    assert rows == {
        10: sheet | {
            "part_number": "0986494123", "supplier_part_number": "AC-77", "gtin": "4047023000017",
            "maintenance_code": "C", "description": "Bremsbeläge, Satz + Feder: vorn 'Premium?links",
            "replaced_by_part_number": "0986494999", "pack_uom_code": "CA", "pack_quantity": "4",
            "minimum_order_quantity": "2", "country_of_origin_code": "DE", "hs_code": "87083091", "weight_kg": "1.5",
        },
        25: sheet | {
            "part_number": "AC-78", "supplier_part_number": "AC-78", "gtin": "4047023000024",
            "maintenance_code": "D", "is_hazmat": "true", "un_number": "1950",
        },
    }  # fmt: skip


def test_a_response_numbers_the_answers_to_a_line():
    rows, bad = rows_of(MADE / "answers.ordrsp.edi", "order_ack")
    order = {"purchase_order_number": "PO-1001", "schedule_number": "1", "currency_code": "EUR", "uom_code": "EA",
             "promised_on": "2026-06-10", "stated_at": "2026-05-31T08:15:00"}  # fmt: skip
    ten = order | {"purchase_order_line": "10", "part_number": "AC-77", "supplier_part_number": "AC-77",
                   "ordered_quantity": "24", "acknowledged_quantity": "12", "unit_price_amount": "12.5"}  # fmt: skip
    assert bad == {}
    assert rows == {
        12: ten | {"acknowledgement_code": "IC", "promised_on": "2026-06-05"},
        14: ten | {"schedule_number": "2", "acknowledgement_code": "IB", "promised_on": "2026-06-20"},
        17: order | {"purchase_order_number": "PO-1000", "purchase_order_line": "7", "part_number": "AC-78",
                     "supplier_part_number": "AC-78", "acknowledgement_code": "IA", "ordered_quantity": "5",
                     "acknowledged_quantity": "5"},
        20: order | {"purchase_order_line": "30", "part_number": "AC-80", "supplier_part_number": "AC-80",
                     "acknowledgement_code": "IR", "ordered_quantity": "1", "acknowledged_quantity": "0"},
        22: order | {"purchase_order_line": "40", "part_number": "AC-81", "supplier_part_number": "AC-81",
                     "acknowledgement_code": "IC", "ordered_quantity": "2", "acknowledged_quantity": "2"},
    }  # fmt: skip


def response(beginning: str, *more: str) -> str:
    """An ORDRSP with this BGM, and what stands below its order."""
    return edifact_of(
        "'".join(("ORDRSP", beginning, "DTM+137:20260530:102", "DTM+69:20260610:102", "RFF+ON:PO-9", *more))
    )


@pytest.mark.parametrize(
    ("beginning", "code"),
    [("BGM+231+R1+29", "IA"), ("BGM+231+R1+9+AP", "IA"), ("BGM+231+R1+27", "IR"), ("BGM+231+R1+9+RE", "IR")],
)
@pytest.mark.parametrize("section", [(), ("UNS+S",)])
def test_a_response_without_lines_is_one_to_the_whole_order(tmp_path, beginning, code, section):
    refused = {"acknowledged_quantity": "0"} if code == "IR" else {"promised_on": "2026-06-10"}
    rows, bad = rows_of(stored(tmp_path, response(beginning, *section)), "order_ack")
    assert bad == {}
    assert [*rows.values()] == [
        {"purchase_order_number": "PO-9", "purchase_order_line": "ALL", "schedule_number": "1",
         "acknowledgement_code": code, "stated_at": "2026-05-30", **refused},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("beginning", "answers"),
    [
        ("BGM+231+R1+9+AI", [("ALL", "IA"), ("1", "IF")]),
        ("BGM+231+R1+9+RE", [("1", "IF")]),
        ("BGM+231+R1+4", [("1", "IF")]),
    ],
)
def test_a_response_with_lines_answers_them_and_of_changes_alone_all_others(tmp_path, beginning, answers):
    path = stored(tmp_path, response(beginning, "LIN+1+24+AC-1:SA", "QTY+21:5:PCE", "QTY+113:4:PCE", "UNS+S"))
    rows = rows_of(path, "order_ack")[0].values()
    assert [(row["purchase_order_line"], row["acknowledgement_code"]) for row in rows] == answers


def test_a_line_without_a_word_of_its_own_is_answered_as_the_order_is(tmp_path):
    rows = rows_of(stored(tmp_path, response("BGM+231+R1+9+RE", "LIN+1++AC-1:SA", "QTY+21:5:PCE")), "order_ack")[0]
    assert [(row["acknowledgement_code"], row["acknowledged_quantity"]) for row in rows.values()] == [("IR", "0")]


def test_a_despatch_advice_line_lies_in_the_package_around_it():
    rows, bad = rows_of(MADE / "shipment.desadv.edi", "ship_notice")
    shipment = {
        "shipment_number": "SHP-77", "ship_to_code": "G9", "shipped_at": "2026-05-31T07:30:00",
        "expected_on": "2026-06-03", "stated_at": "2026-05-31T08:15:00", "purchase_order_number": "PO-1001",
    }  # fmt: skip
    assert bad == {}
    assert rows == {
        15: shipment | {"shipment_line": "1", "purchase_order_line": "10", "part_number": "0986494123",
                        "shipped_quantity": "12", "uom_code": "EA", "lot_number": "L-5521",
                        "expires_on": "2028-05-31", "package_number": "340123450000000017"},
        # A level without a number of its own lies in the level above it.
        22: shipment | {"shipment_line": "2", "purchase_order_line": "20", "part_number": "AC-79",
                        "supplier_part_number": "AC-79", "shipped_quantity": "5",
                        "package_number": "340123450000000017"},
        27: shipment | {"shipment_line": "3", "purchase_order_number": "PO-1003", "part_number": "AC-90",
                        "supplier_part_number": "AC-90", "shipped_quantity": "1", "uom_code": "BOX",
                        "package_number": "340123450000000024"},
    }  # fmt: skip


def test_numbers_of_substitutes_are_not_numbers_of_the_part(tmp_path):
    line = "INVRPT'BGM+35+1+9'LIN+1++AC-1:SA'PIA+4+AC-9:MF'QTY+145:1"
    rows, _ = rows_of(stored(tmp_path, edifact_of(line)), "supplier_availability")
    assert [row["part_number"] for row in rows.values()] == ["AC-1"]


def test_a_decimal_comma_is_read_as_a_point(tmp_path):
    path = stored(tmp_path, edifact_of("INVRPT'BGM+35+1+9'LIN+1++AC-1:SA'QTY+145:1,250:KGM"))
    assert [row["available_quantity"] for row in rows_of(path, "supplier_availability")[0].values()] == ["1.250"]


def test_an_encoding_is_taken_from_the_syntax_level_unless_the_profile_knows_better(tmp_path):
    text = edifact_of("PRICAT'BGM+9+1+9'LIN+1++A:SA'IMD+F++:::Žárovka H7'PRI+AAA:1").encode("iso8859-2")
    for level, options in ((b"UNOD", {}), (b"UNOC", {"encoding": "iso8859-2"})):
        path = stored(tmp_path, text.replace(b"UNOC", level))
        (row,) = rows_of(path, "supplier_catalogue", **options)[0].values()
        assert row["description"] == "Žárovka H7"
