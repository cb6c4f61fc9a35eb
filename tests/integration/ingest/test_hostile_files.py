"""The whole way from arrival to the stores for files that mean harm: one outcome, one line, all or nothing."""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from ingest.arrival.inboxes import drop_inbox
from ingest.arrival.taking import land_waiting
from ingest.batches import BatchSummary
from ingest.landing import land
from ingest.pipeline import land_and_process, process
from ingest.readers.limits import MEBIBYTE, Limits
from ingest.thresholds import Thresholds
from tests.support import hostile
from tests.support.ingest_files import PRICE, Ingest, checksums, lines, write

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data"
XML = sorted((DATA / "torture" / "xml").glob("*.xml"))
HEADER, ROW = (line.encode() + b"\n" for line in lines(PRICE).splitlines())
# A bomb is known by its ratio, and that is counted soon: the default waits for 64 MiB.
SOON = Thresholds(limits=Limits(ratio_counts_from_bytes=MEBIBYTE))
STATES = ("ACCEPTED", "ACCEPTED_WITH_QUARANTINE", "HELD", "REJECTED")


def taken(ingest: Ingest, content: bytes, name: str = "hostile.bin", **options) -> list[BatchSummary]:
    """The outcomes of one file, each held to what every outcome owes."""
    before = checksums(ingest.connection)
    path = write(ingest.folder / "hostile", name, content)
    outcomes = list(land_and_process(ingest.connection, ingest.landing, [path], "S1", "auto", ingest.judge, **options))
    checked(ingest, outcomes, before)
    return outcomes


def checked(ingest: Ingest, outcomes: Iterable[BatchSummary], before: dict[str, str]) -> None:
    for one in outcomes:
        parts = one.rows_accepted + one.rows_duplicate + one.rows_quarantined + one.rows_held
        assert one.state in STATES and one.rows_read == parts, one
        bad = ingest.rows(f"select reasons from ingest.quarantined_rows where batch_id = '{one.batch_id}'")
        assert len(bad) == one.rows_quarantined and all(reasons for (reasons,) in bad)
        assert (one.error is None) == (one.error_code is None)
        if one.error:
            assert one.error.isprintable() and "Traceback" not in one.error, one.error
        if one.state in ("REJECTED", "HELD"):
            assert one.error_code and checksums(ingest.connection) == before, one
    assert not list(ingest.landing.rglob(".arriving-*"))
    assert ingest.value("select count(*) from ingest.batches where state = 'LANDED'") == 0


def codes(outcomes: list[BatchSummary]) -> list[str | None]:
    return [one.error_code for one in outcomes]


@pytest.fixture
def known(strict_ingest) -> Ingest:
    """Stores that know one supplier and two parts."""
    strict_ingest.catalogue()
    return strict_ingest


def test_packed_files_that_mean_harm_are_one_refusal_each(known):
    for name, (content, code) in hostile.packed_files().items():
        assert (name, codes(taken(known, content, thresholds=SOON))) == (name, [code])


def test_xml_that_means_harm_is_refused_without_a_row(known):
    outcomes = {path.name: taken(known, path.read_bytes())[0] for path in XML}
    assert {name: one.error_code for name, one in outcomes.items()} == {
        "cyclic.xml": "XML_DOCTYPE", "dtd.xml": "OTHER_XML", "dtd_element.xml": "XML_DOCTYPE",
        "external_file.xml": "XML_DOCTYPE", "quadratic.xml": "XML_DOCTYPE", "simple-ns.xml": "OTHER_XML",
        "xmlbomb.xml": "XML_DOCTYPE", "xmlbomb2.xml": "XML_DOCTYPE",
    }  # fmt: skip
    assert "line 1" in outcomes["xmlbomb.xml"].error and "<!DOCTYPE" in outcomes["xmlbomb.xml"].error


