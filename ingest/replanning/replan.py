"""Plan again what changed during the day: proposals as a refresh would make them, in seconds.

The queries of the models are those of the last refresh. Each is asked for the cells with news alone, and its rows take
the place of those that were there; what is of the whole network stays as the last refresh left it. All happens in one
transaction: who reads meanwhile sees the plan of before. Costs what the cells with news cost, and a look at what was
recorded since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from ingest.errors import PartsbayError
from ingest.replanning import changes, steps
from ingest.replanning.builds import Build, move_builds, oldest_writer, standing_builds
from ingest.replanning.tables import Tables
from ingest.replenishment import ProposalChanges, store_proposals

# A live plan is of the moment at which it was made.
_LIVE = timedelta(minutes=15)
_ALONE = "select pg_advisory_xact_lock(hashtext('intermediate.model_builds'))"

# What is made again are thousands of rows of many columns: to look at more of them takes longer than better plans save.
_FEW_SAMPLES = "set local default_statistics_target to 10"

# Series are read and forecasts stored in bulk, and few rows are not.
_AS_USUAL = "set local enable_nestloop to default"

_PARTS = "create temporary table replan_parts on commit drop as select distinct part_id from replan_cells"
_LINES = "create temporary table replan_lines on commit drop as table replan_cells"
# A purchase of a planner's own is proposed by no run, and gone with the next one: it has the id that a run would give.
_WERE_PROPOSED = """
    create temporary table replan_proposals on commit drop as
    select proposal_id
    from marts.fct_replenishment_proposals
    inner join replan_lines using (garage_code, part_id)
    union
    select md5(concat_ws('|', garage_code, part_id, 'BUY'))::uuid from replan_lines
"""
_ARE_PROPOSED = """
    insert into replan_proposals
    select proposal_id
    from marts.fct_replenishment_proposals
    inner join replan_lines using (garage_code, part_id)
    except
    select proposal_id from replan_proposals
"""


@dataclass(frozen=True)
class Replanned:
    """How many garage-parts had news, how many of them and of others were told anew, and what became of proposals."""

    cell_count: int
    line_count: int
    forecast_count: int
    proposals: ProposalChanges


class NotPossible(PartsbayError):
    """The standing plan cannot be brought up to date; a refresh is wanted."""

    def __init__(self, reason: str):
        super().__init__(
            "refresh_wanted", f"The plan cannot be brought up to date: {reason}.", "partsbay run makes it anew."
        )


def replan(
    connection: psycopg.Connection,
    as_of: datetime,
    run_id: str,
    models_hash: str,
    forecast: Callable[[psycopg.Connection], int],
) -> Replanned:
    """Bring the models and the proposals up to date; ``forecast`` stores what series without a forecast want.

    The connection is in autocommit mode. Raises :class:`NotPossible` where something is new that more hangs on than
    the parts with news: catalogue, offers, terms, routes, uplifts, other models, another day. Run twice, the second
    run finds nothing.
    """
    with connection.transaction():
        connection.execute(_ALONE)
        connection.execute(_FEW_SAMPLES)
        build = standing(connection, as_of, models_hash)
        known_from = oldest_writer(connection)
        changes.find_cells(connection, build.known_from_at, build.as_of_at, as_of)
        tables = Tables(connection, build.queries, build.as_of_at, as_of)
        tables.make(steps.RESERVATION_MODELS, "replan_reservations", ("reservation_number",))
        tables.make_whole(steps.WHOLE_MODELS, "replan_cells")
        cell_count = changes.add_families(connection)
        line_count = stored = 0
        proposals = ProposalChanges()
        if cell_count:
            cell = ("garage_code", "part_id")
            tables.make(steps.DEMAND_MODELS, "replan_cells", cell)
            stored = forecast(connection)
            connection.execute(_AS_USUAL)
            tables.make(steps.CELL_MODELS, "replan_cells", cell)
            connection.execute(_PARTS)
            connection.execute("analyze replan_parts")
            connection.execute(_LINES)
            connection.execute("create unique index on replan_lines (garage_code, part_id)")
            # What a change of one garage means to another of the same part.
            tables.make(steps.PART_MODELS, "replan_parts", ("part_id",), differing="replan_lines")
            connection.execute("analyze replan_lines")
            tables.make(steps.LINE_MODELS, "replan_lines", cell)
            tables.make(steps.RETURN_MODELS, "replan_parts", ("part_id",), differing="replan_lines")
            connection.execute(_WERE_PROPOSED)
            tables.make(steps.TOLD_MODELS, "replan_lines", cell)
            connection.execute(_ARE_PROPOSED)
            line_count = connection.execute("select count(*) from replan_lines").fetchone()[0]
            proposals = store_proposals(connection, run_id, as_of, within="replan_proposals")
        move_builds(connection, as_of, known_from)
    return Replanned(cell_count, line_count, stored, proposals)


def standing(connection: psycopg.Connection, as_of: datetime, models_hash: str, is_held: bool = True) -> Build:
    """The build of all that is made again, where it is of this day and nothing else is new; else NotPossible."""
    builds = standing_builds(connection, is_held)
    queries = {name: query for build in builds for name, query in build.queries.items()}
    if not set(steps.MADE_AGAIN) <= set(queries):
        raise NotPossible("there is none of a whole refresh")
    if {build.models_hash for build in builds} != {models_hash}:
        raise NotPossible("the models are others now")
    if len({build.as_of_at for build in builds}) > 1:
        raise NotPossible("its two passes are of different moments")
    was, known_from = builds[0].as_of_at, builds[0].known_from_at
    if was.astimezone(UTC).date() != as_of.astimezone(UTC).date() or as_of < was:
        raise NotPossible(
            f"it is of {was.astimezone(UTC):%Y-%m-%d %H:%M} UTC, another day or later than what is asked for"
        )
    if as_of != was and abs(known_from - was) > _LIVE:
        raise NotPossible("it was made long after the moment that it is of")
    news = changes.other_news(connection, known_from)
    if news:
        raise NotPossible(f"{news} is new")
    return Build(was, known_from, models_hash, queries)
