"""Every vendored file has the outcome that a person gave it; rows were written down from the file."""

import re

import pytest

from ingest.readers.formats import recognise_format
from ingest.readers.limits import FileFault, Limits
from tests.support.edi import SAMPLES, module_for, outcome, rows_of, stored

# Path → code of the fault, or rows and bad rows of each kind.
OUTCOMES = {
    line.split("|")[0].strip(): line.split("|")[1].strip()
    for line in (SAMPLES / "outcomes.txt").read_text().splitlines()
    if "|" in line
}


def test_every_vendored_file_is_listed_with_its_outcome():
    files = {
        path.relative_to(SAMPLES).as_posix()
        for folder in ("x12", "edifact", "made")
        for path in (SAMPLES / folder).rglob("*")
        if path.is_file()
    }
    assert files == set(OUTCOMES)


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_sample_ends_as_a_person_said_that_it_should(name):
    assert outcome(SAMPLES / name) == OUTCOMES[name]


# Fragments without an envelope, and XML: nothing says that they are EDI.
NOT_EDI = (
    "edifact/edifact-rs/",
    "edifact/edifactconverter/ORDERS_01B-OutFile.xml",
    "edifact/smooks-edi-cartridge/testfiles_d93a-invoic-1_input.edi",
)


@pytest.mark.parametrize("name", [name for name in OUTCOMES if not name.startswith(NOT_EDI)])
def test_a_sample_is_recognised_by_its_first_bytes(name):
    wanted = "x12" if name.startswith("x12/") or name.endswith(".x12") else "edifact"
    assert recognise_format(SAMPLES / name) == wanted


@pytest.mark.parametrize(
    ("start", "wanted"),
    [
        ("ISA*00*".encode("cp037"), "x12"),
        ("UNB+UNOA".encode("cp037"), "edifact"),
        (b"\r\n UNA:+.? '\r\nUNB+UNOA:1", "edifact"),
        (b"UNB\x1dUNOB\x1f1", "edifact"),
        (b"ISA;NAME;PRICE\n", "delimited"),
        (b"ISABEL,12\n", "delimited"),
        (b"UNA,UNB\n1,2\n", "delimited"),
        (b"UNB;part\n", "delimited"),
        (b"UNIT,PRICE\n", "delimited"),
    ],
)
def test_edi_is_told_from_a_table_that_begins_with_the_same_letters(tmp_path, start, wanted):
    assert recognise_format(stored(tmp_path, start)) == wanted


def test_a_file_without_inventory_says_what_it_is():
    with pytest.raises(FileFault, match=r"^an 810 invoice, which carries no inventory; 846, 832, 855, 856 are read$"):
        module_for(b"ISA").read_envelope(SAMPLES / "x12/edi.net/x12.810a.edi", module_for(b"ISA").Options(), Limits())


def test_the_ship_notice_with_bars_is_read_in_full():
    rows, bad = rows_of(SAMPLES / "x12/vscode-edi-x12-support/old.edi", "ship_notice")
    assert bad == {}
    assert list(rows.values()) == [
        {
            "shipment_number": "177164933",
            "shipment_line": "4",
            "purchase_order_number": "6218",
            "purchase_order_line": "1",
            "brand_code": "RG0132441",
            "part_number": "10151",
            "supplier_part_number": "10151",
            "shipped_quantity": "4",
            "uom_code": "EA",
            "lot_number": "3308212",
            "expires_on": "2021-10-31",
            "package_number": "0354023220190916",
            "ship_to_code": "12W4N8Y00",
            "shipped_at": "2019-09-16",
            "expected_on": "2019-09-16",
            "stated_at": "2019-09-17T05:31:00",
        }
    ]


def test_the_stock_report_gives_each_line_its_store():
    rows, bad = rows_of(SAMPLES / "edifact/rsedi/invrpt_d96a_messages_01-02.edi", "supplier_availability")
    lines = list(rows.values())
    common = {"availability_code": "IN_STOCK", "stated_at": "2022-06-16"}
    first, second = (
        common | {"distribution_centre_code": "4028548001019"},
        common | {"distribution_centre_code": "4028548003013"},
    )
    assert bad == {}
    # The last line numbers before each UNT are 395 and 461.
    assert len(lines) == 395 + 461
    assert lines[0] == first | {"part_number": "4045622985454", "available_quantity": "2"}
    assert lines[394] == first | {"part_number": "4060004710851", "available_quantity": "1"}
    assert lines[395] == second | {"part_number": "4045622985454", "available_quantity": "1"}
    assert lines[-1] == second | {"part_number": "4060004710851", "available_quantity": "1"}


def test_the_same_report_can_be_a_count():
    rows, _ = rows_of(SAMPLES / "edifact/rsedi/invrpt_d96a_messages_01-02.edi", "stock_count")
    assert next(iter(rows.values())) == {
        "count_number": "43",
        "garage_code": "4028548001019",
        "part_number": "4045622985454",
        "counted_quantity": "2",
        "counted_at": "2022-06-16",
    }


def test_the_response_with_a_wrong_trailer_is_read_once_the_trailer_is_mended(tmp_path):
    text = (SAMPLES / "edifact/edi.net/edifact.ORDRSP.edi").read_bytes()
    # The interchange is named twice, differently; the message too, and it counts 17 of its 31 segments.
    mended = text.replace(b"UNZ+1+DAREFNR00001'", b"UNZ+1+DAREFNR0000001'")
    path = tmp_path / "mended"
    path.write_bytes(mended)
    assert rows_of(path, "order_ack") == (
        {},
        {23: ["CONTROL_TOTAL: message 1 (ORDRSP, reference 9IMX20YSP0009): "
              "UNT names message 9IM20YSP9, and UNH named 9IMX20YSP0009"]},
    )  # fmt: skip
    path.write_bytes(mended.replace(b"UNT+17+9IM20YSP9'", b"UNT+31+9IMX20YSP0009'"))
    assert rows_of(path, "order_ack")[0] == {
        23: {
            "purchase_order_number": "00001672",
            "purchase_order_line": "1",
            "schedule_number": "1",
            "part_number": "9900010000649",
            "acknowledgement_code": "IA",
            "unit_price_amount": "50.5",
            "currency_code": "EUR",
            "stated_at": "2016-03-21T14:21:00",
        }
    }


def test_provenance_names_every_folder():
    text = (SAMPLES / "PROVENANCE.md").read_text()
    folders = {path.parent.relative_to(SAMPLES).as_posix() for path in SAMPLES.rglob("*.edi")}
    assert folders <= set(re.findall(r"`([\w./-]+)/`", text))
