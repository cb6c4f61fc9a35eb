"""The database compares persons as Python does, and takes no act of nobody."""

from __future__ import annotations

import sys
import unicodedata

import psycopg
import pytest

from ingest.persons import person_key

# Assigned for so long that Python and PostgreSQL agree on what they are.
ASSIGNED = unicodedata.ucd_3_2_0
BY_SOMEBODY = {
    "adjustments_by_somebody", "approvals_by_somebody", "count_events_by_somebody", "counts_by_somebody",
    "deliveries_by_somebody", "draft_events_by_somebody", "stated_decisions_by_somebody",
    "stated_supersessions_by_somebody",
}  # fmt: skip


def test_the_database_has_the_same_key_for_every_letter(stores):
    letters = (
        chr(code) for code in range(1, sys.maxunicode + 1) if ASSIGNED.category(chr(code)) not in ("Cn", "Co", "Cs")
    )
    names = [f"a{letter}b{letter}" for letter in letters]
    with psycopg.connect(stores.pipeline) as connection:
        query = "select name, audit.person_key(name) from unnest(%s::text[]) as names (name)"
        keys = dict(connection.execute(query, (names,)).fetchall())
    assert len(keys) == len(names) > 90_000
    assert [name for name in names if keys[name] != person_key(name)] == []


def test_the_database_knows_no_other_comparison_of_persons(stores):
    """What a rule of two persons says in SQL is the key, in every function in force and every constraint."""
    with psycopg.connect(stores.owner) as connection:
        sources = connection.execute(
            "select proname, pg_get_functiondef(oid) from pg_proc where prokind = 'f'"
            " and pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')"
            " and proname <> 'person_key'"
            " union all select conname, pg_get_constraintdef(oid) from pg_constraint where contype = 'c'"
        ).fetchall()
    assert [name for name, source in sources if "lower(btrim(" in source and "actor" in source] == []
    assert {name for name, source in sources if "audit.person_key(" in source} == BY_SOMEBODY | {
        "adjustments_two_persons", "check_approval", "check_count_events", "check_draft_event", "decide",
        "refuse_own_statements",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["\u200b", "\u00a0", "\u2060\u3164"])
def test_nobody_enters_what_another_person_is_to_decide_about(stores, name):
    statement = (
        "insert into catalogue.draft_events (draft_id, event_type_code, entity_code, content, reason, actor)"
        " values (gen_random_uuid(), 'DRAFTED', 'pack', '{}', 'because', %s)"
    )
    with psycopg.connect(stores.pipeline) as connection, pytest.raises(psycopg.errors.CheckViolation) as caught:
        connection.execute(statement, (name,))
    assert caught.value.diag.constraint_name == "draft_events_by_somebody"
