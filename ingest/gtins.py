"""Numbers of GS1 for articles and their packs."""

from __future__ import annotations

import re

_GTIN = re.compile(r"\d{8}|\d{12,14}", re.ASCII)


def is_gtin(text: str) -> bool:
    """Whether a text is a GTIN of 8, 12, 13 or 14 digits with its check digit."""
    if not _GTIN.fullmatch(text):
        return False
    digits = [int(digit) for digit in reversed(text)]
    return sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0
