"""Whatever comes, it ends in rows or in a fault: spoiled interchanges, random bytes, other line ends."""

import re
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.readers.edi import edifact, x12
from ingest.readers.limits import FileFault, Limits
from tests.support.edi import SAMPLES, edifact_of, rows_of, x12_of

MADE = {path.name: path.read_bytes() for path in sorted((SAMPLES / "made").iterdir())}
SMALL = Limits(edi_block_bytes=300, segment_bytes=2000, element_count=60)
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
quickly = settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

CUTS = st.integers(0, 2000)
PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from([b"'", b"~", b"*", b"+", b":", b"?", b"\r\n", b"'UNZ+1+1'", b"~IEA*1*1~", b"UNA", b"ISA*", b"LIN"]),
    st.sampled_from([b"~HL*1*1*I~", b"~SE*1*1~", b"~ST*846*1~", b"'UNT+1+1'", b"'UNH+1+PRICAT:D'", b"\xff", b"\x00"]),
)
MUTATIONS = st.lists(st.tuples(CUTS, st.integers(0, 30), PIECES), min_size=1, max_size=4)


def check(path: Path, content: bytes) -> None:
    """Read everything that can be asked of a file; only a ``FileFault`` may come out."""
    path.write_bytes(content)
    for module in (x12, edifact):
        try:
            kinds = module.read_envelope(path, module.Options(), SMALL).kinds
        except FileFault as fault:
            assert fault.message and fault.mend
            kinds = ()
        bad = {}
        for kind in kinds:
            bad = check_kind(module, path, kind)
        module.acknowledgement(path, SMALL, bad, None, "1", NOON)


def check_kind(module, path: Path, kind: str) -> dict:
    numbers, bad = [], {}
    for records in module.read_records(path, kind, module.Options(), SMALL):
        assert records.texts.num_rows == len(records.numbers)
        numbers += records.numbers.to_pylist()
        bad |= records.bad
    assert numbers == sorted(set(numbers))
    assert all(reasons and all(": " in reason for reason in reasons) for reasons in bad.values())
    wanted = {*numbers, *bad}
    assert set(module.raw_rows(path, kind, module.Options(), SMALL, wanted)) == wanted
    return bad


@quickly
@given(st.sampled_from(sorted(MADE)), MUTATIONS)
def test_a_spoiled_interchange_ends_in_rows_or_a_fault(tmp_path, name, mutations):
    content = MADE[name]
    for start, length, piece in mutations:
        place = start % (len(content) + 1)
        content = content[:place] + piece + content[place + length :]
    check(tmp_path / "spoiled", content)


@quickly
@given(st.sampled_from([b"", b"ISA", b"UNA:+.? '", b"UNB+UNOC:3+A+B+1:2+3'"]), st.binary(max_size=400))
def test_random_bytes_end_in_a_fault(tmp_path, start, content):
    check(tmp_path / "random", start + content)


@settings(quickly, max_examples=60)
@given(st.lists(st.text(st.sampled_from("AB*~+:?' \n"), max_size=6), max_size=40))
def test_random_segments_end_in_rows_or_a_fault(tmp_path, parts):
    tags = ["LIN", "PIA", "QTY", "PRI", "DTM", "RFF", "CPS", "GIN", "NAD", "LOC", "RNG", "CUX", "IMD", "MEA"]
    for kind in ("INVRPT", "PRICAT", "ORDRSP", "DESADV"):
        body = "'".join(f"{tags[i % len(tags)]}+{part.replace(chr(39), '+')}" for i, part in enumerate(parts))
        check(tmp_path / "segments", edifact_of(f"{kind}'{body}").encode())
    tags = ["LIN", "QTY", "CTP", "HL", "SN1", "PO1", "ACK", "PRF", "N1", "DTM", "PID", "PO4", "MEA", "SCH"]
    for kind in ("846", "832", "855", "856"):
        body = "~".join(f"{tags[i % len(tags)]}*{part.replace('~', '*')}" for i, part in enumerate(parts))
        check(tmp_path / "segments", x12_of(f"{kind}~{body}").encode())


@quickly
@given(st.sampled_from(sorted(MADE)), st.sampled_from([b"", b"\n", b"\r\n", b"\n\n  ", b"\r"]))
def test_line_ends_between_segments_change_no_row(tmp_path, name, line_end):
    # The second interchange of one sample ends its segments with an apostrophe.
    content = re.sub(rb"([~'])\n+", lambda match: match[1] + line_end, MADE[name])
    path = tmp_path / name
    path.write_bytes(content)
    module = x12 if name.endswith("x12") else edifact
    for kind in module.read_envelope(path, module.Options(), Limits()).kinds:
        assert rows_of(path, kind) == rows_of(SAMPLES / "made" / name, kind)
