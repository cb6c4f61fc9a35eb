"""Quantities as people write them."""

from __future__ import annotations

from decimal import Decimal


def plain(quantity: Decimal | float | str) -> str:
    """A quantity without zeros after its last digit, its thousands apart: 1,200.5."""
    return f"{Decimal(str(quantity)).normalize():,f}"
