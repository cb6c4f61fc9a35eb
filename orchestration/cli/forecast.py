"""``partsbay forecast``: why a part is forecast as it is, and what planners expect beyond it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from ingest.errors import SettingsError
from ingest.forecast_shown import factor_words, shown_forecast
from ingest.quantities import plain
from ingest.uplifts import Uplift, end_uplift, list_uplifts, state_uplift
from ingest.waiting_parts import part_named
from orchestration.cli.output import JsonFlag, console, family, print_json
from orchestration.cli.taking import ActorOption, ReasonOption, actor_of, connected

app = family(
    "Forecasts: why a part is forecast as it is, and what planners expect beyond it.\n\n"
    "partsbay forecast show BOSC:0986424797 --garage G01\n\n"
    "partsbay forecast uplift 30 --category TYRE --from 2026-10-01 --to 2026-11-30 --reason 'winter campaign'"
)
GarageOption = Annotated[str | None, typer.Option("--garage", help="Only of this garage; of any unless given.")]
_BAR_WIDTH = 40
_MOST_DAYS = 12


@app.command("show", short_help="History, methods with their errors, the choice and why.")
def show(
    part: Annotated[str, typer.Argument(metavar="BRAND:PART_NUMBER", help="The part.")],
    garage: Annotated[str, typer.Option("--garage", help="The garage.")],
    json: JsonFlag = False,
) -> None:
    """What the last run says of the demand of a part in a garage.

    Example: partsbay forecast show BOSC:0986424797 --garage G01
    """
    with connected() as connection:
        found = shown_forecast(connection, part_named(connection, part), garage)
    if json:
        print_json({"part": part, **found})
        return
    console.print(f"[bold]{escape(part)}[/] in {escape(garage)}: {found['demand_class_code']}", soft_wrap=True)
    _show_months(found["months"])
    _show_set_apart(found["set_apart"])
    _show_candidates(found["candidates"])
    console.print(escape(found["why"]), soft_wrap=True)
    factors = factor_words(found)
    rate, usual = (plain(round(found[f"{name}_mean_quantity"], 4)) for name in ("daily", "base"))
    told = f" in the {found['protection_days']} days until an order is there, that is {usual}"
    console.print(f"{rate} a day{factors and told + factors}.", soft_wrap=True)


def _show_months(months: list[dict[str, Any]]) -> None:
    most = max((month["demand_quantity"] for month in months), default=0) or 1
    for month in months:
        bar = "█" * round(_BAR_WIDTH * month["demand_quantity"] / most)
        told = "no data" if month["is_no_data"] else plain(month["demand_quantity"])
        out = f"  [dim]{month['no_data_days']} days without stock[/]" if month["no_data_days"] else ""
        console.print(f"  {month['month_on']:%Y-%m} {told:>8} {bar}{out}")


def _show_set_apart(days: list[dict[str, Any]]) -> None:
    """Days that count less than was asked for, or not at all: they are no demand of tomorrow (F7)."""
    for one in days[:_MOST_DAYS]:
        asked = plain(one["demand_quantity"])
        told = (
            f"{asked} for a single job, none counted"
            if one["reason_code"] == "ONE_OFF"
            else f"{asked} asked for, far above the usual: {plain(one['counted_quantity'])} counted"
        )
        console.print(f"  {one['demand_on']}  {told}")
    if len(days) > _MOST_DAYS:
        console.print(f"  and {len(days) - _MOST_DAYS} days before: marts.fct_demand_outliers")


def _show_candidates(candidates: list[dict[str, Any]]) -> None:
    if not candidates:
        return
    table = Table("method", box=None, header_style="bold")
    for name in ("RMSSE", "MASE", "pinball 95 %", "sMAPE %"):
        table.add_column(name, justify="right")
    for one in candidates:
        errors = (one[f"{name}_value"] for name in ("rmsse", "mase", "pinball", "smape"))
        table.add_row(
            f"{'→ ' if one['is_chosen'] else '  '}{one['method_code']}",
            *("" if error is None else f"{error:.3f}" for error in errors),
        )
    console.print(table)


@app.command("uplift", short_help="Expect more or less than forecast, from a day to a day.")
def uplift(
    percent: Annotated[str, typer.Argument(help="More demand in per cent of the forecast; less after -- and below 0.")],
    from_on: Annotated[str, typer.Option("--from", help="First day: 2026-10-01.")],
    to_on: Annotated[str, typer.Option("--to", help="Last day.")],
    reason: ReasonOption,
    garage: GarageOption = None,
    part: Annotated[str | None, typer.Option("--part", metavar="BRAND:PART_NUMBER", help="Only this part.")] = None,
    category: Annotated[str | None, typer.Option("--category", help="Only parts of this category.")] = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Expect more than forecast, or less, of what is selected; it counts from the next run on.

    Example: partsbay forecast uplift 30 --category TYRE --from 2026-10-01 --to 2026-11-30 --reason 'winter campaign'
    """
    with connected() as connection:
        part_id = part_named(connection, part) if part else None
        stated = Uplift(_percent(percent), _day(from_on), _day(to_on), reason, garage, part_id, category)
        uplift_id, is_new = state_uplift(connection, stated, actor_of(actor))
    if json:
        print_json({"uplift_id": uplift_id, "is_new": is_new})
    else:
        console.print(f"Uplift {str(uplift_id)[:8]} counts from the next run on." if is_new else "It was said before.")


@app.command("uplifts", short_help="What planners expect beyond the forecast.")
def uplifts(
    with_past: Annotated[bool, typer.Option("--all", help="Those that are over or were taken back as well.")] = False,
    json: JsonFlag = False,
) -> None:
    """Every uplift that counts today or later, with its author and reason.

    Example: partsbay forecast uplifts --all
    """
    with connected() as connection:
        found = list_uplifts(connection, with_past)
    if json:
        print_json(found)
        return
    if not found:
        console.print("Planners expect what is forecast.")
    for one in found:
        part = f"{one['brand_code']}:{one['part_number']}" if one["part_id"] else None
        scope = " ".join(value for value in (one["garage_code"], one["category_code"], part) if value)
        console.print(
            f"{str(one['uplift_id'])[:8]}  {one['factor_pct']:+.0f} %  {one['from_on']} to {one['to_on']}  "
            f"{escape(scope)}: {escape(one['reason'])} ({escape(one['actor'])})",
            soft_wrap=True,
        )


@app.command("end", short_help="Let an uplift end on another day.")
def end(
    uplift_id: Annotated[str, typer.Argument(help="The uplift, or the beginning of its id.")],
    to_on: Annotated[str, typer.Option("--on", help="Its last day; before its first it never counts.")],
    reason: ReasonOption,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Let an uplift end earlier or later. What it was before stays on record.

    Example: partsbay forecast end 3f2a91c0 --on 2026-10-31 --reason 'campaign is over'
    """
    with connected() as connection:
        ended = end_uplift(connection, uplift_id, _day(to_on), reason, actor_of(actor))
    if json:
        print_json(ended)
    else:
        console.print(f"Uplift {str(ended['uplift_id'])[:8]} ends on {ended['to_on']}.")


def _percent(text: str) -> Decimal:
    try:
        return Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation:
        raise SettingsError("FACTOR", f"'{text}' is no percentage", "Give a number as 30 or -20.") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError("DATES", f"'{text}' is no day", "Write it as 2026-10-01.") from None
