"""Other numbers of a part: an alias is used, an interchange only once it is approved, and doubt goes to quarantine."""

from __future__ import annotations

import pytest

from ingest.batches import quarantined_rows
from ingest.catalogue.showing import collisions
from ingest.matching import candidates, record_match
from ingest.pipeline import retry_unknown
from ingest.thresholds import Thresholds
from tests.support.catalogue_files import REFERENCE, parts, published
from tests.support.ingest_files import PART, USAGE, lines

LOOSE = Thresholds(default_share=1)
USED = "select part_number from garage_inventory.usage_lines inner join catalogue.parts using (part_id) order by 1"
OTHER = {"brand_code": "mann", "part_number": "w712"}


@pytest.fixture
def catalogue(ingest):
    ingest.catalogue()
    return ingest


def use(ingest):
    return ingest(lines(USAGE, OTHER), thresholds=LOOSE)


def test_a_line_that_names_an_alias_is_stored_as_the_part(catalogue):
    catalogue(lines(REFERENCE))
    assert use(catalogue).state == "ACCEPTED"
    assert catalogue.rows(USED) == [("007",)]


@pytest.mark.parametrize("kind", ["OE", "COMPETITOR", "EQUIVALENT", "COMPATIBLE_ONE_WAY"])
def test_an_interchange_never_stands_in_until_it_is_approved(catalogue, kind):
    catalogue(lines(REFERENCE, {"reference_type_code": kind, "quality_grade_code": "B"}))
    outcome = use(catalogue)
    [row] = quarantined_rows(catalogue.connection, outcome.batch_id)
    assert row["reasons"] == ["UNKNOWN_PART: mann w712 is not in the catalogue; nearest: BOSC 007"]
    published(catalogue, "reference", **{**REFERENCE, "reference_type_code": kind, "is_approved": "true"})
    [healed] = retry_unknown(catalogue.connection, catalogue.landing, catalogue.judge)
    assert healed.state == "ACCEPTED" and catalogue.rows(USED) == [("007",)]


def test_an_alias_goes_before_an_approved_interchange_and_the_part_itself_before_both(catalogue):
    catalogue(lines(REFERENCE, {"part_number": "0 986-AB"}, {"reference_type_code": "OE", "is_approved": "yes"}))
    assert use(catalogue).state == "ACCEPTED"
    assert catalogue.rows(USED) == [("0 986-AB",)]
    parts(catalogue, "W712", brand_code="MANN")
    catalogue(lines(USAGE, {**OTHER, "work_order_number": "W9"}))
    assert catalogue.rows(USED) == [("0 986-AB",), ("W712",)]


def test_a_number_that_two_parts_have_matches_neither(catalogue):
    catalogue(lines(REFERENCE, {}, {"part_number": "0 986-AB"}))
    assert use(catalogue).rows_quarantined == 1
    near = candidates(catalogue.connection, "MANN", "W712")
    assert [(one.part_number, one.likeness_code) for one in near] == [("0 986-AB", "REFERENCE"), ("007", "REFERENCE")]


def test_an_interchange_of_another_number_of_units_matches_nothing(catalogue):
    catalogue(lines(REFERENCE, {"reference_type_code": "OE", "is_approved": "yes", "quantity": "2"}))
    assert use(catalogue).rows_quarantined == 1


def test_what_a_person_decided_about_a_sender_goes_before_the_alias(catalogue):
    catalogue(lines(REFERENCE))
    meant = catalogue.value("select catalogue.part_id('BOSC', '0986AB')")
    record_match(catalogue.connection, "test", "MANN", "W712", "ALIAS", meant, "theirs", "ann")
    use(catalogue)
    assert catalogue.rows(USED) == [("0 986-AB",)]


def test_a_retired_alias_matches_nothing(catalogue):
    catalogue(lines(REFERENCE))
    published(catalogue, "reference", **{**REFERENCE, "valid_from_at": "2024-02-01", "is_retired": "true"})
    assert use(catalogue).rows_quarantined == 1


def test_part_numbers_that_may_be_taken_for_each_other_are_named_with_how(catalogue):
    rows = [
        {"part_number": "0-07", "valid_from_at": "2024-02-01"}, {"part_number": "O07"}, {"part_number": "7"},
        {"part_number": "007", "brand_code": "MANN"}, {"part_number": "B1"}, {"part_number": "BI"},
    ]  # fmt: skip
    catalogue(lines(PART, *rows))
    found = [(one["collision_code"], one["part_numbers"]) for one in collisions(catalogue.connection)]
    assert found == [
        ("LOOK_ALIKE", ["BOSC:0-07", "BOSC:7", "BOSC:O07"]),
        ("LOOK_ALIKE", ["BOSC:B1", "BOSC:BI"]),
        ("PRINTED_DIFFERENTLY", ["BOSC:0-07", "BOSC:007"]),
        ("SEVERAL_BRANDS", ["BOSC:0-07", "MANN:007"]),
    ]
