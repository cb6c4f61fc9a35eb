"""``partsbay stock``: what garages have, why it is not all available, and everything that moves it."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.markup import escape

from ingest.errors import SettingsError
from ingest.garage_inventory import limits, showing
from ingest.quantities import plain
from ingest.waiting_parts import part_named
from orchestration.cli import stock_acts, stock_counting
from orchestration.cli.output import JsonFlag, console, counted, family, print_json
from orchestration.cli.stock_acts import GarageOption, Part
from orchestration.cli.taking import connected

app = family(
    "Stock of the garages: what is there, what it is held and promised for, and what moves it.\n\n"
    "Nothing is ever edited. A delivery is received, a difference adjusted with its reason, and what was entered"
    " wrongly reversed:\n\n"
    "partsbay stock receive G01 BOSC:0986424797 4 --delivery LS4711 --lot L9 --expires 2027-01-31\n\n"
    "partsbay stock adjust G01 BOSC:0986424797 OUT 1 --reason-code DAMAGED\n\n"
    "Above a limit an adjustment waits for a second person: partsbay stock pending, then approve or reject."
)
for name, act, words in stock_acts.COMMANDS:
    app.command(name, short_help=words)(act)
app.command("to-count", short_help="What a garage counts next.")(stock_counting.to_count)
AtOption = Annotated[str | None, typer.Option("--at", help="As it was at this moment, in ISO 8601; now unless given.")]
KnownAtOption = Annotated[
    str | None, typer.Option("--known-at", help="By what was known at this moment; all that is known unless given.")
]
Limit = Annotated[int, typer.Option(min=1, help="The most lines to list.")]
_CODES = (
    "NEGATIVE_STOCK", "OVERCOMMIT", "HOLD_EXCEEDS_STOCK", "COUNT_VARIANCE", "SYSTEM_DIFFERENCE", "PENDING_APPROVAL",
    "TRANSFER_OVERDUE", "LIFE_CYCLE", "LOT_UNKNOWN", "EXPIRY_UNKNOWN",
)  # fmt: skip


@app.command("show", short_help="What is there of a part, lot by lot, and why it is not all available.")
def show(
    part: Part, garage: GarageOption = None, at: AtOption = None, known_at: KnownAtOption = None, json: JsonFlag = False
) -> None:
    """What is there of a part: on hand, held, promised, available, lot by lot as they are picked.

    Below it stands what keeps units from being available: holds, reservations and transfers, each by its number.
    With --at or --known-at it is the stock of that moment, without the numbers.

    Example: partsbay stock show BOSC:0986424797 --garage G01
    """
    with connected() as connection:
        moments = (_moment(at, "--at"), _moment(known_at, "--known-at"))
        found = showing.stock_of(connection, part_named(connection, part), garage, *moments)
    if json:
        print_json({"part": part, **found})
        return
    if not found["cells"]:
        console.print(f"There is no {escape(part)}{' in ' + escape(garage) if garage else ''}.")
    for code, cells in groupby(found["cells"], lambda cell: cell["garage_code"]):
        _show_garage(code, list(cells), found)
    for one in found.get("waiting", ()):
        told = f"{one['reservation_number']} in {one['garage_code']} waits for {plain(one['quantity'])}"
        console.print(f"  [yellow]{escape(told)}[/], work order {escape(one['work_order_number'])}", soft_wrap=True)
    for one in found.get("transfers", ()):
        _show_transfer(one)


def _show_garage(code: str, cells: list[dict[str, Any]], found: dict[str, Any]) -> None:
    total = sum(cell["available_quantity"] for cell in cells)
    console.print(f"[bold]{escape(code)}[/]  {plain(max(total, 0))} available")
    for cell in cells:
        numbers = [f"{plain(cell['on_hand_quantity'])} on hand"]
        numbers += [f"{plain(cell[f'{w}_quantity'])} {w}" for w in ("held", "reserved") if cell[f"{w}_quantity"]]
        lot = f"lot {cell['lot_number']}" if cell["lot_number"] else "no lot"
        until = f", keeps until {cell['expires_on']}" if cell["expires_on"] else ""
        told = f"{cell['condition_code']}, {lot}{until}: {', '.join(numbers)}"
        color = "red" if cell["on_hand_quantity"] < 0 else "default"
        console.print(f"  [{color}]{escape(told)}[/]", soft_wrap=True)
        for one in _in_cell(found.get("holds", ()), cell):
            told = f"hold {one['hold_number']} ({one['hold_reason_code']}): {plain(one['quantity'])}"
            console.print(f"    [dim]{escape(told)}[/]", soft_wrap=True)
        for one in _in_cell(found.get("reservations", ()), cell):
            for_whom = (
                f"work order {one['work_order_number']} line {one['work_order_line']} in {one['for_garage_code']}"
            )
            told = f"reservation {one['reservation_number']}: {plain(one['quantity'])} for {for_whom}"
            console.print(f"    [dim]{escape(told)}[/]", soft_wrap=True)


def _in_cell(rows: Any, cell: dict[str, Any]) -> list[dict[str, Any]]:
    keys = ("garage_code", "condition_code", "lot_number")
    return [row for row in rows if all(row[key] == cell[key] for key in keys)]


@app.command("history", short_help="Counts and movements of a part, with the balance after each.")
def history(part: Part, garage: GarageOption = None, limit: Limit = 50, json: JsonFlag = False) -> None:
    """Counts and movements of a part, the newest first, each with the balance of its cell after it.

    A line that came more than 48 hours after it happened is marked LATE.

    Example: partsbay stock history BOSC:0986424797 --garage G01
    """
    with connected() as connection:
        found = showing.history_of(connection, part_named(connection, part), garage, limit)
    if json:
        print_json({"part": part, "facts": found})
        return
    for one in found:
        change = f"= {plain(one['quantity'])}" if one["fact_code"] == "COUNT" else f"{one['quantity'].normalize():+f}"
        place = " ".join(filter(None, (one["garage_code"], one["condition_code"], one["lot_number"])))
        late = " [yellow]LATE[/]" if one["is_late"] else ""
        document = f"{one['document_number']}, {one['document_line']}, by {one['actor']}"
        what = f"{one['fact_code']} {change} → {plain(one['balance_quantity'])}"
        told = f"{one['event_at']:%Y-%m-%d %H:%M}  {escape(place)}  {escape(what)}{late}  [dim]{escape(document)}[/]"
        console.print(told, soft_wrap=True)
    if not found:
        console.print("Nothing ever moved of it.")


@app.command("exceptions", short_help="What somebody must look at.")
def list_exceptions(
    garage: GarageOption = None,
    code: Annotated[str | None, typer.Option(help=f"Only one of {', '.join(_CODES)}.")] = None,
    limit: Limit = 200,
    json: JsonFlag = False,
) -> None:
    """What somebody must look at: stock below nothing with its likely cause, counts that are far off, what waits.

    Example: partsbay stock exceptions --garage G01 --code NEGATIVE_STOCK
    """
    if code is not None and code not in _CODES:
        raise SettingsError("UNKNOWN_CODE", f"there is no exception '{code}'", f"Use one of {', '.join(_CODES)}.")
    with connected() as connection:
        found = showing.exceptions(connection, garage, code, limit)
    if json:
        print_json({"exceptions": found})
        return
    for one in found:
        cause = f" {one['suspected_cause_code']}" if one["suspected_cause_code"] else ""
        part = f"{one['brand_code']}:{one['part_number']}"
        lot = f" lot {one['lot_number']}" if one["lot_number"] else ""
        document = f" {one['document_number']}" if one["document_number"] else ""
        console.print(
            f"[bold]{one['exception_code']}[/][yellow]{cause}[/]  {one['garage_code']} {escape(part + lot + document)}"
            f"  {plain(one['quantity'])}\n  [dim]{escape(one['words'])}[/]",
            soft_wrap=True,
        )
    console.print(counted(len(found), "exception") if found else "Nothing needs a look.")


@app.command("pending", short_help="Adjustments that wait for a second person.")
def list_pending(garage: GarageOption = None, json: JsonFlag = False) -> None:
    """Adjustments above a limit, which move nothing before somebody else than their author approves them.

    Example: partsbay stock pending --garage G01
    """
    with connected() as connection:
        found = showing.pending_adjustments(connection, garage)
    if json:
        print_json({"adjustments": found})
        return
    for one in found:
        what = f"{one['direction_code']} {plain(one['quantity'])} {one['brand_code']}:{one['part_number']}"
        value = f", worth {one['value_amount']:,.2f}" if one["value_amount"] is not None else ""
        console.print(
            f"[bold]{escape(one['adjustment_number'])}[/] line {escape(one['adjustment_line'])}  {one['garage_code']} "
            f"{escape(what)}  {one['adjustment_reason_code']}{value}, by {escape(one['actor'])}",
            soft_wrap=True,
        )
    if not found:
        console.print("Nothing waits.")


@app.command("limits", short_help="How much an adjustment may move without a second person.")
def list_limits(json: JsonFlag = False) -> None:
    """The limits in force, the general ones first; of those that fit a line the most specific counts.

    Example: partsbay stock limits
    """
    with connected() as connection:
        found = limits.limits_in_force(connection)
    if json:
        print_json({"limits": found})
        return
    for one in found:
        whom = f"{one['adjustment_reason_code'] or 'every reason'}, {one['garage_code'] or 'every garage'}"
        most = [f"worth {plain(one['limit_amount'])}"] if one["limit_amount"] is not None else []
        if one["limit_pct"] is not None:
            most.append(f"{plain(one['limit_pct'])} % of the cell and {plain(one['minimum_quantity'])} units")
        console.print(f"{escape(whom)}: {'at most ' + ' and '.join(most) if most else 'no limit'}", soft_wrap=True)


@app.command("transfers", short_help="Transfers that are open or on their way.")
def list_transfers(garage: GarageOption = None, json: JsonFlag = False) -> None:
    """Transfers that something is still to be done about: to be shipped, on their way, received short.

    Example: partsbay stock transfers --garage G01
    """
    with connected() as connection:
        found = showing.open_transfers(connection, garage)
    if json:
        print_json({"transfers": found})
        return
    for one in found:
        _show_transfer(one)
    if not found:
        console.print("No transfer is open.")


def _show_transfer(one: dict[str, Any]) -> None:
    for_whom = f", for reservation {one['reservation_number']}" if one["reservation_number"] else ""
    told = (
        f"{one['state_code']}  {one['from_garage_code']} → {one['to_garage_code']}"
        f"  {one['brand_code']}:{one['part_number']}  {plain(one['open_quantity'])} to ship,"
        f" {plain(one['in_transit_quantity'])} on their way{for_whom}"
    )
    console.print(f"[bold]{escape(one['transfer_number'])}[/]  {escape(told)}", soft_wrap=True)


def _moment(text: str | None, option: str) -> datetime | None:
    return stock_acts.moment(text, option) if text else None