TEXTS = {
    "nothing": (b"", "EMPTY_FILE"),
    "a header alone": (HEADER, "HEADER_ONLY"),
    "blank lines alone": (b"\n\n \n\t\n", "HEADER"),
    "a mark of its encoding alone": (b"\xef\xbb\xbf", "NO_HEADER"),
    "a NUL byte": (HEADER + ROW.replace(b"BOSC", b"B\x00SC"), "NUL_BYTE"),
    "two encodings": (HEADER + ROW.replace(b"BOSC", "é".encode()) + ROW.replace(b"BOSC", b"\xe9"), "ENCODING"),
    "another encoding from the first byte on": (b"\x80" + HEADER + ROW, "ENCODING"),
    "UTF-16 without a mark": ((HEADER + ROW).decode().encode("utf-16-le"), "NUL_BYTE"),
    "half a letter of UTF-16": ((HEADER + ROW).decode().encode("utf-16")[:-1], "ENCODING"),
    "a column named twice": (HEADER.strip() + b",brand_code\n" + ROW.strip() + b",X\n", "DUPLICATE_HEADER"),
    "100,000 columns": (b",".join(b"c%d" % n for n in range(100_000)) + b"\n" + b",".join([b"1"] * 100_000), "HEADER"),
    "a quote that never closes": (HEADER + b'"' + ROW * 30_000, "UNCLOSED_QUOTE"),
    "a line that never ends": (HEADER + ROW.strip() + b"x" * 20_000_000, "LINE_TOO_LONG"),
    "fields of another table": (HEADER + b"1,2\n3,4\n", "FIELD_COUNT"),
    "JSON without end": (b"[" * 100_000, "TOO_DEEP"),
    "a web page": (b"<!DOCTYPE html><html><body>Please log in</body></html>", "OTHER_XML"),
    "a PDF": (b"%PDF-1.4\n", "NOT_DELIMITED"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), None),
    "a program": (b"MZ" + bytes(range(256)) * 4, "NUL_BYTE"),
    "a pickle": (pickle.dumps({"part_number": "007"}), None),
    "a pickle called Arrow": (b"ARROW1\0\0" + pickle.dumps({"part_number": "007"}), "DAMAGED"),
    "Parquet of four bytes": (b"PAR1", "DAMAGED"),
}


def test_broken_text_and_foreign_files_are_refused_with_the_place(known):
    for name, (content, code) in TEXTS.items():
        [outcome] = taken(known, content)
        assert (name, outcome.state) == (name, "REJECTED")
        assert code in (outcome.error_code, None), (name, outcome.error)


def test_a_field_of_ten_megabytes_is_one_bad_row(known):
    long = ROW.replace(b"BOSC", b"x" * 10_000_000)
    [outcome] = taken(known, HEADER + ROW + long)
    assert outcome.error_code in ("TOO_MANY_BAD_ROWS", "LINE_TOO_LONG") and "line 3" in outcome.error


def test_parquet_with_nested_columns_or_a_forged_footer_is_refused(known):
    files = hostile.columnar_files()
    assert {name: codes(taken(known, content)) for name, content in files.items()} == {
        "a column of objects": ["UNKNOWN_TYPE"], "a footer longer than the file": ["DAMAGED"],
        "a footer that begins too late": ["DAMAGED"], "half a file": ["DAMAGED"],
    }  # fmt: skip


PART_NUMBERS = (
    "00123", "1E5", "1-2", "TRUE", "NA", "null", "12345678901234567890", "1.0", "0x1F", "\\N", "\\.", "-", "%s%n",
    "'; drop table supplier_feed.offers; --", "${jndi:ldap://x}", "=1+1", "@SUM(1+9)*cmd|' /C calc'!A0", "a\\,b",
    "\u202e321", "\u05d0\u05d1-7", "7\u200b7", "\U0001f527-1", "a\u0301", "<script>", "{{7*7}}", "\u2066x\u2069",
)  # fmt: skip


def test_part_numbers_are_stored_letter_by_letter(known):
    """Fault 43, and what would be a statement, a formula or a picture elsewhere."""
    [outcome] = taken(known, lines(PRICE, *({"part_number": number} for number in PART_NUMBERS)).encode())
    assert (outcome.state, outcome.rows_accepted) == ("ACCEPTED", len(PART_NUMBERS))
    stored = known.rows("select part_number from supplier_feed.offers")
    assert {number for (number,) in stored} == set(PART_NUMBERS)


LENIENT = Thresholds(default_share=1.0, shares=())


