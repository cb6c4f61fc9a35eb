"""What follows from the lines of a batch when they are stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

from ingest.feed_rules.lines import hold_lines
from ingest.feed_rules.listings import store_listing
from ingest.feed_rules.submission import Submission
from ingest.profiles.model import Profile


def after_store(
    cursor: psycopg.Cursor,
    values: dict[str, Any],
    profile: Profile,
    submission: Submission,
    latest_at: datetime | None,
) -> int:
    """Keep what a FULL batch names and hold lines that a person has to see; how many lines of the batch are held."""
    store_listing(cursor, values, submission, latest_at)
    return hold_lines(cursor, values, profile)
