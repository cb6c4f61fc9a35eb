"""News from outside Dagster."""

import hashlib

import dagster as dg

from assets.resources import Folders, InventoryDatabase
from ingest.batches import waiting_batches
from ingest.drop import waiting_files
from orchestration.jobs import refresh_stock

LOOK_EVERY_SECONDS = 30


@dg.sensor(
    job=refresh_stock,
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks at the drop folder; one run takes every waiting file of every sender.",
)
def feed_arrived(
    context: dg.SensorEvaluationContext, folders: Folders, inventory_db: InventoryDatabase
) -> dg.RunRequest | dg.SkipReason:
    """One run for all that waits. What is new is decided by the ledger, not by the cursor.

    The run key is made of every waiting file's name, size and change time and of
    every landed batch with the number of its attempts, so a redelivered file runs
    again and the same wait is asked for once.
    """
    drop = folders.path("drop")
    with inventory_db.connect() as connection:
        files = waiting_files(connection, drop)
        landed = waiting_batches(connection)
    looked = f"looked at {drop}; next look in {LOOK_EVERY_SECONDS} s"
    if not files and not landed:
        return dg.SkipReason(f"0 new files and 0 landed batches waiting; {looked}")
    waiting = [f"{file.path}|{file.byte_count}|{file.changed_at_ns}" for file in files]
    waiting += [str(batch.batch_id) for batch in landed]
    key = hashlib.sha256("\n".join(sorted(waiting)).encode()).hexdigest()
    context.log.info("%s new files and %s landed batches waiting; %s", len(files), len(landed), looked)
    return dg.RunRequest(run_key=key, tags={"trigger": "feed_arrived", "waiting_files": str(len(files))})
