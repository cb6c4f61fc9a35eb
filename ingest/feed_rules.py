"""Rules of acceptance that look beyond one file: what came before, what is missing, what jumps (F20)."""

from __future__ import annotations

from pathlib import Path

import psycopg

from ingest.batches import Batch
from ingest.contracts import Contract
from ingest.profiles.model import Profile
from ingest.readers.records import Envelope
from ingest.tally import Stop, Tally


def hold_whole(
    cursor: psycopg.Cursor, batch: Batch, profile: Profile, envelope: Envelope, row_count: int
) -> Stop | None:
    """Why a batch must wait for a person although its rows are good, if it must."""
    return None


def after_store(
    cursor: psycopg.Cursor,
    batch: Batch,
    contract: Contract,
    profile: Profile,
    envelope: Envelope,
    tally: Tally,
    landing: Path,
) -> int:
    """Hold single lines that were just stored, note what a FULL batch leaves out; return the number of lines held."""
    return 0
