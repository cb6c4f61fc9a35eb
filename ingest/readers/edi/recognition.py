"""Whether a file is EDI, by its first bytes; a spreadsheet's header that begins with the same letters is not."""

from __future__ import annotations

_BLANKS = b"\xef\xbb\xbf \t\r\n"
# The same segments in EBCDIC, and the first one of TRADACOMS: their modules say why they are not read.
_FOREIGN = {b"\xc9\xe2\xc1": "x12", b"\xe4\xd5\xc1": "edifact", b"\xe4\xd5\xc2": "edifact", b"STX=": "edifact"}


def edi_format(start: bytes) -> str | None:
    """``x12`` or ``edifact``; None where the bytes are neither."""
    start = start.lstrip(_BLANKS)
    for magic, name in _FOREIGN.items():
        if start.startswith(magic):
            return name
    separator, after = start[3:4], start[4:]
    if not separator or separator.isalnum():
        return None
    if start.startswith(b"ISA") and after[:2].isdigit():
        return "x12"
    if start.startswith(b"UNA") and after[:1] and not after[:1].isalnum():
        return "edifact"
    if start.startswith(b"UNB") and (separator in b"+\x1d" or after.startswith(b"UNO")):
        return "edifact"
    return None
