"""What each suite asks, and that nothing passes unjudged."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from expectations import frames, values
from expectations import judge as judging
from expectations.building import Claim, Subject, suite
from expectations.data_docs import JudgedBatch, build_data_docs
from expectations.judge import JudgingError, judge
from ingest.contracts import CONTRACTS, Contract
from ingest.verdicts import Verdict, merged
from tests.support import catalogue_files
from tests.support import ingest_files as files

RECEIVED = datetime(2024, 6, 1, tzinfo=UTC)


def verdict_on(folder, kind: str, row: dict, *changes: dict, received_at: datetime = RECEIVED) -> Verdict:
    chunks = list(files.read(files.write(folder, "file.csv", files.lines(row, *changes)), kind))
    assert not any(chunk.bad for chunk in chunks)
    return judge(pa.concat_tables(chunk.table for chunk in chunks), CONTRACTS[kind], received_at)


GOOD = {
    "garages": files.GARAGE, "suppliers": files.SUPPLIER, "parts": files.PART, "supplier_price": files.PRICE,
    "supplier_availability": files.AVAILABILITY, "stock_count": files.COUNT, "receipt": files.RECEIPT,
    "usage": files.USAGE,
    "adjustment": files.ADJUSTMENT, "reservation": files.RESERVATION, "quality_hold": files.HOLD,
    "supplier_terms": catalogue_files.SUPPLIER_TERMS,
    "part_types": catalogue_files.PART_TYPE, "packs": catalogue_files.PACK, "references": catalogue_files.REFERENCE,
    "supersessions": catalogue_files.SUPERSESSION, "policies": catalogue_files.POLICY,
    "supplier_catalogue": {
        "supplier_code": "S1", "brand_code": "BOSC", "part_number": "007", "description": "Filter",
        "stated_at": "2024-02-01",
    },
    "supplier_interchange": {
        "supplier_code": "S1", "brand_code": "BOSC", "part_number": "007", "other_brand_code": "MANN",
        "other_part_number": "W 712", "stated_at": "2024-02-01",
    },
    "order_ack": {
        "supplier_code": "S1", "purchase_order_number": "P1", "purchase_order_line": "1", "brand_code": "BOSC",
        "part_number": "007", "acknowledgement_code": "IA", "stated_at": "2024-02-01",
    },
    "ship_notice": {
        "supplier_code": "S1", "shipment_number": "D1", "shipment_line": "1", "brand_code": "BOSC",
        "part_number": "007", "shipped_quantity": "2", "stated_at": "2024-02-01",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", CONTRACTS)
def test_a_good_row_of_every_kind_passes_every_expectation(tmp_path, kind):
    verdict = verdict_on(tmp_path, kind, GOOD[kind])
    assert verdict.good_rows.num_rows == 1 and not verdict.bad_rows
    assert len(verdict.results) >= 5 and not verdict.failures and not verdict.warnings


@pytest.mark.parametrize(
    ("kind", "change", "reason"),
    [
        ("usage", {"quantity": "-3"}, "RANGE: quantity is -3.000, must be above 0"),
        ("usage", {"quantity": "0"}, "RANGE: quantity is 0.000, must be above 0"),
        ("usage", {"garage_code": ""}, "MISSING_KEY: garage_code is missing"),
        ("usage", {"quantity": ""}, "SCHEMA: quantity is missing"),
        ("usage", {"uom_code": "DOZEN"}, "UNIT: uom_code is 'DOZEN', must be one of EA"),
        ("usage", {"usage_type_code": "EATEN"}, "SCHEMA: usage_type_code is 'EATEN', must be one of FITTED"),
        ("usage", {"work_order_number": "W" * 49}, "SCHEMA: work_order_number has 49 characters, at most 48 may be"),
        ("usage", {"consumed_at": "2024-06-01T00:16:00Z"}, "FUTURE_EVENT: consumed_at is 2024-06-01 00:16:00"),
        ("stock_count", {"counted_at": "2031-01-01"}, "FUTURE_EVENT: counted_at is 2031-01-01"),
        ("stock_count", {"counted_quantity": "-1"}, "RANGE: counted_quantity is -1.000, must be at least 0"),
        ("garages", {"currency_code": "EUX"}, "SCHEMA: currency_code is 'EUX', not a currency of ISO 4217"),
        ("garages", {"time_zone": "Europe/Bern"}, "SCHEMA: time_zone is 'Europe/Bern', not an IANA time zone"),
        ("garages", {"country_code": "de"}, "SCHEMA: country_code is 'de', must be two capital letters"),
        (
            "supplier_terms",
            {"order_weekdays": "0 3"},
            "SCHEMA: order_weekdays is '0 3', must be days from 1 to 7 with a space between: 1 3 5",
        ),
        ("supplier_terms", {"cut_off_at": "24:30"}, "SCHEMA: cut_off_at is '24:30', must be a time of day as 16:00"),
        ("supplier_terms", {"discount_pct": "101"}, "RANGE: discount_pct is 101.00, must be at most 100"),
        ("supplier_terms", {"core_return_pct": "101"}, "RANGE: core_return_pct is 101.00, must be at most 100"),
        ("supplier_terms", {"freight_amount": "-1"}, "RANGE: freight_amount is -1.0000, must be at least 0"),
        ("supplier_terms", {"return_days": "-1"}, "RANGE: return_days is -1, must be at least 0"),
        ("suppliers", {"lead_time_days": "-1"}, "RANGE: lead_time_days is -1.00, must be at least 0"),
        ("parts", {"currency_code": ""}, "SCHEMA: unit_cost_amount is 1.5000 without a currency_code"),
        (
            "parts",
            {"gtin": "4006381333930"},
            "SCHEMA: gtin is '4006381333930', not a GTIN of 8, 12, 13 or 14 digits with its check digit",
        ),
        ("parts", {"core_deposit_amount": "5", "unit_cost_amount": "", "currency_code": ""}, "SCHEMA: core_deposit"),
        ("packs", {"factor_quantity": "0"}, "RANGE: factor_quantity is 0.000, must be above 0"),
        ("packs", {"uom_code": ""}, "MISSING_KEY: uom_code is missing"),
        ("packs", {"gtin": "123"}, "SCHEMA: gtin is '123', not a GTIN"),
        ("references", {"reference_type_code": "SAME"}, "SCHEMA: reference_type_code is 'SAME', must be one of ALIAS"),
        ("references", {"quantity": "2"}, "SCHEMA: quantity is 2.000 of an ALIAS, which is the part itself"),
        ("supersessions", {"disposition_code": "BURN"}, "SCHEMA: disposition_code is 'BURN', must be one of USE_UP"),
        (
            "supersessions",
            {"kit_group_code": "K1", "direction_code": "TWO_WAY"},
            "SCHEMA: kit K1 replaces the part, so no part of it can stand for it: ONE_WAY",
        ),
        ("policies", {"garage_code": "", "category_code": ""}, "SCHEMA: the rule selects nothing"),
        ("policies", {"service_level_pct": ""}, "SCHEMA: the rule sets nothing; give at least one value"),
        ("policies", {"service_level_pct": "93"}, "RANGE: service_level_pct is 93.00, must be one of 80, 85, 90"),
        ("policies", {"part_number": "007"}, "SCHEMA: part_number is 007 without a brand_code"),
        (
            "policies",
            {"minimum_quantity": "5", "maximum_quantity": "4"},
            "RANGE: maximum_quantity is 4.000, below minimum_quantity 5.000",
        ),
        ("supplier_price", {"currency_code": "GPB"}, "SCHEMA: currency_code is 'GPB', not a currency of ISO 4217"),
        (
            "supplier_price",
            {"effective_from_on": "2024-02-02", "effective_to_on": "2024-02-01"},
            "DATE: effective_to_on is 2024-02-01, before effective_from_on 2024-02-02",
        ),
        ("usage", {"requested_quantity": "1"}, "RANGE: quantity is 2.000, and 1.000 were asked for"),
        (
            "stock_count",
            {"count_status_code": "REQUESTED"},
            "SCHEMA: count_status_code is REQUESTED; only what was counted is a count",
        ),
        ("stock_count", {"count_round": "4"}, "RANGE: count_round is 4, must be 1 to 3"),
        (
            "adjustment",
            {"to_condition_code": "DAMAGED"},
            "SCHEMA: to_condition_code is DAMAGED, which is for units that go OUT of another condition",
        ),
        ("receipt", {"expires_on": "2030-01-01"}, "MISSING_KEY: lot_number is missing, so nothing keeps the date"),
        (
            "receipt",
            {"lot_number": "L1", "expires_on": "2024-01-01", "manufactured_on": "2024-01-02"},
            "DATE: the lot expires on 2024-01-01, before it was made on 2024-01-02",
        ),
        ("adjustment", {"adjustment_reason_code": "OTHER"}, "SCHEMA: adjustment_reason_code OTHER needs a reason_note"),
        ("adjustment", {"approver": "ann"}, "SCHEMA: approver ann made the adjustment and cannot approve it"),
        ("adjustment", {"approver": "Ann"}, "SCHEMA: approver Ann made the adjustment and cannot approve it"),
        (
            "adjustment",
            {"approver": "\uff21\u200bnn\u00a0"},
            "SCHEMA: approver \uff21\u200bnn made the adjustment and cannot approve it",
        ),
        ("adjustment", {"approver": "\u200b"}, "SCHEMA: approver \u200b made the adjustment and cannot approve it"),
        ("adjustment", {"actor": "\u200b"}, "MISSING_KEY: actor is missing"),
        ("stock_count", {"actor": "\u2060\u200d"}, "MISSING_KEY: actor is missing"),
        ("reservation", {"priority": "10"}, "RANGE: priority is 10, must be 1 to 9"),
        ("quality_hold", {"scope_code": "LOT"}, "SCHEMA: scope_code is LOT without a lot_number"),
    ],
)
def test_a_bad_row_is_named_with_its_reason_and_the_good_one_passes(tmp_path, kind, change, reason):
    """Fault 51."""
    verdict = verdict_on(tmp_path, kind, GOOD[kind], {}, change)
    assert verdict.good_rows["line_number"].to_pylist() == [2]
    [said] = verdict.bad_rows[3]
    assert said.startswith(reason) and len(verdict.failures) == 1


def test_an_event_a_quarter_of_an_hour_ahead_is_a_slow_clock_and_passes(tmp_path):
    verdict = verdict_on(tmp_path, "usage", files.USAGE, {"consumed_at": "2024-06-01T00:14:59Z"})
    assert not verdict.bad_rows


def test_the_catalogue_may_say_ahead_of_time_what_will_hold(tmp_path):
    verdict = verdict_on(tmp_path, "policies", catalogue_files.POLICY, {"valid_from_at": "2099-01-01"})
    assert verdict.good_rows.num_rows == 1 and not verdict.failures


@pytest.mark.parametrize("gtin", ["96385074", "036000291452", "4006381333931", "10614141000415"])
def test_a_gtin_of_each_length_passes_with_its_check_digit_and_fails_with_another(tmp_path, gtin):
    wrong = gtin[:-1] + str((int(gtin[-1]) + 1) % 10)
    verdict = verdict_on(tmp_path, "packs", catalogue_files.PACK, {"gtin": gtin}, {"gtin": wrong})
    assert list(verdict.bad_rows) == [3]


def test_a_dangerous_good_without_its_number_passes_with_a_warning(tmp_path):
    verdict = verdict_on(tmp_path, "parts", files.PART, {"is_hazmat": "yes"}, {"is_hazmat": "yes", "un_number": "1950"})
    assert verdict.good_rows.num_rows == 2 and not verdict.failures
    assert [(one.column_name, one.failed_count) for one in verdict.warnings] == [("hazmat_has_un_number", 1)]


def test_every_reason_against_a_row_is_named(tmp_path):
    verdict = verdict_on(tmp_path, "usage", files.USAGE, {"quantity": "-3", "uom_code": "DOZEN", "garage_code": ""})
    assert sorted(reason.split(":")[0] for reason in verdict.bad_rows[2]) == ["MISSING_KEY", "RANGE", "UNIT"]


def test_a_price_of_nothing_passes_with_a_warning(tmp_path):
    verdict = verdict_on(tmp_path, "supplier_price", files.PRICE, {}, {"unit_price_amount": "0"})
    assert verdict.good_rows.num_rows == 2 and not verdict.failures
    [warning] = verdict.warnings
    assert (warning.column_name, warning.failed_count, warning.evaluated_count) == ("has_a_price", 1, 2)
    assert warning.details["samples"][0]["line_number"] == 3


def test_a_suite_that_is_missing_lets_nothing_pass(tmp_path):
    """Fault 82."""
    [chunk] = files.read(files.write(tmp_path, "file.csv", files.lines(files.USAGE)), "usage")
    unheard_of = Contract("unheard_of", "usage", "usage", "one", CONTRACTS["usage"].columns, (), "consumed_at")
    with pytest.raises(JudgingError, match="no suite for unheard_of"):
        judge(chunk.table, unheard_of, RECEIVED)


def test_a_suite_without_expectations_lets_nothing_pass(tmp_path, monkeypatch):
    """Fault 82."""
    import great_expectations as gx

    from expectations import usage

    monkeypatch.setattr(usage, "usage_suite", lambda subject: gx.ExpectationSuite(name="usage"))
    with pytest.raises(JudgingError, match="0 of 0 expectations"):
        verdict_on(tmp_path, "usage", files.USAGE)


def test_an_expectation_that_raises_is_our_defect_and_raises(tmp_path, monkeypatch):
    from expectations import usage

    def broken(subject: Subject):
        return suite(subject, claims=(Claim("never_made", (), lambda: None, "SCHEMA: never"),))

    # Its rule is that of every claim, and may be known already.
    verdict_on(tmp_path, "usage", files.USAGE)
    monkeypatch.setattr(usage, "usage_suite", broken)
    with pytest.raises(JudgingError, match="never_made raised"):
        verdict_on(tmp_path, "usage", files.USAGE)


def test_parts_of_a_batch_add_up_to_the_whole(tmp_path):
    one = verdict_on(tmp_path, "usage", files.USAGE, {"quantity": "-1"}, {})
    other = verdict_on(tmp_path, "usage", files.USAGE, {}, {}, {"quantity": "-1"})
    [failed] = [outcome for outcome in merged(list(one.results), other.results) if not outcome.is_success]
    assert (failed.evaluated_count, failed.failed_count, len(failed.details["samples"])) == (5, 2, 2)


def test_a_third_bad_of_many_rows_is_named_in_a_few_seconds(tmp_path):
    """Fault 83."""
    changes = [{"work_order_number": f"W{n}", "quantity": "-1" if n % 3 == 0 else "1"} for n in range(30_000)]
    verdict = verdict_on(tmp_path, "usage", files.USAGE, *changes)
    assert len(verdict.bad_rows) == 10_000 and 2 in verdict.bad_rows and 3 not in verdict.bad_rows
    assert all(len(outcome.details["samples"]) <= 20 for outcome in verdict.results)


def test_the_rule_version_follows_the_rules_and_not_the_clock(tmp_path, monkeypatch):
    first = verdict_on(tmp_path, "usage", files.USAGE).rule_version
    assert (
        verdict_on(tmp_path, "usage", files.USAGE, received_at=datetime(2025, 1, 1, tzinfo=UTC)).rule_version == first
    )
    from expectations import usage

    monkeypatch.setattr(usage, "CLAIMS", ())
    assert verdict_on(tmp_path, "usage", files.USAGE).rule_version != first


def test_data_docs_open_without_a_network_and_name_the_bad_lines(tmp_path):
    verdict = verdict_on(tmp_path, "usage", files.USAGE, {}, {"quantity": "-3"}, {"uom_code": "<b onclick=x>"})
    results = [dict(outcome.__dict__) for outcome in verdict.results]
    batch = JudgedBatch("b1", "usage", "G1", "<usage>.csv", "ACCEPTED_WITH_QUARANTINE", RECEIVED, 2, 1, results)
    index = build_data_docs(tmp_path / "docs", [batch])
    page = (tmp_path / "docs" / "validations" / "b1.html").read_text()
    assert "line 3: RANGE: quantity is -3.000, must be above 0" in page
    for text in (page, index.read_text()):
        assert "https://" not in text.replace("https://greatexpectations.io", "")
        assert "<usage>" not in text and "<b onclick" not in text
    assert 'href="validations/b1.html"' in index.read_text()


def test_judging_makes_one_context_for_many_tables(tmp_path):
    verdict_on(tmp_path, "usage", files.USAGE)
    assert values.batch_definition() is values.batch_definition()


CHANGES = [
    {"work_order_number": f"W{n}", "quantity": str(n % 7 - 1), "uom_code": "DOZEN" if n % 11 == 0 else "EA",
     "garage_code": "" if n % 13 == 0 else "G1", "usage_type_code": "LOST_SALE" if n % 5 else "FITTED",
     "consumed_at": "2031-01-01" if n % 17 == 0 else "2024-05-31T23:00:00Z",
     "shortage_reason_code": "OUT_OF_STOCK" if n % 3 else ""}
    for n in range(400)
]  # fmt: skip


def test_a_value_that_was_judged_before_gets_the_same_verdict_again(tmp_path):
    judging._questions.cache_clear()
    first = verdict_on(tmp_path, "usage", files.USAGE, *CHANGES)
    again = verdict_on(tmp_path, "usage", files.USAGE, *CHANGES)
    assert first.bad_rows == again.bad_rows and first.results == again.results
    assert first.good_rows.equals(again.good_rows)


def test_the_second_table_asks_only_about_values_that_are_new(tmp_path, monkeypatch):
    verdict_on(tmp_path, "usage", files.USAGE, {"quantity": "4"})
    asked = []
    run = values.run
    monkeypatch.setattr(values, "run", lambda frame, *rest: asked.append(frame) or run(frame, *rest))
    verdict_on(tmp_path, "usage", files.USAGE, {"quantity": "4"})
    assert not asked
    assert verdict_on(tmp_path, "usage", files.USAGE, {"quantity": "-4.123"}).bad_rows
    [frame] = asked
    assert frame.to_dict("list") == {"quantity": [-4.123]}


def test_one_rule_is_asked_once_about_a_value_whatever_the_column(tmp_path, monkeypatch):
    values._KNOWN.clear()
    judging._questions.cache_clear()
    asked = []
    run = values.run
    monkeypatch.setattr(values, "run", lambda frame, rules, *rest: asked.extend(rules) or run(frame, rules, *rest))
    verdict = verdict_on(tmp_path, "usage", files.USAGE, {"quantity": "4"}, {"quantity": ""}, {"part_number": ""})
    about_presence = [rule for rule in asked if type(rule).__name__ == "ExpectColumnValuesToNotBeNull"]
    required = [q for q in judging._questions(*_usage(tmp_path)) if q.is_about_presence]
    # One column says what a value is worth, one what its absence is.
    assert len(about_presence) <= 2 < len(required)
    found = sorted(reason for reasons in verdict.bad_rows.values() for reason in reasons)
    assert [reason.split(":")[0] for reason in found] == ["SCHEMA", "SCHEMA"], found


def test_judging_row_by_row_finds_what_judging_by_values_finds(tmp_path, monkeypatch):
    values._KNOWN.clear()
    judging._questions.cache_clear()
    by_values = verdict_on(tmp_path, "usage", files.USAGE, *CHANGES)
    monkeypatch.setattr(frames, "_FEW", 0)
    monkeypatch.setattr(frames, "_SHORT", 0)
    by_rows = verdict_on(tmp_path, "usage", files.USAGE, *CHANGES)
    assert by_values.bad_rows == by_rows.bad_rows and by_values.results == by_rows.results
    assert len(by_values.bad_rows) > 100


def test_the_moment_of_receipt_decides_about_the_future_of_each_file_anew(tmp_path):
    change = {"consumed_at": "2024-06-02"}
    assert verdict_on(tmp_path, "usage", files.USAGE, change).bad_rows
    later = datetime(2024, 6, 2, tzinfo=UTC)
    assert not verdict_on(tmp_path, "usage", files.USAGE, change, received_at=later).bad_rows


def test_no_more_values_are_remembered_than_allowed(tmp_path, monkeypatch):
    of_usage = _usage(tmp_path)
    monkeypatch.setattr(values, "_REMEMBERED", 50)
    for first in (1, 101, 201):
        changes = [{"quantity": str(first + n)} for n in range(100)]
        assert not verdict_on(tmp_path, "usage", files.USAGE, *changes).bad_rows
    [asked] = [q for q in judging._questions(*of_usage) if q.column == "quantity" and "min_value" in q.kwargs]
    assert len(asked.failed) == 100


def _usage(folder) -> tuple:
    from expectations import usage

    present = verdict_on(folder, "usage", files.USAGE).good_rows.column_names[:-1]
    return usage.usage_suite, usage.CLAIMS, CONTRACTS["usage"], tuple(present)
