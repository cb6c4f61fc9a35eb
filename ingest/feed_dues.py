"""What was due by the calendars of feeds, written down while it is: a calendar that changes leaves the past alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import class_row

from ingest.freshness import HasProfiles, due_moments, expected_feeds
from ingest.profiles.model import Calendar

# The next moment of a feed is looked for so far ahead; after a longer rest nothing is made up.
_AHEAD, _BACK = timedelta(days=35), timedelta(days=400)
# Punctuality is told of so many days.
PUNCTUALITY_DAYS = 365

# A moment to come that is written down says that nothing else is due before it; a calendar that comes back is new.
_LAST = """
    select source_code, kind, least(max(due_at), %(now)s) from ingest.feed_dues group by source_code, kind
    having (array_agg(ended_at order by due_at desc))[1] is null
"""
_MOMENTS = """
    create temporary table due_moments on commit drop as
    select * from unnest(%s::text[], %s::text[], %s::timestamptz[], %s::integer[])
        as moments (source_code, kind, due_at, grace_minutes)
"""
_TAKE_BACK = """
    delete from ingest.feed_dues
    where due_at > %(now)s and (source_code, kind, due_at, grace_minutes) not in (table due_moments)
"""
# Feeds whose calendar is gone end with the last moment that was due by it.
_END = """
    update ingest.feed_dues as dues set ended_at = %(now)s
    from (
        select source_code, kind, max(due_at) as due_at
        from ingest.feed_dues
        where (source_code, kind) not in (
            select * from unnest(%(source_codes)s::text[], %(kinds)s::text[]) as feeds (source_code, kind)
        )
        group by source_code, kind
    ) as gone
    where (dues.source_code, dues.kind, dues.due_at) = (gone.source_code, gone.kind, gone.due_at)
        and dues.ended_at is null
"""
_INSERT = """
    insert into ingest.feed_dues (source_code, kind, due_at, grace_minutes)
    table due_moments
    on conflict do nothing
"""
_PUNCTUALITY = """
    select
        source_code, kind, count(*) as due_count,
        count(*) filter (where arrived_at <= late_after_at) as on_time_count
    from ingest.feed_arrivals
    where late_after_at < %(now)s and due_at >= %(since)s
    group by source_code, kind
"""


def record_dues(connection: psycopg.Connection, profiles: HasProfiles, now: datetime) -> int:
    """Write down what has become due since the last time, and what is due next; how many moments are new.

    In a transaction of its own. A feed counts from the moment at which its calendar is first seen. Done twice,
    nothing is there twice; what was to come by a calendar that is no more is taken back, and of the days until it comes
    back nothing was due.
    """
    with connection.transaction():
        # One at a time: the sensor and a run may both be at it.
        connection.execute("select pg_advisory_xact_lock(hashtextextended('feed dues', 0))")
        before = {row[:2]: row[2] for row in connection.execute(_LAST, {"now": now})}
        feeds = expected_feeds(connection, profiles, now)
        rows = [
            (*feed, moment, calendar.grace_minutes)
            for feed, calendar in feeds.items()
            for moment in _new_moments(calendar, max(before.get(feed, now), now - _BACK), now)
        ]
        connection.execute("drop table if exists pg_temp.due_moments")
        connection.execute(_MOMENTS, [[row[place] for row in rows] for place in range(4)])
        connection.execute(_TAKE_BACK, {"now": now})
        source_codes, kinds = [feed[0] for feed in feeds], [feed[1] for feed in feeds]
        connection.execute(_END, {"now": now, "source_codes": source_codes, "kinds": kinds})
        return connection.execute(_INSERT).rowcount


def _new_moments(calendar: Calendar, since: datetime, now: datetime) -> list[datetime]:
    """What was due after ``since``, and the first moment to come."""
    moments = [moment for moment in due_moments(calendar, since, now + _AHEAD) if moment > since]
    passed = sum(moment <= now for moment in moments)
    return moments[: passed + 1]


@dataclass(frozen=True)
class Punctuality:
    """Of one source and kind: how many files were due, and how many of them had come by then."""

    source_code: str
    kind: str
    due_count: int
    on_time_count: int

    @property
    def on_time_pct(self) -> float:
        return round(100 * self.on_time_count / self.due_count, 1)


def punctuality(connection: psycopg.Connection, now: datetime) -> dict[tuple[str, str], Punctuality]:
    """By source and kind, over the last year; a feed of which nothing has been due is left out: no data is no 100 %."""
    since = now - timedelta(days=PUNCTUALITY_DAYS)
    with connection.cursor(row_factory=class_row(Punctuality)) as cursor:
        found = cursor.execute(_PUNCTUALITY, {"now": now, "since": since}).fetchall()
    return {(one.source_code, one.kind): one for one in found}
