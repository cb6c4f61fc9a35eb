"""What to do about a refused row or batch, by the code of its reason: words for the sender and for us."""

from __future__ import annotations

from collections.abc import Iterable

MENDS = {
    "PARSE": "Write the value in the form that the column takes, one value per column of the header.",
    "DATE": "Write the date in the form that was agreed; without a profile that is YYYY-MM-DD.",
    "RANGE": "Correct the number; it is outside what the column may hold.",
    "UNIT": "Use a unit that is agreed, or map it in the sender's profile.",
    "SCHEMA": "Correct the value, or give one for every row in the sender's profile; the reason says what may stand.",
    "MISSING_KEY": "Fill the column, or give one value for every row in the sender's profile (constants).",
    "FUTURE_EVENT": "Correct the moment: it lies after the file was received.",
    "CONFLICT": "The same line was stored with other content. Send a correction under a number of its own, or discard.",
    "UNKNOWN_PART": "Author the part in the catalogue, or say what it means: partsbay match list.",
    "UNKNOWN_GARAGE": "Correct the garage, or author it in the catalogue; then partsbay quarantine replay.",
    "UNKNOWN_SUPPLIER": "Correct the supplier, or author it in the catalogue; then partsbay quarantine replay.",
    "UNKNOWN_PART_TYPE": "Use a part type of the catalogue, or author it: partsbay catalogue draft part_type.",
    "DUPLICATE_GTIN": "A GTIN belongs to one part or pack: correct it, or take it from the other one first.",
    "CYCLE": "See what replaces what: partsbay catalogue show BRAND:PART_NUMBER; then turn or drop the line.",
    "LONG_CHAIN": "Name the part that is ordered today as the successor, not each number in between.",
    "REPAIR": "Export the rows again and leave the column partsbay_row as it is.",
    "DISCARDED": "The row was discarded; send it in a file of the sender's own if it is wanted after all.",
    "TOO_MANY_BAD_ROWS": "Mend the rows that are listed and send the whole file again.",
    "UNKNOWN_REFERENCES": "Author what is missing in the catalogue, or release the batch: partsbay held show.",
    "CONTROL_TOTAL": "A part may be missing: send the whole file again, with the totals of what it holds.",
    "ROW_DROP": "Send the whole file, or confirm that it is whole: partsbay held release.",
    "KEY_COVERAGE": "Send the whole file, or confirm that it is whole: partsbay held release.",
    "EMPTY_FULL": "Send the whole file; one without a line would withdraw everything.",
    "INVALID_PROFILE": "Nothing is wrong with the file: mend its profile here, then partsbay held release.",
    "AMBIGUOUS_PROFILE": "Nothing is wrong with the file: tell the profiles here apart, then partsbay held release.",
    "DEFECT": "Nothing is wrong with the file; it is taken again when the platform is mended: partsbay held release.",
    "SCHEMA_DRIFT": "Send the file with its column, or accept the change: partsbay drift accept.",
}
_OTHER = "Correct the row and send it again."


def code_of(reason: str) -> str:
    """The code at the start of a reason."""
    return reason.split(":", 1)[0]


def mend_of(reasons: Iterable[str]) -> str:
    """What to do about a row with these reasons, each piece of advice once."""
    return " ".join(dict.fromkeys(MENDS.get(code_of(reason), _OTHER) for reason in reasons))
