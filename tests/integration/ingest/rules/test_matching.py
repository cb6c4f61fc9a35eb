"""What a sender means by a part that the catalogue does not have: found, proposed, decided, remembered."""

from __future__ import annotations

import pytest

from ingest.batches import quarantined_rows
from ingest.errors import SettingsError
from ingest.matching import candidates, record_match
from ingest.pipeline import retry_unknown
from ingest.thresholds import Thresholds
from tests.support.ingest_files import COUNT, PART, USAGE, lines

LOOSE = Thresholds(default_share=1)
USED = "select part_number, quantity::int from garage_inventory.usage_lines inner join catalogue.parts using (part_id)"


@pytest.fixture
def part_id(ingest):
    """The id of the part that is meant; another brand has the number too, and others begin alike."""
    ingest.catalogue()
    names = [("BOSC", "0 986 424"), ("BOSC", "0 986 425"), ("BOSC", "1 111 111"), ("MANN", "0986.42X")]
    ingest(lines(PART, *({"brand_code": brand, "part_number": number} for brand, number in names)))
    return ingest.value("select part_id from catalogue.parts where part_number = '0 986 424'")


def decided(ingest, part_id, match_code="ALIAS", source="test"):
    record_match(ingest.connection, source, "bosc", "0986-42X", match_code, part_id, "their old number", "ann")


def test_candidates_are_the_number_of_another_brand_then_interchanges_then_numbers_alike(ingest, part_id):
    ingest(lines({
        "supplier_code": "S1", "brand_code": "BOSC", "part_number": "1111111", "other_brand_code": "BOSC",
        "other_part_number": "0986-42X", "stated_at": "2024-01-01T00:00:00Z",
    }), kind="supplier_interchange")  # fmt: skip
    found = candidates(ingest.connection, "BOSC", "0986-42X", limit=4)
    assert [(one.brand_code, one.part_number, one.likeness_code) for one in found] == [
        ("MANN", "0986.42X", "OTHER_BRAND"), ("BOSC", "1 111 111", "INTERCHANGE"),
        ("BOSC", "0 986 424", "SIMILAR"), ("BOSC", "0 986 425", "SIMILAR"),
    ]  # fmt: skip
    assert candidates(ingest.connection, "BOSC", "nobody's") == []


def test_an_unknown_part_is_quarantined_with_the_nearest_ones(ingest, part_id):
    outcome = ingest(lines(USAGE, {}, {"part_number": "0986-42X", "work_order_number": "W2"}), thresholds=LOOSE)
    [row] = quarantined_rows(ingest.connection, outcome.batch_id)
    assert row["reasons"] == [
        "UNKNOWN_PART: BOSC 0986-42X is not in the catalogue;"
        " nearest: MANN 0986.42X, BOSC 0 986 424, BOSC 0 986 425"
    ]  # fmt: skip


@pytest.mark.parametrize("source", ["test", None])
def test_a_line_that_was_refused_then_matched_then_sent_again_is_stored_once(ingest, part_id, source):
    sent = [{"part_number": "0986-42X"}, {"work_order_number": "W2"}]
    assert ingest(lines(USAGE, *sent), thresholds=LOOSE).rows_quarantined == 1
    decided(ingest, part_id, source=source)
    [healed] = retry_unknown(ingest.connection, ingest.landing, ingest.judge)
    assert (healed.state, healed.rows_accepted) == ("ACCEPTED", 2)
    again = ingest(lines(USAGE, *sent, {"work_order_number": "W3", "part_number": "0986-42X"}))
    assert (again.rows_accepted, again.rows_duplicate) == (1, 2)
    assert sorted(ingest.rows(USED)) == [("0 986 424", 2), ("0 986 424", 2), ("007", 2)]
    assert list(retry_unknown(ingest.connection, ingest.landing, ingest.judge)) == []


def test_a_count_keeps_its_identity_when_the_decision_or_the_catalogue_changes(ingest, part_id):
    decided(ingest, part_id)
    count = lines(COUNT, {"part_number": "0986-42X"})
    assert ingest(count).rows_accepted == 1
    decided(ingest, None, match_code="NONE")
    ingest(lines(PART, {"part_number": "0986-42X"}))
    assert ingest(count.replace("0986-42X", "098642x")).rows_duplicate == 1
    assert ingest.value("select count(*) from garage_inventory.counts") == 1


def test_a_decision_of_another_source_or_one_taken_back_matches_nothing(ingest, part_id):
    decided(ingest, part_id, source="other")
    decided(ingest, part_id)
    decided(ingest, None, match_code="NONE")
    line = lines(USAGE, {"part_number": "0986-42X"}, {"work_order_number": "W2"})
    assert ingest(line, thresholds=LOOSE).rows_quarantined == 1
    assert ingest(line, source="other", thresholds=LOOSE).rows_quarantined == 0


def test_a_part_of_the_catalogue_counts_before_a_decision(ingest, part_id):
    record_match(ingest.connection, None, "BOSC", "007", "ALIAS", part_id, "wrong", "ann")
    ingest(lines(USAGE))
    assert ingest.rows(USED) == [("007", 2)]


def test_a_decision_names_a_part_of_the_catalogue_and_a_reason(ingest, part_id):
    nobody = "00000000-0000-0000-0000-000000000000"
    for match_code, part, reason, code in (
        ("ALIAS", None, "x", "NO_PART"), ("ALIAS", nobody, "x", "UNKNOWN_PART"), ("ALIAS", part_id, " ", "NO_REASON"),
        ("NONE", part_id, "x", "NO_PART"), ("SAME", part_id, "x", "UNKNOWN_MATCH"),
    ):  # fmt: skip
        with pytest.raises(SettingsError) as caught:
            record_match(ingest.connection, None, "BOSC", "1", match_code, part, reason, "ann")
        assert caught.value.code == code
