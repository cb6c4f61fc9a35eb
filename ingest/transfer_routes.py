"""Routes between garages: stated and listed. Nothing is edited; what is said later is a further revision."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ingest.audit import attribute
from ingest.errors import PartsbayError, SettingsError
from ingest.refusals import refusals

_LOCK = "select pg_advisory_xact_lock(hashtext('replenishment.transfer_routes'))"
_NEWEST = """
    select distinct on (from_garage_code, to_garage_code) *
    from replenishment.transfer_routes
    order by from_garage_code, to_garage_code, revision_number desc
"""
_STATE = f"""
    insert into replenishment.transfer_routes
        (from_garage_code, to_garage_code, revision_number, transit_days, transfer_cost_amount, is_closed, actor,
        reason, event_at)
    select said.from_garage_code, said.to_garage_code, coalesce(newest.revision_number, 0) + 1, said.transit_days,
        said.transfer_cost_amount, said.is_closed, %(actor)s, %(reason)s, now()
    from (
        values (%(from_garage_code)s::text, %(to_garage_code)s::text, %(transit_days)s::integer,
            %(transfer_cost_amount)s::numeric, %(is_closed)s::boolean)
    ) as said (from_garage_code, to_garage_code, transit_days, transfer_cost_amount, is_closed)
    left join ({_NEWEST}) as newest using (from_garage_code, to_garage_code)
    where (said.transit_days, said.transfer_cost_amount, said.is_closed)
        is distinct from (newest.transit_days, newest.transfer_cost_amount, newest.is_closed)
    returning revision_number
"""


@dataclass(frozen=True)
class Route:
    """Days and cost of sending a line from one garage to another, or that nothing goes that way."""

    from_garage_code: str
    to_garage_code: str
    transit_days: int
    transfer_cost_amount: Decimal
    is_closed: bool = False


def state_route(connection: psycopg.Connection, route: Route, reason: str, actor: str) -> int | None:
    """Keep a route with who says so and why; its revision, or None where the same was said before."""
    _check(connection, route, reason)
    with refusals(), connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        attribute(cursor, actor, reason, action_code="ROUTE")
        row = cursor.execute(_STATE, {**asdict(route), "reason": reason, "actor": actor}).fetchone()
    return row[0] if row else None


def list_routes(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """The newest of every pair of which something was said."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_NEWEST).fetchall()


def _check(connection: psycopg.Connection, route: Route, reason: str) -> None:
    if not reason.strip():
        raise SettingsError("NO_REASON", "A route needs a reason", "Say why with --reason.")
    if route.from_garage_code == route.to_garage_code:
        raise SettingsError("SAME_GARAGE", "A route leads from one garage to another", "Name two garages.")
    if not 0 <= route.transit_days <= 365 or route.transfer_cost_amount < 0:
        raise SettingsError("TERMS", "Days are 0 to 365, and a cost is not below 0", "Give both as they are.")
    known = "select garage_code from catalogue.garages where garage_code = any(%s)"
    wanted = [route.from_garage_code, route.to_garage_code]
    found = {code for (code,) in connection.execute(known, [wanted])}
    if missing := [code for code in wanted if code not in found]:
        words = f"the catalogue has no garage {', '.join(missing)}"
        raise PartsbayError("UNKNOWN_GARAGE", words, "Copy the code from the catalogue.")
