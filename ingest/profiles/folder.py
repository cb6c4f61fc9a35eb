"""The profiles of a folder: the one for a file by its source, kind and name, or the built-in one."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ingest.contracts import CONTRACTS
from ingest.errors import SettingsError
from ingest.profiles.model import ANY_SOURCE, Profile
from ingest.profiles.orders import Orders
from ingest.profiles.yaml_text import Lines, read_yaml, refused

# Lives beside the profiles and is none.
INBOXES_FILE = "inboxes.yaml"
_ANY_FILE = "*"
_ABOUT_LOOKS = {
    "options", "columns", "constants", "defaults", "envelope", "stated_at_from", "availability_low_below",
}  # fmt: skip
_PREFIX = "Value error, "


class Profiles:
    """All profiles of a folder, read once; a missing folder holds none.

    A profile that cannot be used stops the files of its own source alone, and says why
    when one arrives. :meth:`check` says it at once.
    """

    def __init__(self, folder: Path | None):
        self._found: list[tuple[Path, Profile]] = []
        self._broken: list[tuple[str | None, SettingsError]] = []
        folder = Path(folder) if folder else None
        for path in sorted(folder.rglob("*.y*ml")) if folder and folder.is_dir() else ():
            if path.name == INBOXES_FILE:
                continue
            try:
                self._found.append((path, read_profile(path)))
            except SettingsError as error:
                self._broken.append((_source_of(path), error))

    def __iter__(self):
        return iter(self._found)

    def check(self) -> tuple[SettingsError, ...]:
        """What is wrong with profiles that cannot be used."""
        return tuple(error for _, error in self._broken)

    def find(self, source_code: str, kind: str, file_name: str) -> Profile:
        """The profile for a file: of its source before any source, with a matching file pattern before none."""
        fitting = [found for found in self._fitting(source_code, file_name) if found[1].kind == kind]
        if len(fitting) > 1:
            paths = " and ".join(str(path) for path, _ in fitting)
            raise SettingsError(
                "AMBIGUOUS_PROFILE",
                f"{paths} both are for {kind} files of {source_code} called {file_name}",
                "Write files: patterns that tell them apart.",
            )
        return fitting[0][1] if fitting else default_profile(kind)

    def kinds_for(self, source_code: str, file_name: str) -> tuple[str, ...]:
        """The kinds that profiles of this source read from a file so called; empty where none is written for it."""
        kinds = {profile.kind for _, profile in self._fitting(source_code, file_name) if _tells_kind(profile)}
        return tuple(kind for kind in CONTRACTS if kind in kinds)

    def kind_for(self, source_code: str, file_name: str) -> str | None:
        """The kind of a file so called, where the profiles leave no doubt."""
        kinds = self.kinds_for(source_code, file_name)
        return kinds[0] if len(kinds) == 1 else None

    def orders_for(self, supplier_code: str) -> Orders:
        """How orders to a supplier are written: by the profile of its own answers, else of any supplier's, else CSV."""
        for source, error in self._broken:
            if source in (None, supplier_code, ANY_SOURCE):
                raise error
        for source in (supplier_code, ANY_SOURCE):
            found = [(path, p.orders) for path, p in self._found if p.source_code == source and p.orders]
            if len(found) > 1:
                paths = " and ".join(str(path) for path, _ in found)
                words = f"{paths} both say how orders to {supplier_code} are written"
                raise SettingsError("AMBIGUOUS_PROFILE", words, "Keep one orders section for each supplier.")
            if found:
                return found[0][1]
        return Orders()

    def _fitting(self, source_code: str, file_name: str) -> list[tuple[Path, Profile]]:
        for source, error in self._broken:
            if source in (None, source_code, ANY_SOURCE):
                raise error
        named = [found for found in self._found if fnmatchcase(file_name.casefold(), found[1].files.casefold())]
        of_source = [found for found in named if found[1].source_code == source_code]
        fitting = of_source or [found for found in named if found[1].source_code == ANY_SOURCE]
        return [found for found in fitting if found[1].files != _ANY_FILE] or fitting


def _tells_kind(profile: Profile) -> bool:
    """Whether a profile is about how files look; one of tolerances or a calendar leaves the kind to their content."""
    return profile.files != _ANY_FILE or bool(profile.model_fields_set & _ABOUT_LOOKS)


def default_profile(kind: str) -> Profile:
    """The built-in profile: canonical column names, '.' decimals, ISO dates."""
    return Profile(source_code=ANY_SOURCE, kind=kind)


def read_profile(path: Path) -> Profile:
    """One profile; raises ``SettingsError`` with file, line, key, what is wrong and what to write."""
    content, lines = read_yaml(path)
    try:
        profile = Profile(**{key: value for key, value in content.items() if value is not None})
    except ValidationError as error:
        raise _invalid(path, error, lines, ()) from None
    if profile.format:
        _check_options(path, profile, lines)
    return profile


def _check_options(path: Path, profile: Profile, lines: Lines) -> None:
    from ingest.readers.formats import FORMATS

    if profile.format not in FORMATS:
        words = f"format: there is no format '{profile.format}'"
        raise refused(path, lines.get(("format",), 1), words, f"Write one of {', '.join(FORMATS)}.")
    try:
        profile.options_for(profile.format)
    except ValidationError as error:
        raise _invalid(path, error, lines, ("options",)) from None


def _invalid(path: Path, error: ValidationError, lines: Lines, prefix: tuple[str, ...]) -> SettingsError:
    first = error.errors()[0]
    place = (*prefix, *(str(step) for step in first["loc"]))
    words, mend = _words(first)
    key = ".".join(place)
    return refused(path, _line(place, words, lines), f"{key}: {words}" if key else words, mend)


def _line(place: tuple[str, ...], words: str, lines: Lines) -> int:
    """The line of the key, of the nearest key above it, or of the section that the words begin with."""
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    section = tuple(words.split(":")[0].split("."))
    return lines.get(section) or lines.get(section[:1], 1)


def _words(first: dict[str, Any]) -> tuple[str, str]:
    """What is wrong, and what to write instead."""
    if first["type"] == "extra_forbidden":
        return "there is no such key", "Remove it, or mend its name; deploy/profiles/README.md lists the keys."
    if first["type"] == "missing":
        return "it is missing", "Write it."
    message = first["msg"].removeprefix(_PREFIX)
    words, _, mend = message.partition("; ")
    said = "" if first["type"] == "value_error" else f" (it says {str(first['input'])[:80]!r})"
    return words + said, (mend[:1].upper() + mend[1:] + ".") if mend else "Write a value that fits."


def _source_of(path: Path) -> str | None:
    """Whose profile a broken one is, if that much can be read."""
    try:
        source = read_yaml(path)[0].get("source_code")
    except SettingsError:
        return None
    return source if isinstance(source, str) else None
