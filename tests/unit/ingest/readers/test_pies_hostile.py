"""XML that is something else, or means harm: one clear fault, and neither time nor memory lost on it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.readers import pies
from ingest.readers.formats import recognise_format
from ingest.readers.limits import FileFault, Limits

DATA = Path(__file__).parents[3] / "data"


def fault_of(path: Path, limits: Limits | None = None) -> FileFault:
    assert recognise_format(path) == "pies"
    with pytest.raises(FileFault) as caught:
        list(pies.read_records(path, "supplier_catalogue", pies.Options(), limits or Limits()))
    with pytest.raises(FileFault):
        pies.read_envelope(path, pies.Options(), limits or Limits())
        list(pies.read_records(path, "supplier_catalogue", pies.Options(), limits or Limits()))
    return caught.value


def written(tmp_path: Path, *parts: bytes | Iterator[bytes]) -> Path:
    path = tmp_path / "hostile.xml"
    with path.open("wb") as file:
        for part in parts:
            for piece in [part] if isinstance(part, bytes) else part:
                file.write(piece)
    return path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("xml/aces.xml", "ACES"),
        ("xml/ubl_catalogue.xml", "a UBL Catalogue"),
        ("xml/ubl_order.xml", "a UBL Order"),
        ("xml/desadv_in_house.xml", "a despatch advice in a house format"),
        ("torture/xml/simple-ns.xml", "XML with the outermost element root"),
        ("torture/xml/dtd.xml", "a web page"),
    ],
)
def test_other_xml_is_named_with_what_to_send_instead(name, words):
    fault = fault_of(DATA / name)
    assert fault.code == "OTHER_XML" and words in fault.message and fault.mend


@pytest.mark.parametrize("name", ["cyclic", "dtd_element", "external_file", "quadratic", "xmlbomb", "xmlbomb2"])
def test_a_document_type_is_refused_before_an_entity_is_seen(name, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    fault = fault_of(DATA / "torture" / "xml" / f"{name}.xml")
    assert fault.code == "XML_DOCTYPE" and fault.line_number in (1, 2)


@pytest.mark.parametrize(
    "declared",
    [
        b'<!DOCTYPE PIES SYSTEM "http://127.0.0.1:9/evil.dtd">',
        b'<!DOCTYPE PIES [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        b'<!DOCTYPE PIES [<!ATTLIST Item MaintenanceType CDATA "D">]>',
    ],
)
def test_no_document_type_reads_another_file_or_adds_a_value(tmp_path, declared):
    path = written(tmp_path, b'<?xml version="1.0"?>', declared, b"<PIES><Items><Item/></Items></PIES>")
    assert fault_of(path).code == "XML_DOCTYPE"


def many(piece: bytes, count: int) -> Iterator[bytes]:
    return (piece * 1000 for _ in range(count // 1000))


OPEN, CLOSE = b"<PIES><Items><Item>", b"</Item></Items></PIES>"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((OPEN, b"<a>" * 5000), "more than 64 elements inside each other"),
        ((b"<PIES>" * 5000,), "more than 64 elements inside each other"),
        ((OPEN, b"<ProductAttributes>", b"<a>" * 5000), "more than 64 elements inside each other"),
        ((OPEN, b"<a ", b"".join(b"x%d='' " % n for n in range(100)), b"/>", CLOSE), "64 attributes"),
        ((OPEN, b"<a/>" * 120_000, CLOSE), "100000 of one record"),
        ((OPEN, b"".join(b"<n%d/>" % n for n in range(20_000)), CLOSE), "10000 different names"),
        ((OPEN, b"<!--", b"x" * 3_000_000, b"-->", CLOSE), "a tag, comment or value is longer than 1048576 bytes"),
        ((OPEN, b"<PartNumber A='", b"x" * 3_000_000, b"'/>", CLOSE), "longer than 1048576 bytes"),
        ((OPEN, b"<PartNumber>", b"x" * 20_000_000, b"</PartNumber>", CLOSE), "one Item is longer than 16777216 bytes"),
        ((b"<PIES>", b"<?p ", b"x" * 3_000_000, b"?></PIES>"), "longer than 1048576 bytes"),
    ],
)
def test_what_grows_without_end_is_stopped_at_a_cap(tmp_path, parts, words):
    fault = fault_of(written(tmp_path, *parts))
    assert fault.code == "TOO_LARGE" and words in fault.message and fault.message.startswith("line 1: ")


def test_a_long_skipped_part_costs_no_memory_and_is_no_fault(tmp_path):
    path = written(
        tmp_path, b"<PIES><MarketingCopy>", many(b"<c>words and words</c>", 2_000_000), b"</MarketingCopy>",
        b"<Items><Item><PartNumber>7</PartNumber></Item></Items></PIES>",
    )  # fmt: skip
    [records] = pies.read_records(path, "supplier_catalogue", pies.Options(), Limits())
    assert records.texts["part_number"].to_pylist() == ["7"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<price>,<part>\n1,2\n", "OTHER_XML"),
        (b"<1>", "MALFORMED_XML"),
        (b"<", "TRUNCATED_XML"),
        (b"<PIES>", "TRUNCATED_XML"),
        (b"<PIES/>", "HEADER_ONLY"),
        (b"<PIES>&unknown;</PIES>", "MALFORMED_XML"),
        (b"<PIES>\x00</PIES>", "MALFORMED_XML"),
        (b"<PIES>\xff\xfe</PIES>", "MALFORMED_XML"),
        (b"<PIES></PIES><PIES/>", "MALFORMED_XML"),
        (b'<?xml version="1.0" encoding="klingon"?><PIES/>', "ENCODING"),
        (b'<?xml version="1.0" encoding="utf-7"?><PIES/>', "ENCODING"),
        ("<PIES><Items><Item>".encode("utf-16-le"), "TRUNCATED_XML"),
        (b"<html><body>Please log in", "OTHER_XML"),
        (b'<soap:Envelope xmlns:soap="x"/>', "OTHER_XML"),
    ],
)
def test_broken_beginnings_end_in_one_fault(tmp_path, content, code):
    assert fault_of(written(tmp_path, content)).code == code
