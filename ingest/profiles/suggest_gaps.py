"""What the columns of an unknown file lack, and the lines around its rows, its name or the platform can give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import vocabularies
from ingest.contracts import Contract
from ingest.profiles.guess_envelope import currency_of, date_pattern, line_count_pattern, price_unit_note

if TYPE_CHECKING:
    from ingest.profiles.suggest import Suggestion

# A dollar sign may be any of a dozen dollars.
_CURRENCY_SIGNS = {"€": "EUR", "£": "GBP"}


def read_frame(found: Suggestion, contract: Contract) -> None:
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


def fill_gaps(found: Suggestion, path: Path, contract: Contract) -> None:
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
        found.notes.append(f"{document} is taken from the name of the file, which must then be another each time")
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


def file_pattern(name: str) -> str:
    """The name with its digits open, but for those of its ending: what changes from day to day."""
    ending = re.search(r"(\.[A-Za-z]\w{0,7})*$", name)[0]
    return re.sub(r"[\[\]]", "?", re.sub(r"\d+", "*", name.removesuffix(ending)) + ending)
