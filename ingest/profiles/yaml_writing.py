"""A suggested profile as the YAML that a person reads, completes and puts in the profile folder."""

from __future__ import annotations

from typing import Any

import yaml

from ingest.contracts import CONTRACTS
from ingest.profiles.suggest import Suggestion

_LEAST_SURE = 0.75


def as_yaml(suggestion: Suggestion) -> str:
    """The profile with its evidence as comments; what must still be said stands there, commented out."""
    content = dict(suggestion.content)
    lines = [f"# {note}" for note in suggestion.notes]
    for key, value in content.items():
        if key == "columns":
            lines += ["columns:", *_columns(suggestion, value)]
        elif key != "constants":
            lines += _dumped({key: value})
    lines += _constants(suggestion)
    if suggestion.other_kinds:
        lines.append(f"# The file may also hold: {', '.join(suggestion.other_kinds)} (suggest again with --kind).")
    return "\n".join(lines) + "\n"


def _constants(suggestion: Suggestion) -> list[str]:
    given, contract = suggestion.content.get("constants"), CONTRACTS[suggestion.content["kind"]]
    lines = _dumped({"constants": given}) if given else []
    if suggestion.open_columns:
        lines.append("# The file lacks these; write one value for all rows, or name a column above.")
        lines += [] if given else ["# constants:"]
        lines += [f"#   {name}:  # {contract.column(name).description}" for name in suggestion.open_columns]
    return lines


def _columns(suggestion: Suggestion, columns: dict[str, str]) -> list[str]:
    by_name = {match.canonical: match for match in suggestion.matches}
    lines = []
    for canonical, column in columns.items():
        [written] = _dumped({canonical: column})
        match = by_name[canonical]
        doubt = "  # look at this one" if match.confidence < _LEAST_SURE else "  #"
        lines.append(f"  {written}{doubt} {match.confidence:.0%}: {match.why}")
    return lines


def _dumped(content: dict[str, Any]) -> list[str]:
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=False)
    return text.rstrip("\n").split("\n")
