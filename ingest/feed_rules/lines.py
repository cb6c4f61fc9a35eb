"""Lines that are stored as said, but count only when a person has released them: prices that jump, parts that change.

Which lines are held follows from all lines of a series in the order of their statements, and
from the decisions on them; so a late line ends in the same holds as one in time, and holds
that no longer apply go. Only series that a batch touches are looked at, and of those only
ones with a jump next to a new line, or with a hold already: cost goes with what changed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.decisions import Decision, decide
from ingest.errors import SettingsError
from ingest.feed_rules import identity, prices
from ingest.profiles.model import Profile

_HELD = """
select count(distinct line_number) from supplier_feed.line_hold_states
where batch_id = %(batch_id)s and status_code <> 'RELEASED'
"""
_LISTED = """
select line_holds.*, file_name
from supplier_feed.line_hold_states as line_holds
inner join ingest.batches using (batch_id)
where status_code = coalesce(%(status_code)s, status_code)
    and line_holds.source_code = coalesce(%(source_code)s, line_holds.source_code)
order by stated_at desc, line_hold_id
limit %(limit)s
"""
_FIND = "select * from supplier_feed.line_holds where line_hold_id = %s"
# Two loaders at once would each miss the lines of the other; whoever derives last sees those of both.
_ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtext('supplier_feed.line_holds'), hashtext(%(kind)s))"
_RULES = {"supplier_price": prices, "supplier_catalogue": identity}


def hold_lines(cursor: psycopg.Cursor, values: dict[str, Any], profile: Profile) -> int:
    """Hold the lines that a batch makes doubtful; return how many lines of the batch itself are held."""
    rule = _RULES.get(values["kind"])
    if rule is None:
        return 0
    cursor.execute(_ONE_AT_A_TIME, values)
    values = {**values, "limit_pct": profile.tolerances.price_change_pct}
    if not rule.find_touched(cursor, values):
        return 0
    rule.derive(cursor, values)
    _keep(cursor)
    return cursor.execute(_HELD, values).fetchone()[0]


def _keep(cursor: psycopg.Cursor) -> None:
    """Bring the holds of the series in ``touched`` in line with those in ``derived``."""
    cursor.execute(
        """
        delete from supplier_feed.line_holds using touched
        where (line_holds.kind, line_holds.supplier_code, line_holds.brand_code, line_holds.part_number,
                line_holds.price_type_code, line_holds.break_quantity)
            = (touched.kind, touched.supplier_code, touched.brand_code, touched.part_number,
                touched.price_type_code, touched.break_quantity)
            and not exists (
                select from derived
                where derived.line_hold_id = line_holds.line_hold_id and derived.details = line_holds.details
            )
        """
    )
    cursor.execute("insert into supplier_feed.line_holds select * from derived on conflict do nothing")


def line_holds(
    connection: psycopg.Connection,
    status_code: str | None = "OPEN",
    source_code: str | None = None,
    limit: int = 1000,
) -> list[dict[str, Any]]:
    """Held lines with their reason, figures and file, newest statement first; of every status where None is given."""
    with connection.cursor(row_factory=dict_row) as cursor:
        values = {"status_code": status_code, "source_code": source_code, "limit": limit}
        return cursor.execute(_LISTED, values).fetchall()


def decide_line(
    connection: psycopg.Connection, line_hold_id: UUID, decision_code: str, reason: str, actor: str
) -> None:
    """RELEASE a held line, so that it counts, or DISCARD it for good; later lines of its series are looked at anew.

    One transaction of this function.
    """
    if decision_code not in ("RELEASE", "DISCARD"):
        raise SettingsError("UNKNOWN_DECISION", f"'{decision_code}' decides nothing", "Use RELEASE or DISCARD.")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("set local time zone 'UTC'")
        hold = connection.cursor(row_factory=dict_row).execute(_FIND, (line_hold_id,)).fetchone()
        if hold is None:
            words = f"no line is held as {line_hold_id}"
            raise SettingsError("NO_SUCH_HOLD", words, "List the held lines and name one of them.")
        subject = {"line_hold_id": str(line_hold_id)}
        rule = _RULES[hold["kind"]]
        decision = Decision("OFFER", decision_code, hold["batch_id"], reason, actor, hold["line_number"], subject)
        cursor.execute(_ONE_AT_A_TIME, hold)
        cursor.execute(rule.TOUCH_ONE, hold)
        # The decision itself comes last but for its audit record, which the chain asks for; holds follow from it.
        decide(cursor, decision, rule.RELATION, 1)
        rule.derive(cursor, {"limit_pct": hold["details"].get("limit_pct")})
        _keep(cursor)
