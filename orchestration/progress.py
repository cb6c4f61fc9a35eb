"""Follow a run while it executes in this process: a bar for people, the facts of it for the summary."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dagster as dg
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from orchestration.cli.output import errors

LOOK_EVERY_SECONDS = 0.5


@dataclass
class Seen:
    """What a run said: steps done, checks failed, the first failure."""

    step_count: int = 0
    check_count: int = 0
    failed_checks: list[dict] = field(default_factory=list)
    first_failure: tuple[str, str] = ("start", "see the run in the UI")
    began: float = 0.0
    ended: float = 0.0

    def outcome(self, run_id: str) -> dict:
        """The run as one document."""
        return {
            "run_id": run_id,
            "steps": self.step_count,
            "seconds": round(self.ended - self.began, 1),
            "checks_passed": self.check_count - len(self.failed_checks),
            "failed_checks": self.failed_checks,
        }

    def hear(self, entry: dg.EventLogEntry) -> str | None:
        """Take in one log entry; the words to show while it lasts, if any."""
        self.began = self.began or entry.timestamp
        self.ended = entry.timestamp
        event = entry.dagster_event
        if event is None:
            return None
        if event.is_step_start:
            return _words(entry.step_key)
        if event.is_step_success:
            self.step_count += 1
        if event.is_step_failure and self.first_failure[0] == "start":
            self.first_failure = (_words(entry.step_key), _reason(event))
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            self._hear_check(event.asset_check_evaluation_data)
        return None

    def _hear_check(self, evaluation) -> None:
        self.check_count += 1
        if not evaluation.passed:
            summary = evaluation.metadata.get("summary")
            self.failed_checks.append(
                {
                    "asset": "/".join(evaluation.asset_key.path),
                    "check": evaluation.check_name,
                    "severity": evaluation.severity.value,
                    "words": str(summary.value) if summary else "failed",
                }
            )


@contextmanager
def following(instance: dg.DagsterInstance, run_id: str, quiet: bool) -> Iterator[Seen]:
    """Read the run's events as they are written, in a thread of its own, until the block ends."""
    seen, done = Seen(), threading.Event()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=quiet or not errors.is_terminal) as bar:
        task = bar.add_task("starting", total=None)
        follower = threading.Thread(target=_follow, args=(instance, run_id, seen, done, bar, task), daemon=True)
        follower.start()
        try:
            yield seen
        finally:
            done.set()
            follower.join()


def _follow(instance, run_id: str, seen: Seen, done: threading.Event, bar: Progress, task) -> None:
    cursor = None
    while True:
        # Asked before reading, so that what was written last is read once more.
        is_last = done.wait(LOOK_EVERY_SECONDS)
        while True:
            page = instance.get_records_for_run(run_id, cursor=cursor, limit=1000)
            cursor = page.cursor
            for record in page.records:
                if words := seen.hear(record.event_log_entry):
                    bar.update(task, description=words)
            if not page.has_more:
                break
        if is_last:
            return


def _words(step_key: str | None) -> str:
    return (step_key or "the run").replace("__", "/")


def _reason(event: dg.DagsterEvent) -> str:
    """The innermost error in one line."""
    error = event.event_specific_data.error
    if event.event_specific_data.user_failure_data and event.event_specific_data.user_failure_data.description:
        return event.event_specific_data.user_failure_data.description
    while error and error.cause:
        error = error.cause
    return " ".join(error.message.split()) if error else "no reason given"
