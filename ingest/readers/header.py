"""The header of a file: where it is, which columns it names, and which contract they fit."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ingest.contracts import CONTRACTS, Contract
from ingest.readers.dialect import Options
from ingest.readers.limits import FileFault, Limits, as_escaped_text

_OTHER_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_MOST_PREAMBLE_LINES = 200
_MOST_HEADER_LINES = 10
_MOST_NAMED = 8
_NO_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Header:
    """The columns of a file in its order, the lines before it, and where its first row begins."""

    names: tuple[str, ...]
    preamble: tuple[str, ...]
    body_line: int
    body_offset: int


def find_header(data: bytes, options: Options, limits: Limits) -> Header:
    """The header in the beginning of a file; raises ``FileFault`` with its line where it cannot be used."""
    preamble: list[str] = []
    offset = 0
    while True:
        if offset >= len(data) and (offset or options.header):
            raise _no_header(options, len(preamble))
        end = _header_end(data, offset, options)
        if options.header_has:
            is_here = _has(data[offset:end], options)
            if not is_here:
                end = data.find(b"\n", offset) + 1 or len(data)
        else:
            is_here = len(preamble) >= options.skip_lines
            end = end if is_here else data.find(b"\n", offset) + 1 or len(data)
        if is_here:
            return _header(data, offset, end, preamble, options, limits)
        preamble.append(_text(data[offset:end], len(preamble) + 1))
        offset = end
        if len(preamble) > _MOST_PREAMBLE_LINES:
            raise _no_header(options, len(preamble))


def _header(data: bytes, offset: int, end: int, preamble: list[str], options: Options, limits: Limits) -> Header:
    line = len(preamble) + 1
    fields = _fields(data[offset:end], options, line)
    if not fields and not options.header and end < len(data):
        # A blank line says nothing of the columns; the first row does.
        found = _header(data, end, _header_end(data, end, options), [*preamble, ""], options, limits)
        return replace(found, preamble=tuple(preamble), body_line=line, body_offset=offset)
    if not any(name.strip() for name in fields):
        words = f"line {line} is blank, where the header should be"
        raise FileFault("HEADER", words, "Remove it, or declare skip_lines or header_has in the profile.", line)
    if len(fields) > limits.column_count:
        words = f"line {line}: more than {limits.column_count} columns"
        raise FileFault("HEADER", words, "Send only the columns needed.", line)
    if not options.header:
        names = tuple(str(place) for place in range(1, len(fields) + 1))
        return Header(names, tuple(preamble), line, offset)
    # A column without a name is known by its place.
    names = tuple(name.strip() or str(place) for place, name in enumerate(fields, 1))
    _check_names(names, options, line)
    return Header(names, tuple(preamble), line + data.count(b"\n", offset, end), end)


def _check_names(names: tuple[str, ...], options: Options, line: int) -> None:
    known = {name for contract in CONTRACTS.values() for name in contract.column_names}
    for separator, words in _OTHER_SEPARATORS.items():
        if len(names) == 1 and separator != options.delimiter and len(set(names[0].split(separator)) & known) > 1:
            ours = _OTHER_SEPARATORS.get(options.delimiter, repr(options.delimiter))
            words = f"line {line}: columns are separated by {words}, not {ours}"
            raise FileFault("SEPARATOR", words, "Export with commas, or declare the delimiter in the profile.", line)
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        words = f"line {line}: the header names {_list(repeated)} more than once"
        raise FileFault("DUPLICATE_HEADER", words, "Name each column once.", line)


def _header_end(data: bytes, offset: int, options: Options) -> int:
    """Where the row that begins at ``offset`` ends: a quoted name may go over line ends."""
    end, quote = offset, options.quote.encode() if options.quote else None
    for _ in range(_MOST_HEADER_LINES):
        end = data.find(b"\n", end) + 1 or len(data)
        if quote is None or data.count(quote, offset, end) % 2 == 0 or end == len(data):
            return end
    return data.find(b"\n", offset) + 1 or len(data)


def _fields(row: bytes, options: Options, line: int) -> list[str]:
    text = _text(row, line)
    if "\r" in text.replace("\r\n", "\n"):
        words = f"line {line}: a carriage return stands alone in the header"
        raise FileFault("LINE_ENDINGS", words, "Save the file with one kind of line end.", line)
    try:
        return next(csv.reader([text], strict=True, **csv_options(options)), [])
    except csv.Error as error:
        raise FileFault(
            "HEADER", f"line {line}: the header cannot be read ({error})", "Mend the header.", line, text[:2000]
        ) from None


def csv_options(options: Options) -> dict:
    """The dialect as Python's reader wants it."""
    # The limit is one for the whole process; ours are counted elsewhere.
    csv.field_size_limit(_NO_LIMIT)
    quoting = csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE
    return {
        "delimiter": options.delimiter, "quotechar": options.quote, "escapechar": options.escape, "quoting": quoting,
    }  # fmt: skip


