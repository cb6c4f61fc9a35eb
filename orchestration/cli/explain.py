"""``partsbay explain``: why a garage is to order a part, or why not, in words and in numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from ingest.explained import STEPS, explained
from ingest.quantities import plain
from ingest.waiting_parts import part_named
from orchestration.cli.acts_told import told
from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.cli.taking import connected

CHANGES = {
    "NEW": "new in this run", "CHANGED": "changed in this run", "SAME": "the same as in the run before",
}  # fmt: skip


def explain(
    garage: Annotated[str, typer.Argument(help="The garage.")],
    part: Annotated[str, typer.Argument(metavar="BRAND:PART_NUMBER", help="The part; one that was replaced will do.")],
    json: JsonFlag = False,
) -> None:
    """Why a garage is to order a part, how much and from whom, or why not: what the last run found.

    The position adds up from the shelf, what is on its way and what is promised. The reorder point adds up from
    demand until a delivery and safety stock. At or below it the garage needs what is missing up to the level: first
    what other garages can spare, then whole packs of a supplier. What a planner decided rules until its day.

    Example: partsbay explain G01 BOSC:0986424797

    Example: partsbay explain G01 BOSC:0986424797 --json | jq '.parts[0].lines[].rounding_steps'
    """
    with connected() as connection:
        found = explained(connection, garage, part_named(connection, part))
    if json:
        print_json({"garage_code": garage, "part": part, "parts": found})
        return
    for one in found:
        _show(one)


def _show(one: dict[str, Any]) -> None:
    need = one["need"]
    named = f"{need['brand_code']} {need['part_number']}"
    console.print(f"[bold]{escape(named)}[/] {escape(need['description'] or '')} at {escape(need['garage_code'])}",
                  soft_wrap=True)  # fmt: skip
    if one["path"]:
        console.print(f"Ordered as {escape(named)}: {escape(one['path'])}", soft_wrap=True)
    if need["predecessor_words"]:
        console.print(f"With what it replaces: {escape(need['predecessor_words'])}", soft_wrap=True)
    for words in [line["explanation"] for line in one["lines"]] or [need["explanation"]]:
        console.print(escape(words), soft_wrap=True)
    _sum("The position", one["position"], {"inventory position"})
    _sum(f"The reorder point ({need['demand_class_code'].lower()} demand, {need['policy_code']})", one["reorder"],
         {"reorder point", "order up to"})  # fmt: skip
    for line in one["lines"]:
        _show_line(line)
    for line in one["gone"]:
        console.print(f"Gone since the run before: {line['line_type_code']} {plain(line['quantity'] or 0)}")
    for act in one["acts"]:
        console.print(escape(f"Decided: {told(act)}"), soft_wrap=True)


def _sum(title: str, terms: list[tuple[str, Decimal]], sums: set[str]) -> None:
    console.print(f"\n{escape(title)}", style="bold")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    table.add_column(justify="right")
    table.add_column()
    for words, quantity in terms:
        is_sum = words in sums
        shown = f"= {_short(quantity)}" if is_sum else f"{'+' if quantity > 0 else ''}{_short(quantity)}"
        table.add_row(shown, escape(words), style="bold" if is_sum else None)
    console.print(table)


def _short(quantity: Decimal) -> str:
    return plain(round(quantity, 3))


def _show_line(line: dict[str, Any]) -> None:
    kind = f"from {line['from_garage_code']}" if line["from_garage_code"] else f"of {line['supplier_code'] or 'nobody'}"
    state = f"{CHANGES[line['change_code']]}, revision {line['revision_number']}" if line["change_code"] else "not kept"
    console.print(f"\n{line['line_type_code']} {kind}: {line['status_code']} ({state})", style="bold", soft_wrap=True)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    table.add_column(justify="right")
    table.add_column()
    for step in line["rounding_steps"] or []:
        table.add_row(plain(step["quantity"]), STEPS.get(step["step"], step["step"].lower().replace("_", " ")))
    console.print(table)
    if line["flags"]:
        console.print(f"  look at: {line['flags'].lower().replace('_', ' ').replace(',', ', ')}", soft_wrap=True)
    if line["line_type_code"] == "BUY":
        _show_offers(line["offers"])


def _show_offers(offers: list[dict[str, Any]]) -> None:
    for offer in offers:
        price, landed = offer["unit_price_amount"], offer["landed_unit_cost_amount"]
        price = "" if price is None else f" {plain(price)} {offer['currency_code']}"
        costs = f", {plain(landed)} landed" if landed is not None else ""
        days = f", {plain(offer['lead_time_days'])} days" if offer["lead_time_days"] is not None else ""
        why = "chosen" if offer["is_chosen"] else (offer["reason_code"] or "").lower().replace("_", " ")
        mark = "→" if offer["is_chosen"] else " "
        console.print(f"  {mark} {escape(offer['supplier_code'])}{price}{costs}{days}: {why}", soft_wrap=True)
