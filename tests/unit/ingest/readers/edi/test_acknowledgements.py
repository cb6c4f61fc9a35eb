"""What goes back to the sender: valid by our own reader and by pydifact, and never an answer to an answer."""

import warnings
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydifact.segmentcollection import Interchange

from ingest.readers.edi import edifact, x12
from ingest.readers.edi.edifact_envelope import EDIFACT
from ingest.readers.edi.survey import survey
from ingest.readers.edi.x12_envelope import X12
from ingest.readers.limits import Limits
from tests.support.edi import GS, ISA, SAMPLES, edifact_of, module_for, rows_of, stored, x12_of

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
STOCK = "846~BIA*00*SI*1*20260531~LIN*1*VN*A-1~QTY*33*1*EA~LIN*2*VN*A-2~QTY*33*1*EA"
REPORT = "INVRPT'BGM+35+1+9'LIN+1++A-1:SA'QTY+145:1'LIN+2++A-2:SA'QTY+145:1"
BAD = ["RANGE: available_quantity is negative"]


def answer(path: Path, bad=None, fault=None, number="42") -> list[str] | None:
    """The segments of the acknowledgement, once our own reader has found its envelope sound."""
    module = module_for(path.read_bytes())
    sent = module.acknowledgement(path, Limits(), bad or {}, fault, number, NOON)
    if sent is None:
        return None
    with TemporaryDirectory() as folder:
        found = survey(stored(Path(folder), sent), X12 if module is x12 else EDIFACT, Limits())
    assert [message.fault for message in found.messages] == [None] * len(found.messages)
    if module is edifact:
        _check_by_pydifact(sent.decode("latin-1"))
    return [line[:-1] for line in sent.decode("latin-1").splitlines()]


