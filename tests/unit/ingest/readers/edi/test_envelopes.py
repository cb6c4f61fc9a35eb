"""A broken envelope ends the file, with the segment and the line; a broken message spoils its own lines alone."""

import gzip
import re

import pytest

from ingest.readers.edi import edifact, x12
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Raw
from tests.support.edi import GS, ISA, SAMPLES, UNB, edifact_of, module_for, rows_of, stored, x12_of

STOCK = "846~BIA*00*SI*1*20260531~LIN*1*VN*A-1~QTY*33*1*EA"
REPORT = "INVRPT'BGM+35+1+9'LIN+1++A-1:SA'QTY+145:1"


def fault_of(tmp_path, text: str) -> FileFault:
    module = module_for(text)
    with pytest.raises(FileFault) as caught:
        module.read_envelope(stored(tmp_path, text), module.Options(), Limits())
    return caught.value


def test_an_envelope_says_who_sent_what_to_whom_and_when(tmp_path):
    envelope = x12.read_envelope(SAMPLES / "made/prices.832.x12", x12.Options(), Limits())
    assert envelope.kinds == ("supplier_price", "supplier_catalogue")
    assert (envelope.document_number, envelope.sender, envelope.receiver) == ("000000102", "123456789", "PARTSBAY")
    assert envelope.stated_at == "2026-05-31T08:15:00"
    envelope = edifact.read_envelope(SAMPLES / "made/answers.ordrsp.edi", edifact.Options(), Limits())
    assert envelope.kinds == ("order_ack",)
    assert (envelope.document_number, envelope.sender, envelope.receiver) == ("203", "4012345000009", "5412345000013")


