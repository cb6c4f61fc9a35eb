"""Which garages and parts have news since a moment, and whether anything else has."""

from __future__ import annotations

from datetime import datetime

import psycopg

from ingest.replanning.news import Reach, of_reach
from ingest.replanning.steps import KINDS

# What was entered or loaded and is of the network; each says what is new in it.
_OTHERS = """
    select min(word)
    from (
        select 'a file of kind ' || kind as word
        from ingest.batches
        where finished_at >= %(since)s and state like 'ACCEPTED%%' and kind <> all(%(kinds)s) and rows_accepted > 0
        {entered}
    ) as found
"""
# Reservations with news: entered since, or lapsed between the two moments.
_RESERVATIONS = """
    create temporary table replan_reservations on commit drop as
    select reservation_number from reservation.events where recorded_at >= %(since)s
    union
    select reservation_number from reservation.states where expires_at > %(was)s and expires_at <= %(as_of)s
"""
_CELLS = {
    Reach.CELL: "select garage_code, part_id from {table} where recorded_at >= %(since)s",
    Reach.LOT: """
    select cells.garage_code, cells.part_id
    from {table} as lots
    inner join garage_inventory.cells using (part_id, lot_number)
    where lots.recorded_at >= %(since)s
    """,
    Reach.RESERVATION: """
    select events.garage_code, events.part_id
    from {table} as events
    inner join replan_reservations using (reservation_number)
    union
    select events.peg_garage_code, events.part_id
    from {table} as events
    inner join replan_reservations using (reservation_number)
    where events.peg_garage_code is not null
    """,
}
# A part is planned together with those that it replaces and that replace it, at whatever distance.
_FAMILIES = """
    insert into replan_cells (garage_code, part_id)
    with recursive

    related as (
        select part_id, planned_part_id as other_part_id from intermediate.int_parts_planned
        union
        select planned_part_id, part_id from intermediate.int_parts_planned
    ),

    family as (
        select garage_code, part_id from replan_cells
        union
        select family.garage_code, related.other_part_id
        from family
        inner join related using (part_id)
    )

    select garage_code, part_id from family
    except
    select garage_code, part_id from replan_cells
"""


def other_news(connection: psycopg.Connection, since: datetime) -> str | None:
    """What else is new since a moment, that every part may hang on: a table, or a kind of file."""
    entered = "".join(
        f" union all select '{table}' where exists (select from {table} where recorded_at >= %(since)s)"
        for table in of_reach(Reach.NETWORK)
    )
    values = {"since": since, "kinds": list(KINDS)}
    return connection.execute(_OTHERS.format(entered=entered), values).fetchone()[0]


def find_cells(connection: psycopg.Connection, since: datetime, was: datetime, as_of: datetime) -> None:
    """Make ``replan_cells`` and ``replan_reservations``, temporary tables of this transaction.

    ``since``: what was recorded from then on is news. ``was``: the moment that the models are of.
    """
    values = {"since": since, "was": was, "as_of": as_of}
    connection.execute(_RESERVATIONS, values)
    cells = " union ".join(query.format(table=table) for reach, query in _CELLS.items() for table in of_reach(reach))
    connection.execute(f"create temporary table replan_cells on commit drop as {cells}", values)


def add_families(connection: psycopg.Connection) -> int:
    """Add the parts that are planned together with those of ``replan_cells``; returns how many cells there are."""
    connection.execute(_FAMILIES)
    connection.execute("create unique index on replan_cells (garage_code, part_id)")
    connection.execute("analyze replan_cells")
    return connection.execute("select count(*) from replan_cells").fetchone()[0]
