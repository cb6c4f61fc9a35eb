"""Which partner is late: what was due by the calendar of each feed, against what was accepted of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Protocol
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import class_row

from ingest.profiles.model import ANY_SOURCE, Calendar, Profile

# So many deliveries missed in a row, and a partner is no longer late but gone.
SILENT_AFTER = 5
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Further back nothing is counted, further ahead nothing is looked for.
_BACK, _AHEAD = timedelta(days=400), timedelta(days=35)


class State(Enum):
    """How a feed stands: all there, one delivery missed, several missed, none for so long that nobody is there."""

    FRESH = "FRESH"
    LATE = "LATE"
    STALE = "STALE"
    SILENT = "SILENT"


@dataclass(frozen=True)
class Freshness:
    """How a feed stands: ``due_at`` is the earliest delivery that is missed, or the next one where none is."""

    state: State
    missed_count: int
    due_at: datetime | None


def freshness(now: datetime, calendar: Calendar, last_accepted_at: datetime | None) -> Freshness:
    """The state of a feed at ``now``.

    A delivery belongs to the due moment that it is nearest to, so a file at noon is the late
    one of this morning and a file of the evening the early one of tomorrow. A delivery is
    missed when its grace has passed. A feed of which nothing ever came is SILENT.
    """
    began = now - _BACK if last_accepted_at is None else max(now - _BACK, last_accepted_at - _AHEAD)
    dues = due_moments(calendar, began, now + _AHEAD)
    grace = timedelta(minutes=calendar.grace_minutes)
    open_dues = dues[_covered(dues, last_accepted_at) :]
    missed = [due for due in open_dues if due + grace < now]
    next_due = next((due for due in open_dues if due + grace >= now), None)
    if last_accepted_at is None and dues:
        return Freshness(State.SILENT, len(missed), next_due)
    return Freshness(_state(len(missed)), len(missed), missed[0] if missed else next_due)


def _covered(dues: list[datetime], last_accepted_at: datetime | None) -> int:
    """How many of the due moments, from the first on, the last delivery settles."""
    if last_accepted_at is None or not dues or last_accepted_at < dues[0] - _AHEAD:
        return 0
    nearest = min(range(len(dues)), key=lambda number: (abs(dues[number] - last_accepted_at), -number))
    return nearest + 1


def _state(missed_count: int) -> State:
    if missed_count >= SILENT_AFTER:
        return State.SILENT
    return (State.FRESH, State.LATE)[missed_count] if missed_count < 2 else State.STALE


def due_moments(calendar: Calendar, since: datetime, until: datetime) -> list[datetime]:
    """When a file is due, in UTC: a time of day of the partner's zone, whatever its clock does in spring and autumn."""
    zone = ZoneInfo(calendar.time_zone)
    hour, minute = (int(part) for part in calendar.due.split(":"))
    closed = {date.fromisoformat(day) for day in calendar.closed_on}
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    moments = []
    while day <= last:
        if _DAYS[day.weekday()] in calendar.days and day not in closed:
            moments.append(datetime.combine(day, time(hour, minute), zone).astimezone(UTC))
        day += timedelta(days=1)
    return [moment for moment in moments if since <= moment <= until]


@dataclass(frozen=True)
class Delivery:
    """What the ledger knows of the deliveries of one source and kind."""

    source_code: str
    kind: str
    last_file_name: str
    last_state: str
    last_delivered_at: datetime
    last_accepted_at: datetime | None


_DELIVERIES = """
select
    source_code, kind,
    (array_agg(deliveries.file_name order by delivered_at desc, delivery_id desc))[1] as last_file_name,
    (array_agg(state order by delivered_at desc, delivery_id desc))[1] as last_state,
    max(delivered_at) as last_delivered_at,
    max(delivered_at) filter (where state in ('ACCEPTED', 'ACCEPTED_WITH_QUARANTINE')) as last_accepted_at
from ingest.batches
inner join ingest.deliveries using (batch_id)
where delivered_at <= %(now)s
group by source_code, kind
"""


def deliveries(connection: psycopg.Connection, now: datetime) -> list[Delivery]:
    """The last delivery of every source and kind up to a moment, and the last that was accepted."""
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(_DELIVERIES, {"now": now}).fetchall()


@dataclass(frozen=True)
class Feed:
    """One source and kind: what came last and how it stands; no state where no calendar says what is due."""

    source_code: str
    kind: str
    state: State | None
    missed_count: int
    due_at: datetime | None
    last_file_name: str | None
    last_state: str | None
    last_delivered_at: datetime | None
    last_accepted_at: datetime | None

    @property
    def is_late(self) -> bool:
        return self.state not in (None, State.FRESH)

    def __str__(self) -> str:
        words = f"{self.source_code} {self.kind}: {self.state.value if self.state else 'no calendar'}"
        if self.is_late:
            last = f"{self.last_accepted_at:%Y-%m-%d %H:%M} UTC" if self.last_accepted_at else "never"
            words += f", {self.missed_count} missed, last accepted {last}"
        return words


class HasProfiles(Protocol):
    """Profiles by path, as ``ingest.profiles.folder.Profiles`` yields them."""

    def __iter__(self) -> Iterable[tuple[object, Profile]]: ...


def partner_freshness(connection: psycopg.Connection, profiles: HasProfiles, now: datetime) -> list[Feed]:
    """Every feed that is due by a calendar or ever came, worst first.

    A calendar for any source holds for every source that has sent the kind and has none of its own.
    """
    known = {(one.source_code, one.kind): one for one in deliveries(connection, now)}
    calendars = _calendars(profiles, known)
    feeds = [_feed(key, known.get(key), calendars.get(key), now) for key in known.keys() | calendars.keys()]
    worst = [None, State.FRESH, State.LATE, State.STALE, State.SILENT]
    return sorted(feeds, key=lambda feed: (-worst.index(feed.state), feed.kind, feed.source_code))


def expected_feeds(
    connection: psycopg.Connection, profiles: HasProfiles, now: datetime
) -> dict[tuple[str, str], Calendar]:
    """The calendar of every source and kind that has one."""
    return _calendars(profiles, {(one.source_code, one.kind) for one in deliveries(connection, now)})


def _calendars(profiles: HasProfiles, known: Collection[tuple[str, str]]) -> dict[tuple[str, str], Calendar]:
    """Of the sources that profiles name, and of those known that have sent a kind which has a calendar for any."""
    stated: dict[tuple[str, str], Calendar] = {}
    for _, profile in profiles:
        if profile.calendar:
            stated.setdefault((profile.source_code, profile.kind), profile.calendar)
    own = {key: calendar for key, calendar in stated.items() if key[0] != ANY_SOURCE}
    others = {key: stated[ANY_SOURCE, key[1]] for key in known if (ANY_SOURCE, key[1]) in stated}
    return others | own


def _feed(key: tuple[str, str], last: Delivery | None, calendar: Calendar | None, now: datetime) -> Feed:
    accepted = last.last_accepted_at if last else None
    stands = freshness(now, calendar, accepted) if calendar else None
    return Feed(
        *key,
        state=stands.state if stands else None,
        missed_count=stands.missed_count if stands else 0,
        due_at=stands.due_at if stands else None,
        last_file_name=last.last_file_name if last else None,
        last_state=last.last_state if last else None,
        last_delivered_at=last.last_delivered_at if last else None,
        last_accepted_at=accepted,
    )
