"""Tables for people: what a spreadsheet program would take for a formula is made harmless, and can be restored."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[\d.,]+")


def neutral(value: str | None) -> str:
    """A value that no spreadsheet program executes: a sign that begins a formula gets an apostrophe before it."""
    text = value or ""
    if _NUMBER.fullmatch(text):
        return text
    # An apostrophe that stood there already is doubled, so that restoring gives the same text back.
    return "'" + text if text.lstrip("'").startswith(_STARTS) else text


def restored(value: str | None) -> str | None:
    """The value that :func:`neutral` was given."""
    if value and value[0] == "'" and value.lstrip("'").startswith(_STARTS):
        return value[1:]
    return value


def csv_bytes(
    names: Sequence[str],
    rows: Iterable[Sequence[str | None]],
    delimiter: str = ",",
    quote: str | None = '"',
    encoding: str = "utf-8",
) -> bytes:
    """A table as delimited text, every value neutral; rows may have any number of values."""
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    writer = csv.writer(
        text, delimiter=delimiter, quotechar=quote or None, escapechar=None if quote else "\\", quoting=quoting
    )
    for row in [names, *rows]:
        writer.writerow([neutral(value) for value in row])
    return text.getvalue().encode(encoding)


def safe_name(text: str) -> str:
    """A name that any file system takes, without a path in it."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "_", plain).strip("._")[:100] or "file"
