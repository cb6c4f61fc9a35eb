"""What a sender means by a brand and part number that the catalogue does not have: candidates, and decisions on them.

An exact part of the catalogue always counts before a decision. A decision of a person names
the part; the newest one on a number counts, and a decision that takes one back is a decision
too. A line that is matched keeps the identity (F19) of the number as it was sent, so that it
is stored once, however often it is sent and whatever is decided in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from ingest.errors import SettingsError

_MATCHES = ("ALIAS", "INTERCHANGE", "NONE")


@dataclass(frozen=True)
class Candidate:
    """A part of the catalogue that a sender may mean; ``likeness_code`` says why it is near."""

    part_id: UUID
    brand_code: str
    part_number: str
    description: str
    likeness_code: str


def candidates(connection: psycopg.Connection, brand_code: str, part_number: str, limit: int = 3) -> list[Candidate]:
    """Parts that may be meant, nearest first: the same number of another brand, interchanges, numbers alike."""
    with connection.cursor(row_factory=class_row(Candidate)) as cursor:
        return cursor.execute(
            "select part_id, brand_code, part_number, description, likeness_code from ingest.part_candidates(%s, %s)"
            " order by candidate_rank limit %s",
            (brand_code, part_number, limit),
        ).fetchall()


def record_match(
    connection: psycopg.Connection,
    source_code: str | None,
    brand_code: str,
    part_number: str,
    match_code: str,
    part_id: UUID | None,
    reason: str,
    actor: str,
) -> UUID:
    """Keep a decision: ALIAS or INTERCHANGE name a part, NONE takes an earlier decision back; return its id.

    No ``source_code`` decides for every source. Lines that wait in quarantine are taken again
    by the next run, or by ``ingest.pipeline.retry_unknown``.
    """
    _check(connection, match_code, part_id, reason)
    row = connection.execute(
        "insert into ingest.match_decisions"
        " (source_code, brand_code, part_number, part_key, match_code, part_id, reason, actor)"
        " values (%(source)s, %(brand)s, %(number)s, catalogue.part_key(%(number)s), %(match)s, %(part)s, %(reason)s,"
        " %(actor)s) returning match_decision_id",
        {"source": source_code, "brand": brand_code, "number": part_number, "match": match_code, "part": part_id,
         "reason": reason, "actor": actor},
    ).fetchone()  # fmt: skip
    return row[0]


def _check(connection: psycopg.Connection, match_code: str, part_id: UUID | None, reason: str) -> None:
    if match_code not in _MATCHES:
        raise SettingsError("UNKNOWN_MATCH", f"there is no match '{match_code}'", f"Use one of {', '.join(_MATCHES)}.")
    if not reason.strip():
        raise SettingsError("NO_REASON", "the decision has no reason", "Say why, so that others can follow it.")
    if (match_code == "NONE") != (part_id is None):
        words = "NONE was given a part" if part_id else f"{match_code} was given no part"
        raise SettingsError("NO_PART", words, "Name the part for ALIAS and INTERCHANGE, and none for NONE.")
    if part_id and not connection.execute("select 1 from catalogue.parts where part_id = %s", (part_id,)).fetchone():
        raise SettingsError("UNKNOWN_PART", f"the catalogue has no part {part_id}", "Choose a part of the catalogue.")
