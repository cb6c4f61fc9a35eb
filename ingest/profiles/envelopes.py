"""What a file says of itself, in our words: dates in ISO 8601, sums as plain decimals, FULL or UPDATE."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from ingest.contracts import Contract
from ingest.profiles.dates import iso_dates
from ingest.profiles.model import Profile
from ingest.profiles.numbers import plain_numbers, why_no_number
from ingest.readers.patterns import as_fields, envelope_fault
from ingest.readers.records import Envelope
from ingest.readers.typed import as_moment

_MOST = 10**15
_DOCUMENT_COLUMNS = ("count_number", "adjustment_number", "shipment_number")
_SUBMISSIONS = {
    "FULL": "FULL", "F": "FULL", "COMPLETE": "FULL", "VOLL": "FULL", "GESAMT": "FULL", "TOTAL": "FULL",
    "UPDATE": "UPDATE", "U": "UPDATE", "DELTA": "UPDATE", "PARTIAL": "UPDATE", "CHANGES": "UPDATE",
}  # fmt: skip


def as_canonical_envelope(envelope: Envelope, profile: Profile, file_name: str = "") -> Envelope:
    """The envelope by the profile's dates and numbers; what it leaves out may be told by the name of the file."""
    told = from_file_name(profile, file_name)
    merged = {name: value for name, value in told.items() if not getattr(envelope, name)}
    envelope = replace(envelope, **merged)
    submission = envelope.submission or profile.submission
    return replace(
        envelope,
        submission=_submission(submission) if submission else None,
        stated_at=_moment(envelope.stated_at, profile) if envelope.stated_at else None,
        sums={name: _sum(name, text, profile) for name, text in envelope.sums.items()},
    )


def as_canonical_controls(controls: dict[str, Any], profile: Profile) -> dict[str, Any]:
    """What came beside a file, in our words; raises ``FileFault`` where a part of it cannot be read."""
    declared = dict(controls.get("declared", {}))
    if declared.get("submission"):
        declared["submission"] = _submission(declared["submission"])
    if declared.get("stated_at"):
        declared["stated_at"] = _moment(declared["stated_at"], profile)
    for name in ("sequence_number", "previous_sequence_number"):
        if abs(declared.get(name) or 0) > _MOST:
            raise envelope_fault(f"{name} is {declared[name]}, longer than 15 digits")
    return {**controls, "declared": declared} if declared else controls


def given_columns(
    envelope: Envelope, profile: Profile, contract: Contract, source_code: str, received_at: datetime
) -> dict[str, str]:
    """Canonical columns that one value fills for every row of a file that lacks them.

    Who sends is told by the channel, never by the file; when, and under which number, by
    the envelope.
    """
    arrival = received_at.isoformat() if profile.stated_at_from == "arrival" else None
    given = {"supplier_code": source_code, contract.event_column: envelope.stated_at or arrival}
    given |= dict.fromkeys(_DOCUMENT_COLUMNS, envelope.document_number)
    given["currency_code"] = envelope.currency_code
    return {name: text for name, text in given.items() if text and name in contract.column_names}


def from_file_name(profile: Profile, file_name: str) -> dict[str, Any]:
    """What the name of the file says, by the profile's pattern for it."""
    pattern = profile.envelope.file_name
    match = re.search(pattern, file_name) if pattern and file_name else None
    return as_fields(match.groupdict()) if match else {}


def _submission(text: str) -> str:
    if (known := _SUBMISSIONS.get(text.strip().upper())) is None:
        raise envelope_fault(f"submission is '{text[:80]}', not FULL or UPDATE")
    return known


def _moment(text: str, profile: Profile) -> str:
    iso, words = iso_dates(pa.array([text]), profile.dates, is_moment=True)
    if words[0]:
        raise envelope_fault(f"stated_at is '{text[:80]}', {words[0].partition(': ')[2]}")
    if as_moment(iso[0].as_py()) is None:
        raise envelope_fault(f"stated_at is '{text[:80]}', not a date or moment")
    return iso[0].as_py()


def _sum(name: str, text: str, profile: Profile) -> str:
    plain, is_bad = plain_numbers(pa.array([text]), profile.numbers)
    if is_bad[0].as_py():
        raise envelope_fault(f"the sum of {name} is '{text[:80]}', {why_no_number(text, profile.numbers)}")
    return plain[0].as_py()
