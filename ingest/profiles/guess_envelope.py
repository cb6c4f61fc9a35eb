"""What the lines around the rows of an unknown file probably say of all rows: how many, when, for how many pieces."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.profiles.guess_values import guess_dates

_DATE = re.compile(r"(?<![\d.])(\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}-\d{2}-\d{2})(?![\d])")
_PER_MANY = re.compile(
    r"\b(?:je|per|pro|für|fuer|for|each|pour|par|por|ogni)\s+(?:je\s+)?(1000?|100|10)\b", re.IGNORECASE
)
_LONGEST_WORDS = 40
_CURRENCY_WORDS = {"euro": "EUR", "eur": "EUR", "€": "EUR", "£": "GBP", "gbp": "GBP", "chf": "CHF", "usd": "USD"}


def line_count_pattern(lines: Sequence[str], row_count: int) -> str | None:
    """A pattern for the line that counts the rows, where one of them tells their number after a word."""
    for line in lines:
        found = re.search(r"([^\W\d_][^\d]{2,})\b(\d+)\s*$", line)
        if found and int(found[2]) == row_count:
            return f"{_as_pattern(found[1])}(?P<line_count>\\d+)"
    return None


def date_pattern(lines: Sequence[str]) -> tuple[str, str] | None:
    """A pattern for the only date above the rows, and its format; none where there are several, or two readings."""
    found = [(line, match) for line in lines for match in _DATE.finditer(line)]
    formats = guess_dates([match[1] for _, match in found])
    if len(found) != 1 or formats is None or len(formats) > 1:
        return None
    line, match = found[0]
    before = re.search(r"\S*\s*$", line[: match.start()])[0]
    before = "" if re.search(r"\d", before) else _as_pattern(before)
    signs = re.sub(r"\d+", lambda digits: rf"\d{{{len(digits[0])}}}", re.escape(match[1]).replace(r"\-", "-"))
    return f"{before}(?P<stated_at>{signs})", "".join(formats)


def currency_of(lines: Sequence[str]) -> str | None:
    """The one currency that these lines name."""
    words = {word for line in lines for word in re.findall(r"[€£]|[^\W\d_]+", line.casefold())}
    said = {code for word, code in _CURRENCY_WORDS.items() if word in words}
    return said.pop() if len(said) == 1 else None


def price_unit_note(lines: Sequence[str], names: Sequence[str]) -> str:
    """What to check of prices: no value tells whether they are for one piece."""
    for text in (*lines, *names):
        if many := _PER_MANY.search(text):
            share = f"{1 / int(many[1]):g}"
            return f"'{text[:120]}': if prices are for {many[1]}, write scale: {{unit_price_amount: {share}}}"
    return "check that prices are for one piece; for 100, write scale: {unit_price_amount: 0.01}"


def _as_pattern(text: str) -> str:
    """The text as it stands, any blanks between its words."""
    words = text[-_LONGEST_WORDS:]
    return r"\s*".join(re.escape(word) for word in words.split()) + (r"\s*" if words[-1:].isspace() else "")
