from __future__ import annotations

import pytest
from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation

from ingest.errors import PartsbayError
from ingest.retries import retried


def losing(*errors):
    """Work that meets these errors, one an attempt, and then succeeds."""
    coming = list(errors)

    def work() -> str:
        if coming:
            raise coming.pop(0)
        return "done"

    return work


def test_work_that_lost_is_done_again_after_growing_waits():
    waits = []
    assert retried(losing(DeadlockDetected(), SerializationFailure()), sleep=waits.append) == "done"
    assert len(waits) == 2
    assert 0.005 <= waits[0] <= 0.01 <= waits[1] <= 0.02


def test_who_loses_every_time_is_told_so():
    waits = []
    with pytest.raises(PartsbayError, match="3 times in a row") as told:
        retried(losing(*[DeadlockDetected()] * 5), attempts=3, sleep=waits.append)
    assert (told.value.code, len(waits)) == ("BUSY", 2)


def test_other_errors_are_not_retried():
    waits = []
    with pytest.raises(UniqueViolation):
        retried(losing(UniqueViolation()), sleep=waits.append)
    assert not waits
