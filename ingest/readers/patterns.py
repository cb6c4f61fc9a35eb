"""Regular expressions that people write for a file: what it says of itself, in named groups."""

from __future__ import annotations

import re
from typing import Any

from ingest.readers.limits import FileFault
from ingest.readers.records import Envelope

ENVELOPE_GROUPS = (
    "line_count", "sequence_number", "previous_sequence_number", "submission", "stated_at", "document_number",
    "sender", "receiver", "currency_code",
)  # fmt: skip
_LONGEST_PATTERN = 500
# A repeat inside a repeat takes time without end on a hostile line.
_NESTED_REPEAT = re.compile(r"[*+}]\)[*+{]")


def checked_pattern(pattern: str) -> str:
    """The regular expression, if it can be read and cannot run away."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"the pattern '{pattern}' cannot be read: {error}") from None
    if len(pattern) > _LONGEST_PATTERN or _NESTED_REPEAT.search(pattern):
        raise ValueError(f"the pattern '{pattern[:80]}' repeats a repeat or is too long; write it plainer")
    return pattern


def checked_envelope_pattern(pattern: str) -> str:
    """The regular expression, if each of its named groups is something that a file may say of itself."""
    groups = re.compile(checked_pattern(pattern)).groupindex
    if unknown := [name for name in groups if name not in ENVELOPE_GROUPS and not name.startswith("sum_")]:
        names = ", ".join(ENVELOPE_GROUPS)
        raise ValueError(f"the pattern '{pattern}' names {unknown[0]}; it may name {names}, sum_<column>")
    if not groups:
        raise ValueError(f"the pattern '{pattern}' has no named group, such as (?P<line_count>\\d+)")
    return pattern


def as_fields(groups: dict[str, str | None]) -> dict[str, Any]:
    """Named groups of a pattern as the fields of an envelope, still as the file writes them."""
    found = {name: text.strip() for name, text in groups.items() if text and text.strip()}
    fields: dict[str, Any] = {name: text for name, text in found.items() if name in Envelope.__annotations__}
    for name in ("sequence_number", "previous_sequence_number"):
        if name in found:
            fields[name] = _whole(name, found[name])
    if "line_count" in found:
        fields["row_counts"] = {"": _whole("line_count", found["line_count"])}
    if sums := {name.removeprefix("sum_"): text for name, text in found.items() if name.startswith("sum_")}:
        fields["sums"] = sums
    return fields


def _whole(name: str, text: str) -> int:
    digits = re.sub(r"[\s.,'\u00a0]", "", text)
    if not re.fullmatch(r"\d{1,15}", digits):
        raise envelope_fault(f"{name} is '{text[:80]}', not a whole number")
    return int(digits)


def envelope_fault(words: str) -> FileFault:
    """The file says something of itself that cannot be read."""
    return FileFault("ENVELOPE", f"what the file says of itself: {words}", "Mend the file or its profile.")
