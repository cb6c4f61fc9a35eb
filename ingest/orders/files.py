"""Orders to the bytes of a file in a partner's format, read back before anybody gets them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ingest.orders import edifact, tables, x12
from ingest.orders.document import Order, refused
from ingest.profiles.orders import Orders
from ingest.readers.edi.edifact_envelope import EDIFACT
from ingest.readers.edi.survey import survey
from ingest.readers.edi.x12_envelope import X12
from ingest.readers.limits import FileFault, Limits

_WRITERS = {"csv": tables.write_csv, "xlsx": tables.write_xlsx, "x12": x12.write, "edifact": edifact.write}
_DIALECTS = {"x12": X12, "edifact": EDIFACT}


def write(orders: Sequence[Order], settings: Orders, control_number: int, made_at: datetime) -> bytes:
    """The bytes of one file of orders; the same input gives the same bytes.

    Raises ``order_not_writable`` for what the format cannot say exactly as it is meant.
    """
    content = _WRITERS[settings.format](orders, settings, control_number, made_at)
    if settings.format in _DIALECTS:
        _read_back(content, settings.format, orders)
    return content


def _read_back(content: bytes, format_name: str, orders: Sequence[Order]) -> None:
    """Refuse a message that our own reader finds broken: envelopes, counts and references."""
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(content)
        copy.flush()
        try:
            found = survey(Path(copy.name), _DIALECTS[format_name], Limits())
        except FileFault as fault:
            raise refused("the file", fault.message, "Report it: the writer is wrong.") from fault
    faults = [message.fault for message in found.messages if message.fault]
    if faults or len(found.messages) != len(orders):
        words = faults[0] if faults else f"{len(found.messages)} messages came of {len(orders)} orders"
        raise refused("the file", words, "Report it: the writer is wrong.")
