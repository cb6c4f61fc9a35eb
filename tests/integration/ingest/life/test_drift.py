"""Columns that come, go or change: told, refused or quarantined, and accepted by a person."""

from __future__ import annotations

import pytest

from ingest.drift import accept, drift_events
from ingest.errors import PartsbayError
from ingest.pipeline import process
from ingest.profiles.folder import Profiles
from ingest.thresholds import Thresholds
from tests.support.ingest_files import USAGE, lines, write

PROFILE = "source_code: G1\nkind: usage\ncolumns: {vehicle_ref: Fahrzeug}\n"


@pytest.fixture
def garage(ingest):
    """A garage whose profile maps one optional column, under a name of its own."""
    ingest.catalogue()
    write(ingest.folder / "profiles", "g1.yaml", PROFILE)
    profiles = Profiles(ingest.folder / "profiles")
    ingest.of = lambda *rows, **options: ingest(
        lines(USAGE, *rows), source="G1", profiles=profiles, kind="usage", **options
    )
    ingest.profiles = profiles
    return ingest


def events(ingest) -> list[tuple]:
    return [(one["change_code"], one["column_name"], one["effect_code"], one["row_count"])
            for one in reversed(drift_events(ingest.connection))]  # fmt: skip


def orders(letter: str, count: int = 4, **changes) -> list[dict]:
    return [{"work_order_number": f"{letter}{n}", **changes} for n in range(count)]


def test_a_new_column_is_told_once_and_stops_nothing(garage):
    garage.of(*orders("A", Fahrzeug="x"))
    outcome = garage.of(*orders("B", Fahrzeug="x", Farbe="red"))
    assert outcome.state == "ACCEPTED" and events(garage) == [("NEW_COLUMN", "Farbe", "INFORM", 0)]
    garage.of(*orders("C", Fahrzeug="x", Farbe="blue"))
    assert len(events(garage)) == 1


def test_a_mapped_column_that_is_missing_ends_the_batch_until_somebody_accepts_it(garage):
    garage.of(*orders("A", Fahrzeug="x"))
    outcome = garage.of(*orders("B"))
    assert (outcome.state, outcome.error_code, outcome.rows_accepted) == ("REJECTED", "SCHEMA_DRIFT", 0)
    assert "Fahrzeug" in outcome.error and "partsbay drift accept" in outcome.error
    assert events(garage) == [("MISSING_COLUMN", "Fahrzeug", "FAIL", 0)]
    with pytest.raises(PartsbayError, match="does not lack"):
        accept(garage.connection, outcome.batch_id, "Farbe", "why", "ann")
    assert accept(garage.connection, outcome.batch_id, "Fahrzeug", "new system", "ann") == [outcome.batch_id]
    again = process(garage.connection, garage.landing, outcome.batch_id, garage.judge, profiles=garage.profiles,
                    again=True)  # fmt: skip
    assert (again.state, again.rows_accepted) == ("ACCEPTED", 4)
    assert garage.of(*orders("C")).state == "ACCEPTED"
    [told] = [one for one in drift_events(garage.connection) if one["accepted_by"]]
    assert (told["accepted_by"], told["accepted_reason"]) == ("ann", "new system")


def test_an_acceptance_ends_when_the_column_was_there_again(garage):
    garage.of(*orders("A", Fahrzeug="x"))
    accept(garage.connection, garage.of(*orders("B")).batch_id, "Fahrzeug", "new system", "ann")
    assert garage.of(*orders("C")).state == "ACCEPTED"
    assert garage.of(*orders("D", Fahrzeug="y")).state == "ACCEPTED"
    assert garage.of(*orders("E")).error_code == "SCHEMA_DRIFT"


def test_without_a_profile_an_optional_column_that_goes_is_told_and_a_required_one_ends_the_batch(ingest):
    ingest.catalogue()
    ingest(lines(USAGE, *orders("A", vehicle_ref="x", colour="red")), source="G2")
    gone = ingest(lines(USAGE, *orders("B")), source="G2")
    assert gone.state == "ACCEPTED"
    lacking = [{name: value for name, value in {**USAGE, **one}.items() if name != "quantity"} for one in orders("C")]
    names = list(lacking[0])
    content = "\n".join([",".join(names), *(",".join(one.values()) for one in lacking)])
    refused = ingest(content, kind="usage", source="G2")
    assert (refused.state, refused.error_code) == ("REJECTED", "MISSING_COLUMN")
    assert sorted(events(ingest)) == [
        ("MISSING_COLUMN", "colour", "INFORM", 0),
        ("MISSING_COLUMN", "quantity", "FAIL", 0),
        ("MISSING_COLUMN", "vehicle_ref", "INFORM", 0),
        ("NEW_COLUMN", "colour", "INFORM", 0),
    ]


def test_a_column_whose_values_no_longer_fit_is_one_change_beside_its_refused_rows(garage):
    garage.of(*orders("A", Fahrzeug="x"))
    rows = orders("B", 3, Fahrzeug="x", quantity="two") + orders("C", 1, Fahrzeug="x")
    outcome = garage.of(*rows, thresholds=Thresholds(default_share=1))
    assert (outcome.state, outcome.rows_quarantined) == ("ACCEPTED_WITH_QUARANTINE", 3)
    assert events(garage) == [("TYPE_CHANGE", "quantity", "QUARANTINE", 3)]
    few = orders("D", 3, Fahrzeug="x") + orders("E", 1, Fahrzeug="x", quantity="two")
    garage.of(*few, thresholds=Thresholds(default_share=1))
    assert len(events(garage)) == 1