def _has(row: bytes, options: Options) -> bool:
    try:
        names = {name.strip().casefold() for name in _fields(row, options, 1)}
    except FileFault:
        return False
    return {name.strip().casefold() for name in options.header_has} <= names


def _text(row: bytes, line: int) -> str:
    """A line before the rows as text; this far, a file may not have been looked at whole."""
    try:
        return row.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        words = f"line {line}: byte 0x{row[error.start]:02x}, which is not UTF-8"
        mend = "Declare the encoding of the file in its profile, or save it as UTF-8."
        raise FileFault("ENCODING", words, mend, line, as_escaped_text(row)) from None


def _no_header(options: Options, line_count: int) -> FileFault:
    if options.header_has:
        words = f"none of the first {line_count} lines has the columns {_list(options.header_has)}"
        return FileFault("NO_HEADER", words, "Mend header_has in the profile, or the file.", 1)
    words = f"the file has {line_count} lines, and its header should come after {options.skip_lines}"
    return FileFault("NO_HEADER", words, "Mend skip_lines in the profile, or the file.", 1)


def recognise_columns(names: Iterable[str]) -> str:
    """The kind whose required columns are there; where several fit, the one that knows most of the columns."""
    ordered = tuple(names)
    names = set(ordered)
    fitting = {
        contract.kind: len(set(contract.column_names) & names)
        for contract in CONTRACTS.values()
        if set(contract.required_names) <= names
    }
    best = [kind for kind, known in fitting.items() if known == max(fitting.values())]
    if not best:
        raise _fault(
            "UNKNOWN_KIND",
            _no_kind(ordered),
            "Name the kind, mend the header, or write a profile (partsbay profile suggest).",
        )
    if len(best) > 1:
        raise _fault("AMBIGUOUS_KIND", f"the columns fit {_list(best)} equally well", "Name the kind.")
    return best[0]


def _no_kind(names: tuple[str, ...]) -> str:
    """What was found; what a kind still lacks only where half of it is there."""
    nearest = _nearest(set(names))
    missing = [name for name in nearest.required_names if name not in names]
    if 2 * len(missing) <= len(nearest.required_names):
        return f"the columns fit no kind of file; nearest is {nearest.kind}, without {_list(missing)}"
    shown = [name if len(name) <= 40 else f"{name[:39]}…" for name in names[:_MOST_NAMED]]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    if len(names) == 1 and (words := [said for sign, said in _OTHER_SEPARATORS.items() if names[0].count(sign) > 1]):
        more += f", which may be several, separated by {' or '.join(words)}"
    return f"the columns fit no kind of file: {_list(shown)}{more}"


def _nearest(names: set[str]) -> Contract:
    def share(contract: Contract) -> float:
        return len(set(contract.required_names) & names) / len(contract.required_names)

    return max(CONTRACTS.values(), key=share)


def _fault(code: str, words: str, mend: str) -> FileFault:
    return FileFault(code, f"line 1: {words}", mend, line_number=1)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
