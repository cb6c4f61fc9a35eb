"""A profile for an unknown file, with the evidence for each line of it and what it would do to the first rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from ingest import vocabularies
from ingest.contracts import CONTRACTS, Contract, Type
from ingest.profiles.guess_columns import KindGuess, Match, guess_kinds, guess_matches
from ingest.profiles.guess_envelope import currency_of, date_pattern, line_count_pattern, price_unit_note
from ingest.profiles.guess_frame import tail_count
from ingest.profiles.guess_text import TextGuess, guess_text
from ingest.profiles.guess_values import guess_dates, guess_numbers
from ingest.profiles.model import Profile
from ingest.profiles.trial import Trial, try_profile
from ingest.readers.formats import module_of, recognise_format
from ingest.readers.limits import MEBIBYTE, FileFault, Limits

_LOOKED_AT = 2000
_TRIED = 10_000
_BY_PLACE = "Name the kind with --kind, then say in the profile what is where, such as part_number: 1."
_NO_VALUES = ("-", "--", "n/a", "N/A", "NA", "#N/A", "NULL", "null", "None", "k.A.", "unbekannt")
# A dollar sign may be any of a dozen dollars.
_CURRENCY_SIGNS = {"€": "EUR", "£": "GBP"}
_UNITS = {
    "EA": ("each", "st", "st.", "stk", "stk.", "stück", "pce", "pcs", "pc", "pièce", "pce.", "ud", "uds", "unidad",
           "pz", "pezzo", "stuk", "stuks", "piece", "unit", "c62", "h87"),
    "PR": ("pair", "paar", "paire", "par", "coppia", "npr"), "SET": ("satz", "jeu", "juego", "serie"),
    "KT": ("kit",), "PK": ("pack", "packung", "paquet", "paquete", "pacco", "pak"),
    "BX": ("box", "boîte", "caja", "scatola", "doos"), "CA": ("case", "karton", "carton", "cartone", "ct"),
    "L": ("ltr", "liter", "litre", "litro", "lt"), "ML": ("milliliter", "mlt"), "KG": ("kilo", "kgm", "kilogramm"),
    "M": ("mtr", "meter", "mètre", "metro"),
}  # fmt: skip


@dataclass
class Suggestion:
    """A proposed profile as plain data, why, what is still open, and its trial on the first rows."""

    content: dict[str, Any]
    format: str
    matches: tuple[Match, ...] = ()
    confidences: dict[str, float] = field(default_factory=dict)
    other_kinds: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    open_columns: tuple[str, ...] = ()
    trial: Trial | None = None
    text: TextGuess | None = None

    @property
    def profile(self) -> Profile:
        return Profile(**self.content)


def suggest(path: Path, source_code: str, kind: str | None = None, limits: Limits | None = None) -> Suggestion:
    """The best guess for a file; raises ``FileFault`` where it cannot be read or carries nothing that we keep."""
    limits = limits or Limits(block_bytes=MEBIBYTE)
    format_code = recognise_format(path, limits)
    module = module_of(format_code)
    found = Suggestion({"source_code": source_code}, format_code)
    if module.IS_CANONICAL:
        return _of_standard(found, path, module, kind, limits)
    options = _options(found, path, limits)
    values = _values(path, module, options, limits)
    guess = _kind(found, values, kind)
    found.content["kind"] = guess.kind
    found.content["files"] = _file_pattern(path.name)
    if format_code == "delimited":
        found.content["format"] = format_code
        if options:
            found.content["options"] = options
    elif format_code == "spreadsheet" and (footer_rows := _footer_rows(values)):
        found.content |= {"format": format_code, "options": {"footer_rows": footer_rows}}
        found.notes.append(f"next to nothing stands in its last rows ({footer_rows}): a footer")
    found.matches = guess.matches
    _map_columns(found, values, CONTRACTS[guess.kind])
    _write_values(found, values, CONTRACTS[guess.kind])
    _read_frame(found, CONTRACTS[guess.kind])
    _fill_gaps(found, path, CONTRACTS[guess.kind])
    fills = dict.fromkeys(found.open_columns, "")
    found.trial = try_profile(path, found.profile, source_code, limits, _TRIED, fills)
    return found


def _of_standard(found: Suggestion, path: Path, module: Any, kind: str | None, limits: Limits) -> Suggestion:
    envelope = module.read_envelope(path, module.Options(), limits)
    kinds = [kind] if kind else list(envelope.kinds)
    if not kinds:
        raise _nothing(f"the {found.format} messages in it")
    found.content |= {"kind": kinds[0], "files": _file_pattern(path.name)}
    found.other_kinds = tuple(kinds[1:])
    found.notes.append(
        f"{found.format} says itself what it holds; a profile is needed for tolerances and calendar only"
    )
    found.trial = try_profile(path, found.profile, found.content["source_code"], limits, _TRIED)
    return found


def _options(found: Suggestion, path: Path, limits: Limits) -> dict[str, Any]:
    if found.format != "delimited":
        return {}
    found.text = guess_text(path, limits)
    found.confidences = found.text.confidences
    found.notes += found.text.notes
    return found.text.options


def _values(path: Path, module: Any, options: dict[str, Any], limits: Limits) -> dict[str, list[str]]:
    """The values of each column in the first rows."""
    values: dict[str, list[str]] = {}
    for records in islice(module.read_records(path, "", module.Options(**options), limits), 4):
        for name in records.texts.column_names:
            column = values.setdefault(name, [])
            column += [text or "" for text in records.texts[name].slice(0, _LOOKED_AT - len(column)).to_pylist()]
    return values


def _footer_rows(values: dict[str, list[str]]) -> int:
    """Known of a table that was seen to its end."""
    return tail_count(values) if max(map(len, values.values()), default=0) < _LOOKED_AT else 0


def _kind(found: Suggestion, values: dict[str, list[str]], kind: str | None) -> KindGuess:
    if kind:
        return KindGuess(kind, 0.0, guess_matches(values, CONTRACTS[kind]))
    guesses = guess_kinds(values)
    if not guesses:
        if values and all(name.isdigit() for name in values):
            raise FileFault("NO_CONTENT", "no row names the columns, and values alone do not tell", _BY_PLACE)
        raise _nothing(f"its columns ({', '.join(name[:40] for name in list(values)[:12])})")
    found.other_kinds = tuple(guess.kind for guess in guesses[1:4])
    return guesses[0]


def _nothing(what: str) -> FileFault:
    return FileFault(
        "NO_CONTENT",
        f"{what} hold no prices, stock, counts, usage or parts that we know by name",
        "Name the kind with --kind, or send another file.",
    )


def _map_columns(found: Suggestion, values: dict[str, list[str]], contract: Contract) -> None:
    columns = {match.canonical: match.column for match in found.matches if match.canonical != match.column}
    if columns:
        found.content["columns"] = columns


def _write_values(found: Suggestion, values: dict[str, list[str]], contract: Contract) -> None:
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


def _read_frame(found: Suggestion, contract: Contract) -> None:
    """What the lines around the rows say of all rows."""
    above, below = (found.text.above, found.text.below) if found.text else ((), ())
    have = {match.canonical for match in found.matches}
    patterns = []
    if (dated := date_pattern(above)) and contract.event_column not in have:
        patterns.append(dated[0])
        formats = found.content.setdefault("dates", {}).setdefault("formats", []) if dated[1] else [""]
        formats += [dated[1]] if dated[1] not in formats else []
    if found.text and found.text.row_count and (counted := line_count_pattern((*above, *below), found.text.row_count)):
        patterns.append(counted)
    if patterns:
        found.content["options"]["envelope"] = patterns
    if "unit_price_amount" in have:
        names = [match.column for match in found.matches]
        found.notes.append(price_unit_note(above, names))


def _fill_gaps(found: Suggestion, path: Path, contract: Contract) -> None:
    """What the file lacks and the platform or its name can give; the rest stays open."""
    have = {match.canonical for match in found.matches}
    have |= {contract.event_column} if "?P<stated_at>" in str(found.content.get("options", {})) else set()
    patterns = []
    if contract.event_column not in have:
        if dated := re.search(r"20\d{2}(?P<sign>[-_.]?)\d{2}(?P=sign)\d{2}", path.name):
            sign = re.escape(dated["sign"])
            patterns.append(rf"(?P<stated_at>20\d{{2}}{sign}\d{{2}}{sign}\d{{2}})")
            if dated["sign"] != "-":
                found.content.setdefault("dates", {}).setdefault("formats", []).append(
                    f"%Y{dated['sign']}%m{dated['sign']}%d"
                )
        else:
            found.content["stated_at_from"] = "arrival"
            found.notes.append(f"no column says when ({contract.event_column}): the moment of arrival is taken")
        have.add(contract.event_column)
    document = next((name for name in ("count_number", "adjustment_number") if name in contract.required_names), None)
    if document and document not in have and not patterns:
        patterns.append(r"^(?P<document_number>[^.]+)")
        have.add(document)
    if patterns:
        found.content["envelope"] = {"file_name": patterns[0]}
    if "availability_code" not in have and "available_quantity" in have:
        found.content["availability_low_below"] = "1"
        have.add("availability_code")
    if "currency_code" not in have and (currency := _currency(found)):
        found.content["constants"] = {"currency_code": currency}
        have.add("currency_code")
    have.add("supplier_code")
    found.open_columns = tuple(name for name in contract.required_names if name not in have)


def _currency(found: Suggestion) -> str | None:
    """The currency that the name of the price column tells, as in 'Price (EUR)', or a line above the header."""
    name = next((match.column for match in found.matches if match.canonical.endswith("amount")), "")
    said = {word for word in re.findall(r"\b[A-Z]{3}\b", name) if word in vocabularies.CURRENCIES}
    said |= {code for sign, code in _CURRENCY_SIGNS.items() if sign in name}
    return said.pop() if len(said) == 1 else currency_of(found.text.above if found.text else ())


def _file_pattern(name: str) -> str:
    """The name with its digits open, but for those of its ending: what changes from day to day."""
    ending = re.search(r"(\.[A-Za-z]\w{0,7})*$", name)[0]
    return re.sub(r"[\[\]]", "?", re.sub(r"\d+", "*", name.removesuffix(ending)) + ending)
