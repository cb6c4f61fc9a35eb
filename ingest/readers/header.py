"""The first line of a file: which columns it names, and which contract they fit."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ingest.contracts import CONTRACTS, Contract
from ingest.readers.blocks import first_line
from ingest.readers.limits import FileFault, Limits

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True)
class Header:
    """The columns of a file in its order; ``line_count`` lines of the file hold it."""

    names: tuple[str, ...]
    line_count: int = 1


def parse_header(data: bytes, limits: Limits) -> tuple[Header, int]:
    """The header at the start of ``data``, and how many bytes it takes."""
    end = data.find(b"\n") + 1 or len(data)
    line = data[:end].decode("utf-8").rstrip("\r\n")
    if "\r" in line:
        raise FileFault(
            "LINE_ENDINGS",
            "line 1: lines end in a carriage return alone",
            "Save the file with LF or CRLF line ends.",
            1,
        )
    try:
        names = tuple(name.strip() for name in next(csv.reader([line], strict=True), []))
    except csv.Error as error:
        raise FileFault("HEADER", f"line 1: the header cannot be read ({error})", "Mend the header.", 1, line) from None
    if len(names) > limits.column_count:
        raise FileFault(
            "HEADER", f"line 1: more than {limits.column_count} columns", "Send only the columns needed.", 1
        )
    return Header(names), end


def check_header(header: Header, contract: Contract) -> tuple[str, ...]:
    """Raise with every fault of the header by name; return the columns that the contract does not know."""
    names = header.names
    _check_separator(names, contract)
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise _fault("DUPLICATE_HEADER", f"the header names {_list(repeated)} more than once", "Name each column once.")
    if missing := [name for name in contract.required_names if name not in names]:
        raise _fault(
            "MISSING_COLUMN",
            f"{_list(missing)} missing; a {contract.kind} file needs {_list(contract.required_names)}",
            "Add the column, or rename the one that holds it.",
        )
    return tuple(name for name in names if name not in contract.column_names)


def recognise(path: Path, limits: Limits | None = None) -> str:
    """The kind whose required columns the header has; where several fit, the one that knows most of its columns."""
    limits = limits or Limits(block_bytes=1024 * 1024)
    header, _ = parse_header(first_line(path, limits), limits)
    return recognise_columns(header.names)


def recognise_columns(names: Iterable[str]) -> str:
    """The kind whose required columns are there; where several fit, the one that knows most of the columns."""
    header = Header(tuple(names))
    fitting = {
        contract.kind: len(set(contract.column_names) & set(header.names))
        for contract in CONTRACTS.values()
        if set(contract.required_names) <= set(header.names)
    }
    best = [kind for kind, known in fitting.items() if known == max(fitting.values())]
    if not best:
        nearest = _nearest(header)
        missing = [name for name in nearest.required_names if name not in header.names]
        raise _fault(
            "UNKNOWN_KIND",
            f"the columns fit no kind of file; nearest is {nearest.kind}, without {_list(missing)}",
            "Name the kind, or mend the header.",
        )
    if len(best) > 1:
        raise _fault("AMBIGUOUS_KIND", f"the columns fit {_list(best)} equally well", "Name the kind.")
    return best[0]


def _nearest(header: Header) -> Contract:
    def share(contract: Contract) -> float:
        return len(set(contract.required_names) & set(header.names)) / len(contract.required_names)

    return max(CONTRACTS.values(), key=share)


def _check_separator(names: tuple[str, ...], contract: Contract) -> None:
    for separator, words in _OTHER_SEPARATORS.items():
        if len(names) == 1 and len(set(names[0].split(separator)) & set(contract.column_names)) > 1:
            raise _fault("SEPARATOR", f"columns are separated by {words}, not commas", "Export with commas.")


def _fault(code: str, words: str, mend: str) -> FileFault:
    return FileFault(code, f"line 1: {words}", mend, line_number=1)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
