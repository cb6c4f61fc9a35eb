"""``partsbay stock to-count``: what a garage counts next."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from ingest.garage_inventory import counting
from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.cli.stock_acts import GarageOption
from orchestration.cli.taking import connected

_WHY = {"RECOUNT": "count again", "NEVER_COUNTED": "never counted", "DUE": "due"}


def to_count(
    garage: GarageOption = None,
    limit: Annotated[int, typer.Option(min=1, help="The most parts to count.")] = 50,
    json: JsonFlag = False,
) -> None:
    """What is to be counted next: what was too far off, then what nobody has counted for longest.

    Parts of class A are counted every 30 days, B every 90, C every 180 and D every 365. Ask for it by partsbay count
    request GARAGE.

    Example: partsbay stock to-count --garage G01
    """
    with connected() as connection:
        found = counting.to_count(connection, garage, limit)
    if json:
        print_json({"to_count": found})
        return
    for one in found:
        last = f", last {one['last_counted_at']:%Y-%m-%d}" if one["last_counted_at"] else ""
        told = f"{one['garage_code']}  {one['brand_code']}:{one['part_number']}  {one['description']}"
        why = f"class {one['stocking_class_code']}, {_WHY[one['reason_code']]} since {one['due_on']}{last}"
        console.print(f"{escape(told)}  [dim]{why}[/]", soft_wrap=True)
    if not found:
        console.print("Nothing is to be counted.")
