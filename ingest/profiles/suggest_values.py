"""What the values of an unknown file show: number signs, date formats, units and words for nothing, for its profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import vocabularies
from ingest.contracts import Contract, Type
from ingest.profiles.guess_values import guess_dates, guess_numbers

if TYPE_CHECKING:
    from ingest.profiles.suggest import Suggestion

_NO_VALUES = ("-", "--", "n/a", "N/A", "NA", "#N/A", "NULL", "null", "None", "k.A.", "unbekannt")
_UNITS = {
    "EA": ("each", "st", "st.", "stk", "stk.", "stück", "pce", "pcs", "pc", "pièce", "pce.", "ud", "uds", "unidad",
           "pz", "pezzo", "stuk", "stuks", "piece", "unit", "c62", "h87"),
    "PR": ("pair", "paar", "paire", "par", "coppia", "npr"), "SET": ("satz", "jeu", "juego", "serie"),
    "KT": ("kit",), "PK": ("pack", "packung", "paquet", "paquete", "pacco", "pak"),
    "BX": ("box", "boîte", "caja", "scatola", "doos"), "CA": ("case", "karton", "carton", "cartone", "ct"),
    "L": ("ltr", "liter", "litre", "litro", "lt"), "ML": ("milliliter", "mlt"), "KG": ("kilo", "kgm", "kilogramm"),
    "M": ("mtr", "meter", "mètre", "metro"),
}  # fmt: skip


def write_values(found: Suggestion, values: dict[str, list[str]], contract: Contract) -> None:
    """Number signs, date formats, units and words for nothing, from the values of the columns that are used."""
    used = {match.canonical: values[match.column] for match in found.matches}
    typed = {name: contract.column(name).type for name in used}
    texts = {name: [text for text in found_ if text not in _NO_VALUES] for name, found_ in used.items()}
    nothing = {t for name, type_ in typed.items() if type_ is not Type.TEXT for t in used[name] if t in _NO_VALUES}
    if nothing:
        found.content["no_value"] = sorted(nothing)
    numeric = (Type.QUANTITY, Type.AMOUNT, Type.DAYS, Type.INTEGER)
    _write_numbers(found, [text for name in used if typed[name] in numeric for text in texts[name]])
    dates = {name: texts[name] for name in used if typed[name] in (Type.DATE, Type.TIMESTAMP)}
    _write_dates(found, dates)
    _write_units(found, {text for name in used if name.endswith("uom_code") for text in texts[name] if text})


def _write_numbers(found: Suggestion, texts: list[str]) -> None:
    guess = guess_numbers(texts)
    signs = {"decimal": guess.decimal, "thousands": guess.thousands, "trailing_minus": guess.trailing_minus}
    usual = {"decimal": ".", "thousands": "", "trailing_minus": False}
    if texts:
        found.confidences["numbers"] = guess.confidence
    if changed := {name: sign for name, sign in signs.items() if sign != usual[name]}:
        found.content["numbers"] = changed
    if texts and guess.confidence < 0.5:
        found.notes.append("numbers such as 1.234 may be 1234 or 1.234; ask the sender, then declare numbers")


def _write_dates(found: Suggestion, texts: dict[str, list[str]]) -> None:
    formats: list[str] = []
    for name, said in texts.items():
        fitting = guess_dates(said)
        if fitting is None and any(said):
            found.notes.append(f"{name}: not every value is a date of one form")
        elif fitting and len(fitting) > 1:
            words = " or ".join(fitting)
            found.notes.append(f"{name}: its dates may be {words}; ask the sender, then declare dates.formats")
        elif fitting:
            formats += [one for one in fitting if one not in formats]
    if formats:
        found.content["dates"] = {"formats": formats}


def _write_units(found: Suggestion, said: set[str]) -> None:
    known = {word: code for code, words in _UNITS.items() for word in words}
    foreign = sorted(text for text in said if text not in vocabularies.UNITS)
    units = {text: known[text.casefold()] for text in foreign if text.casefold() in known}
    units |= {text: text.upper() for text in foreign if text not in units and text.upper() in vocabularies.UNITS}
    if units:
        found.content["units"] = units
    if rest := [text for text in foreign if text not in units]:
        found.notes.append(f"units without a translation: {', '.join(rest[:10])}")
