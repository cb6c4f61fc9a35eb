"""How a part is stocked: each value from the most particular rule that sets it, and every value with its source."""

from __future__ import annotations

import csv
from itertools import count

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.catalogue_files import POLICY, parts, published
from tests.support.dbt import PROJECT
from tests.support.ingest_files import COUNT, GARAGE, lines

SELECTORS = ("garage_code", "part_number", "category_code", "brand_code", "criticality_code", "stocking_class_code")


@pytest.fixture
def resolved(ingest):
    """Garage and part number → name of value → value and level, at a moment."""
    ingest.catalogue()

    def take(garage: str | None = "G1", number: str = "007", at: str = "2025-01-01"):
        rows = ingest.connection.execute(
            "select value_name, value, level_code from catalogue.stocking_policy_of("
            "%s, catalogue.part_id('BOSC', %s), %s)",
            (garage, number, at),
        ).fetchall()
        return {name: (value, level) for name, value, level in rows}

    return take


def rule(ingest, **values: str):
    row = {"policy_name": "rule", "valid_from_at": "2024-01-01", **values}
    outcome = ingest(lines(row), kind="policies")
    assert outcome.state == "ACCEPTED", outcome
    return outcome


def test_the_class_defaults_are_those_of_the_seed(ingest):
    with (PROJECT / "seeds" / "stocking_policies.csv").open() as file:
        seed = {
            (one["stocking_class_code"], one["criticality_code"]): (
                one["policy_code"], float(one["service_level_pct"]), int(one["cover_days"]),
                int(one["maximum_cover_days"]), one["max_rule_code"],
            )
            for one in csv.DictReader(file)
        }  # fmt: skip
    rows = ingest.rows(
        "select stocking_class_code, criticality_code, policy_code, service_level_pct::float, cover_days,"
        " maximum_cover_days, max_rule_code from catalogue.class_default_policies"
    )
    assert {row[:2]: row[2:] for row in rows} == seed


def test_a_part_without_a_rule_is_stocked_as_its_class(resolved):
    assert resolved() == {
        "policy_code": ("MIN_MAX", "CLASS_DEFAULT"),
        "service_level_pct": ("95", "CLASS_DEFAULT"),
        "cover_days": ("28", "CLASS_DEFAULT"),
        "maximum_cover_days": ("270", "CLASS_DEFAULT"),
        "max_rule_code": ("DOWN", "CLASS_DEFAULT"),
    }


def test_each_value_comes_from_the_most_particular_rule_that_sets_it(ingest, resolved):
    rule(ingest, category_code="FILTER", service_level_pct="97", cover_days="10", minimum_quantity="1")
    rule(ingest, category_code="FILTER", brand_code="BOSC", cover_days="11")
    rule(ingest, garage_code="G1", minimum_quantity="2", is_do_not_stock="false")
    rule(ingest, garage_code="G1", brand_code="BOSC", part_number="0-07", minimum_quantity="3")
    found = resolved()
    assert found["service_level_pct"] == ("97", "SEGMENT")
    assert found["cover_days"] == ("11", "SEGMENT")
    assert found["minimum_quantity"] == ("3", "GARAGE")
    assert found["is_do_not_stock"] == ("false", "GARAGE")
    assert found["policy_code"] == ("MIN_MAX", "CLASS_DEFAULT")
    assert resolved(number="0 986-AB")["minimum_quantity"] == ("2", "GARAGE")
    assert resolved(garage=None)["minimum_quantity"] == ("1", "SEGMENT")


def test_a_rule_holds_from_its_moment_until_it_is_retired(ingest, resolved):
    published(ingest, "policy", **{**POLICY, "valid_from_at": "2024-11-01"})
    end = {name: POLICY[name] for name in ("garage_code", "category_code")}
    published(ingest, "policy", **end, valid_from_at="2025-03-01", is_retired="true")
    levels = [resolved(at=at)["service_level_pct"] for at in ("2024-10-31", "2024-11-01", "2025-03-01")]
    assert levels == [("95", "CLASS_DEFAULT"), ("99", "GARAGE"), ("95", "CLASS_DEFAULT")]


def test_a_rule_may_be_stated_ahead_of_its_time(ingest, resolved):
    from expectations.judge import judge

    ingest.judge = judge
    rule(ingest, garage_code="G1", cover_days="3", valid_from_at="2099-01-01")
    assert (resolved()["cover_days"][0], resolved(at="2099-01-01")["cover_days"][0]) == ("28", "3")


