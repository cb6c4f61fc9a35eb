"""JSON values as text, exactly as they were sent: numbers keep every digit, nothing passes through a float."""

from __future__ import annotations

import json
import re
from typing import Any

# Escapes that stand for what no text column can hold: NUL, and halves of a surrogate pair.
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class Number(str):
    """A number as its sender wrote it."""

    __slots__ = ()


class Faulty(dict):
    """An object that cannot be a record, and why."""

    why = ""


class NotJson(ValueError):
    """What the JSON grammar does not know: NaN and the infinities."""


class _Unfit(ValueError):
    """A part of a record that no column can hold."""


def _object(pairs: list[tuple[str, Any]]) -> dict:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    repeated = next(key for key, _ in pairs if key in seen or seen.add(key))
    faulty = Faulty(found)
    faulty.why = f"the key '{shown(repeated)}' stands twice in one object"
    return faulty


def _constant(word: str) -> None:
    raise NotJson(f"{word} is no JSON value")


DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_constant, strict=True
)


def flat(record: dict, depth: int, raw: str, decimal: str = ".") -> tuple[dict[str, str | None], str | None]:
    """One level of columns, nested names joined by dots, lists as JSON text; or what keeps it from being a row.

    ``decimal`` is the sign that numbers are given with; texts stay as they are.
    """
    columns: dict[str, str | None] = {}
    try:
        _flatten(record, "", depth, columns, decimal)
    except _Unfit as error:
        return columns, f"PARSE: {error}"
    return columns, _unholdable(columns) if _SUSPECT_ESCAPE.search(raw) else None


def _flatten(record: dict, prefix: str, depth: int, columns: dict[str, str | None], decimal: str) -> None:
    if isinstance(record, Faulty):
        raise _Unfit(record.why)
    for key, value in record.items():
        name = prefix + key
        if value is None or isinstance(value, str):
            text = value.replace(".", decimal) if isinstance(value, Number) else value
        elif isinstance(value, dict):
            _check_depth(name, depth)
            _flatten(value, name + ".", depth - 1, columns, decimal)
            continue
        else:
            text = _as_json(value, name, depth)
        if name in columns:
            raise _Unfit(f"the name '{shown(name)}' stands twice in one record")
        columns[name] = text


def _as_json(value: Any, name: str, depth: int) -> str:
    """A value as compact JSON; numbers as they were sent."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, Faulty):
        raise _Unfit(value.why)
    if isinstance(value, (list, dict)):
        _check_depth(name, depth)
    if isinstance(value, list):
        return f"[{','.join(_as_json(inner, name, depth - 1) for inner in value)}]"
    if isinstance(value, dict):
        members = (f"{_quoted(key)}:{_as_json(inner, name, depth - 1)}" for key, inner in value.items())
        return f"{{{','.join(members)}}}"
    return _quoted(value)


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _check_depth(name: str, depth: int) -> None:
    if depth <= 1:
        raise _Unfit(f"'{shown(name)}' nests too deep")


def _unholdable(columns: dict[str, str | None]) -> str | None:
    for name, text in columns.items():
        for part in (name, text or ""):
            if "\0" in part:
                return f"PARSE: '{shown(name)}' holds a NUL character"
            if any("\ud800" <= character <= "\udfff" for character in part):
                return f"PARSE: '{shown(name)}' holds half a surrogate pair, which is no character"
    return None


def shown(text: str, limit: int = 80) -> str:
    """A text that any terminal and any database can hold."""
    return text[:limit].encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
