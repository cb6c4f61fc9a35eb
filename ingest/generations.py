"""What a published generation was made from, and whether anything is new since."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

INPUTS = """
    select count(*), coalesce(md5(string_agg(batch_id::text || state || finished_at::text, ',' order by batch_id)), '')
    from ingest.batches
    where state <> 'LANDED'
"""


@dataclass(frozen=True)
class Generation:
    """One published generation: its id, fingerprint, as-of, and rows per mart."""

    generation_id: str
    fingerprint: str
    as_of_at: datetime
    published_at: datetime
    row_counts: dict[str, int]


def fingerprint(connection: psycopg.Connection, as_of: datetime, models_folder: Path) -> str:
    """What the marts would be made from now: stored batches, as-of and the text of the models."""
    count, batches = connection.execute(INPUTS).fetchone()
    return hashlib.sha256(f"{count}|{batches}|{as_of.isoformat()}|{models_hash(models_folder)}".encode()).hexdigest()


def models_hash(folder: Path) -> str:
    """Hash of every file that dbt builds from; logs and build products left out."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".sql", ".yml", ".csv"} and "target" not in path.parts:
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def newest_generation(connection: psycopg.Connection) -> Generation | None:
    """The generation published last, or none."""
    row = connection.execute(
        """
        select generation_id::text, fingerprint, as_of_at, published_at, row_counts
        from ingest.generations order by published_at desc, generation_id desc limit 1
        """
    ).fetchone()
    return Generation(*row) if row else None


def record_generation(
    connection: psycopg.Connection,
    generation_id: str,
    made_from: str,
    as_of: datetime,
    run_id: str,
    row_counts: dict[str, int],
) -> None:
    """Write down a published generation, in the transaction that serves it."""
    connection.execute(
        """
        insert into ingest.generations (generation_id, fingerprint, as_of_at, run_id, row_counts)
        values (%s, %s, %s, %s, %s)
        """,
        [generation_id, made_from, as_of, run_id, json.dumps(row_counts)],
    )
