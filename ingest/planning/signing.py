"""What a report's workbook carries so that its lines are known again when they come back.

A line is signed with its proposal, its revision and the quantity that was suggested, and the
workbook with the report that it was made from: a line that was pasted from another
workbook, or whose hidden cells were changed, is told from one that was only decided about.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

import psycopg

SCHEMA_VERSION = "1"
SIGNATURE = "signature"


def workbook_secret(connection: psycopg.Connection) -> bytes:
    """The secret of this network, made when it is first asked for; kept in the store, so that a standby has it too."""
    return connection.execute("select replenishment.workbook_secret()").fetchone()[0]


def row_hash(
    secret: bytes, edition_id: str, proposal_id: str | UUID, revision_number: int | str, quantity: Decimal | int | str
) -> str:
    """What signs a line: 20 hexadecimal digits."""
    said = (edition_id, str(proposal_id), str(int(revision_number)), f"{Decimal(quantity).normalize():f}")
    return _hmac(secret, said)[:20]


def signed_meta(secret: bytes, facts: Mapping[str, str]) -> list[tuple[str, str]]:
    """The rows of the sheet ``_meta``: the facts by name, with the version of this form and the signature last."""
    said = {**facts, "schema_version": SCHEMA_VERSION}
    return [*sorted(said.items()), (SIGNATURE, _hmac(secret, sorted(said.items())))]


def is_signed(secret: bytes, meta: Mapping[str, str]) -> bool:
    """Whether the facts of a workbook are those that were signed."""
    said = sorted((name, value) for name, value in meta.items() if name != SIGNATURE)
    return hmac.compare_digest(meta.get(SIGNATURE, ""), _hmac(secret, said))


def _hmac(secret: bytes, said) -> str:
    text = json.dumps([*said], ensure_ascii=True, separators=(",", ":"))
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
