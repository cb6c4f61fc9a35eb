"""Which decision of a planner counts at a moment: the last one, until its day, unless it was undone."""

from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

PROPOSAL = UUID("00000000-0000-0000-0000-00000000000a")
PART = UUID("00000000-0000-0000-0000-00000000000b")

_ENTER = """
insert into replenishment.planner_acts (act_id, act_code, proposal_id, revision_number, garage_code, part_id,
    line_type_code, quantity, until_on, reason, undoes_act_id, operation_number, actor, event_at, recorded_at)
values (%(act_id)s, %(act_code)s, %(proposal_id)s, 1, 'G1', %(part_id)s, 'BUY', %(quantity)s, %(until_on)s, 'so',
    %(undoes)s, %(act_id)s::text, 'ann', %(event_at)s, coalesce(%(recorded_at)s, %(event_at)s::timestamptz))
"""


@pytest.fixture
def enter(stores):
    """``enter(3, "SNOOZE", "2026-06-01", until_on="2026-07-01")`` keeps an act as it would have been written then."""
    with psycopg.connect(stores.owner, autocommit=True) as connection:

        def made(number: int, act_code: str, event_at: str, **more) -> UUID:
            values = {"quantity": None, "until_on": None, "undoes": None, "recorded_at": None, **more}
            act_id = UUID(int=number)
            known = {"act_id": act_id, "act_code": act_code, "event_at": event_at}
            connection.execute(_ENTER, {**values, **known, "proposal_id": PROPOSAL, "part_id": PART})
            return act_id

        yield made


@pytest.fixture
def in_force(stores):
    """``in_force("2026-06-15")``: the code of what counts then, None where nothing does."""
    with psycopg.connect(stores.pipeline, autocommit=True, row_factory=dict_row) as connection:

        def found(at: str, known_at: str = "infinity") -> str | None:
            rows = connection.execute("select * from replenishment.acts_in_force(%s, %s)", (at, known_at)).fetchall()
            assert len(rows) <= 1
            return rows[0]["act_code"] if rows else None

        yield found


def test_a_snooze_counts_from_its_moment_to_the_day_before_it_ends(enter, in_force):
    enter(1, "SNOOZE", "2026-06-01T10:00Z", until_on="2026-06-20")
    assert in_force("2026-06-01T09:59Z") is None
    assert in_force("2026-06-01T10:00Z") == "SNOOZE"
    assert in_force("2026-06-19T23:59Z") == "SNOOZE"
    assert in_force("2026-06-20T00:00Z") is None


def test_the_later_act_counts_and_an_expired_one_does_not_bring_back_what_it_replaced(enter, in_force):
    enter(1, "OVERRIDE", "2026-06-01Z", quantity=5, until_on="2026-12-01")
    enter(2, "SNOOZE", "2026-06-05Z", until_on="2026-06-20")
    assert in_force("2026-06-04Z") == "OVERRIDE"
    assert in_force("2026-06-10Z") == "SNOOZE"
    assert in_force("2026-06-25Z") is None


def test_an_act_that_was_undone_leaves_the_one_before_it(enter, in_force):
    enter(1, "OVERRIDE", "2026-06-01Z", quantity=5, until_on="2026-12-01")
    snooze = enter(2, "SNOOZE", "2026-06-05Z", until_on="2026-06-20")
    enter(3, "UNDO", "2026-06-06Z", undoes=snooze)
    assert in_force("2026-06-05T12:00Z") == "SNOOZE"
    assert in_force("2026-06-10Z") == "OVERRIDE"


def test_what_was_approved_ends_a_snooze_and_leaves_an_override_standing(enter, in_force):
    enter(1, "SNOOZE", "2026-06-01Z", until_on="2026-12-01")
    enter(2, "APPROVE", "2026-06-02Z", quantity=4)
    assert in_force("2026-06-03Z") == "APPROVE"
    enter(3, "OVERRIDE", "2026-06-04Z", quantity=9, until_on="2026-06-30")
    enter(4, "APPROVE", "2026-06-05Z", quantity=9)
    assert in_force("2026-06-10Z") == "OVERRIDE"


def test_what_was_recorded_later_was_not_known_earlier(enter, in_force):
    enter(1, "SNOOZE", "2026-06-01Z", until_on="2026-12-01", recorded_at="2026-06-09Z")
    assert in_force("2026-06-10Z", known_at="2026-06-08Z") is None
    assert in_force("2026-06-10Z", known_at="2026-06-09Z") == "SNOOZE"


def test_acts_are_entered_by_the_functions_that_check_them_alone(stores):
    with psycopg.connect(stores.pipeline) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("insert into replenishment.planner_acts default values")