def _check_by_pydifact(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in text.split("UNB+")[1:]:
            interchange = Interchange.from_str("UNB+" + part.replace("\n", ""))
            assert [message.type for message in interchange.get_messages()] == ["CONTRL"]


def only(segments: list[str], *tags: str) -> list[str]:
    return [segment for segment in segments if segment.startswith(tags)]


def test_a_997_goes_back_the_way_the_file_came(tmp_path):
    segments = answer(stored(tmp_path, x12_of(STOCK)))
    assert segments == [
        "ISA*00*          *00*          *ZZ*PARTSBAY       *01*123456789      *260601*1200*U*00401*000000042*0*P*>",
        "GS*FA*PARTSBAY*ACME*20260601*1200*42001*X*004010",
        "ST*997*0001",
        "AK1*IB*1",
        "AK2*846*0001",
        "AK5*A",
        "AK9*A*1*1*1",
        "SE*6*0001",
        "GE*1*42001",
        "IEA*1*000000042",
    ]


def test_a_997_names_the_segments_of_bad_rows(tmp_path):
    # Segments of the file: ISA 1, GS 2, ST 3, BIA 4, LIN 5, QTY 6, LIN 7.
    segments = answer(stored(tmp_path, x12_of(STOCK, STOCK)), bad={7: BAD})
    assert only(segments, "AK") == [
        "AK1*IB*1", "AK2*846*0001", "AK3*LIN*5**8", "AK5*E*5", "AK2*846*0002", "AK5*A", "AK9*E*2*2*2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [(("SE*7*0002", "SE*9*0002"), "4"), (("SE*7*0002", "SE*7*9"), "3"), (("SE*7*0002~\n", ""), "2")],
)
def test_a_997_says_why_a_broken_message_is_rejected(tmp_path, change, code):
    path = stored(tmp_path, x12_of(STOCK, STOCK).replace(*change))
    bad = rows_of(path, "supplier_availability")[1]
    assert only(answer(path, bad=bad), "AK5", "AK9") == ["AK5*A", f"AK5*R*{code}", "AK9*P*2*2*1"]


def test_a_997_rejects_what_is_not_read_and_each_group_by_itself():
    segments = answer(SAMPLES / "made/several.x12", number="7")
    assert [segment.split("*")[13] for segment in only(segments, "ISA")] == ["000000007", "000000008"]
    assert only(segments, "AK1", "AK5", "AK9") == [
        "AK1*IB*1", "AK5*A", "AK5*R*4", "AK5*A", "AK9*P*3*3*2",
        "AK1*PO*2", "AK5*R*1", "AK9*R*1*1*0",
        "AK1*PR*3", "AK5*A", "AK9*A*1*1*1",
        "AK1*IB*4", "AK5*R*5", "AK9*R*1*1*0*4",
    ]  # fmt: skip


def test_a_file_that_is_refused_as_a_whole_has_every_message_rejected(tmp_path):
    segments = answer(stored(tmp_path, x12_of(STOCK, STOCK)), fault="the file has more than 20 rows")
    assert only(segments, "AK5", "AK9") == ["AK5*R*5", "AK5*R*5", "AK9*R*2*2*0"]


@pytest.mark.parametrize(
    ("change", "code"), [(("IEA*1*000000001~", ""), "023"), (("IEA*1*000000001", "IEA*4*000000001"), "022")]
)
def test_a_broken_interchange_is_answered_by_a_ta1(tmp_path, change, code):
    segments = answer(stored(tmp_path, x12_of(STOCK).replace(*change)), fault="broken")
    assert segments[1:] == [f"TA1*000000001*260531*0815*R*{code}", "IEA*0*000000042"]


@pytest.mark.parametrize("name", ["made/stock.846.x12", "made/shipment.856.x12", "x12/edi.net/x12.810a.edi"])
def test_an_answer_is_never_answered(tmp_path, name):
    sent = x12.acknowledgement(SAMPLES / name, Limits(), {}, None, "1", NOON)
    assert x12.acknowledgement(stored(tmp_path, sent), Limits(), {}, None, "2", NOON) is None
    assert x12.acknowledgement(stored(tmp_path, sent), Limits(), {}, "NOT_INVENTORY", "2", NOON) is None
    broken = sent.replace(b"IEA*1", b"IEA*7")
    assert x12.acknowledgement(stored(tmp_path, broken), Limits(), {}, "broken", "2", NOON) is None


def test_a_contrl_goes_back_the_way_the_file_came(tmp_path):
    segments = answer(stored(tmp_path, edifact_of(REPORT, REPORT)))
    assert segments == [
        "UNB+UNOC:3+PARTSBAY:14+ACME:14+260601:1200+42",
        "UNH+1+CONTRL:D:3:UN",
        "UCI+1+ACME:14+PARTSBAY:14+7",
        "UCM+1+INVRPT:D:96A:UN+7",
        "UCM+2+INVRPT:D:96A:UN+7",
        "UNT+5+1",
        "UNZ+1+42",
    ]


def test_a_contrl_names_bad_segments_and_broken_messages(tmp_path):
    # Segments of the file: UNB 1, UNH 2, BGM 3, LIN 4, QTY 5, LIN 6.
    path = stored(tmp_path, edifact_of(REPORT, REPORT, "ORDERS'BGM+220+1+9").replace("UNT+7+2", "UNT+8+2"))
    assert only(answer(path, bad={6: BAD}), "UC") == [
        "UCI+1+ACME:14+PARTSBAY:14+7",
        "UCM+1+INVRPT:D:96A:UN+7",
        "UCS+5+12",
        "UCM+2+INVRPT:D:96A:UN+4+29",
        "UCM+3+ORDERS:D:96A:UN+4+14",
    ]


def test_a_contrl_answers_groups(tmp_path):
    segments = answer(stored(tmp_path, (SAMPLES / "made/answers.ordrsp.edi").read_bytes()))
    assert only(segments, "UC") == [
        "UCI+203+4012345000009:14+5412345000013:14+7",
        "UCF+7+ACME+PARTSBAY+7",
        "UCM+1+ORDRSP:D:01B:UN+7",
    ]


@pytest.mark.parametrize(("change", "code"), [(("UNZ+1+1'", ""), "13"), (("UNZ+1+1", "UNZ+9+1"), "29")])
def test_a_broken_edifact_interchange_is_rejected_as_a_whole(tmp_path, change, code):
    segments = answer(stored(tmp_path, edifact_of(REPORT).replace(*change)), fault="broken")
    assert only(segments, "UC") == [f"UCI+1+ACME:14+PARTSBAY:14+4+{code}"]


def test_names_with_service_characters_come_back_escaped(tmp_path):
    text = edifact_of(REPORT).replace("UNB+UNOC:3+ACME", "UNB+UNOC:3+A?+C?'M?:E??")
    assert only(answer(stored(tmp_path, text)), "UCI") == ["UCI+1+A?+C?'M?:E??:14+PARTSBAY:14+7"]


def test_a_contrl_is_never_answered(tmp_path):
    sent = edifact.acknowledgement(SAMPLES / "made/stock.invrpt.edi", Limits(), {}, None, "1", NOON)
    assert edifact.acknowledgement(stored(tmp_path, sent), Limits(), {}, None, "2", NOON) is None
    broken = sent.replace(b"UNZ+1", b"UNZ+7")
    assert edifact.acknowledgement(stored(tmp_path, broken), Limits(), {}, "broken", "2", NOON) is None


@pytest.mark.parametrize("text", [b"hello", b"ISA*", b"UNA", b"\xc9\xe2\xc1", b"STX=ANA:1+1"])
def test_nobody_is_answered_where_nobody_can_be_told(tmp_path, text):
    for module in (x12, edifact):
        assert module.acknowledgement(stored(tmp_path, text), Limits(), {}, "PARSE", "1", NOON) is None


def test_a_file_cut_in_its_first_group_is_answered(tmp_path):
    segments = answer(stored(tmp_path, f"{ISA}\n{GS}\nST*846*0001~\nBIA*00*S"), fault="broken")
    assert only(segments, "TA1") == ["TA1*000000001*260531*0815*R*023"]
