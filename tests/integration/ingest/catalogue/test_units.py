"""Quantities in packs and other units come out in base units exactly, or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ingest.batches import quarantined_rows
from ingest.thresholds import Thresholds
from tests.support.catalogue_files import PACK, parts, published
from tests.support.ingest_files import PART, lines

LOOSE = Thresholds(default_share=1)


@pytest.fixture
def base(ingest):
    """Base quantity of so much of a unit of part 007 or another at a moment."""
    ingest.catalogue()
    ingest(lines(PACK, {}, {"uom_code": "PK", "factor_quantity": "3"}))
    ingest(lines(PACK, {"factor_quantity": "10", "valid_from_at": "2024-06-01"}))

    def take(quantity: str, unit: str, at: str = "2024-03-01", number: str = "007"):
        return ingest.connection.execute(
            "select catalogue.base_quantity(catalogue.part_id('BOSC', %s), %s, %s, %s)",
            (number, unit, Decimal(quantity), at),
        ).fetchone()[0]

    return take


def test_a_pack_counts_by_the_factor_in_force_when_it_happened(base):
    assert (base("2", "CA"), base("2", "PK"), base("2", "CA", "2024-06-01")) == (24, 6, 20)


def test_the_base_unit_is_itself_even_before_the_part_was_known(base):
    assert base("2.5", "EA", "1999-01-01") == Decimal("2.5")


def test_a_unit_that_means_nothing_for_the_part_is_null_never_one(base):
    assert (base("1", "BX"), base("1", "CA", "2023-12-31"), base("1", "EA", number="nobody")) == (None, None, None)


def test_litres_and_millilitres_are_exact_both_ways(base, ingest):
    parts(ingest, "OIL", base_uom_code="L")
    parts(ingest, "ADBLUE", base_uom_code="ML")
    assert base("1", "ML", number="OIL") == Decimal("0.001")
    assert base("0.333", "L", number="ADBLUE") == 333


def test_a_part_of_a_pack_of_pieces_is_not_rounded_away(base):
    assert base("0.5", "PK") == Decimal("1.5")


def test_a_retired_pack_means_nothing_from_then_on(base, ingest):
    pack = {**PACK, "uom_code": "PK", "valid_from_at": "2024-09-01", "is_retired": "true"}
    pack.pop("factor_quantity")
    published(ingest, "pack", **pack)
    assert (base("1", "PK", "2024-08-31"), base("1", "PK", "2024-09-01")) == (3, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"factor_quantity": "2.5"}, "UNIT: factor_quantity of BX is 2.5, BOSC 007 is counted in whole EA"),
        (
            {"uom_code": "EA", "factor_quantity": "2"},
            "UNIT: factor_quantity of EA is 2, which is the base unit of BOSC 007",
        ),
        (
            {"part_number": "OIL", "uom_code": "ML", "factor_quantity": "0.01"},
            "UNIT: factor_quantity of ML is 0.01, L and ML are converted as they are everywhere",
        ),
        ({"part_number": "nobody"}, "UNKNOWN_PART: BOSC nobody is not in the catalogue"),
    ],
)
def test_a_factor_that_cannot_be_is_refused_with_its_reason(base, ingest, change, reason):
    parts(ingest, "OIL", base_uom_code="L")
    outcome = ingest(lines(PACK, {"uom_code": "BX", **change}, {"uom_code": "SET"}), thresholds=LOOSE)
    [row] = quarantined_rows(ingest.connection, outcome.batch_id)
    assert row["reasons"] == [reason] and outcome.rows_accepted == 1


def test_a_gtin_belongs_to_one_part_or_pack_however_it_is_padded(ingest):
    ingest.catalogue()
    parts(ingest, "1", gtin="036000291452")
    row = {"part_number": "2", "gtin": "0036000291452"}
    again = {"part_number": "3", "gtin": "4006381333931"}
    outcome = ingest(lines(PART, row, again, {**again, "part_number": "4"}), thresholds=LOOSE)
    pack = ingest(lines(PACK, {"gtin": "00036000291452"}, {"uom_code": "PK"}), thresholds=LOOSE)
    reasons = [row["reasons"] for one in (outcome, pack) for row in quarantined_rows(ingest.connection, one.batch_id)]
    assert reasons == [
        ["DUPLICATE_GTIN: gtin 0036000291452 is already that of BOSC 1"],
        ["DUPLICATE_GTIN: gtin 4006381333931 is on another line of this file as well"],
        ["DUPLICATE_GTIN: gtin 00036000291452 is already that of BOSC 1"],
    ]
    assert ingest.value("select count(*) from catalogue.packs") == 1


def test_a_part_keeps_its_own_gtin_in_every_version(ingest):
    ingest.catalogue()
    versions = [{"gtin": "4006381333931", "valid_from_at": f"2024-0{month}-01"} for month in (2, 3)]
    assert ingest(lines(PART, *versions)).state == "ACCEPTED"


def test_part_types_are_checked_once_the_catalogue_has_some(ingest):
    from tests.support.catalogue_files import PART_TYPE

    ingest.catalogue()
    parts(ingest, "1", part_type_code="anything")
    ingest(lines(PART_TYPE))
    rows = [{"part_number": "2", "part_type_code": "1684"}, {"part_number": "3", "part_type_code": "9"}]
    outcome = ingest(lines(PART, *rows), thresholds=LOOSE)
    [row] = quarantined_rows(ingest.connection, outcome.batch_id)
    words = "UNKNOWN_PART_TYPE: part_type_code is '9', which is none of the part types of the catalogue"
    assert row["reasons"] == [words]
