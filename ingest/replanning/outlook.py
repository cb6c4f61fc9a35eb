"""Whether bringing the plan up to date would find anything: what was recorded since, and what stands in its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import psycopg

from ingest.replanning.news import by_word
from ingest.replanning.replan import NotPossible, standing

# What is looked at, and the tables that say so.
LOOKED_AT = by_word()
_LAPSED = """
    select 'lapsed reservations', count(*), max(expires_at)
    from reservation.states
    where expires_at > %(was)s and expires_at <= %(now)s
"""
_ZONES = "select distinct time_zone from catalogue.garages_at(%s) order by 1"

# When somebody in a garage may want to know: local time, and no Sundays.
OPENS_AT, CLOSES_AT = time(6), time(20)
_SUNDAY = 6


@dataclass(frozen=True)
class Outlook:
    """The moment that the plan is of, and what it does not know of, by what it is about; ``refusal``: why it stays."""

    as_of_at: datetime | None
    counts: dict[str, int]
    newest_at: datetime | None
    refusal: NotPossible | None = None

    def __str__(self) -> str:
        if self.refusal:
            return f"{self.refusal} {self.refusal.mend}"
        found = ", ".join(f"{count:,} {word}" for word, count in self.counts.items()) or "nothing new"
        return f"looked at {', '.join(LOOKED_AT)}; found {found} since the plan of {self.as_of_at:%Y-%m-%d %H:%M} UTC"


def outlook(connection: psycopg.Connection, now: datetime, models_hash: str) -> Outlook:
    """What :func:`~ingest.replanning.replan.replan` would find now; nothing is changed and nobody waits."""
    try:
        build = standing(connection, now, models_hash, is_held=False)
    except NotPossible as refusal:
        return Outlook(None, {}, None, refusal)
    values = {"since": build.known_from_at, "was": build.as_of_at, "now": now}
    found: dict[str, int] = {}
    newest = []
    for word, count, newest_at in connection.execute(_statement(), values).fetchall():
        if count:
            found[word] = found.get(word, 0) + count
            newest.append(newest_at)
    return Outlook(build.as_of_at.astimezone(UTC), found, max(newest, default=None))


def _statement() -> str:
    parts = [
        f"select '{word}', count(*), max(recorded_at) from {table} where recorded_at >= %(since)s"
        for word, tables in LOOKED_AT.items()
        for table in tables
    ]
    return " union all ".join([*parts, _LAPSED])


def closed_until(connection: psycopg.Connection, now: datetime) -> datetime | None:
    """When the first garage opens, where all are closed; None while one is open, and without a garage."""
    zones = [ZoneInfo(name) for (name,) in connection.execute(_ZONES, (now,)).fetchall()]
    opening = min((_opening(now.astimezone(zone)) for zone in zones), default=now)
    return opening if opening > now else None


def _opening(local: datetime) -> datetime:
    """The moment itself within working hours, else when they begin next."""
    if local.weekday() != _SUNDAY and OPENS_AT <= local.time() < CLOSES_AT:
        return local
    day: date = local.date() if local.time() < OPENS_AT else local.date() + timedelta(days=1)
    day += timedelta(days=day.weekday() == _SUNDAY)
    return datetime.combine(day, OPENS_AT, local.tzinfo)
