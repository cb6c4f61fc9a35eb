"""Tables of sample rows: what all rows share is said once, and the rest fits the screen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from rich.console import Console

from orchestration.cli.sample_table import sample_table

ROWS = [
    {
        "line_number": number, "supplier_code": "ACME", "brand_code": "BOSC", "part_number": f"0 986 494 52{number}",
        "supplier_part_number": f"1000{number}", "unit_price_amount": Decimal(f"{number}.5000"),
        "minimum_order_quantity": Decimal(number), "description": "x" * 60, "effective_from_on": date(2025, 12, number),
        "stated_at": datetime(2025, 11, 20, 23, tzinfo=UTC), "note": None,
    }
    for number in (1, 2, 3)
]  # fmt: skip


@pytest.mark.parametrize("width", [80, 120])
def test_every_line_fits_and_no_value_is_broken(width):
    console = Console(width=width, record=True)
    with console.capture() as capture:
        console.print(sample_table(ROWS, width))
    said = capture.get()
    assert all(len(line) <= width for line in said.splitlines())
    assert "in every row: supplier_code ACME, brand_code BOSC" in said and said.count("ACME") == 1
    assert "2025-11-20 23:00 UTC" in said and "note" not in said
    for value in ("0 986 494 522", "10003", "1.5 ", "2025-12-02"):
        assert value in said
    assert "1.5000" not in said
