"""Seeded supplier price lines: a first delivery, a second with some changed, and many small ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

COLUMNS = (
    "supplier_code", "brand_code", "part_number", "supplier_part_number", "price_type_code", "unit_price_amount",
    "currency_code", "minimum_order_quantity", "pack_quantity", "lead_time_days", "stated_at",
)  # fmt: skip
_SEED = 20240531
_FIRST, _SECOND = "2024-05-31T08:15:00Z", "2024-06-07T08:15:00Z"


def write_lines(path: Path, row_count: int, with_bad: bool = True, is_second: bool = False) -> None:
    """A price list in the order of its part numbers; every hundredth line is bad in one of four ways, or left out.

    In the second delivery every hundredth line has a new price and moment; all others are the same.
    """
    with path.open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        file.writelines(_lines(row_count, with_bad, is_second))


def write_small(folder: Path, file_count: int, line_count: int = 100) -> list[Path]:
    """Many files of few lines each, one bad line in each."""
    folder.mkdir()
    lines = _lines(file_count * line_count, with_bad=True, is_second=False)
    paths = [folder / f"prices_{number:04d}.csv" for number in range(file_count)]
    for path in paths:
        rows = [next(lines) for _ in range(line_count)]
        path.write_text(",".join(COLUMNS) + "\n" + "".join(rows))
    return paths


def _lines(row_count: int, with_bad: bool, is_second: bool) -> Iterator[str]:
    chance = random.Random(_SEED)
    for number in range(row_count):
        price, order, pack = chance.randint(1, 9_999_999), chance.randint(1, 20), chance.randint(1, 5)
        brand, stated, price_text, order_text = "BOSC", _FIRST, f"{price // 100}.{price % 100:02d}", str(order)
        if is_second and number % 100 == 50:
            price_text, stated = f"{(price + 5) // 100}.{(price + 5) % 100:02d}", _SECOND
        if number % 100 == 99:
            if not with_bad:
                continue
            brand, price_text, order_text, stated = _spoiled(number, brand, price_text, order_text, stated)
        yield (
            f"S1,{brand},{number * 7:010d},SP{number:09d},INSTALLER,{price_text},EUR,"
            f"{order_text},{pack},{number % 30},{stated}\n"
        )


def _spoiled(number: int, brand: str, price: str, order: str, stated: str) -> tuple[str, str, str, str]:
    match number // 100 % 4:
        case 0:
            return brand, '"1.234,56"', order, stated
        case 1:
            return brand, price, "-3", stated
        case 2:
            return "", price, order, stated
        case _:
            return brand, price, order, "yesterday"
