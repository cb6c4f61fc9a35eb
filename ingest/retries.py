"""Work that lost against another transaction, done again: a bounded number of times, after waits of random length."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from psycopg.errors import DeadlockDetected, SerializationFailure

from ingest.errors import PartsbayError

Answer = TypeVar("Answer")

_LOST = (SerializationFailure, DeadlockDetected)
_FIRST_WAIT_SECONDS = 0.01
_LONGEST_WAIT_SECONDS = 0.5


def retried(work: Callable[[], Answer], attempts: int = 8, sleep: Callable[[float], None] = time.sleep) -> Answer:
    """Do ``work`` until it no longer loses a deadlock or a serialization conflict.

    ``work`` is one whole transaction and may be done again: nothing of a lost attempt stands.
    Whoever loses every attempt is told so (code BUSY).
    """
    for attempt in range(attempts):
        try:
            return work()
        except _LOST as error:
            if attempt == attempts - 1:
                words = f"others changed the same stock at the same moment, {attempts} times in a row; nothing was done"
                raise PartsbayError("BUSY", words, "Try again in a moment.") from error
            longest = min(_FIRST_WAIT_SECONDS * 2**attempt, _LONGEST_WAIT_SECONDS)
            sleep(random.uniform(longest / 2, longest))
    raise ValueError("at least one attempt is needed")
