"""Files become the same segments however they are wrapped, cut into blocks or separated."""

import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydifact.segmentcollection import RawSegmentCollection

from ingest.readers.edi.edifact_envelope import EDIFACT
from ingest.readers.edi.writing import EDIFACT_SEPARATORS, X12_SEPARATORS, written
from ingest.readers.edi.x12_envelope import X12
from ingest.readers.limits import FileFault, Limits
from tests.support.edi import ISA, SAMPLES, UNB, edifact_of, rows_of, stored, x12_of

quickly = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
STOCK = "846~BIA*00*SI*1*20260531~LIN*1*VN*A-1~QTY*33*1*EA~LIN*2*VN*A-2~QTY*33*2*EA"


def segments_of(path: Path, dialect=EDIFACT, **limits) -> list[list[list[str]]]:
    """Segments as elements as components, released characters as themselves."""
    found = []
    for stretch in dialect.stretches(path, Limits(**limits), None):
        separators = stretch.separators
        for segment in stretch.segments:
            elements = [element.split(separators.component) for element in segment.split(separators.element)]
            found.append([[part.translate(separators.plain_characters) for part in parts] for parts in elements])
    return found


def segments_by_pydifact(text: str) -> list[list[list[str]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        segments = RawSegmentCollection.from_str(text).segments
    return [
        [[segment.tag], *([element] if isinstance(element, str) else list(element) for element in segment.elements)]
        for segment in segments
        if segment.tag != "UNA"
    ]


WORDS = st.text(st.sampled_from("AB9 .,+:?'-é"), min_size=0, max_size=6)
ELEMENTS = st.lists(WORDS, min_size=1, max_size=3)
SEGMENTS = st.lists(st.lists(ELEMENTS, min_size=1, max_size=4), min_size=1, max_size=5)


@quickly
@given(SEGMENTS)
def test_what_is_written_is_read_again_by_us_and_by_pydifact(tmp_path, segments):
    sent = [("UNB", ("UNOY", "4"), "A", "B", ("260531", "0815"), "1"), *(("FTX", *segment) for segment in segments)]
    text = written([*sent, ("UNZ", "0", "1")], EDIFACT_SEPARATORS)
    ours = segments_of(stored(tmp_path, text))
    assert ours == segments_by_pydifact(text.decode())
    assert [_trimmed(segment[1:]) for segment in ours[1:-1]] == [_trimmed(segment) for segment in segments]


def _trimmed(elements: list[list[str]]) -> list[list[str]]:
    """Without the empty ends that are never sent."""
    elements = [list(parts) for parts in elements]
    for parts in elements:
        while len(parts) > 1 and not parts[-1]:
            parts.pop()
    while elements and elements[-1] == [""]:
        elements.pop()
    return elements


# Those that pydifact reads at all, and whose elements have no empty ends, which it drops.
READ_BY_BOTH = [
    *(f"edifact/edi.net/edifact.{name}.edi" for name in ("Issue174", "Issue188", "Issue203", "AutoEndSegmentGroups")),
    *(f"edifact/pydifact/{name}.edi" for name in ("invoice1", "order", "wikipedia_de", "messages_v4_aperak")),
    *(f"edifact/smooks-edi-cartridge/data_{name}.txt" for name in ("ORDERS_D.03B_Interchange",)),
    "edifact/smooks-edi-cartridge/data_INVOIC_D.03B_Interchange_with_UNA.txt",
    "edifact/smooks-edi-cartridge/recadv_recadv.txt",
    "edifact/edifactconverter/ORDERS_D01B.txt",
    "edifact/edifactconverter/PARTIN_01B_UNA_ERROR.edi",
    "edifact/rsedi/invrpt_d96a_messages_01-02.edi",
    "made/prices.pricat.edi",
    "made/answers.ordrsp.edi",
    "made/shipment.desadv.edi",
]


@pytest.mark.parametrize("name", READ_BY_BOTH)
def test_samples_have_the_segments_that_pydifact_finds(name):
    content = (SAMPLES / name).read_bytes().removeprefix(b"\xef\xbb\xbf")
    text = content.decode("latin-1" if b"UNOC" in content[:40] else "utf-8")
    assert segments_of(SAMPLES / name) == segments_by_pydifact(text)


def test_una_names_the_separators(tmp_path):
    text = "UNA*@.! #UNB@UNOA*3@S@R@1*2@9#UNH@1@X#FTX@a!@b!*c!!d!#e*f#UNT@3@1#UNZ@1@9#"
    assert segments_of(stored(tmp_path, text))[2] == [["FTX"], ["a@b*c!d#e", "f"]]


def test_level_b_needs_no_una(tmp_path):
    text = "UNB\x1dUNOB\x1f1\x1dS\x1dR\x1d1\x1f2\x1d9\x1cUNZ\x1d0\x1d9\x1c"
    assert segments_of(stored(tmp_path, text))[0][1] == ["UNOB", "1"]


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
def test_blocks_of_any_size_give_the_same_segments(tmp_path, size):
    for name in ("made/prices.pricat.edi", "made/several.x12"):
        dialect = X12 if name.endswith("x12") else EDIFACT
        whole = segments_of(SAMPLES / name, dialect)
        assert segments_of(SAMPLES / name, dialect, edi_block_bytes=size) == whole


@pytest.mark.parametrize("width", [1, 3, 20, 80])
def test_text_wrapped_at_any_width_gives_the_same_rows(tmp_path, width):
    whole = x12_of(STOCK).replace("\n", "")
    wrapped = "\r\n".join(whole[start : start + width] for start in range(0, len(whole), width))
    rows = rows_of(stored(tmp_path, whole), "supplier_availability")
    # The head alone must have its separator and its terminator on one line.
    wrapped = whole[: len(ISA)] + wrapped[len(ISA) + 2 * ((len(ISA) - 1) // width) :]
    assert rows_of(stored(tmp_path, wrapped), "supplier_availability") == rows
    assert len(rows[0]) == 2


@pytest.mark.parametrize("between", ["", "\n", "\r\n", "\n    ", " ", "\t", "\n\n"])
@pytest.mark.parametrize("terminator", ["~", "'", "\x15", "^"])
def test_what_stands_between_segments_says_nothing(tmp_path, between, terminator):
    text = x12_of(STOCK).replace("~\n", terminator + between)
    assert len(rows_of(stored(tmp_path, text), "supplier_availability")[0]) == 2


@pytest.mark.parametrize("terminator", ["\n", "\r\n", "\r"])
def test_a_line_end_may_be_the_terminator(tmp_path, terminator):
    text = x12_of(STOCK).replace("~\n", terminator)
    assert len(rows_of(stored(tmp_path, text), "supplier_availability")[0]) == 2


def test_an_isa_without_its_padding_or_its_last_element_is_understood(tmp_path):
    text = x12_of(STOCK)
    for head in ("ISA*00**00**01*1*ZZ*2*260531*0815*U*00401*000000001*0*P*>~", ISA.replace("*>~", "*~")):
        assert len(rows_of(stored(tmp_path, text.replace(ISA, head)), "supplier_availability")[0]) == 2


def test_a_last_segment_without_its_terminator_is_a_segment(tmp_path):
    assert len(rows_of(stored(tmp_path, x12_of(STOCK).rstrip("~\n")), "supplier_availability")[0]) == 2


def test_ten_thousand_interchanges_are_read_in_one_go(tmp_path):
    text = (f"{ISA}IEA*0*000000001~\n" * 10_000) + x12_of(STOCK)
    assert len(rows_of(stored(tmp_path, text), "supplier_availability")[0]) == 2


def test_files_that_were_joined_keep_their_byte_order_marks(tmp_path):
    mark = b"\xef\xbb\xbf"
    path = stored(tmp_path, mark + x12_of(STOCK).encode() + b"\x1a\r\n" + mark + b"\r\n" + x12_of(STOCK).encode())
    assert len(rows_of(path, "supplier_availability")[0]) == 4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"   \r\n", "EMPTY_FILE"),
        ("ISA*00*".encode("cp037"), "ENCODING"),
        ("UNB+UNOA:1".encode("cp037"), "ENCODING"),
        (b"STX=ANA:1+5000000000000", "UNSUPPORTED_FORMAT"),
        (b"UNA:+.?'UNB+UNOA:1+A+B+1:2+3'", "PARSE"),
        (b"UNA::.? 'UNB:UNOA:1'", "PARSE"),
        (b"UNA", "PARSE"),
        (b"UNB", "PARSE"),
        (b"ISA*", "PARSE"),
        (b"ISA" + b"*" * 15, "PARSE"),
        (b"hello", "PARSE"),
        (UNB.encode() + b"UNH+1+A'FTX+a\x00b'", "NUL_BYTE"),
        (UNB.replace("UNOC", "UNOY").encode() + b"UNH+1+A'FTX+a\xff\xfe'UNT+3+1'", "ENCODING"),
        (UNB.encode() + b"UNH+1+A'FTX+" + b"a" * 70_000, "LINE_TOO_LONG"),
        (UNB.encode() + b"UNH+1+A'FTX+" + b"a" * 70_000 + b"'UNT+3+1'UNZ+1+1'", "LINE_TOO_LONG"),
        (UNB.encode() + b"UNH+1+A'FTX" + b"+a" * 2000 + b"'UNT+3+1'UNZ+1+1'", "PARSE"),
        (UNB.replace("UNOC", "UNOY").encode() + "UNH+1+A'FTX+?'\ufdd0'UNT+3+1'UNZ+1+1'".encode(), "PARSE"),
    ],
)
def test_what_cannot_be_split_is_refused_by_name(tmp_path, text, code):
    with pytest.raises(FileFault) as caught:
        segments_of(stored(tmp_path, text), X12 if text[:3] == b"ISA" else EDIFACT)
    assert caught.value.code == code
    assert caught.value.mend


def test_a_value_with_a_separator_cannot_break_an_x12_segment():
    assert written([("N1", "SU", "A*B~C>D\nE", "", "")], X12_SEPARATORS) == b"N1*SU*A B C D E~\n"


def test_a_million_releases_in_a_row_do_not_stop_the_reading(tmp_path):
    text = edifact_of("INVRPT'BGM+35+1+9'LIN+1++A:SA'QTY+145:1'FTX+AAI+++" + "??" * 30_000)
    assert len(rows_of(stored(tmp_path, text), "supplier_availability")[0]) == 1
