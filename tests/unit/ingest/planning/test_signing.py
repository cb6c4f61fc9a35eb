"""What signs a workbook and its lines."""

from decimal import Decimal
from uuid import UUID

from ingest.planning.signing import is_signed, row_hash, signed_meta

SECRET = b"s" * 32
LINE = ("edition", UUID(int=7), 3, Decimal("4"))


def test_a_line_is_signed_with_all_that_identifies_it():
    known = row_hash(SECRET, *LINE)
    assert len(known) == 20
    for place, other in enumerate(("other", UUID(int=8), 4, Decimal("5"))):
        changed = [*LINE]
        changed[place] = other
        assert row_hash(SECRET, *changed) != known
    assert row_hash(b"t" * 32, *LINE) != known


def test_the_same_line_has_the_same_signature_however_its_numbers_are_spelled():
    spelled = (("edition", str(UUID(int=7)), "3", text) for text in ("4", "4.0", "4.000", 4, Decimal("4.000")))
    assert {row_hash(SECRET, *line) for line in spelled} == {row_hash(SECRET, *LINE)}


def test_facts_are_signed_whatever_their_order_and_none_can_be_changed_or_added():
    rows = signed_meta(SECRET, {"edition_id": "e", "exported_at": "2026-01-31T10:00:00+00:00"})
    assert rows[-1][0] == "signature"
    meta = dict(reversed(rows))
    assert is_signed(SECRET, meta)
    assert not is_signed(SECRET, {**meta, "exported_at": "2027-01-31T10:00:00+00:00"})
    assert not is_signed(SECRET, {**meta, "more": ""})
    assert not is_signed(SECRET, {name: value for name, value in meta.items() if name != "signature"})
