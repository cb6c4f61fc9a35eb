"""Stocking policies in the warehouse: at any moment, by what was known at any moment, as the store resolves them."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from tests.support import network
from tests.support.network import AS_OF, LONG_AGO
from tests.support.refill import rebuild

CHANGED = (
    "stg_catalogue__policy_revisions", "stg_catalogue__part_revisions", "stg_catalogue__parts",
    "stg_catalogue__supersessions",
)  # fmt: skip
# P3 is ordered in place of P5, which replaced P6.
NUMBERS = ("P1", "P2", "P3")
NAMED = (*NUMBERS, "P5", "P6")
VALUES = {
    "policy_code": ["policy", "MIN_MAX", "BASE_STOCK"], "service_level_pct": ["service_level", 97, 99],
    "minimum_quantity": ["minimum", 1, 2], "maximum_quantity": ["maximum", 7, 9], "cover_days": ["cover", 3, 5],
    "maximum_cover_days": ["maximum_cover", 40, 60], "review_days": ["review", 1, 7],
    "max_rule_code": ["max_rule", "UP", "SKIP"], "is_do_not_stock": ["do_not_stock", True, False],
}  # fmt: skip
TOLD = """
select part_id, said.*
from marts.dim_stocking_policies as policies
cross join lateral (values {values}) as said (value_name, value, set_by_code, rule_id)
where garage_code = 'G1' and valid_from_at <= %(at)s and coalesce(valid_to_at, 'infinity') > %(at)s
    and known_from_at <= %(known_at)s and coalesce(known_to_at, 'infinity') > %(known_at)s
    and set_by_code is not null
