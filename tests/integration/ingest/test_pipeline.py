"""From a file to a store on a real PostgreSQL: all of a batch or none of it, once."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from ingest.audit_proof import breaches
from ingest.batches import check_outcomes, judged_batches, quarantined_rows, waiting_batches
from ingest.landing import land, stored_path
from ingest.pipeline import process
from ingest.readers.limits import Limits
from ingest.thresholds import Thresholds
from tests.support.ingest_files import (
    ADJUSTMENT,
    AVAILABILITY,
    COUNT,
    GARAGE,
    HOLD,
    PART,
    PRICE,
    RESERVATION,
    SUPPLIER,
    USAGE,
    checksums,
    lines,
    usage_lines,
    write,
)  # fmt: skip

COUNTS = ("rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined", "rows_held")


def counts(outcome) -> tuple[int, ...]:
    return tuple(getattr(outcome, name) for name in COUNTS)


def test_every_kind_reaches_its_store_with_its_audit_record(strict_ingest):
    ingest = strict_ingest
    rows = (GARAGE, SUPPLIER, PART, PRICE, AVAILABILITY, COUNT, USAGE, ADJUSTMENT, RESERVATION, HOLD)
    outcomes = [ingest(lines(row)) for row in rows]
    assert [(one.state, counts(one)) for one in outcomes] == [("ACCEPTED", (1, 1, 0, 0, 0))] * 10
    audited = ingest.rows("select relation_name, row_count from audit.records order by recorded_at")
    assert audited == [
        ("catalogue.garages", 1), ("catalogue.suppliers", 1), ("catalogue.parts", 1), ("supplier_feed.offers", 1),
        ("supplier_feed.availability", 1), ("garage_inventory.counts", 1), ("garage_inventory.usage_lines", 1),
        ("garage_inventory.movements", 1), ("garage_inventory.adjustments", 1), ("garage_inventory.movements", 1),
        # What the garage promised, and the unit that allocation gave it.
        ("reservation.events", 1), ("reservation.events", 1), ("quality_hold.events", 1),
    ]  # fmt: skip
    assert breaches(ingest.connection) == []
    assert ingest.value("select lead_time_days from catalogue.suppliers").as_tuple().exponent == -2
    judged = judged_batches(ingest.connection)
    assert len(judged) == 10 and all(one["results"] for one in judged)
    assert check_outcomes(ingest.connection, [outcomes[0].batch_id])[0]["evaluated_count"] == 1


def test_the_same_bytes_are_landed_once_and_change_nothing(ingest):
    """Fault 39."""
    ingest.catalogue()
    first, before = ingest(usage_lines(3)), checksums(ingest.connection)
    again = ingest(usage_lines(3), name="other name.csv")
    assert (first.is_repeat, again.is_repeat, again.batch_id) == (False, True, first.batch_id)
    assert checksums(ingest.connection) == before
    assert ingest.rows("select is_repeat from ingest.deliveries order by 1") == [(False,)] * 4 + [(True,)]
    kept = stored_path(ingest.landing, ingest.value("select sha256 from ingest.batches where kind = 'usage'"))
    assert kept.read_text() == usage_lines(3) and not list(ingest.landing.glob(".arriving-*"))


def test_the_same_line_in_another_file_is_a_duplicate_and_new_lines_are_new(ingest):
    ingest.catalogue()
    ingest(usage_lines(3))
    assert counts(ingest(usage_lines(5))) == (5, 2, 3, 0, 0)
    assert ingest.value("select count(*) from garage_inventory.movements") == 5


def test_the_same_key_with_other_content_is_a_conflict_and_the_first_stays(ingest):
    """F19."""
    ingest.catalogue()
    ingest(lines(USAGE))
    outcome = ingest(lines(USAGE, {"quantity": "5"}, *({"work_order_number": f"X{n}"} for n in range(9))))
    assert outcome.state == "ACCEPTED_WITH_QUARANTINE" and counts(outcome) == (10, 9, 0, 1, 0)
    [row] = quarantined_rows(ingest.connection, outcome.batch_id)
    assert row["line_number"] == 2 and row["reasons"][0].startswith("CONFLICT: another line with the same garage_code")
    assert row["raw"] == "G1,W1,1,BOSC,007,FITTED,5,2024-03-01T10:00:00Z"
    assert ingest.value("select quantity from garage_inventory.usage_lines where work_order_number = 'W1'") == 2


@pytest.mark.parametrize(("row", "change"), [(USAGE, {"quantity": "5"}), (PRICE, {"unit_price_amount": "1"})])
def test_within_a_file_equal_lines_are_duplicates_and_unequal_ones_conflicts(ingest, row, change):
    ingest.catalogue()
    outcome = ingest(lines(row, {}, {}, change), thresholds=Thresholds(shares=(), default_share=0.5))
    assert counts(outcome) == (3, 1, 1, 1, 0)
    assert [row["line_number"] for row in quarantined_rows(ingest.connection)] == [4]


def test_unknown_garages_and_parts_are_quarantined_with_their_lines(strict_ingest):
    ingest = strict_ingest
    ingest.catalogue()
    changes = [{"work_order_number": f"W{n}"} for n in range(12)]
    changes[3]["garage_code"] = "G9"
    changes[5] |= {"garage_code": "G9", "part_number": "nobody's"}
    changes[7]["quantity"] = "-1"
    outcome = ingest(lines(USAGE, *changes))
    assert counts(outcome) == (12, 9, 0, 3, 0)
    rows = {row["line_number"]: row["reasons"] for row in quarantined_rows(ingest.connection)}
    assert rows == {
        5: ["UNKNOWN_GARAGE: garage_code is 'G9', which the catalogue does not know"],
        7: [
            "UNKNOWN_GARAGE: garage_code is 'G9', which the catalogue does not know",
            "UNKNOWN_PART: BOSC nobody's is not in the catalogue",
        ],
        9: ["RANGE: quantity is -1.000, must be above 0"],
    }


def test_a_part_is_found_by_its_key_however_it_is_spelled(ingest):
    ingest.catalogue()
    assert ingest(lines(USAGE, {"part_number": "0986ab"})).rows_accepted == 1
    other = lines(USAGE, {"part_number": "0-986-AB"})
    assert ingest(other).rows_duplicate == 1


def test_a_leading_zero_makes_another_part(ingest):
    ingest(lines(PART, {"part_number": "007"}, {"part_number": "7"}, {"part_number": "1E5"}))
    assert ingest.rows("select part_number from catalogue.parts order by 1") == [("007",), ("1E5",), ("7",)]


def test_an_offer_for_a_part_nobody_knows_is_kept_and_one_of_an_unknown_supplier_waits(ingest):
    ingest.catalogue()
    assert ingest(lines(PRICE, {"part_number": "new"})).rows_accepted == 1
    waiting = ingest(lines(PRICE, {"supplier_code": "S9"}))
    assert waiting.state == "HELD" and "UNKNOWN_SUPPLIER" in waiting.error


def test_every_stated_version_is_stored_once_and_a_contradiction_is_a_conflict(ingest):
    versions = [{"valid_from_at": f"2024-0{month}-01", "description": word} for month, word in
                enumerate(("Filter", "Filter", "Oil filter", "Oil filter"), 1)]  # fmt: skip
    assert counts(ingest(lines(PART, *versions))) == (4, 4, 0, 0, 0)
    assert counts(ingest(lines(PART, versions[3], versions[3] | {"valid_from_at": "2024-09-01"}))) == (2, 1, 1, 0, 0)
    conflict = ingest(lines(PART, {"description": "Brake"}), thresholds=Thresholds(default_share=1))
    assert counts(conflict) == (1, 0, 0, 1, 0)
    assert ingest.value("select count(*) from catalogue.parts") == 5


def test_movements_follow_from_usage_and_adjustments(ingest):
    ingest.catalogue()
    types = ("FITTED", "SOLD_COUNTER", "INTERNAL", "WARRANTY", "RETURN_UNUSED", "LOST_SALE", "EMERGENCY_BUY")
    ingest(lines(USAGE, *({"work_order_line": str(n), "usage_type_code": t} for n, t in enumerate(types))))
    moves = [
        ("IN", "RECEIPT", "AUTO"),
        ("OUT", "DAMAGED", "APPROVED"),
        ("IN", "FOUND", "PENDING"),
        ("IN", "FOUND", "REJECTED"),
    ]
    ingest(lines(ADJUSTMENT, *(
        {"adjustment_number": f"A{n}", "direction_code": d, "adjustment_reason_code": r, "approval_code": a}
        for n, (d, r, a) in enumerate(moves)
    )))  # fmt: skip
    found = ingest.rows(
        "select movement_type_code, reason_code, quantity::int, document_number from garage_inventory.movements"
        " order by event_at desc, document_line, document_number"
    )
    assert found == [
        ("USAGE", "FITTED", -2, "W1"), ("USAGE", "SOLD_COUNTER", -2, "W1"), ("USAGE", "INTERNAL", -2, "W1"),
        ("USAGE", "WARRANTY", -2, "W1"), ("RETURN", "RETURN_UNUSED", 2, "W1"),
        ("RECEIPT", "RECEIPT", 10, "A0"), ("ADJUSTMENT", "DAMAGED", -10, "A1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "code", "place"),
    [
        (lambda good: good.replace(b"W70", b"W\xe4"), "ENCODING", 72),
        (lambda good: good.replace(b"W70", b"W\x00"), "NUL_BYTE", 72),
        (lambda good: gzip.compress(good)[:-40], "TRUNCATED_GZIP", None),
        (lambda good: good.replace(b"W70,", b'"W70,'), "UNCLOSED_QUOTE", None),
    ],
)
def test_a_file_that_breaks_in_the_middle_leaves_no_half_stored_batch(ingest, spoil, code, place):
    ingest.catalogue()
    before = checksums(ingest.connection)
    good = usage_lines(2000, vehicle_ref="x" * 40).encode()
    outcome = ingest(spoil(good), kind="usage", thresholds=Thresholds(limits=Limits(block_bytes=2048)))
    assert (outcome.state, outcome.error_code, outcome.rows_accepted) == ("REJECTED", code, 0)
    assert outcome.rows_read == outcome.rows_quarantined + outcome.rows_held
    assert checksums(ingest.connection) == before
    if place:
        assert [row["line_number"] for row in quarantined_rows(ingest.connection)] == [place]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "EMPTY_FILE"), (usage_lines(1).split("\n")[0] + "\n", "HEADER_ONLY"), ("a,b\n1,2\n", "UNKNOWN_KIND")],
)
def test_a_file_without_rows_is_refused_and_deletes_nothing(ingest, content, code):
    """Fault 48."""
    ingest.catalogue()
    ingest(lines(COUNT))
    before = checksums(ingest.connection)
    outcome = ingest(content)
    assert (outcome.state, outcome.error_code) == ("REJECTED", code) and outcome.error
    assert checksums(ingest.connection) == before and waiting_batches(ingest.connection) == []


@pytest.mark.parametrize(("bad_count", "state"), [(2, "ACCEPTED_WITH_QUARANTINE"), (3, "REJECTED")])
def test_a_feed_with_more_than_two_bad_lines_in_a_hundred_is_refused_whole(strict_ingest, bad_count, state):
    """F20."""
    ingest = strict_ingest
    ingest.catalogue()
    changes = [{"part_number": f"P{n}", "unit_price_amount": "-1" if n < bad_count else "1"} for n in range(100)]
    outcome = ingest(lines(PRICE, *changes))
    good = 100 - bad_count
    assert outcome.state == state
    assert counts(outcome) == ((100, good, 0, 2, 0) if state != "REJECTED" else (100, 0, 0, 3, good))
    assert ingest.value("select count(*) from supplier_feed.offers") == (good if state != "REJECTED" else 0)
    if state == "REJECTED":
        assert "3 of 100 rows are bad (3.0%; at most 2% may be)" in outcome.error
        assert len(quarantined_rows(ingest.connection)) == 3


def test_a_garage_file_with_too_many_unknown_parts_waits_whole_after_the_server_has_looked(ingest):
    ingest.catalogue()
    changes = [{"work_order_number": f"W{n}", "part_number": "?" if n % 2 else "007"} for n in range(10)]
    outcome = ingest(lines(USAGE, *changes))
    assert (outcome.state, counts(outcome)) == ("HELD", (10, 0, 0, 5, 5))
    assert ingest.value("select count(*) from garage_inventory.usage_lines") == 0
    assert len(quarantined_rows(ingest.connection)) == 5


def test_a_defect_of_ours_raises_and_the_batch_waits_for_the_mended_code(ingest):
    ingest.catalogue()

    def broken(table, contract, received_at):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ingest(usage_lines(3), judge=broken)
    [waiting] = waiting_batches(ingest.connection)
    assert ingest.value("select count(*) from garage_inventory.usage_lines") == 0
    assert process(ingest.connection, ingest.landing, waiting.batch_id, ingest.judge).rows_accepted == 3


def test_waiting_batches_come_in_the_order_in_which_they_need_each_other(ingest):
    now = datetime.now(UTC)
    for number, row in enumerate((USAGE, PART, GARAGE)):
        path = write(ingest.folder, f"{number}.csv", lines(row))
        land(ingest.connection, ingest.landing, path, "test", received_at=now + timedelta(seconds=number))
    assert [batch.kind for batch in waiting_batches(ingest.connection)] == ["garages", "parts", "usage"]


def test_progress_is_told_for_every_block(ingest):
    ingest.catalogue()
    seen = []
    content = usage_lines(200)
    ingest(content, thresholds=Thresholds(limits=Limits(block_bytes=2000)), progress=lambda _, done: seen.append(done))
    assert len(seen) > 3 and seen == sorted(seen) and seen[-1] == len(content)


@pytest.mark.parametrize(
    "text", ['5" hose, "long"', "two\nlines", "\\.", "\\N", "a\\tb", "'; drop table x --", "Zürich ¤ 東京"]
)
def test_a_text_reaches_its_store_character_by_character(ingest, text):
    """Fault 60."""
    ingest(lines(GARAGE, {}, {"garage_code": "G2", "garage_name": text}))
    assert ingest.value("select garage_name from catalogue.garages where garage_code = 'G2'") == text


def test_a_price_list_sent_again_with_changes_stores_only_what_is_new(ingest):
    ingest.catalogue()
    prices = [{"part_number": f"P{n:03}", "unit_price_amount": str(n + 1)} for n in range(100)]
    small_blocks = {"thresholds": Thresholds(limits=Limits(block_bytes=1500))}
    assert counts(ingest(lines(PRICE, *prices), **small_blocks)) == (100, 100, 0, 0, 0)
    prices[50]["unit_price_amount"] = "7"
    more = [*prices, {"part_number": "P100"}, {"part_number": "P101", "supplier_code": "S9"}]
    outcome = ingest(lines(PRICE, *more), **small_blocks)
    assert counts(outcome) == (102, 1, 99, 2, 0)
    reasons = {row["line_number"]: row["reasons"][0].split(":")[0] for row in quarantined_rows(ingest.connection)}
    assert reasons == {52: "CONFLICT", 103: "UNKNOWN_SUPPLIER"}
    assert ingest.value("select unit_price_amount from supplier_feed.offers where part_number = 'P050'") == 51


def test_rows_that_a_store_refuses_are_all_counted_and_the_first_are_listed(ingest, monkeypatch):
    monkeypatch.setattr("ingest.stores.loading._LISTED_COUNT", 2)
    ingest.catalogue()
    unknown = ingest(usage_lines(5, part_number="never", garage_code="G9"))
    assert (unknown.state, counts(unknown)) == ("HELD", (5, 0, 0, 5, 0))
    assert [row["line_number"] for row in quarantined_rows(ingest.connection)] == [2, 3]
    assert all(len(row["reasons"]) == 2 for row in quarantined_rows(ingest.connection))
    ingest(usage_lines(8))
    other = ingest(usage_lines(4, quantity="9"), thresholds=Thresholds(default_share=1))
    assert counts(other) == (4, 0, 0, 4, 0)


def test_a_batch_with_more_bad_rows_than_can_be_kept_is_refused_whole(ingest):
    ingest.catalogue()
    ingest(usage_lines(3))
    outcome = ingest(usage_lines(9, quantity="9"), thresholds=Thresholds(default_share=1, listed_count=2))
    assert (outcome.state, outcome.error_code, counts(outcome)) == ("REJECTED", "TOO_MANY_BAD_ROWS", (9, 0, 0, 3, 6))
    assert "at most 2 are kept one by one" in outcome.error
    assert ingest.value("select count(*) from garage_inventory.usage_lines") == 3