def test_the_profile_says_what_an_inventory_message_is():
    options = x12.Options(inventory_kind="stock_count")
    assert x12.read_envelope(SAMPLES / "made/stock.846.x12", options, Limits()).kinds == ("stock_count",)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (("IEA*1*000000001~\n", ""), "CONTROL_TOTAL", "the interchange 000000001 that opens at segment 1 has no IEA"),
        (("IEA*1", "IEA*2"), "CONTROL_TOTAL", "segment 9 (IEA), line 9: says '2' groups, and 1 came"),
        (("IEA*1", "IEA*one"), "CONTROL_TOTAL", "says 'one' groups"),
        (("IEA*1*000000001", "IEA*1*000000009"), "CONTROL_TOTAL", "names interchange 000000009, and ISA named"),
        (("GE*1*1~\n", ""), "CONTROL_TOTAL", "segment 8 (IEA), line 8: comes before GE ends group 1"),
        ((GS, ""), "PARSE", "segment 2 (ST), line 3: has no GS before it"),
        (("ST*846*0001~\n", ""), "PARSE", "segment 3 (BIA), line 3: stands in no message"),
        (("SE*5*0001~\n", "SE*5*0001~\nSE*5*0001~\n"), "PARSE", "segment 8 (SE), line 8: has no ST before it"),
        (("GE*1*1~", "GE*1*1~\nGE*1*1~"), "PARSE", "segment 9 (GE), line 9: has no GS before it"),
        (("GE*1*1~", "GE*1*1~\nLIN*9*VN*B~"), "PARSE", "segment 9 (LIN), line 9: stands in no message"),
        (("GE*1*1~", GS), "CONTROL_TOTAL", "segment 8 (GS), line 8: begins before GE ends group 1"),
        (("IEA*1*000000001~", ISA), "CONTROL_TOTAL", "begins before IEA ends interchange 000000001"),
        (("IEA*1*000000001~\n", "IEA*1*000000001~\nand more\n"), "PARSE", "segment 10, line 10: an interchange begins"),
    ],
)
def test_a_broken_x12_envelope_ends_the_file(tmp_path, change, code, words):
    fault = fault_of(tmp_path, x12_of(STOCK).replace(*change))
    assert (fault.code, words in fault.message) == (code, True), fault.message
    assert fault.mend


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (("UNZ+1+1'\n", ""), "CONTROL_TOTAL", "the interchange 1 that opens at segment 1 has no UNZ"),
        (("UNZ+1", "UNZ+3"), "CONTROL_TOTAL", "segment 7 (UNZ), line 7: says '3' messages, and 1 came"),
        (("UNZ+1+1", "UNZ+1+7"), "CONTROL_TOTAL", "names interchange 7, and UNB named 1"),
        ((UNB, ""), "PARSE", "an interchange begins with UNA or UNB, and this does not"),
        (("UNT+5+1'", "UNT+5+1'\nUNT+5+1'"), "PARSE", "has no UNH before it"),
        (("UNH+", "UNG+INVRPT+A+B+1:2+5'\nUNH+"), "CONTROL_TOTAL", "comes before UNE ends group 5"),
    ],
)
def test_a_broken_edifact_envelope_ends_the_file(tmp_path, change, code, words):
    fault = fault_of(tmp_path, edifact_of(REPORT).replace(*change))
    assert (fault.code, words in fault.message) == (code, True), fault.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("SE*5*0002", "SE*6*0002"), "SE says '6' segments, and 5 came"),
        (("SE*5*0002", "SE*5*0007"), "SE names message 0007, and ST named 0002"),
        (("SE*5*0002~\n", ""), "it has no SE"),
        (("QTY*33*1*EA~\nSE*5*0002", "CTT*3~\nSE*5*0002"), "CTT says '3' lines, and 1 came"),
    ],
)
def test_a_broken_x12_message_spoils_its_own_lines_alone(tmp_path, change, words):
    rows, bad = rows_of(stored(tmp_path, x12_of(STOCK, STOCK, STOCK).replace(*change)), "supplier_availability")
    assert len(rows) == 2
    assert bad == {10: [f"CONTROL_TOTAL: message 2 (846, reference 0002): {words}"]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("UNT+5+2", "UNT+6+2"), "UNT says '6' segments, and 5 came"),
        (("UNT+5+2", "UNT+5+7"), "UNT names message 7, and UNH named 2"),
        (("UNT+5+2'\n", ""), "it has no UNT"),
        (("QTY+145:1'\nUNT+5+2", "CNT+2:4'\nUNT+5+2"), "CNT says '4' lines, and 1 came"),
        (("QTY+145:1'\nUNT+5+2", "QTY+145:1'\nCNT+1:9'\nUNT+6+2"), "it states 9 as the sum of its quantities, not 1"),
    ],
)
def test_a_broken_edifact_message_spoils_its_own_lines_alone(tmp_path, change, words):
    rows, bad = rows_of(stored(tmp_path, edifact_of(REPORT, REPORT, REPORT).replace(*change)), "supplier_availability")
    assert len(rows) == 2
    assert bad == {9: [f"CONTROL_TOTAL: message 2 (INVRPT, reference 2): {words}"]}


def test_a_hash_total_may_be_written_without_its_decimal_points(tmp_path):
    notice = "856~BSN*00*S*20260531~HL*1**I~LIN**VN*A~SN1**1.5*EA~HL*2**I~LIN**VN*B~SN1**25*EA~CTT*2*"
    for said, row_count in (("40", 2), ("26.5", 2), ("41", 0)):
        rows, _ = rows_of(stored(tmp_path, x12_of(notice + said, code="SH")), "ship_notice")
        assert len(rows) == row_count


def test_zeros_in_front_of_a_reference_say_nothing(tmp_path):
    text = x12_of(STOCK).replace("SE*5*0001", "SE*5*1").replace("IEA*1*000000001", "IEA*1*1")
    assert len(rows_of(stored(tmp_path, text), "supplier_availability")[0]) == 1


