"""What the reading process is asked for: the options of a profile and the caps, as one JSON text."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ingest.readers.limits import Limits

# Row 17 of the third sheet that is read is row number 20,000,017 of the file.
NUMBERS_A_SHEET = 10_000_000
MOST_SHEETS = 200
CELLS_MEND = "Save the workbook again with the needed sheet alone, or send it as delimited text."


@dataclass(frozen=True)
class Plan:
    """One reading of one workbook.

    ``required`` are sets of names, of which a header has one where the profile names no column. ``wanted`` are
    the numbers of the rows to show as they are, None for a reading.
    """

    path: str
    suffix: str
    required: tuple[tuple[str, ...], ...]
    limits: Limits
    sheets: tuple[str, ...] = ()
    header_row: int | None = None
    header_rows: int = 1
    header_columns: tuple[str, ...] = ()
    header_search_rows: int = 50
    footer_rows: int = 0
    identifier_columns: tuple[str, ...] = ()
    numeric_identifiers: str = "accept"
    date_columns: tuple[str, ...] = ()
    decimal: str = "."
    merged_cells: str = "refuse"
    significant_digits: int = 17
    wanted: tuple[int, ...] | None = None

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        said = json.loads(text)
        limits = Limits(**said.pop("limits"))
        required = tuple(map(tuple, said.pop("required")))
        others = {key: tuple(v) if isinstance(v, list) else v for key, v in said.items()}
        return cls(**others, required=required, limits=limits)