def reasons_of(ingest: Ingest, column: str, values: Iterable[str]) -> tuple[BatchSummary, dict[str, str]]:
    """What is said against each value, one line of a file each; line 2 is good."""
    values = list(values)
    rows = [{}, *({"break_quantity": str(n), column: value} for n, value in enumerate(values, 2))]
    [outcome] = taken(ingest, lines(PRICE, *rows).encode(), thresholds=LENIENT)
    bad = dict(
        ingest.rows(f"select line_number, reasons from ingest.quarantined_rows where batch_id = '{outcome.batch_id}'")
    )
    return outcome, {value: bad[n][0] for n, value in enumerate(values, 3) if n in bad}


def test_numbers_are_exact_or_refused_by_line(known):
    refused = (
        "1e400", "NaN", "Infinity", "-Infinity", "0x10", "1_000", "１２", "٣", "1,5", "1.234,56", "19.99999", "9" * 14,
        "'9.99", "€9.99", "9.99 EUR", "-1", "--1", "1 000", "#REF!", "=1+1",
    )  # fmt: skip
    outcome, said = reasons_of(known, "unit_price_amount", (*refused, "-0", "+9.99", ".5", "5.", " 7 ", "007.50"))
    assert set(said) == set(refused)
    assert all("unit_price_amount" in words for words in said.values()), said
    # A line may be stored and held until a person has looked at its price.
    assert (outcome.state, outcome.rows_accepted + outcome.rows_held) == ("ACCEPTED_WITH_QUARANTINE", 7), outcome
    stored = known.rows("select break_quantity, unit_price_amount::text from supplier_feed.offers order by 1")
    assert [amount for _, amount in stored] == ["9.9900", "0.0000", "9.9900", "0.5000", "5.0000", "7.0000", "7.5000"]


def test_dates_in_five_styles_are_never_guessed(known):
    refused = (
        "01.02.2024", "2/1/24", "20240201", "45323", "1 Feb 2024", "2024-02-30", "0000-00-00", "tomorrow",
        "2024-02-01T25:00:00Z", "2024-2-1", "٢٠٢٤-٠٢-٠١",
    )  # fmt: skip
    _, said = reasons_of(known, "stated_at", (*refused, "2024-02-01", "2024-02-01 08:00", "2024-02-01T08:00:00+02:00"))
    assert set(said) == set(refused)
    assert all(words.startswith("DATE: stated_at is ") for words in said.values()), said


def test_naughty_strings_are_stored_as_sent_or_refused_by_line(known):
    naughty = json.loads((DATA / "torture" / "strings" / "blns.json").read_text())
    payloads = (DATA / "torture" / "strings" / "csv_injection_payloads.txt").read_text().splitlines()
    texts = [text for text in dict.fromkeys([*naughty, *payloads]) if text.strip() and "\x00" not in text]
    rows = [{"supplier_code": "S1", "brand_code": "B", "part_number": f"N{n}", "description": text[:200],
             "stated_at": "2024-01-01"} for n, text in enumerate(texts)]  # fmt: skip
    content = "\n".join(json.dumps(row) for row in rows).encode()
    [outcome] = taken(known, content, thresholds=LENIENT)
    assert outcome.rows_read == len(texts) and outcome.rows_accepted > len(texts) * 0.95
    stored = dict(known.rows("select part_number, description from supplier_feed.articles"))
    wrong = {
        n: stored[f"N{n}"] for n, text in enumerate(texts) if stored.get(f"N{n}", "") not in ("", text[:200].strip())
    }
    assert wrong == {}


FILE_NAMES = {
    "../../../etc/passwd": "../../../etc/passwd",
    "/etc/passwd": "/etc/passwd",
    "a\nerror: all is well\r\n.csv": "a\\nerror: all is well\\r\\n.csv",
    "\x1b[2J\x1b[31mred.csv": "\\x1b[2J\\x1b[31mred.csv",
    "\u202evsc.exe": "\\u202evsc.exe",
    "caf\udce9.csv": "caf\\xe9.csv",
    "'; drop table ingest.batches; --.csv": "'; drop table ingest.batches; --.csv",
    "x" * 5000: "x" * 199 + "…",
    "=cmd|' /C calc'!A0.csv": "=cmd|' /C calc'!A0.csv",
    "-rf": "-rf",
    " ": " ",
}


