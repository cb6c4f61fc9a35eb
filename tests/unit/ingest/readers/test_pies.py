"""PIES files as rows: what each row must say was read from the file by eye."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from ingest.contracts import CONTRACTS
from ingest.readers import pies
from ingest.readers.limits import FileFault, Limits
from ingest.readers.typed import as_typed

DATA = Path(__file__).parents[3] / "data"
BRAKES, FILTERS = DATA / "pies" / "brakes_7_2.xml", DATA / "pies" / "filters_8_0.xml"
ARTICLE, PRICE, INTERCHANGE = "supplier_catalogue", "supplier_price", "supplier_interchange"


def rows(path: Path, kind: str, options: pies.Options | None = None) -> dict[int, dict[str, str]]:
    """The good rows by number, without what they leave out."""
    found = {}
    for records in pies.read_records(path, kind, options or pies.Options(), Limits()):
        for number, row in zip(records.numbers.to_pylist(), records.texts.to_pylist(), strict=True):
            found[number] = {name: value for name, value in row.items() if value is not None}
    return found


def bad(path: Path, kind: str) -> dict[int, list[str]]:
    return {n: words for r in pies.read_records(path, kind, pies.Options(), Limits()) for n, words in r.bad.items()}


def written(tmp_path: Path, items: str, trailer: str = "", header: str = "", encoding: str = "utf-8") -> Path:
    path = tmp_path / "file.xml"
    header = header or "<SubmissionType>FULL</SubmissionType><BlanketEffectiveDate>2024-06-01</BlanketEffectiveDate>"
    path.write_text(
        f"<PIES><Header>{header}</Header><Items>{items}</Items><Trailer>{trailer}</Trailer></PIES>", encoding=encoding
    )
    return path


def item(inside: str = "", mark: str = "A") -> str:
    return f'<Item MaintenanceType="{mark}"><PartNumber>7</PartNumber><BrandID>B</BrandID>{inside}</Item>'


def fault_of(path: Path, kind: str = ARTICLE, limits: Limits | None = None) -> FileFault:
    with pytest.raises(FileFault) as caught:
        list(pies.read_records(path, kind, pies.Options(), limits or Limits()))
    return caught.value


def test_every_item_of_7_2_is_one_article():
    assert rows(BRAKES, ARTICLE) == {
        1: {
            "brand_code": "BKQD", "part_number": "00123", "gtin": "00734776282468", "maintenance_code": "A",
            "part_type_code": "1684", "description": "Brake pad set, front <ceramic>", "lifecycle_code": "2",
            "pack_uom_code": "CA", "pack_quantity": "10", "minimum_order_quantity": "20", "is_hazmat": "false",
            "country_of_origin_code": "CN", "hs_code": "8708.30.50", "weight_kg": "1.814", "warranty_months": "24",
        },
        2: {
            "brand_code": "BXYZ", "part_number": "1E5", "maintenance_code": "C", "part_type_code": "1684",
            "description": "Brake cleaner", "lifecycle_code": "7", "replaced_by_part_number": "1E6",
            "pack_uom_code": "BX", "pack_quantity": "6", "is_hazmat": "true", "un_number": "1950",
            "packing_group_code": "II", "weight_kg": "0.550",
        },
    }  # fmt: skip
    assert bad(BRAKES, ARTICLE) == {
        3: ["UNIT: MinimumOrderQuantity is '1' PL, and no package says how many pieces that is"]
    }


def test_every_price_takes_from_its_sheet_and_the_header_what_it_does_not_say():
    part = {"brand_code": "BKQD", "part_number": "00123", "lifecycle_code": "2", "minimum_order_quantity": "20",
            "pack_quantity": "10", "price_uom_code": "EA"}  # fmt: skip
    assert rows(BRAKES, PRICE) == {
        1: part | {"price_type_code": "JOBBER", "unit_price_amount": "31.50", "currency_code": "CAD",
                   "effective_from_on": "2024-06-15", "effective_to_on": "2025-06-14"},
        2: part | {"price_type_code": "DISTRIBUTOR", "unit_price_amount": "19.999", "currency_code": "USD",
                   "break_quantity": "12", "effective_from_on": "2024-07-01"},
        3: part | {"price_type_code": "NET", "unit_price_amount": "18", "currency_code": "USD",
                   "effective_from_on": "2024-06-01"},
        # Withdrawn: it ends on the day from which the file holds.
        5: {"brand_code": "BXYZ", "part_number": "1E5", "lifecycle_code": "7", "price_type_code": "JOBBER",
            "unit_price_amount": "7.10", "currency_code": "USD", "price_uom_code": "EA",
            "effective_from_on": "2023-01-01", "effective_to_on": "2024-06-01"},
    }  # fmt: skip
    assert bad(BRAKES, PRICE) == {4: ["UNIT: PriceMultiplier is '0.85', and what it multiplies is not agreed"]}


def test_every_number_of_an_interchange_is_a_row():
    part = {"brand_code": "BKQD", "part_number": "00123"}
    other = part | {"other_brand_code": "CDEF", "interchange_type_code": "COMPETITOR", "quality_grade_code": "A"}
    assert rows(BRAKES, INTERCHANGE) == {
        1: other | {"other_part_number": "OB-77", "quantity": "2"},
        2: other | {"other_part_number": "OB-78"},
        3: part | {"other_brand_code": "BKQD", "other_part_number": "00122", "interchange_type_code": "EQUIVALENT"},
    }


def test_8_0_is_read_under_its_new_names_with_a_prefix_and_in_latin_1():
    part = {"brand_code": "BMNN", "part_number": "AQ1150"}
    assert rows(FILTERS, ARTICLE) == {
        1: part | {"maintenance_code": "A", "part_type_code": "6832", "description": "Filter, geprüft für Öl"}
    }
    assert rows(FILTERS, PRICE) == {
        1: part | {"price_type_code": "LIST", "unit_price_amount": "6.72", "currency_code": "EUR",
                   "price_uom_code": "EA", "effective_from_on": "2026-05-11"}
    }  # fmt: skip
    options = pies.Options(vehicle_maker_brands=("OEMX",))
    assert [row["interchange_type_code"] for row in rows(FILTERS, INTERCHANGE, options).values()] == [
        "COMPETITOR",
        "OE",
    ]


def test_header_and_trailer_are_the_envelope():
    envelope = pies.read_envelope(BRAKES, pies.Options(), Limits())
    assert envelope.kinds == (ARTICLE, PRICE, INTERCHANGE)
    assert (envelope.submission, envelope.sender, envelope.document_number) == ("UPDATE", "BXYZ", "2024JUN")
    assert (envelope.stated_at, envelope.currency_code, envelope.row_counts) == ("2024-05-31", "USD", {ARTICLE: 3})
    envelope = pies.read_envelope(FILTERS, pies.Options(), Limits())
    assert (envelope.submission, envelope.sender, envelope.stated_at) == ("FULL", "WXYZ", "2026-05-10T22:15:00Z")


def test_a_file_of_prices_alone_carries_no_article(tmp_path):
    path = written(tmp_path, item('<Prices><Pricing PriceType="JBR"><Price>1</Price></Pricing></Prices>'))
    assert pies.read_envelope(path, pies.Options(), Limits()).kinds == (PRICE,)
    path = written(tmp_path, item() + item(mark="D"))
    assert pies.read_envelope(path, pies.Options(), Limits()).kinds == (ARTICLE,)


def test_the_rows_fit_the_types_of_their_contract():
    for path in (BRAKES, FILTERS):
        for kind in (ARTICLE, PRICE, INTERCHANGE):
            for records in pies.read_records(path, kind, pies.Options(), Limits()):
                _, wrong = as_typed(records.texts, CONTRACTS[kind], records.numbers, 1000)
                assert wrong == {}


def test_numbers_are_exact_to_the_last_digit(tmp_path):
    path = written(tmp_path, item('<Prices><Pricing PriceType="JBR"><Price>19.9999</Price></Pricing></Prices>'))
    [records] = pies.read_records(path, PRICE, pies.Options(), Limits())
    table, _ = as_typed(records.texts, CONTRACTS[PRICE], records.numbers, 1000)
    assert table["unit_price_amount"][0].as_py() == Decimal("19.9999")


def test_what_cannot_be_converted_is_refused_with_what_was_sent(tmp_path):
    path = written(
        tmp_path,
        item(
            "<Packages><Package><PackageUOM>EA</PackageUOM><QuantityofEaches>1</QuantityofEaches>"
            '<Weights UOM="ST"><Weight>12</Weight></Weights></Package></Packages><ExtendedInformation>'
            '<ExtendedProductInformation EXPICode="WT1">100</ExtendedProductInformation>'
            '<ExtendedProductInformation EXPICode="WT2">DA</ExtendedProductInformation></ExtendedInformation>'
        ),
    )
    [records] = pies.read_records(path, ARTICLE, pies.Options(), Limits())
    _, wrong = as_typed(records.texts, CONTRACTS[ARTICLE], records.numbers, 1000)
    assert wrong == {
        1: [
            "PARSE: weight_kg is '12 ST', not a decimal number",
            "PARSE: warranty_months is '100 DA', not a whole number",
        ]
    }


def test_a_profile_says_how_a_partner_uses_codes(tmp_path):
    options = pies.Options(price_types={"NET": "INSTALLER"}, shelf_life_codes=("SLF",))
    assert rows(BRAKES, PRICE, options)[3]["price_type_code"] == "INSTALLER"
    assert rows(BRAKES, ARTICLE, options)[2]["shelf_life_days"] == "730"


def test_a_bad_row_is_shown_as_it_was_sent_with_its_place():
    raw = pies.raw_rows(BRAKES, PRICE, pies.Options(), Limits(), [4])
    assert raw[4].place == "/PIES/Items/Item[2]/Prices/Pricing[1] (line 92)"
    assert raw[4].text == (
        '<Pricing MaintenanceType="A" PriceType="LST">\n          <Price UOM="PE">9.95</Price>\n'
        "          <PriceMultiplier>0.85</PriceMultiplier>\n        </Pricing>"
    )
    raw = pies.raw_rows(FILTERS, ARTICLE, pies.Options(), Limits(), [1])
    assert raw[1].text.startswith('<p:Item MaintenanceType="A">') and raw[1].text.endswith("</p:Item>")
    assert "geprüft für Öl" in raw[1].text


def test_another_number_of_items_than_declared_refuses_the_file(tmp_path):
    fault = fault_of(written(tmp_path, item() + item(), "<ItemCount>3</ItemCount>"))
    assert (fault.code, fault.message) == ("CONTROL_TOTAL", "the trailer declares 3 items, 2 were read")


def test_a_file_that_ends_early_is_not_half_read(tmp_path):
    path = tmp_path / "cut.xml"
    path.write_bytes(BRAKES.read_bytes()[:4000])
    fault = fault_of(path)
    assert fault.code == "TRUNCATED_XML" and "PIES/Items/Item" in fault.message


def test_a_broken_tag_is_named_with_line_and_column(tmp_path):
    path = written(tmp_path, item("<A></B>"))
    fault = fault_of(path)
    assert (fault.code, fault.line_number) == ("MALFORMED_XML", 1)
    assert "mismatched tag" in fault.message and "column" in fault.message


def test_packed_and_utf_16_files_give_the_same_rows(tmp_path):
    packed = tmp_path / "brakes.xml.gz"
    packed.write_bytes(gzip.compress(BRAKES.read_bytes()))
    assert rows(packed, PRICE) == rows(BRAKES, PRICE)
    assert pies.read_envelope(packed, pies.Options(), Limits()) == pies.read_envelope(BRAKES, pies.Options(), Limits())
    wide = tmp_path / "brakes_16.xml"
    wide.write_bytes(BRAKES.read_text().replace("UTF-8", "UTF-16").encode("utf-16"))
    assert rows(wide, ARTICLE) == rows(BRAKES, ARTICLE)
    assert pies.read_envelope(wide, pies.Options(), Limits()) == pies.read_envelope(BRAKES, pies.Options(), Limits())
    raw = [pies.raw_rows(path, PRICE, pies.Options(), Limits(), [4])[4] for path in (wide, BRAKES)]
    assert raw[0] == raw[1]


def test_rows_come_in_stretches_and_keep_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(pies, "_ROWS_AT_ONCE", 4)
    path = written(tmp_path, item() * 10, "<ItemCount>10</ItemCount>")
    stretches = list(pies.read_records(path, ARTICLE, pies.Options(), Limits()))
    assert [r.numbers.to_pylist() for r in stretches] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]
    assert all(r.texts.schema.types == [pa.string()] * r.texts.num_columns for r in stretches)


@pytest.mark.parametrize(
    ("kind", "code"), [("usage", "WRONG_KIND"), ("supplier_interchange", "HEADER_ONLY"), ("", "WRONG_KIND")]
)
def test_a_kind_that_the_file_does_not_carry_is_a_clear_outcome(tmp_path, kind, code):
    assert fault_of(written(tmp_path, item()), kind).code == code


def test_an_unknown_version_is_refused(tmp_path):
    fault = fault_of(written(tmp_path, item(), header="<PIESVersion>11.0</PIESVersion>"))
    assert fault.code == "UNKNOWN_VERSION"


def test_a_bad_date_in_the_trailer_is_no_moment(tmp_path):
    path = written(tmp_path, item(), "<TransactionDate>yesterday</TransactionDate>")
    assert pies.read_envelope(path, pies.Options(), Limits()).stated_at == "2024-06-01"
