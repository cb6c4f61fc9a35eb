"""JSON documents and JSON lines: values as they were sent, and one clear word for whatever is none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.contracts import CONTRACTS
from ingest.profiles.model import Profile
from ingest.readers import json_document, json_lines
from ingest.readers.formats import recognise_format
from ingest.readers.limits import FileFault, Limits
from ingest.readers.records import Raw
from ingest.reading import Reading

BOTH = pytest.mark.parametrize("module", [json_document, json_lines])


def read(path: Path, module: ModuleType, limits: Limits | None = None, **options) -> tuple[list[dict], dict]:
    rows, bad = [], {}
    for records in module.read_records(path, "parts", module.Options(**options), limits or Limits()):
        assert set(records.texts.schema.types) <= {pa.string()}
        rows += [
            {"#": number, **row}
            for number, row in zip(records.numbers.to_pylist(), records.texts.to_pylist(), strict=True)
        ]
        bad |= records.bad
    return rows, bad


def written(folder: Path, module: ModuleType, *records: str | bytes) -> Path:
    """The records as a list, or one to a line."""
    encoded = [record.encode() if isinstance(record, str) else record for record in records]
    content = b'{"items": [' + b",\n".join(encoded) + b"]}" if module is json_document else b"\n".join(encoded)
    path = folder / "file"
    path.write_bytes(content)
    return path


def document(folder: Path, content: str | bytes) -> Path:
    path = folder / "file.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def fault(path: Path, module: ModuleType = json_document, limits: Limits | None = None, **options) -> FileFault:
    with pytest.raises(FileFault) as raised:
        read(path, module, limits, **options)
    return raised.value


@BOTH
@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("1e400", "1e400"), ("19.999999999999999999", "19.999999999999999999"), ("-0", "-0"), ("1E5", "1E5"),
        ("12.50", "12.50"), ("1" * 5000, "1" * 5000), ("true", "true"), ("false", "false"), ("null", None),
        ('"007"', "007"), ('""', ""), (r'"\u0041\n\ud83d\ude00"', "A\n😀"), ('"‮مرحبا"', "‮مرحبا"),
        ("[1, 2.50, [null, {\"a\": 1e9}]]", '[1,2.50,[null,{"a":1e9}]]'), ("[]", "[]"),
    ],
)  # fmt: skip
def test_a_value_is_given_as_it_was_sent(tmp_path, module, sent, text):
    """Fault 46."""
    rows, bad = read(written(tmp_path, module, f'{{"x": {sent}, "y": "z"}}'), module)
    assert rows == [{"#": 1, "x": text, "y": "z"}] and not bad


@BOTH
def test_numbers_have_the_decimal_sign_of_the_profile_and_texts_their_own(tmp_path, module):
    profile = Profile(source_code="S1", kind="parts", numbers={"decimal": ",", "thousands": "."})
    path = written(tmp_path, module, '{"a": 12.345, "b": "12.345", "c": [1.5], "d": {"e": -0.5}}')
    [records] = module.read_records(path, "parts", module.Options().informed_by(profile), Limits())
    assert records.texts.to_pylist() == [{"a": "12,345", "b": "12.345", "c": "[1.5]", "d.e": "-0,5"}]


@BOTH
def test_nested_objects_become_columns_with_dots(tmp_path, module):
    rows, _ = read(written(tmp_path, module, '{"a": 1, "price": {"net": {"eur": "2.00"}, "tax": null}}'), module)
    assert rows == [{"#": 1, "a": "1", "price.net.eur": "2.00", "price.tax": None}]


@BOTH
def test_a_column_that_appears_late_is_empty_before(tmp_path, module):
    rows, _ = read(written(tmp_path, module, '{"a": 1}', '{"b": 2}'), module)
    assert rows == [{"#": 1, "a": "1", "b": None}, {"#": 2, "a": None, "b": "2"}]


@BOTH
@pytest.mark.parametrize(
    ("record", "words"),
    [
        ('{"a": 1, "a": 2}', "PARSE: the key 'a' stands twice in one object"),
        ('{"a": {"b": 1, "b": 2}}', "PARSE: the key 'b' stands twice in one object"),
        ('{"a": [{"b": 1, "b": 2}]}', "PARSE: the key 'b' stands twice in one object"),
        ('{"a.b": 1, "a": {"b": 2}}', "PARSE: the name 'a.b' stands twice in one record"),
        (r'{"a": "x\u0000y"}', "PARSE: 'a' holds a NUL character"),
        (r'{"a": "\ud800"}', "PARSE: 'a' holds half a surrogate pair, which is no character"),
        (r'{"\udc00": "x"}', "PARSE: '\\udc00' holds half a surrogate pair, which is no character"),
        ("[1, 2]", "PARSE: [1, 2] is no JSON object"),
        ("null", "PARSE: null is no JSON object"),
        ("{}", "PARSE: the object is empty"),
        ('{"a": ' + '{"b":' * 70 + "1" + "}" * 71, None),
        ('{"a": ' + "[" * 70 + "]" * 70 + "}", "PARSE: 'a' nests too deep"),
    ],
)
def test_a_record_that_no_row_can_hold_is_a_bad_row_and_the_others_go_on(tmp_path, module, record, words):
    rows, bad = read(written(tmp_path, module, '{"a": "1"}', record, '{"a": "3"}'), module)
    assert [row["#"] for row in rows] == [1, 3]
    assert list(bad) == [2]
    assert bad[2] == [words] if words else bad[2][0].endswith("nests too deep")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "PARSE: no JSON: Expecting property name enclosed in double quotes at position 2"),
        ('{"a": NaN}', "PARSE: NaN is no JSON value"),
        ('{"a": -Infinity}', "PARSE: -Infinity is no JSON value"),
        ('{"a": 1} {"a": 2}', "PARSE: '{\"a\": 2}' after the end of the object, at position 9"),
        (b'{"a": "\xff"}', "ENCODING: byte 0xff at position 8 is not UTF-8"),
        ("[" * 100_000, "PARSE: values nest too deep"),
    ],
)
def test_a_line_that_is_no_json_is_a_bad_row_and_the_others_go_on(tmp_path, line, words):
    rows, bad = read(written(tmp_path, json_lines, '{"a": "1"}', line, "", '{"a": "3"}'), json_lines)
    assert [row["#"] for row in rows] == [1, 4]
    assert bad == {2: [words]}


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ('{"items": [{"a": 1},\n{"a": }]}', "JSON", 2),
        ('{"items": [{"a": 1},\n{"a": NaN}]}', "JSON", 2),
        ('{"items": [{"a": 1}\n{"a": 2}]}', "JSON", 2),
        ('{"items": [{"a": 1},]}', "JSON", 1),
        ('{"items": [{"a": 1}]} x', "JSON", 1),
        ('{"items": [{"a": 1}]', "JSON", 1),
        ('{"items": [{"a": "1', "JSON", 1),
        ('{"items": [{"a": 1}], "items": []}', "JSON", 1),
        (b'{"items": [{"a": 1},\n{"a": "\xe9"}]}', "ENCODING", 2),
        ("[" * 100_000, "TOO_DEEP", 1),
        ('[{"a": ' + "[" * 100_000, "TOO_DEEP", 1),
        ("", "EMPTY_FILE", None),
        ("{}", "NO_RECORDS", 1),
        ('"text"', "NO_RECORDS", 1),
        ("[1, 2]", "NO_RECORDS", 1),
        ('{"a": [1, 2], "b": {"c": "d"}}', "NO_RECORDS", 1),
        ("[]", "HEADER_ONLY", 1),
        ('{"a": [{"x": 1}], "b": [{"x": 1}]}', "AMBIGUOUS_RECORDS", 1),
    ],
)
def test_a_document_that_cannot_be_read_on_says_where(tmp_path, content, code, line):
    found = fault(document(tmp_path, content))
    assert (found.code, found.line_number) == (code, line)
    assert found.mend


def test_a_byte_that_is_no_text_is_named_with_its_offset(tmp_path):
    """Fault 45."""
    content = b'{"items": [' + b'{"a": "\xc3\xa9"},\n' * 200_000 + b'{"a": "\xff"}]}'
    found = fault(document(tmp_path, content))
    assert found.line_number == 200_001
    assert f"byte offset {content.index(0xFF)}: byte 0xff, which is not UTF-8" in found.message


@BOTH
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path, module):
    path = written(tmp_path, module, '{"a": 1}')
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read(path, module)[0] == [{"#": 1, "a": "1"}]


@BOTH
def test_packed_files_are_read_too(tmp_path, module):
    path = written(tmp_path, module, '{"a": 1}')
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert read(path, module)[0] == [{"#": 1, "a": "1"}]


@pytest.mark.parametrize(
    ("content", "options", "place"),
    [
        ('[{"a": 1}, {"a": "é"}]', {}, "$[1]"),
        ('{"meta": {"n": [1, 2]}, "data": {"items": [{"a": 1}, {"a": "é"}]}}', {}, "$.data.items[1]"),
        ('{"other": [{"b": 1}], "items": [{"a": 1}, {"a": "é"}]}', {"records": "$.items"}, "$.items[1]"),
    ],
)
def test_the_list_is_found_or_named_and_a_row_is_shown_exactly_as_sent(tmp_path, content, options, place):
    path = document(tmp_path, content)
    assert read(path, json_document, **options)[0] == [{"#": 1, "a": "1"}, {"#": 2, "a": "é"}]
    chosen = json_document.Options(**options)
    assert json_document.raw_rows(path, "parts", chosen, Limits(), [2]) == {2: Raw('{"a": "é"}', place)}


def test_a_list_that_is_not_where_the_profile_says_is_a_fault(tmp_path):
    found = fault(document(tmp_path, '{"items": [{"a": 1}]}'), records="$.rows")
    assert (found.code, found.message) == ("NO_RECORDS", "the document has no list at $.rows")


def test_raw_lines_are_shown_exactly_as_sent_and_bytes_escaped(tmp_path):
    path = written(tmp_path, json_lines, '{"a":  1.50}', b'{"a": "\xff"}')
    raw = json_lines.raw_rows(path, "parts", json_lines.Options(), Limits(), [1, 2, 7])
    assert raw == {1: Raw('{"a":  1.50}', "line 1"), 2: Raw('{"a": "\\xff"}', "line 2")}


def test_a_record_of_ten_megabytes_is_refused_with_its_line(tmp_path):
    long = '{"a": "' + "x" * 10_000_000 + '"}'
    found = fault(document(tmp_path, '[{"a": 1},\n' + long + "]"))
    assert (found.code, found.line_number) == ("RECORD_TOO_LONG", 2)
    assert fault(written(tmp_path, json_lines, '{"a": 1}', long), json_lines).code == "LINE_TOO_LONG"


@BOTH
def test_too_many_columns_or_rows_are_refused(tmp_path, module):
    wide = json.dumps({f"c{i}": i for i in range(600)})
    assert fault(written(tmp_path, module, wide), module).code == "HEADER"
    assert fault(written(tmp_path, module, *['{"a": 1}'] * 4), module, Limits(row_count=3)).code == "TOO_LARGE"


@BOTH
def test_stretches_go_on_with_the_numbers_of_the_file(tmp_path, module):
    path = written(tmp_path, module, *[f'{{"a": "{i}"}}' for i in range(20_000)])
    stretches = list(module.read_records(path, "parts", module.Options(), Limits()))
    assert len(stretches) > 1
    numbers = [number for records in stretches for number in records.numbers.to_pylist()]
    assert numbers == list(range(1, 20_001))


def test_lines_without_one_good_record_are_a_fault_with_the_first_reason(tmp_path):
    found = fault(written(tmp_path, json_lines, "x", "y"), json_lines)
    assert (found.code, found.line_number) == ("NO_RECORDS", 1)
    assert "no JSON: Expecting value at position 1" in found.message


def test_prices_sent_as_json_come_out_in_the_types_of_their_kind(tmp_path):
    content = {
        "sender": "S1",
        "items": [
            {"nr": "007", "price": {"amount": 12.5, "currency": "EUR"}, "at": "2026-01-02T03:04:05Z"},
            {"nr": "1.23E+05", "price": {"amount": 1, "currency": "EUR"}, "at": "2026-01-02"},
            {"nr": "009", "price": {"amount": "much", "currency": "EUR"}, "at": "2026-01-02"},
        ],
    }
    profile = Profile(
        source_code="S1",
        kind="supplier_price",
        columns={
            "part_number": "nr",
            "unit_price_amount": "price.amount",
            "currency_code": "price.currency",
            "stated_at": "at",
        },
        constants={"supplier_code": "S1", "brand_code": "B"},
    )
    path = document(tmp_path, json.dumps(content))
    [chunk] = Reading(path, CONTRACTS["supplier_price"], profile, "json").chunks()
    [row] = chunk.table.to_pylist()
    assert (row["part_number"], str(row["unit_price_amount"]), row["line_number"]) == ("007", "12.5000", 1)
    assert chunk.bad == {
        2: ["SCHEMA: part_number is '1.23E+05', a spreadsheet-damaged part number"],
        3: ["PARSE: unit_price_amount is 'much', not a decimal number"],
    }


def ends_well(path: Path, module: ModuleType) -> None:
    try:
        for records in module.read_records(path, "parts", module.Options(), Limits()):
            records.texts.validate(full=True)
    except FileFault as found:
        assert found.code and found.message and found.mend
        found.message.encode("utf-8")


GOOD = b'{"n": {"x": [1]}, "items": [{"a": "\\u00e9", "b": 1.5e3, "c": {"d": null}}, {"a": "x", "b": -0, "e": [true]}]}'


@BOTH
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, len(GOOD)), st.integers(0, 6), st.binary(max_size=4))
def test_a_changed_document_ends_in_rows_or_a_fault(tmp_path, module, at, size, put):
    ends_well(document(tmp_path, GOOD[:at] + put + GOOD[at + size :]), module)


@BOTH
@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.one_of(
        st.binary(max_size=200), st.text(alphabet='{}[]",:\\ue0181d8a \n-+.eE\ud7ff', max_size=60).map(str.encode)
    )
)
def test_random_bytes_end_in_rows_or_a_fault(tmp_path, module, content):
    ends_well(document(tmp_path, content), module)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"stock": [{"part": "007"}, {"part": "008"}]}', "json"),
        ('{"stock":[{"part":"007"}]}\n', "json"),
        ('{"part": "007", "tags": ["a"]}', "jsonl"),
        ('{"part": "007", "prices": [{"net": 1}]}\n{"part": "008"}\n', "jsonl"),
    ],
)
def test_a_document_without_line_ends_is_no_line_of_records(tmp_path, text, wanted):
    path = tmp_path / "sent"
    path.write_text(text)
    assert recognise_format(path) == wanted
