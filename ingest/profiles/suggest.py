"""A profile for an unknown file, with the evidence for each line of it and what it would do to the first rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.contracts import CONTRACTS, Contract
from ingest.profiles.guess_columns import KindGuess, Match, guess_kinds, guess_matches
from ingest.profiles.guess_frame import tail_count
from ingest.profiles.guess_text import TextGuess, guess_text
from ingest.profiles.model import Profile
from ingest.profiles.suggest_gaps import file_pattern, fill_gaps, read_frame
from ingest.profiles.suggest_values import write_values
from ingest.profiles.trial import Trial, try_profile
from ingest.readers.formats import module_of, recognise_format
from ingest.readers.limits import MEBIBYTE, FileFault, Limits

_LOOKED_AT = 2000
_TRIED = 10_000
_BY_PLACE = "Name the kind with --kind, then say in the profile what is where, such as part_number: 1."


@dataclass
class Suggestion:
    """A proposed profile as plain data, why, what is still open, and its trial on the first rows."""

    content: dict[str, Any]
    format: str
    matches: tuple[Match, ...] = ()
    confidences: dict[str, float] = field(default_factory=dict)
    other_kinds: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    open_columns: tuple[str, ...] = ()
    trial: Trial | None = None
    text: TextGuess | None = None

    @property
    def profile(self) -> Profile:
        return Profile(**self.content)


def suggest(path: Path, source_code: str, kind: str | None = None, limits: Limits | None = None) -> Suggestion:
    """The best guess for a file; raises ``FileFault`` where it cannot be read or carries nothing that we keep."""
    limits = limits or Limits(block_bytes=MEBIBYTE)
    format_code = recognise_format(path, limits)
    module = module_of(format_code)
    found = Suggestion({"source_code": source_code}, format_code)
    if module.IS_CANONICAL:
        return _of_standard(found, path, module, kind, limits)
    options = _options(found, path, limits)
    values = _values(path, module, options, limits)
    guess = _kind(found, values, kind)
    found.content["kind"] = guess.kind
    found.content["files"] = file_pattern(path.name)
    if format_code == "delimited":
        found.content["format"] = format_code
        if options:
            found.content["options"] = options
    elif format_code == "spreadsheet" and (footer_rows := _footer_rows(values)):
        found.content |= {"format": format_code, "options": {"footer_rows": footer_rows}}
        found.notes.append(f"next to nothing stands in its last rows ({footer_rows}): a footer")
    found.matches = guess.matches
    _map_columns(found, values, CONTRACTS[guess.kind])
    write_values(found, values, CONTRACTS[guess.kind])
    read_frame(found, CONTRACTS[guess.kind])
    fill_gaps(found, path, CONTRACTS[guess.kind])
    fills = dict.fromkeys(found.open_columns, "")
    found.trial = try_profile(path, found.profile, source_code, limits, _TRIED, fills)
    return found


def _of_standard(found: Suggestion, path: Path, module: Any, kind: str | None, limits: Limits) -> Suggestion:
    envelope = module.read_envelope(path, module.Options(), limits)
    kinds = [kind] if kind else list(envelope.kinds)
    if not kinds:
        raise _nothing(f"the {found.format} messages in it")
    found.content |= {"kind": kinds[0], "files": file_pattern(path.name)}
    found.other_kinds = tuple(kinds[1:])
    found.notes.append(
        f"{found.format} says itself what it holds; a profile is needed for tolerances and calendar only"
    )
    found.trial = try_profile(path, found.profile, found.content["source_code"], limits, _TRIED)
    return found


def _options(found: Suggestion, path: Path, limits: Limits) -> dict[str, Any]:
    if found.format != "delimited":
        return {}
    found.text = guess_text(path, limits)
    found.confidences = found.text.confidences
    found.notes += found.text.notes
    return found.text.options


def _values(path: Path, module: Any, options: dict[str, Any], limits: Limits) -> dict[str, list[str]]:
    """The values of each column in the first rows."""
    values: dict[str, list[str]] = {}
    for records in islice(module.read_records(path, "", module.Options(**options), limits), 4):
        for name in records.texts.column_names:
            column = values.setdefault(name, [])
            column += [text or "" for text in records.texts[name].slice(0, _LOOKED_AT - len(column)).to_pylist()]
    return values


def _footer_rows(values: dict[str, list[str]]) -> int:
    """Known of a table that was seen to its end."""
    return tail_count(values) if max(map(len, values.values()), default=0) < _LOOKED_AT else 0


def _kind(found: Suggestion, values: dict[str, list[str]], kind: str | None) -> KindGuess:
    if kind:
        return KindGuess(kind, 0.0, guess_matches(values, CONTRACTS[kind]))
    guesses = guess_kinds(values)
    if not guesses:
        if values and all(name.isdigit() for name in values):
            raise FileFault("NO_CONTENT", "no row names the columns, and values alone do not tell", _BY_PLACE)
        raise _nothing(f"its columns ({', '.join(name[:40] for name in list(values)[:12])})")
    found.other_kinds = tuple(guess.kind for guess in guesses[1:4])
    return guesses[0]


def _nothing(what: str) -> FileFault:
    return FileFault(
        "NO_CONTENT",
        f"{what} hold no prices, stock, counts, usage or parts that we know by name",
        "Name the kind with --kind, or send another file.",
    )


def _map_columns(found: Suggestion, values: dict[str, list[str]], contract: Contract) -> None:
    columns = {match.canonical: match.column for match in found.matches if match.canonical != match.column}
    if columns:
        found.content["columns"] = columns
