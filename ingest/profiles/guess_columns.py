"""Which columns of an unknown file are probably ours, by their names in six languages and by their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from ingest import vocabularies
from ingest.contracts import CONTRACTS, Column, Contract, Type
from ingest.gtins import is_gtin
from ingest.profiles.columns import folded
from ingest.profiles.guess_values import guess_dates, is_number
from ingest.profiles.words import SYNONYMS

_LEAST = 0.45
_NUMBERS = (Type.QUANTITY, Type.AMOUNT, Type.DAYS, Type.INTEGER)
# A file is of a kind when it has one of these; nothing else has them.
_TELLING: dict[str, tuple[str, ...]] = {
    "garages": ("garage_name", "time_zone"),
    "suppliers": ("supplier_name", "lead_time_days", "minimum_order_amount"),
    "supplier_terms": ("free_freight_amount", "hazmat_fee_amount", "order_weekdays", "cut_off_at", "return_days"),
    "part_types": ("part_type_name",),
    "parts": ("category_code", "description"),
    "packs": ("factor_quantity",),
    "references": ("reference_type_code",),
    "supersessions": ("successor_part_number",),
    "policies": ("policy_name", "service_level_pct"),
    "supplier_price": ("unit_price_amount",),
    "supplier_availability": ("available_quantity", "availability_code"),
    "supplier_catalogue": ("description", "gtin", "part_type_code", "pack_quantity", "weight_kg"),
    "supplier_interchange": ("other_part_number",),
    "order_ack": ("acknowledgement_code", "acknowledged_quantity", "promised_on"),
    "ship_notice": ("shipment_number", "shipped_quantity"),
    "stock_count": ("counted_quantity", "count_number"),
    "receipt": ("delivery_number", "manufactured_on"),
    "usage": ("work_order_number", "usage_type_code"),
    "adjustment": ("adjustment_number", "adjustment_reason_code"),
    "reservation": ("reservation_number",),
    "quality_hold": ("hold_number",),
}
# Words that say much of any kind, as a part of a name.
_VAGUE = ("date", "datum", "data", "fecha", "name", "from", "created", "status", "location", "unit", "item", "code")
# What parts are called is in most files; it tells less than a price or a count.
_WEAK = ("supplier_catalogue", "parts", "suppliers", "garages")
# Found in every kind, so it tells nothing about which one a file is.
_COMMON = ("supplier_code", "brand_code", "currency_code", "stated_at")


@dataclass(frozen=True)
class Match:
    """A column of the file that probably is a canonical one; ``confidence`` from 0 to 1."""

    canonical: str
    column: str
    confidence: float
    why: str


@dataclass(frozen=True)
class KindGuess:
    """A kind that a file may be, how well it fits, and which columns it takes."""

    kind: str
    score: float
    matches: tuple[Match, ...]


def guess_kinds(values: Mapping[str, Sequence[str]]) -> list[KindGuess]:
    """The kinds whose telling columns the file has, best first; none where it carries nothing that we keep."""
    guesses = []
    for contract in CONTRACTS.values():
        matches = guess_matches(values, contract)
        by_name = {match.canonical: match.confidence for match in matches}
        telling = max((by_name.get(name, 0.0) for name in _TELLING[contract.kind]), default=0.0)
        if telling < _LEAST or not _has_subject(by_name, contract):
            continue
        asked = [name for name in contract.required_names if name not in _COMMON]
        required = sum(by_name.get(name, 0.0) for name in asked) / max(len(asked), 1)
        telling *= 0.4 if contract.kind in _WEAK else 1.0
        guesses.append(KindGuess(contract.kind, round(telling + required + 0.1 * sum(by_name.values()), 2), matches))
    return sorted(guesses, key=lambda guess: -guess.score)


def guess_matches(values: Mapping[str, Sequence[str]], contract: Contract) -> tuple[Match, ...]:
    """The best column for each canonical one, no column twice."""
    said = {name: _said(found) for name, found in values.items()}
    scored = [
        match
        for column in contract.columns
        # Who sends is told by the channel, never by the file.
        if column.name != "supplier_code" or contract.kind == "suppliers"
        for name, found in said.items()
        if (match := _match(column, name, found)).confidence >= _LEAST
    ]
    taken: dict[str, Match] = {}
    used: set[str] = set()
    for match in sorted(scored, key=lambda one: -one.confidence):
        if match.canonical not in taken and match.column not in used:
            taken[match.canonical] = match
            used.add(match.column)
    if "part_number" not in taken and "part_number" in contract.required_names and "supplier_part_number" in taken:
        only = taken.pop("supplier_part_number")
        taken["part_number"] = Match("part_number", only.column, 0.5, "the only part number there is")
    return tuple(taken[name] for name in contract.column_names if name in taken)


def _has_subject(by_name: Mapping[str, float], contract: Contract) -> bool:
    """Whether the rows say what they are about: a part, or whatever the kind is a list of."""
    subjects = [name for name in ("part_number", "supplier_part_number") if name in contract.column_names]
    return any(name in by_name for name in subjects or contract.key[:1])


def _said(values: Sequence[str]) -> list[str]:
    """Enough values to judge by."""
    return [value.strip() for value in values if value and value.strip()][:300]


def _match(column: Column, name: str, said: list[str]) -> Match:
    score, why = _by_name(column.name, name)
    score, evidence = _by_values(column, score, said)
    return Match(column.name, name, round(min(score, 1.0), 2), f"{why}; {evidence}" if evidence else why)


@lru_cache(maxsize=4096)
def _by_name(canonical: str, name: str) -> tuple[float, str]:
    ours, theirs = folded(canonical), _bare(name)
    if theirs == ours or theirs == ours.removesuffix(" amount").removesuffix(" code").removesuffix(" quantity"):
        return 0.95, "the same name"
    known = [folded(word) for word in SYNONYMS.get(canonical, ())]
    if theirs in known or theirs.replace(" ", "") in {word.replace(" ", "") for word in known}:
        return 0.85, "a usual name for it"
    words = set(theirs.split())
    if any(len(word) > 3 and word not in _VAGUE and set(word.split()) <= words for word in known):
        return 0.55, "contains a usual name"
    is_near = any(_is_near(theirs, word) for word in known if len(word) > 4)
    return (0.5, "nearly a usual name") if is_near else (0.0, "")


def _is_near(theirs: str, word: str) -> bool:
    matcher = SequenceMatcher(None, theirs, word)
    return all(ratio() > 0.87 for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))


def _bare(name: str) -> str:
    """The folded name without brackets and stops: 'Price (EUR)' is a price."""
    bare = re.sub(r"[.:*]+$", "", re.sub(r"\s*[(\[].*?[)\]]\s*", " ", name.strip()))
    return folded(bare)


def _by_values(column: Column, score: float, said: list[str]) -> tuple[float, str]:
    """The score after a look at the values; a column of words is no price whatever it is called."""
    if column.name == "gtin" and said:
        share = sum(map(is_gtin, said)) / len(said)
        if share > 0.8:
            return max(score + 0.1, 0.7), f"{share:.0%} have a GTIN's check digit"
        return (score * 0.7, "few have a GTIN's check digit") if score else (0.0, "")
    if not score or not said:
        return score * 0.5, "it is empty" if score else ""
    if column.type in _NUMBERS:
        return _weighed(score, sum(map(is_number, said)) / len(said), "numbers")
    if column.type in (Type.DATE, Type.TIMESTAMP):
        is_dated = guess_dates(said) is not None
        return (score + 0.05, "they are dates") if is_dated else (score * 0.4, "they are no dates of one form")
    if column.name == "currency_code":
        return _weighed(score, sum(v.upper() in vocabularies.CURRENCIES for v in said) / len(said), "currencies")
    if column.name.endswith("part_number"):
        return _weighed(score, sum(len(value) <= 48 for value in said) / len(said), "short")
    return score, ""


def _weighed(score: float, share: float, words: str) -> tuple[float, str]:
    return (score + 0.05, f"{share:.0%} are {words}") if share > 0.6 else (score * 0.4, f"only {share:.0%} are {words}")
