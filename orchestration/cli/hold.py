"""``partsbay hold``: quality holds, from the first doubt to the last unit of a recall."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from ingest.errors import SettingsError
from ingest.quality_hold import acts, asking, campaigns
from ingest.quantities import plain
from ingest.waiting_parts import part_named
from orchestration.cli import hold_acts, hold_placing
from orchestration.cli.hold_acts import GarageOption, Number, PartOption, show_moved
from orchestration.cli.output import JsonFlag, console, counted, family, print_json
from orchestration.cli.stock_acts import moment
from orchestration.cli.taking import ActorOption, actor_of, connected
from orchestration.environments import get_settings

app = family(
    "Quality holds: stock that nobody gets until somebody decides.\n\n"
    "partsbay hold place --part BOSC:0986424797 --lot L9 --reason-code CUSTOMER_COMPLAINT\n\n"
    "Then verdict, and release, scrap, return or rework. A recall is a campaign of such holds: place --campaign, then"
    " partsbay hold campaign. What holds stock by itself is listed and set with partsbay hold automatic."
)
app.command("place", short_help="Nobody gets these units until somebody decides.")(hold_placing.place)
for name, act, words in hold_acts.COMMANDS:
    app.command(name, short_help=words)(act)
AtOption = Annotated[str | None, typer.Option("--at", help="At this moment, in ISO 8601; now unless given.")]


@app.command("list", short_help="Holds, what is due first.")
def list_holds(
    garage: GarageOption = None,
    part: PartOption = None,
    reason_code: Annotated[str | None, typer.Option("--reason-code", help="Only of this reason.")] = None,
    campaign: Annotated[str | None, typer.Option("--campaign", help="Only of this campaign.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Also those of which nothing is open.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The most holds to list.")] = 200,
    json: JsonFlag = False,
) -> None:
    """Holds with something open, what is due first.

    Example: partsbay hold list --garage G01
    """
    with connected() as connection:
        part_id = part_named(connection, part) if part else None
        found = asking.holds(connection, garage, part_id, reason_code, campaign, not closed, limit)
    if json:
        print_json({"holds": found})
        return
    for one in found:
        late = " [red]overdue[/]" if one["is_overdue"] else ""
        due = f", due {one['due_at']:%Y-%m-%d}" if one["due_at"] else ""
        told = f"{plain(one['open_quantity'])} open in {counted(one['cell_count'], 'cell')}{due}"
        console.print(f"[bold]{escape(one['hold_number'])}[/]  {one['hold_reason_code']}  {told}{late}", soft_wrap=True)
    if not found:
        console.print("Nothing is held.")


@app.command("show", short_help="What a hold covers, what became of it, and whom it moved.")
def show(hold: Number, json: JsonFlag = False) -> None:
    """What a hold covers, its cells, every event, and the reservations that it moved.

    Example: partsbay hold show H-1A2B3C4D
    """
    with connected() as connection:
        found = asking.hold(connection, hold)
    if json:
        print_json(found)
        return
    for rule in found["rule"]:
        said = {k: v for k, v in rule.items() if k in _COVERED and v is not None}
        told = f"{rule['event_type_code']} {rule['event_at']:%Y-%m-%d %H:%M} by {rule['actor']}: "
        console.print(escape(told + ", ".join(f"{k} {v}" for k, v in said.items())), soft_wrap=True)
    for cell in found["cells"]:
        place = f"{cell['garage_code']} {cell['brand_code']} {cell['part_number']} {cell['condition_code']}"
        lot = f" lot {cell['lot_number']}" if cell["lot_number"] else ""
        told = f"{place}{lot}: {plain(cell['open_quantity'])} of {plain(cell['placed_quantity'])} open"
        console.print(f"  {escape(told)}, EDIFACT {cell['edifact_6063_code']}", soft_wrap=True)
    for one in found["events"]:
        words = ", ".join(
            str(one[k]) for k in ("verdict_code", "inspector", "supplier_claim_number", "reason") if one[k]
        )
        told = f"{one['event_at']:%Y-%m-%d %H:%M} {one['event_type_code']} {plain(one['quantity'])} at"
        lot = f" lot {one['lot_number']}" if one["lot_number"] else ""
        told = f"{told} {one['garage_code']}{lot} by {one['actor']}{': ' + words if words else ''}"
        console.print(f"  [dim]{escape(told)}[/]", soft_wrap=True)
    show_moved(found["moved"])


_COVERED = (
    "scope_code", "campaign_number", "automatic_code", "hold_reason_code", "severity_code", "garage_code",
    "condition_code", "lot_number", "lot_from_number", "lot_to_number", "manufactured_from_on", "manufactured_to_on",
    "supplier_code", "quantity", "is_open", "reason", "evidence_ref",
)  # fmt: skip


@app.command("ageing", short_help="How old open holds are, and which are overdue.")
def ageing(garage: GarageOption = None, at: AtOption = None, json: JsonFlag = False) -> None:
    """Open holds by age in days and reason, and those that should have been decided; ends with 1 where one is overdue.

    Example: partsbay hold ageing --garage G01
    """
    when = _when(at)
    with connected() as connection:
        buckets = asking.ageing(connection, when, garage)
        late = asking.overdue(connection, when, garage)
    if json:
        print_json({"at": when, "buckets": buckets, "overdue": late})
    else:
        for one in buckets:
            told = f"{one['bucket_code']:>6} days  {one['hold_reason_code']}: {counted(one['hold_count'], 'hold')}"
            console.print(f"{told}, {plain(one['open_quantity'])} open, {one['overdue_hold_count']} overdue")
        for one in late:
            told = f"{one['hold_number']} was due {one['due_at']:%Y-%m-%d}, {counted(one['overdue_days'], 'day')} ago"
            console.print(f"[red]{escape(told)}[/], at {escape(', '.join(one['garage_codes']))}", soft_wrap=True)
        if not buckets:
            console.print("Nothing is held.")
    if late:
        raise typer.Exit(1)


@app.command("campaign", short_help="How far a recall is, and what is left to do.")
def campaign(
    number: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign.")], json: JsonFlag = False
) -> None:
    """How far a recall is: found, held, settled, on its way, on order, fitted; and the jobs that are to be called back.

    Example: partsbay hold campaign RC-7
    """
    with connected() as connection:
        found = campaigns.campaign(connection, number)
    if json:
        print_json(found)
        return
    one = found["progress"]
    done = "nothing found" if one["progress_pct"] is None else f"{one['progress_pct']} % settled"
    console.print(f"[bold]{escape(number)}[/]  {done}{', closed' if one['is_closed'] else ''}")
    names = ("found", "held", "scrapped", "returned", "reworked", "released", "in_transit", "open_order", "fitted")
    told = ", ".join(f"{name.replace('_', ' ')} {plain(one[f'{name}_quantity'])}" for name in names)
    console.print(f"  {told}; {one['done_job_count']} of {counted(one['job_count'], 'job')} done", soft_wrap=True)
    for cell in found["cells"]:
        lot = f" lot {cell['lot_number']}" if cell["lot_number"] else ""
        place = f"{cell['garage_code']} {cell['brand_code']} {cell['part_number']} {cell['condition_code']}{lot}"
        held = f"{plain(cell['open_quantity'])} of {plain(cell['placed_quantity'])} held"
        console.print(f"  {escape(place)}: {held}", soft_wrap=True)
    for order in found["orders"]:
        told = f"{order['stage_code']} {order['document_number']} line {order['document_line']}"
        console.print(
            f"  {escape(told)}: {plain(order['quantity'] or 0)} from {order['supplier_code']}", soft_wrap=True
        )
    for job in found["jobs"]:
        sure = "" if job["is_certain"] else ", lot unknown"
        order = f"{job['garage_code']} {job['work_order_number']} line {job['work_order_line']}"
        told = f"{order}, vehicle {job['vehicle_ref'] or 'unknown'}, {job['fitted_at']:%Y-%m-%d}{sure}"
        color = "green" if job["state_code"] == "DONE" else "yellow"
        console.print(f"  [{color}]{job['state_code']}[/] {escape(told)}", soft_wrap=True)


@app.command("automatic", short_help="What holds stock by itself: list it, switch it.")
def automatic(
    code: Annotated[str | None, typer.Argument(help=f"One of {', '.join(campaigns.AUTOMATIC)}.")] = None,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Switch it from now on.")] = None,
    garage: Annotated[str, typer.Option("--garage", help="Only at this garage.")] = "",
    supplier: Annotated[str, typer.Option("--supplier", help="Only for this supplier.")] = "",
    category: Annotated[str, typer.Option("--category", help="Only for parts of this category.")] = "",
    days: Annotated[int, typer.Option("--days", min=1, help="EXPIRY_NEAR: so many days before it expires.")] = 30,
    whole_cell: Annotated[
        bool, typer.Option("--whole-cell", help="COUNT_DISPUTE: the cell, not only the difference.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the statement.")] = "",
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """What holds stock by itself; the most specific statement counts.

    Unless switched off: expired lots; what a count found beyond what was expected, where it is too far off, until it
    was counted again or reviewed; the first delivery of a part by a supplier of which the catalogue says is_inspected;
    stock of parts that their life cycle does not let be sold (LIFE_CYCLE), so that it is promised to nobody.
    Where FIRST_DELIVERY is switched on, the first delivery of everybody whom that names is held.

    Example: partsbay hold automatic

    Example: partsbay hold automatic FIRST_DELIVERY --on --supplier S0001 --reason "new supplier"
    """
    if code is not None and code not in campaigns.AUTOMATIC:
        raise SettingsError("UNKNOWN_CODE", f"there is no '{code}'", f"Use one of {', '.join(campaigns.AUTOMATIC)}.")
    if (code is None) != (on is None):
        raise SettingsError("NO_SWITCH", "a code and --on or --off go together", "Name both, or neither to list.")
    with connected() as connection:
        if code is not None:
            campaigns.set_automatic_rule(
                connection, code, on, reason, actor_of(actor), garage, supplier, category, days, whole_cell
            )
        found = campaigns.automatic_rules(connection)
    if json:
        print_json({"automatic": found})
        return
    for one in found:
        segment = [
            f"{name} {one[f'{name}_code']}" for name in ("garage", "supplier", "category") if one[f"{name}_code"]
        ]
        told = f"{one['automatic_code']}: {'on' if one['is_on'] else 'off'}{' for ' if segment else ''}"
        is_default = one["automatic_code"] == "FIRST_DELIVERY" and one["is_on"] and one["stated_from_at"] is None
        limit = ", of suppliers that are inspected" if is_default else ""
        console.print(escape(told + ", ".join(segment) + limit))


@app.command("sweep", short_help="Hold what expired and what else is due, release what is settled.")
def sweep(at: AtOption = None, json: JsonFlag = False) -> None:
    """Place the automatic holds that are due, and release those whose cause is gone; a second time changes nothing.

    Lots expire at 00:00 where the garage is, and are held from that moment on, whenever this runs.

    Example: partsbay hold sweep
    """
    when = _when(at)
    with connected() as connection:
        answer = acts.sweep(connection, when)
    if json:
        print_json({"at": when, **asdict(answer)})
        return
    for event in answer.events:
        _show_event(event)
    if answer.events:
        show_moved(answer.moved)
    else:
        console.print("Nothing is due.")


def _show_event(event: dict[str, Any]) -> None:
    lot = f" lot {event['lot_number']}" if event["lot_number"] else ""
    told = f"{event['event_type_code']} {plain(event['quantity'])} at {event['garage_code']}{lot}"
    console.print(f"{escape(event['hold_number'])}: {escape(told)}, {event['event_at']:%Y-%m-%d %H:%M}", soft_wrap=True)


def _when(at: str | None) -> datetime:
    return moment(at, "--at") if at else get_settings().as_of or datetime.now(UTC)
