"""Tables and names for people: nothing a partner sent becomes a formula, a path or a second line on the way out."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

# Signs that begin a formula, also behind what spreadsheet programs skip; full-width signs become plain ones in some.
_INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_FORMULA = re.compile(rf"[\s\x00-\x1f'\"{_INVISIBLE}]*[=+\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?[0-9.,]+")
# Names that mean a device on Windows, with any extension.
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{name}{n}" for name in ("COM", "LPT") for n in range(10))}
_LONGEST_NAME = 100


def neutral(value: Any) -> str:
    """A value that no spreadsheet program executes: text that begins like a formula gets an apostrophe before it.

    Numbers, dates and text that is a plain number stay as they are.
    """
    if not isinstance(value, str):
        return "" if value is None else str(value)
    if _NUMBER.fullmatch(value):
        return value
    # An apostrophe that stood there already is doubled, so that restoring gives the same text back.
    return "'" + value if _FORMULA.match(value) else value


def restored(value: str | None) -> str | None:
    """The text that :func:`neutral` was given."""
    if value and value[0] == "'" and _FORMULA.match(value, 1):
        return value[1:]
    return value


def csv_bytes(
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    delimiter: str = ",",
    quote: str | None = '"',
    encoding: str = "utf-8",
) -> bytes:
    """A table as delimited text, every value neutral; rows may have any number of values.

    A character that the encoding lacks is written as ``\\u20ac``: seen, and not lost.
    """
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    writer = csv.writer(
        text, delimiter=delimiter, quotechar=quote or None, escapechar=None if quote else "\\", quoting=quoting
    )
    for row in [names, *rows]:
        writer.writerow([neutral(value) for value in row])
    return text.getvalue().encode(encoding, errors="backslashreplace")


def safe_name(text: str) -> str:
    """A file name that any file system takes: no path, no control character, no leading dot or dash, no device."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", plain).lstrip("._-")[:_LONGEST_NAME].rstrip("._-") or "file"
    stem, dot, rest = name.partition(".")
    return f"{stem}_{dot}{rest}" if stem.upper() in _DEVICES else name


def shown_name(text: str, longest: int = 200) -> str:
    """A name as one line of plain text, for messages and ledgers: what is not printable is written as an escape.

    That is line ends, terminal codes, signs that turn the direction of writing, and bytes that are no text.
    """
    shown = "".join(character if character.isprintable() else _escaped(character) for character in text[: longest + 1])
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _escaped(character: str) -> str:
    code = ord(character)
    # A byte of a file name that is no UTF-8.
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()
