"""How an unknown text file is probably written: encoding, delimiter, header row. Guesses say how sure they are."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.profiles.guess_frame import find_frame, frame_options
from ingest.readers.encodings import UTF_8, marked_encoding
from ingest.readers.limits import Limits
from ingest.readers.unpacking import opened

_SAMPLE_BYTES = 256 * 1024
_MOST_ROWS = 500
_DELIMITERS = (",", ";", "\t", "|", "\x1f", "^", "~", ":")
# Western letters as these encodings place them; what decodes to few others is likely one of them.
_WESTERN = set("äöüßÄÖÜéèêàâçñóíúáòìùîôûëïœÉÈÀÇÑåøæÅØÆ€°²³½¼¾±µ®©§´’“”–—«»ãõýœ")


@dataclass(frozen=True)
class TextGuess:
    """The options of the delimited reader that fit best, and for each finding how sure it is, from 0 to 1.

    ``above`` and ``below`` are the lines around the rows; ``row_count`` is known of a file that was seen whole.
    """

    options: dict[str, Any]
    confidences: dict[str, float]
    notes: tuple[str, ...]
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    row_count: int | None = None


def guess_text(path: Path, limits: Limits) -> TextGuess:
    """Look at the beginning of a text file, unpacked."""
    with opened(path, limits) as stream:
        sample = stream.read(_SAMPLE_BYTES)
    encoding, sureness, notes = guess_encoding(sample)
    text = _decoded(sample, encoding)
    is_whole = len(sample) < _SAMPLE_BYTES
    delimiter, width_share, rows = _best_delimiter(text if is_whole else text[: text.rfind("\n") + 1])
    options: dict[str, Any] = {}
    if delimiter != ",":
        options["delimiter"] = {"\t": "tab", ";": "semicolon"}.get(delimiter, delimiter)
    if encoding != UTF_8 and not marked_encoding(sample)[0]:
        options["encoding"] = encoding
    is_whole = is_whole and len(rows) < _MOST_ROWS
    frame = find_frame(rows, is_whole)
    framing, frame_notes = frame_options(frame, rows)
    confidences = {"encoding": sureness, "delimiter": width_share, "header": frame.sureness}
    above = tuple(" ".join(filter(None, row)) for row in rows[: frame.first_row - frame.header_count] if any(row))
    counted = [row for row in rows[frame.first_row :] if any(row)]
    row_count = len(counted) - len(frame.footer) if is_whole else None
    return TextGuess(options | framing, confidences, (*notes, *frame_notes), above, frame.footer, row_count)


def guess_encoding(sample: bytes) -> tuple[str, float, list[str]]:
    """The encoding of a sample; only a mark or valid UTF-8 with foreign letters makes it sure."""
    marked, _ = marked_encoding(sample)
    if marked:
        return marked, 1.0, []
    if wide := _unmarked_wide(sample):
        return wide, 0.9, ["no byte order mark, but every second byte is empty as in UTF-16"]
    try:
        sample[: max(len(sample) - 3, 0) if len(sample) >= _SAMPLE_BYTES else None].decode(UTF_8)
        return UTF_8, 1.0 if not sample.isascii() else 0.95, []
    except UnicodeDecodeError:
        return _guess_single_byte(sample)


def _guess_single_byte(sample: bytes) -> tuple[str, float, list[str]]:
    from charset_normalizer import from_bytes

    suggestion = from_bytes(sample[:65536]).best()
    said = suggestion.encoding if suggestion else "nothing"
    high = [chr_ for chr_ in _decoded(sample, "cp1252") if ord(chr_) > 127]
    share = sum(chr_ in _WESTERN for chr_ in high) / max(len(high), 1)
    if share > 0.8:
        note = f"not UTF-8; its letters read well as cp1252 (the statistics say {said}); look at them below"
        return "cp1252", round(0.5 + share * 0.4, 2), [note]
    if suggestion:
        return said.replace("_", "-"), 0.4, [f"not UTF-8; the statistics say {said}; look at the letters below"]
    return "cp1252", 0.2, ["not UTF-8, and no encoding reads well; ask the sender"]


def _unmarked_wide(sample: bytes) -> str | None:
    pairs = max(len(sample) // 2, 1)
    if sample[1::2].count(0) > 0.4 * pairs and sample[::2].count(0) < 0.1 * pairs:
        return "utf-16-le"
    return "utf-16-be" if sample[::2].count(0) > 0.4 * pairs and sample[1::2].count(0) < 0.1 * pairs else None


def _decoded(sample: bytes, encoding: str) -> str:
    _, length = marked_encoding(sample)
    return sample[length:].decode(encoding, errors="replace").replace("\x00", "")


def _best_delimiter(text: str) -> tuple[str, float, list[list[str]]]:
    """The delimiter that cuts most lines into the same number of values, more than one."""
    best = (",", 0.0, _split(text, ","))
    best_score = 0.0
    for delimiter in _DELIMITERS:
        rows = _split(text, delimiter)
        widths = Counter(len(row) for row in rows if any(row))
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        share = count / sum(widths.values())
        score = share * min(width, 6) if width > 1 else 0.0
        if score > best_score:
            best, best_score = (delimiter, round(share, 2), rows), score
    return best


def _split(text: str, delimiter: str) -> list[list[str]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        reader = csv.reader((line + "\n" for line in lines[:_MOST_ROWS]), delimiter=delimiter)
        return [[value.strip() for value in row] for row in reader]
    except csv.Error:
        return [line.split(delimiter) for line in lines[:_MOST_ROWS]]