order by 1, 2
"""
RESOLVED = """
select part_id, value_name, value, level_code, rule_id
from catalogue.stocking_policy_values(
    array['G1', 'G1', 'G1'], array(select catalogue.part_id('BRND', number) from unnest(%(numbers)s::text[]) as number),
    %(at)s, %(known_at)s
)
order by 1, 2
"""


def told(connection, at: datetime, known_at: datetime) -> list[tuple]:
    """Every value of the three parts in G1, what set it, and the rule."""
    values = ", ".join(
        f"('{name}', trim_scale({name})::text, {word}_set_by_code, {word}_rule_id)"
        if name in ("service_level_pct", "minimum_quantity", "maximum_quantity")
        else f"('{name}', {name}::text, {word}_set_by_code, {word}_rule_id)"
        for name, (word, *_) in VALUES.items()
    )
    return connection.execute(TOLD.format(values=values), {"at": at, "known_at": known_at}).fetchall()


def resolved(connection, at: datetime, known_at: datetime) -> list[tuple]:
    return connection.execute(RESOLVED, {"numbers": list(NUMBERS), "at": at, "known_at": known_at}).fetchall()


def day(number: int) -> datetime:
    return AS_OF - timedelta(days=100 - number)


def state_rule(connection, chance: random.Random, recorded_at: datetime) -> None:
    """A rule of chance for what the network has: a new version, a late one, or a correction of one."""
    (part_id,) = connection.execute("select catalogue.part_id('BRND', %s)", [chance.choice(NAMED)]).fetchone()
    choices = {
        "garage_code": "G1", "part_id": part_id, "category_code": chance.choice(["TEST", "PAD"]), "brand_code": "BRND",
        "criticality_code": "COMFORT", "stocking_class_code": chance.choice("AB"),
    }  # fmt: skip
    chosen = chance.sample(sorted(choices), chance.randint(1, 2))
    selectors = {name: choices[name] if name in chosen else None for name in choices}
    (rule_id,) = connection.execute(
        "select catalogue.policy_rule_id(%(garage_code)s, %(part_id)s, %(category_code)s, %(brand_code)s,"
        " %(criticality_code)s, %(stocking_class_code)s)",
        selectors,
    ).fetchone()
    valid_from_at = day(chance.choice([10, 20, 30]))
    (revision,) = connection.execute(
        "select coalesce(max(revision_number), 0) + 1 from catalogue.stocking_policies"
        " where rule_id = %s and valid_from_at = %s",
        [rule_id, valid_from_at],
    ).fetchone()
    says = {name: chance.choice(VALUES[name][1:]) for name in chance.sample(sorted(VALUES), 3)}
    network.insert(
        connection, "catalogue.stocking_policies", rule_id=rule_id, valid_from_at=valid_from_at,
        revision_number=revision, policy_name="by chance", is_retired=chance.random() < 0.2, recorded_at=recorded_at,
        **selectors, **says,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_at_any_moment_and_by_any_knowledge_the_mart_says_what_the_store_resolves(network_stores, seed):
    chance = random.Random(seed)
    with psycopg.connect(network_stores.owner) as connection:
        connection.execute("update catalogue.parts set recorded_at = %s", [LONG_AGO])
        # A unit of P3 does for two of P5. Both was known late, and the nearer step was the later.
        for number in NAMED[3:]:
            network.part(connection, number, recorded_at=LONG_AGO)
        network.supersession(connection, "P5", "P3", conversion_quantity=Decimal("0.5"), valid_from_at=day(18),
                             recorded_at=day(22))  # fmt: skip
        network.supersession(connection, "P6", "P5", valid_from_at=day(12), recorded_at=day(16))
        for hour in range(16):
            recorded_at = day(chance.randint(1, 40)) + timedelta(hours=hour)
            state_rule(connection, chance, recorded_at)
        # P2 becomes another kind of part, which was known late; P3 only costs more.
        network.part(connection, "P2", valid_from_at=day(15), category_code="PAD", stocking_class_code="B",
                     recorded_at=day(25))  # fmt: skip
        network.part(connection, "P3", valid_from_at=day(15), unit_cost_amount=11, recorded_at=day(15))
    rebuild(network_stores.pipeline, AS_OF, *CHANGED)
    with psycopg.connect(network_stores.pipeline) as connection:
        compared = 0
        for at in range(0, 46, 5):
            for known_at in range(0, 46, 3):
                moments = day(at), day(known_at) + timedelta(hours=6)
                said = told(connection, *moments)
                assert said == resolved(connection, *moments), f"at {moments[0]}, known at {moments[1]}"
                compared += len({row[1:] for row in said if row[3] != "CLASS_DEFAULT"})
        assert compared > 100
        period_count, current_count = connection.execute(
            "select count(*), count(*) filter (where is_current) from marts.dim_stocking_policies"
            " where garage_code = 'G1'"
        ).fetchone()
    assert current_count == len(NUMBERS) < period_count


def test_a_rule_is_told_with_its_corrections_and_its_author(network_stores):
    with psycopg.connect(network_stores.owner) as connection:
        (rule_id,) = connection.execute(
            "select catalogue.policy_rule_id('G1', null, null, null, null, null)"
        ).fetchone()
        for revision, cover in ((1, 7), (2, 9)):
            network.insert(
                connection, "catalogue.stocking_policies", rule_id=rule_id, valid_from_at=day(1),
                revision_number=revision, policy_name="Weekly", garage_code="G1", cover_days=cover, actor="ann",
                recorded_at=day(revision),
            )  # fmt: skip
    rebuild(network_stores.pipeline, AS_OF, *CHANGED)
    with psycopg.connect(network_stores.pipeline) as connection:
        rules = connection.execute(
            "select revision_number, cover_days, level_code, actor, known_from_at, known_to_at, is_current"
            " from marts.dim_stocking_rules order by 1"
        ).fetchall()
        cover = connection.execute(
            """
            select distinct policies.cover_days, rules.policy_name
            from marts.dim_stocking_policies as policies
            inner join marts.dim_stocking_rules as rules on rules.rule_id = policies.cover_rule_id and rules.is_current
            where policies.is_current and policies.garage_code = 'G1'
            """
        ).fetchall()
    assert rules == [
        (1, 7, "GARAGE", "ann", day(1), day(2), False),
        (2, 9, "GARAGE", "ann", day(2), None, True),
    ]
    assert cover == [(9, "Weekly")]