def test_a_group_that_is_broken_spoils_its_messages_alone(tmp_path):
    text = x12_of(STOCK).replace("IEA*1", f"{GS}\nGE*4*1~\nIEA*2")
    assert len(rows_of(stored(tmp_path, text), "supplier_availability")[0]) == 1
    rows, bad = rows_of(stored(tmp_path, x12_of(STOCK).replace("GE*1*1", "GE*2*1")), "supplier_availability")
    assert rows == {}
    assert bad[5][0].endswith("its group is broken: GE says '2' messages, and 1 came")


def test_a_spoiled_message_without_lines_is_a_bad_row_itself(tmp_path):
    text = x12_of(STOCK, "846~BIA*00*SI*1*20260531").replace("SE*3*0002", "SE*9*0002")
    assert list(rows_of(stored(tmp_path, text), "supplier_availability")[1]) == [8]


def test_a_message_over_several_blocks_is_spoiled_as_a_whole(tmp_path):
    lines = "~".join(f"LIN*{n}*VN*A-{n}~QTY*33*1*EA" for n in range(2000))
    path = stored(tmp_path, x12_of(f"846~BIA*00*SI*1*20260531~{lines}").replace("SE*", "SE*1"))
    rows, bad = rows_of(path, "supplier_availability", limits=Limits(edi_block_bytes=5000))
    assert (len(rows), len(bad)) == (0, 2000)


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(FileFault, match="the file carries supplier_availability, not order_ack"):
        rows_of(stored(tmp_path, x12_of(STOCK)), "order_ack")


def test_too_many_rows_or_messages_end_the_file(tmp_path):
    path = stored(tmp_path, x12_of(STOCK, STOCK, STOCK))
    for limits in (Limits(row_count=2), Limits(message_count=2)):
        with pytest.raises(FileFault) as caught:
            rows_of(path, "supplier_availability", limits=limits)
        assert caught.value.code == "TOO_LARGE"


def test_a_packed_file_is_read_as_what_it_holds(tmp_path):
    path = tmp_path / "stock.x12.gz"
    path.write_bytes(gzip.compress(x12_of(STOCK).encode()))
    records = next(x12.read_records(path, "supplier_availability", x12.Options(), Limits()))
    assert records.texts["part_number"].to_pylist() == ["A-1"]
    assert records.unpacked_bytes == len(x12_of(STOCK).rstrip("\n"))


def test_a_raw_row_holds_the_segments_of_its_line_as_sent():
    raw = edifact.raw_rows(
        SAMPLES / "made/prices.pricat.edi", "supplier_price", edifact.Options(), Limits(), [22, 28, 2]
    )
    assert raw[22].place == "message 1 segment 21 (PRI)"
    assert raw[22].text.startswith("LIN+1+3+4047023000017:SRV'\nPIA+5+0986494123:MF+AC-77:SA'")
    assert "IMD+F++:::Bremsbeläge, Satz ?+ Feder?: vorn ?'Premium??:links'" in raw[22].text
    assert raw[28] == Raw(
        "LIN+2+2+4047023000024:SRV'\nPIA+5+AC-78:SA'\nDGS+ADR+2+1950'\nPRI+XYZ:7'", "message 1 segment 27 (PRI)"
    )
    assert raw[2].place == "message 1 segment 1 (UNH)"


def test_raw_rows_of_several_messages_are_found(tmp_path):
    path = stored(tmp_path, x12_of(STOCK, STOCK, STOCK))
    raw = x12.raw_rows(path, "supplier_availability", x12.Options(), Limits(), [15, 5])
    assert raw == {
        5: Raw("LIN*1*VN*A-1~\nQTY*33*1*EA~", "message 1 segment 3 (LIN)"),
        15: Raw("LIN*1*VN*A-1~\nQTY*33*1*EA~", "message 3 segment 3 (LIN)"),
    }


def test_every_message_type_that_a_sample_has_is_called_by_name():
    known = {"204", "214", "810", "850", "997"}
    assert all(re.search(r"\d+ \w+", x12._FORM.described(code)) for code in known)