def test_every_garage_and_part_in_use_has_one_row_with_its_sources(ingest, resolved):
    ingest(lines(GARAGE, {"garage_code": "G2"}))
    ingest(lines(COUNT, {}, {"garage_code": "G2", "part_number": "0 986-AB"}))
    rule(ingest, garage_code="G2", minimum_quantity="4", is_do_not_stock="true")
    rows = ingest.rows(
        "select garage_code, minimum_quantity, service_level_pct, is_do_not_stock, sources ->> 'minimum_quantity'"
        " from catalogue.stocking_policies_resolved order by 1"
    )
    assert rows == [("G1", None, 95, False, None), ("G2", 4, 95, True, "GARAGE rule: garage G2")]


PART_ROWS = {
    "1": ("FILTER", "COMFORT", "A"), "2": ("FILTER", "SAFETY", "B"), "3": ("PAD", "SAFETY", "A"),
}  # fmt: skip
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "garage_code": st.sampled_from([None, "G1", "G2"]),
            "part_number": st.sampled_from([None, None, "1", "2"]),
            "category_code": st.sampled_from([None, "FILTER", "PAD"]),
            "brand_code": st.sampled_from([None, "BOSC", "MANN"]),
            "criticality_code": st.sampled_from([None, "COMFORT", "SAFETY"]),
            "stocking_class_code": st.sampled_from([None, "A", "B"]),
            "cover_days": st.sampled_from([None, 1, 2, 3]),
            "minimum_quantity": st.sampled_from([None, 5, 6]),
        }
    ).filter(lambda one: any(one[name] for name in SELECTORS)),
    max_size=8,
    unique_by=lambda one: tuple(one[name] for name in SELECTORS),
)


def plainly(rules: list[dict], garage: str, number: str, name: str) -> int | None:
    """One value the plain way: of the rules that fit and set it, one of a garage first, then the most particular."""
    category, criticality, stocking_class = PART_ROWS[number]
    is_like = {
        "garage_code": garage, "part_number": number, "category_code": category, "brand_code": "BOSC",
        "criticality_code": criticality, "stocking_class_code": stocking_class,
    }  # fmt: skip
    fitting = [
        one
        for one in rules
        if one[name] is not None and all(one[selector] in (None, is_like[selector]) for selector in SELECTORS)
    ]

    def rank(one: dict):
        chosen = [one[selector] is not None for selector in SELECTORS]
        return one["garage_code"] is not None, sum(chosen), chosen

    if fitting:
        return max(fitting, key=rank)[name]
    return {"A": 14, "B": 28}[stocking_class] if name == "cover_days" else None


_INSERT = """
insert into catalogue.stocking_policies (
    rule_id, valid_from_at, policy_name, garage_code, part_id, category_code, brand_code, criticality_code,
    stocking_class_code, cover_days, minimum_quantity, source_code, batch_id, line_number, payload_hash
)
select catalogue.policy_rule_id(%(garage_code)s, part_id, %(category_code)s, %(brand_code)s, %(criticality_code)s,
        %(stocking_class_code)s), '2024-01-01', 'rule', %(garage_code)s, part_id, %(category_code)s, %(brand_code)s,
    %(criticality_code)s, %(stocking_class_code)s, %(cover_days)s, %(minimum_quantity)s, 'test', uuidv7(), %(line)s, 'x'
from (select case when %(part_number)s::text is not null then catalogue.part_id('BOSC', %(part_number)s) end as part_id)
"""


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rules=RULES)
def test_policies_resolve_as_a_plain_model_does(ingest, rules):
    if not ingest.value("select count(*) from catalogue.parts"):
        for number, (category, criticality, stocking_class) in PART_ROWS.items():
            parts(ingest, number, category_code=category, criticality_code=criticality,
                  stocking_class_code=stocking_class)  # fmt: skip
    numbers = count(1)
    with ingest.connection.transaction(force_rollback=True):
        for one in rules:
            ingest.connection.execute(_INSERT, {**one, "line": next(numbers)})
        rows = ingest.rows(
            "select garage_code, (select part_number from catalogue.parts where part_id = resolved.part_id limit 1),"
            " value_name, value from catalogue.stocking_policy_values(array['G1', 'G1', 'G1', 'G2', 'G2', 'G2'], ("
            " select array_agg(catalogue.part_id('BOSC', number)) from unnest(array['1', '2', '3', '1', '2', '3'])"
            " as number)) as resolved"
        )
    found = {row[:3]: row[3] for row in rows}
    for garage in ("G1", "G2"):
        for number in PART_ROWS:
            for name in ("cover_days", "minimum_quantity"):
                expected = plainly(rules, garage, number, name)
                assert found.get((garage, number, name)) == (None if expected is None else str(expected))


def test_a_rule_without_a_selector_is_refused_by_the_database_too(ingest):
    nothing = dict.fromkeys((*SELECTORS, "minimum_quantity"))
    with pytest.raises(psycopg.errors.CheckViolation):
        ingest.connection.execute(_INSERT, {**nothing, "cover_days": 1, "line": 1})
