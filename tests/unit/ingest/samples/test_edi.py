"""X12 and EDIFACT of real systems: each file ends as a person said, with the rows that they wrote down from it."""

from __future__ import annotations

import pytest

from ingest.readers.formats import recognise_format
from tests.support.edi import outcome, rows_of
from tests.support.samples import listed

SAMPLES = listed("edi")
# A file without a byte, and one with lines of its own before the interchange.
NOT_RECOGNISED = ("empty-edi.edi", "demo_preprocessing_edifact_xml_edifact_0T0000000004.edi")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_ends_as_a_person_said_that_it_should(name):
    sample = SAMPLES[name]
    assert outcome(sample.path) == sample.outcome


@pytest.mark.parametrize("name", [name for name in SAMPLES if not name.endswith(NOT_RECOGNISED)])
def test_a_sample_is_recognised_by_its_first_bytes(name):
    assert recognise_format(SAMPLES[name].path) == ("x12" if "/edi_x12/" in name else "edifact")


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, sample in SAMPLES.items() for kind in sample.rows])
def test_every_row_of_a_sample_is_as_a_person_read_it(name, kind):
    rows, bad = rows_of(SAMPLES[name].path, kind)
    assert (list(rows.values()), bad) == (SAMPLES[name].rows[kind], {})


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, sample in SAMPLES.items() for kind in sample.first])
def test_the_first_and_the_last_row_of_a_long_sample_are_as_a_person_read_them(name, kind):
    sample = SAMPLES[name]
    rows, bad = rows_of(sample.path, kind)
    *_, last = rows.values()
    assert (next(iter(rows.values())), last, bad) == (sample.first[kind], sample.last[kind], {})


def test_a_profile_can_name_the_quantity_that_is_for_sale():
    path = SAMPLES["supplier/edi_x12/x12parser/ORD__846_Example1.txt"].path
    [row] = rows_of(path, "supplier_availability", available_qualifiers=("34",))[0].values()
    assert (row["available_quantity"], row["availability_code"]) == ("5250", "IN_STOCK")
