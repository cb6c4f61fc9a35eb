"""News from outside Dagster."""

import hashlib

import dagster as dg

from assets.resources import Folders, InventoryDatabase
from ingest.arrival.look import Look, look
from ingest.batches import Batch, waiting_batches
from orchestration.jobs import refresh_stock

LOOK_EVERY_SECONDS = 30
RUN_TAG = "waiting"


@dg.sensor(
    job=refresh_stock,
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks at every inbox; one run takes every waiting file of every sender.",
)
def feed_arrived(
    context: dg.SensorEvaluationContext, folders: Folders, inventory_db: InventoryDatabase
) -> dg.RunRequest | dg.SkipReason:
    """One run for all that waits. What is new is decided by the ledger, not by the cursor.

    The run key is made of every waiting file and every landed batch, and of how often a
    run for just these has failed: the same wait is asked for once, a failed run again.
    """
    inboxes = folders.all_inboxes()
    with inventory_db.connect() as connection:
        found = look(connection, inboxes)
        landed = waiting_batches(connection)
    words = f"{found}; {len(landed)} landed batches waiting; next look in {LOOK_EVERY_SECONDS} s"
    if not found.files and not landed:
        return dg.SkipReason(words)
    context.log.info(words)
    wait = _key(found, landed)
    tags = {"trigger": "feed_arrived", RUN_TAG: wait, "waiting_files": str(len(found.files))}
    return dg.RunRequest(run_key=f"{wait}-{_failed_runs(context, wait)}", tags=tags)


def _key(found: Look, landed: list[Batch]) -> str:
    """The same for the same wait, whatever order it is found in."""
    waiting = [f"{file.inbox_name}|{file.shown_path}|{file.version}" for file in found.files]
    waiting += [str(batch.batch_id) for batch in landed]
    return hashlib.sha256("\n".join(sorted(waiting)).encode()).hexdigest()[:32]


def _failed_runs(context: dg.SensorEvaluationContext, wait: str) -> int:
    """How many runs for this wait ended without taking it; Dagster never starts two runs of one key."""
    ended = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    return context.instance.get_runs_count(dg.RunsFilter(tags={RUN_TAG: wait}, statuses=ended))
