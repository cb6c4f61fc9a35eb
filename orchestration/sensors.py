"""News from outside Dagster."""

import hashlib
import json
from datetime import UTC, datetime

import dagster as dg

from assets.freshness import ASSET_OF, CHECK, verdict
from assets.resources import Folders, InventoryDatabase
from ingest.arrival.look import Look, look
from ingest.batches import Batch, waiting_batches
from ingest.feed_dues import record_dues
from ingest.freshness import Feed, partner_freshness
from orchestration.jobs import refresh_stock

LOOK_EVERY_SECONDS = 30
LATE_EVERY_SECONDS = 300
RUN_TAG = "waiting"
LONGEST_REST_SECONDS = 3600
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


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

    The run key is made of every waiting file and every landed batch, and of how many runs
    for just these have ended: the same wait is asked for once, and again when its run ended
    without taking it, at first at once and then ever more rarely.
    """
    inboxes = folders.all_inboxes()
    with inventory_db.connect() as connection:
        found = look(connection, inboxes)
        landed = waiting_batches(connection)
        feeds = partner_freshness(connection, folders.partner_profiles(), datetime.now(UTC))
    words = f"{found}; {len(landed)} landed batches waiting; {_expected(feeds)}; next look in {LOOK_EVERY_SECONDS} s"
    if not found.files and not landed:
        return dg.SkipReason(words)
    context.log.info(words)
    wait = _key(found, landed)
    ended, seconds = ended_runs(context, wait)
    if seconds > 0:
        return dg.SkipReason(f"{ended} runs ended without taking all of it; the next in {seconds:.0f} s; {words}")
    tags = {"trigger": "feed_arrived", RUN_TAG: wait, "waiting_files": str(len(found.files))}
    return dg.RunRequest(run_key=f"{wait}-{ended}", tags=tags)


def _expected(feeds: list[Feed]) -> str:
    """What should come, in a few words: who is late, and what is due next."""
    late = [feed for feed in feeds if feed.is_late]
    on_time = [feed for feed in feeds if feed.due_at and not feed.is_late]
    coming = min(on_time, key=lambda feed: feed.due_at, default=None)
    words = f"{len(late)} partners late" + (f" (worst: {late[0]})" if late else "")
    if coming is None:
        return f"{words}; nothing else is expected by a calendar"
    return f"{words}; next expected {coming.source_code} {coming.kind} by {coming.due_at:%Y-%m-%d %H:%M} UTC"


def _key(found: Look, landed: list[Batch]) -> str:
    """The same for the same wait, whatever order it is found in."""
    waiting = [f"{file.inbox_name}|{file.shown_path}|{file.version}" for file in found.files]
    waiting += [str(batch.batch_id) for batch in landed]
    return hashlib.sha256("\n".join(sorted(waiting)).encode()).hexdigest()[:32]


def ended_runs(context: dg.SensorEvaluationContext, wait: str) -> tuple[int, float]:
    """How many runs for this wait ended while it is still there, and for how many seconds it rests before the next.

    Dagster never starts two runs of one key.
    """
    ended = dg.RunsFilter(tags={RUN_TAG: wait}, statuses=_ENDED)
    count = context.instance.get_runs_count(ended)
    if count < 2:
        return count, 0.0
    [newest] = context.instance.get_run_records(ended, limit=1)
    since = datetime.now(UTC).timestamp() - (newest.end_time or newest.update_timestamp.timestamp())
    return count, min(LOOK_EVERY_SECONDS * 2**count, LONGEST_REST_SECONDS) - since


@dg.sensor(
    minimum_interval_seconds=LATE_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reports partners that are late as failed checks, also when nothing arrives and so nothing runs.",
)
def feeds_late(
    context: dg.SensorEvaluationContext, folders: Folders, inventory_db: InventoryDatabase
) -> dg.SensorResult:
    """A check evaluation for each kind whose partners stand otherwise than at the last look; what is due is noted."""
    profiles, moment = folders.partner_profiles(), datetime.now(UTC)
    with inventory_db.connect() as connection:
        record_dues(connection, profiles, moment)
        feeds = partner_freshness(connection, profiles, moment)
    before = json.loads(context.cursor or "{}")
    now = {kind: [str(feed) for feed in feeds if feed.kind == kind and feed.is_late] for kind in ASSET_OF}
    changed = [kind for kind in ASSET_OF if now[kind] != before.get(kind, [])]
    late = sum(len(words) for words in now.values())
    return dg.SensorResult(
        skip_reason=dg.SkipReason(f"{late} of {len(feeds)} feeds are late; {len(changed)} kinds changed"),
        cursor=json.dumps(now),
        asset_events=[_evaluation(kind, feeds) for kind in changed],
    )


def _evaluation(kind: str, feeds: list[Feed]) -> dg.AssetCheckEvaluation:
    found = verdict([feed for feed in feeds if feed.kind == kind])
    return dg.AssetCheckEvaluation(asset_key=ASSET_OF[kind], check_name=CHECK, **found)
