"""When two names are of one person, as ``audit.person_key`` of the database has it."""

from __future__ import annotations

import re
import unicodedata

# White space, controls, and what Unicode lets be ignored or shows as nothing.
_UNSEEN = re.compile(
    "[\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680"
    "\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)


def person_key(name: str) -> str:
    """What two names of one person have in common; empty for a name that names nobody."""
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", unicodedata.normalize("NFKC", name).casefold()))
