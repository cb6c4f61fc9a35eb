"""Which columns of a file fill which canonical ones; names match regardless of case and blanks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ingest.contracts import Contract
from ingest.profiles.model import Profile
from ingest.readers.limits import FileFault


def folded(name: str) -> str:
    """A header name without what people vary: case, and blanks, underscores and hyphens between words."""
    return re.sub(r"[\s_\-]+", " ", name).strip().casefold()


def sources(names: Sequence[str], profile: Profile, contract: Contract) -> dict[str, list[str]]:
    """Canonical column → the columns of the file that fill it, in the order of the profile."""
    if not profile.columns and set(names) <= set(contract.column_names):
        return {name: [name] for name in names}
    present, by_fold = set(names), Counter(map(folded, names))
    found: dict[str, list[str]] = {}
    for canonical in contract.column_names:
        if canonical in profile.constants:
            continue
        wanted = profile.columns.get(canonical, (canonical,))
        columns = [match for want in wanted if (match := _match(want, names, present, by_fold))]
        if columns:
            found[canonical] = columns
    return found


def check_columns(
    names: Sequence[str],
    profile: Profile,
    contract: Contract,
    given: Iterable[str] = (),
    may_lack: Iterable[str] = (),
) -> tuple[str, ...]:
    """Raise where the file lacks a column that it needs; return the columns that nobody knows.

    ``given`` are canonical columns that the platform fills itself, ``may_lack`` those that
    somebody accepted as missing.
    """
    found = sources(names, profile, contract)
    required = set(contract.required_names) - set(given)
    lacking = [
        _words(profile, name)
        for name in contract.column_names
        if name not in found
        and ((name in profile.columns and name not in may_lack) or (name in required and not _fills(profile, name)))
    ]
    if lacking:
        needs = ", ".join(_words(profile, name) for name in contract.required_names)
        raise FileFault(
            "MISSING_COLUMN",
            f"line 1: {', '.join(lacking)} missing; a {contract.kind} file needs {needs}",
            "Add the column, or name in the profile the one that holds it.",
            line_number=1,
        )
    used = {column for columns in found.values() for column in columns}
    return tuple(name for name in names if name not in used)


def _fills(profile: Profile, name: str) -> bool:
    if name == "availability_code" and profile.availability_low_below is not None:
        return True
    has_sign = any(sign.value == "direction" for sign in profile.signs.values())
    return name in profile.constants or name in profile.defaults or (name == "direction_code" and has_sign)


def _words(profile: Profile, name: str) -> str:
    wanted = profile.columns.get(name)
    return f"{name} (from {' or '.join(wanted)})" if wanted else name


def _match(want: str, names: Sequence[str], present: set[str], by_fold: Counter) -> str | None:
    if want in present:
        return want
    count = by_fold[folded(want)]
    if count > 1:
        raise FileFault(
            "DUPLICATE_HEADER",
            f"line 1: {count} columns are called {want}, but for case and blanks",
            "Give each column a name of its own.",
            line_number=1,
        )
    return next(name for name in names if folded(name) == folded(want)) if count else None