def test_a_file_name_is_shown_in_one_line_and_never_used_as_a_path(known, tmp_path):
    for number, (name, shown) in enumerate(FILE_NAMES.items()):
        content = HEADER + ROW + ROW.replace(b"S1", b"S9").replace(b"007", b"%d" % number)
        path = write(tmp_path / "sent", "file.csv", content)
        before = sorted(p for p in tmp_path.rglob("*") if known.landing not in p.parents)
        [arrival] = land(known.connection, known.landing, path, "S1", "auto", file_name=name)
        outcome = process(known.connection, known.landing, arrival.batch_id, known.judge)
        assert (arrival.file_name, outcome.file_name) == (shown, shown)
        assert sorted(p for p in tmp_path.rglob("*") if known.landing not in p.parents) == before
        assert outcome.error is None or outcome.error.isprintable()


def test_what_is_no_file_in_the_drop_folder_is_passed_over(known, tmp_path):
    drop = tmp_path / "drop"
    good = write(drop / "S1", "prices.csv", HEADER + ROW)
    (drop / "S1" / "folder.csv").mkdir()
    (drop / "S1" / "endless.csv").symlink_to("/dev/zero")
    (drop / "S1" / "secret.csv").symlink_to("/etc/passwd")
    (drop / "S1" / "loop.csv").symlink_to("loop.csv")
    os.mkfifo(drop / "S1" / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(drop / "S1" / "door.csv"))
        for path in (good, drop / "S1" / "pipe.csv"):
            os.utime(path, (time.time() - 60,) * 2)
        landed = land_waiting(known.connection, [drop_inbox(drop)], known.landing)
    assert [one.file_name for one in landed] == ["prices.csv"]


def test_a_file_that_shrinks_while_it_is_copied_is_what_was_copied_or_nothing(known, tmp_path, monkeypatch):
    drop = tmp_path / "drop"
    path = write(drop / "S1", "prices.csv", HEADER + ROW * 200_000)
    os.utime(path, (time.time() - 60,) * 2)
    inbox = drop_inbox(drop)
    keep = land.__globals__["_keep"]

    def shrinking(landing, source):
        os.truncate(path, len(HEADER))
        return keep(landing, source)

    with monkeypatch.context() as patched:
        patched.setitem(land.__globals__, "_keep", shrinking)
        assert land_waiting(known.connection, [inbox], known.landing) == []
    assert known.value("select count(*) from ingest.batches where file_name = 'prices.csv'") == 0


def test_good_rows_beside_bad_ones_are_stored_and_counted(known):
    rows = [{"break_quantity": str(n)} for n in range(1, 100)]
    [outcome] = taken(known, lines(PRICE, *rows, {"break_quantity": "1e400"}).encode())
    assert outcome.state == "ACCEPTED_WITH_QUARANTINE"
    assert (outcome.rows_read, outcome.rows_accepted, outcome.rows_quarantined) == (100, 99, 1)
    assert known.value("select count(*) from supplier_feed.offers") == 99


PEAK = """
import resource, sys
from pathlib import Path
from tests.support.hostile import read_all
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
row_count, fault = read_all(Path(sys.argv[1]))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) // 1024, row_count, fault.code if fault else None)
"""


@pytest.mark.parametrize("name", hostile.LARGE)
def test_a_large_file_takes_no_more_than_its_share_of_memory(name, tmp_path):
    path = tmp_path / "large"
    code = hostile.LARGE[name](path)
    done = subprocess.run([sys.executable, "-c", PEAK, path], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    mebibytes, _, found = done.stdout.split()
    assert int(mebibytes) < 400 and found == str(code), done.stdout


def test_huge_bad_rows_are_kept_as_far_as_there_is_room_and_each_is_named(ingest):
    ingest.catalogue()
    wide = {f"x{number}": "y" * 1000 for number in range(10)}
    rows = [{"part_number": f"P{number}", "unit_price_amount": "none", **wide} for number in range(20)]
    content = lines(PRICE, *rows).encode()
    [outcome] = taken(ingest, content, thresholds=Thresholds(limits=Limits(raw_characters=50_000)))
    assert (outcome.state, outcome.rows_quarantined) == ("REJECTED", 20)
    kept = ingest.rows("select length(raw), raw like 'S1,BOSC,P%…' from ingest.quarantined_rows")
    assert kept == [(2500, True)] * 20
