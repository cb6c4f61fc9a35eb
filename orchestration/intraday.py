"""What brings plan and report up to date during the day, as soon as something is new and nothing else is at it."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import psycopg

from assets.manifest import PROJECT_FOLDER
from assets.resources import Clock, InventoryDatabase
from ingest.generations import models_hash, newest_generation
from ingest.replanning.outlook import closed_until, outlook
from orchestration.jobs import intraday_report, intraday_stock, refresh_stock
from orchestration.sensors import RUN_TAG, ended_runs

# Planners read a page that is an hour old at most; whoever fetches a part from the queue has one of ten minutes.
PLAN_EVERY_SECONDS = 600
REPORT_EVERY_SECONDS = 3600
NIGHTLY = "refresh_stock_nightly makes all anew at 02:00 UTC"
_PLANNING = {job.name for job in (refresh_stock, intraday_stock, intraday_report)}
_AT_WORK = [
    dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING,
]  # fmt: skip


@dg.sensor(
    job_name="intraday_stock",
    minimum_interval_seconds=PLAN_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks for news since the plan was made, while a garage is open; one run plans all that has any.",
)
def plan_outdated(
    context: dg.SensorEvaluationContext, inventory_db: InventoryDatabase, clock: Clock
) -> dg.RunRequest | dg.SkipReason:
    """A run where something was recorded that the plan does not know of; the same news are asked for once.

    What replan refuses is left to a refresh, and the skip says why. None when the clock is fixed.
    """
    now = datetime.now(UTC)
    with inventory_db.connect() as connection:
        if waiting := _waiting(context, connection, clock, now):
            return _skip(waiting, PLAN_EVERY_SECONDS)
        found = outlook(connection, now, models_hash(PROJECT_FOLDER))
    if found.newest_at is None:
        return _skip(str(found), PLAN_EVERY_SECONDS)
    news = f"plan {found.as_of_at.isoformat()} {found.newest_at.isoformat()} {sum(found.counts.values())}"
    return _request(context, news, str(found), PLAN_EVERY_SECONDS)


@dg.sensor(
    job_name="intraday_report",
    minimum_interval_seconds=REPORT_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Compares the plan with what was published; a plan that was brought up to date is reported.",
)
def report_outdated(
    context: dg.SensorEvaluationContext, inventory_db: InventoryDatabase, clock: Clock
) -> dg.RunRequest | dg.SkipReason:
    """A run where the plan is of a later moment than what is served and reported."""
    now = datetime.now(UTC)
    with inventory_db.connect() as connection:
        if waiting := _waiting(context, connection, clock, now):
            return _skip(waiting, REPORT_EVERY_SECONDS)
        found = outlook(connection, now, models_hash(PROJECT_FOLDER))
        published = newest_generation(connection)
    if found.refusal:
        return _skip(str(found), REPORT_EVERY_SECONDS)
    words = f"the plan is of {found.as_of_at:%Y-%m-%d %H:%M} UTC, "
    if published is None:
        return _skip(f"{words}nothing was published yet", REPORT_EVERY_SECONDS)
    words += f"what is published of {published.as_of_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if found.as_of_at <= published.as_of_at:
        return _skip(words, REPORT_EVERY_SECONDS)
    return _request(context, f"report {found.as_of_at.isoformat()}", words, REPORT_EVERY_SECONDS)


def _waiting(
    context: dg.SensorEvaluationContext, connection: psycopg.Connection, clock: Clock, now: datetime
) -> str | None:
    """Why nothing is to be started now, whatever is new."""
    if clock.moment():
        return "the clock is fixed"
    if opening := closed_until(connection, now):
        return f"every garage is closed; the first opens at {opening:%Y-%m-%d %H:%M %Z}"
    records = context.instance.get_run_records(dg.RunsFilter(statuses=_AT_WORK))
    busy = next((one for one in records if one.dagster_run.job_name in _PLANNING), None)
    return busy and f"{busy.dagster_run.job_name} is at it since {busy.create_timestamp:%Y-%m-%d %H:%M} UTC"


def _request(
    context: dg.SensorEvaluationContext, wait: str, words: str, every_seconds: int
) -> dg.RunRequest | dg.SkipReason:
    ended, rest_seconds = ended_runs(context, wait)
    if rest_seconds > 0:
        return _skip(f"{ended} runs ended without it; the next in {rest_seconds:.0f} s; {words}", every_seconds)
    context.log.info(words)
    return dg.RunRequest(run_key=f"{wait} {ended}", tags={"trigger": context.sensor_name, RUN_TAG: wait})


def _skip(words: str, every_seconds: int) -> dg.SkipReason:
    return dg.SkipReason(f"{words}; {NIGHTLY}; next look in {every_seconds} s")
