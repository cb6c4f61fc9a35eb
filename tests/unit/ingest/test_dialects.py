"""Delimited text however it is written: any dialect reads back equal, any encoding, any frame."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.readers.delimited import Options, column_names, raw_rows, read_envelope, read_records
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Envelope

TORTURE = Path(__file__).parents[2] / "data" / "torture" / "csv"


def write(folder: Path, content: bytes) -> Path:
    path = folder / "file.txt"
    path.write_bytes(content)
    return path


def read(path: Path, limits: Limits | None = None, **options) -> tuple[list[list[str]], list[int], dict]:
    rows, numbers, bad = [], [], {}
    for part in read_records(path, "", Options(**options), limits or Limits()):
        rows += [list(row.values()) for row in part.texts.to_pylist()]
        numbers += part.numbers.to_pylist()
        bad |= part.bad
    return rows, numbers, bad


def fault(path: Path, **options) -> FileFault:
    with pytest.raises(FileFault) as raised:
        read(path, **options)
    return raised.value


CHARACTERS = st.characters(exclude_characters="\x00", exclude_categories=("Cs",))
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.text(CHARACTERS, max_size=6), min_size=width, max_size=width).filter(any), min_size=1, max_size=8
    )
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    table=TABLES,
    delimiter=st.sampled_from(",;\t|\x1f^~: "),
    quote=st.sampled_from("\"'"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]),
    is_quoted=st.booleans(),
    block_bytes=st.sampled_from([64, 1024, 1 << 20]),
)
def test_any_table_reads_back_as_it_was_written(
    tmp_path, table, delimiter, quote, line_end, encoding, is_quoted, block_bytes
):
    # A file that ends its lines in CR has no LF; and Python writes a CR bare where it is not told to quote.
    spoilt = "\n" if line_end == "\r" else "" if is_quoted else "\r"
    table = [[value.replace(spoilt, "") or "x" for value in row] if spoilt else row for row in table]
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=delimiter, quotechar=quote, lineterminator=line_end, quoting=quoting)
    names = [f"column {place}" for place in range(len(table[0]))]
    writer.writerows([names, *table])
    path = write(tmp_path, text.getvalue().encode(encoding))
    limits = Limits(block_bytes=block_bytes, line_bytes=1 << 20)
    options = {"delimiter": delimiter, "quote": quote, "encoding": encoding}
    rows, numbers, bad = read(path, limits, **options)
    assert (rows, bad) == (table, {})
    assert column_names(path, Options(**options), limits) == tuple(names)
    raw = raw_rows(path, "", Options(**options), limits, numbers)
    for number, row in zip(numbers, table, strict=True):
        [again] = csv.reader([raw[number].text], delimiter=delimiter, quotechar=quote)
        assert again == row and raw[number].place == f"line {number}"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=st.binary(max_size=300), seed=st.sampled_from([b"", b"a;b\n1;2\n", b'a,b\n"1\n",2\n', b"\xff\xfea\x00"]))
def test_no_bytes_whatever_end_in_anything_but_rows_or_a_fault_with_its_mend(tmp_path, content, seed):
    path = write(tmp_path, seed + content)
    for options in ({}, {"delimiter": ";", "quote": None, "header": False}, {"encoding": "cp1252", "escape": "\\"}):
        try:
            _, numbers, bad = read(path, Limits(block_bytes=128, line_bytes=4096), **options)
            raw_rows(path, "", Options(**options), Limits(block_bytes=128), [*numbers, *bad])
        except FileFault as found:
            assert found.message and found.mend


def test_a_byte_order_mark_inside_a_file_belongs_to_its_value_wherever_a_block_begins(tmp_path):
    path = write(tmp_path, "a;b\n1;2\n\ufeff3;4\n\ufeff\n".encode())
    for size in (1, 9, 1 << 20):
        rows, _, bad = read(path, Limits(block_bytes=size), delimiter=";")
        assert rows == [["1", "2"], ["\ufeff3", "4"]]
        assert bad == {4: ["PARSE: 1 values where the header names 2"]}


@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-1", "iso-8859-15", "cp850", "mac-roman", "utf-16-be"])
def test_a_declared_encoding_is_honoured(tmp_path, encoding):
    path = write(tmp_path, "größe;maß\nä;ß\n".encode(encoding))
    assert read(path, delimiter=";", encoding=encoding)[0] == [["ä", "ß"]]
    assert column_names(path, Options(delimiter=";", encoding=encoding), Limits()) == ("größe", "maß")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_needs_no_declaration_and_counts_for_more(tmp_path, encoding):
    path = write(tmp_path, "größe;maß\nä;ß\n".encode(encoding))
    assert read(path, delimiter=";", encoding="cp1252")[0] == [["ä", "ß"]]


@pytest.mark.parametrize(
    ("content", "encoding", "line", "offset"),
    [
        ("a;b\nä;".encode("cp1252") + b"\x81\n", "cp1252", 2, 6),
        (b"a;b\n1;2\n\xff;3\n", "ascii", 3, 8),
        ("a;b\n1;2\n".encode("utf-16-le") + b"\x00\xd8;\x00\n\x00", "utf-16-le", 3, 16),
        ("a;b\n1;2".encode("utf-16-le") + b"\n", "utf-16-le", 2, 14),
        (b"a;b\n\xc3\xa4;1\n\xe4;2\n", "utf-8", 3, 9),
    ],
)
def test_a_byte_that_fits_nowhere_is_named_with_line_and_offset(tmp_path, content, encoding, line, offset):
    found = fault(write(tmp_path, content), delimiter=";", encoding=encoding)
    assert (found.code, found.line_number) == ("ENCODING", line)
    assert f"line {line}, byte offset {offset}:" in found.message and "profile" in found.mend


def test_a_nul_in_another_encoding_is_found_at_its_place(tmp_path):
    content = "a;b\nü;\x00\n".encode("utf-16-le")
    found = fault(write(tmp_path, content), delimiter=";", encoding="utf-16-le")
    assert found.code == "NUL_BYTE" and "line 2, byte offset 12" in found.message


def test_a_file_without_a_header_names_its_columns_by_place(tmp_path):
    path = write(tmp_path, b"\n7,x\n8,y\n")
    assert read(path, header=False)[:2] == ([["7", "x"], ["8", "y"]], [2, 3])
    assert column_names(path, Options(header=False), Limits()) == ("1", "2")


def test_a_column_without_a_name_is_known_by_its_place(tmp_path):
    path = write(tmp_path, b"a,,c,\n1,2,3,4\n")
    assert column_names(path, Options(), Limits()) == ("a", "2", "c", "4")


def test_a_header_may_go_over_line_ends(tmp_path):
    path = write(tmp_path, b'part,"price\nin EUR"\n1,2\n')
    assert column_names(path, Options(), Limits()) == ("part", "price\nin EUR")
    assert read(path)[:2] == ([["1", "2"]], [3])


def test_quotes_may_be_off_and_signs_escaped(tmp_path):
    assert read(write(tmp_path, b'a|b\n"1|2"\n'), delimiter="bar", quote=None)[0] == [['"1', '2"']]
    rows, _, _ = read(write(tmp_path, b'a,b\n1\\,5,"say \\"x\\""\n'), escape="\\")
    assert rows == [["1,5", 'say "x"']]


@pytest.mark.parametrize("value", ['5" X', 'X 5"', '1/2" x 3/4"', "it's"])
def test_a_quote_inside_a_bare_value_is_part_of_it(tmp_path, value):
    path = write(tmp_path, f"a,b\n{value},1\n2,{value}\n".encode())
    assert read(path)[0] == [[value, "1"], ["2", value]]
    assert raw_rows(path, "", Options(), Limits(), [2])[2].text == f"{value},1"


def test_text_after_a_closing_quote_is_refused_and_not_joined(tmp_path):
    found = fault(write(tmp_path, b'a,b\n1,2\n"x"y,3\n"z"w,4\n'))
    assert (found.code, found.line_number) == ("UNCLOSED_QUOTE", 3)


FRAMED = (
    b"ACME Parts;;;\nList 12 of 2024-05-31;;;\n\nPart;Price;Unit;Stock\n"
    b"007;9.99;EA;3\n008;1.50;EA;0\n\nLines: 2; Sum 11.49\nEnd of list\n\n"
)
PATTERNS = [
    r"List (?P<sequence_number>\d+) of (?P<stated_at>\S+?);",
    r"Lines: (?P<line_count>\d+); Sum (?P<sum_unit_price_amount>[\d.]+)",
]
SAID = Envelope(
    sequence_number=12, stated_at="2024-05-31", row_counts={"": 2}, sums={"unit_price_amount": "11.49"}
)  # fmt: skip


@pytest.mark.parametrize(
    "frame",
    [
        {"skip_lines": 3, "footer_lines": 2},
        {"header_has": ["price", "PART"], "footer_from": "Lines:"},
        {"header_has": ["Stock"], "footer_from": "Lines|End"},
    ],
)
@pytest.mark.parametrize("block_bytes", [64, 1 << 20])
def test_preamble_and_footer_are_no_rows_but_speak_for_the_file(tmp_path, frame, block_bytes):
    path, limits = write(tmp_path, FRAMED), Limits(block_bytes=block_bytes)
    rows, numbers, bad = read(path, limits, delimiter=";", **frame)
    assert rows == [["007", "9.99", "EA", "3"], ["008", "1.50", "EA", "0"]]
    assert (numbers, bad) == ([5, 6], {})
    assert read_envelope(path, Options(delimiter=";", envelope=PATTERNS, **frame), Limits()) == SAID


def test_a_frame_that_does_not_fit_is_a_fault_of_the_file(tmp_path):
    path = write(tmp_path, FRAMED)
    assert fault(path, header_has=["colour"]).code == "NO_HEADER"
    assert fault(path, skip_lines=100).code == "NO_HEADER"
    many = write(tmp_path, b"a;b\n" + b"Total;1\n" * 100)
    assert fault(many, delimiter=";", footer_from="Total").code == "FOOTER"


def test_a_count_in_words_is_a_fault_of_the_envelope(tmp_path):
    path = write(tmp_path, b"a,b\n1,2\nrows: many\n")
    options = Options(footer_lines=1, envelope=[r"rows: (?P<line_count>\w+)"])
    with pytest.raises(FileFault, match="line_count is 'many', not a whole number"):
        read_envelope(path, options, Limits())


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"a,b\r1,2\r3,4\n5,6\r", None, None),
        (b"a," * 100_000 + b"a\n", "HEADER", 1),
        (b"a,b\n1," + b"x" * 20_000_000 + b"\n", "LINE_TOO_LONG", 2),
        (b'a,b\n1,"' + b"x\n" * 3_000_000, "UNCLOSED_QUOTE", 2),
        (b"a,A,a\n1,2,3\n", "DUPLICATE_HEADER", 1),
        (b"\xef\xbb\xbf", "EMPTY_FILE", None),
        (b",,\n1,2,3\n", "HEADER", 1),
    ],
)
def test_hostile_files_end_in_one_clear_fault(tmp_path, content, code, line):
    if code is None:
        code, line = "LINE_ENDINGS", 1
    found = fault(write(tmp_path, content))
    assert (found.code, found.line_number) == (code, line) and found.mend


@pytest.mark.parametrize(
    "options",
    [{"delimiter": ""}, {"delimiter": "ä"}, {"delimiter": "\n"}, {"quote": ";", "delimiter": ";"},
     {"skip_lines": 1, "header_has": ["a"]}, {"footer_from": "("}, {"encoding": "utf-7"}, {"nonsense": 1}],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(ValidationError):
        Options(**options)


@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(["a", "b", " ", ",", ",", '"', '"', '""', '",', ',"', "\n", "\r\n"]), max_size=40))
def test_the_quick_way_through_a_block_ends_as_the_careful_one(tmp_path, pieces):
    """Arrow and Python's strict reader must tell the same rows, for quotes wherever they stand."""
    body = "".join(pieces)
    path = write(tmp_path, b"x,y\n" + body.encode())
    try:
        expected = [row for row in csv.reader(io.StringIO(body, newline=""), strict=True) if row not in ([], ["", ""])]
    except csv.Error:
        assert fault(path).code in ("UNCLOSED_QUOTE", "FIELD_COUNT")
        return
    good, ragged = [row for row in expected if len(row) == 2], [row for row in expected if len(row) != 2]
    if len(ragged) == len(expected) and len(expected) != 1:
        assert fault(path).code in ("HEADER_ONLY", "FIELD_COUNT")
        return
    rows, _, bad = read(path)
    assert rows == good and len(bad) == len(ragged)
