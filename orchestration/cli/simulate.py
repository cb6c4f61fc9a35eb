"""``partsbay simulate``: what a policy would have done over past demand, beside three others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ingest.errors import SettingsError
from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.cli.taking import connected

if TYPE_CHECKING:
    from assets.simulation.comparing import Curve

CARPARTS = Path(__file__).parents[2] / "deploy" / "demo" / "source" / "carparts_long.csv.gz"
SERVICE_LEVELS = (93.0, 95.0, 97.0)
LIVED_MONTHS = 12
# Headings that fit beside each other in eighty columns; --json has the whole names.
_HEADINGS = {
    "production": "production", "minimum_maximum": "min/max", "moving_average": "average", "croston": "Croston",
}  # fmt: skip

Demand = Annotated[
    Path, typer.Option("--demand", help="History: part, month, quantity a row, or a row of months per part; CSV, gzip.")
]
Levels = Annotated[list[float] | None, typer.Option("--service-level", help="Fill rate asked for, in percent.")]
Policy = Annotated[
    str,
    typer.Option("--policy", help="Who is asked for it: production, minimum_maximum, moving_average, croston."),
]
Network = Annotated[
    bool, typer.Option("--network", help="Play the garages' own demand, part by part, as the last run counted it.")
]
First = Annotated[
    int | None,
    typer.Option("--from", min=13, help="First month lived through, counted from 1. [default: the last twelve]"),
]
Last = Annotated[int | None, typer.Option("--to", help="The last one; the end of the history unless given.")]
Delay = Annotated[
    int, typer.Option("--delay", min=0, max=1, help="0: orders are there when the next month opens; 1: a month later.")
]
CurveFile = Annotated[Path | None, typer.Option("--curve", help="Draw the curves into this SVG file.")]


def simulate(
    demand: Demand = CARPARTS,
    service_level: Levels = None,
    policy: Policy = "production",
    network: Network = False,
    first: First = None,
    last: Last = None,
    delay: Delay = 0,
    curve: CurveFile = None,
    json: JsonFlag = False,
) -> None:
    """Play policies over past demand: lost sales, a review at each month's end, order up to a level, whole units.

    Policies: production is what runs plan by, forecasts and distributions included; minimum_maximum is so many times
    the mean of 24 months; moving_average and croston add a normal safety stock to their mean.

    Every month before --from is learned from; the months of the game are known only as they pass. Each policy's one
    parameter is swept, and its curve says how much stock a fill rate takes.

    The game of --network is the same: every part is reviewed and delivered month by month, up to the reorder point of
    such a month. A run orders at or below its point, up to it plus the lot (cover days or the economic quantity), by
    the lead time and review of each supplier and in whole packs: fewer and larger orders, and more stock between them.
    Parts that nobody had asked for before are left out, also where the level for a fill rate is found.

    Example: partsbay simulate --service-level 93 --service-level 95 --service-level 97

    Example: partsbay simulate --demand history.csv --from 73 --to 84 --curve curve.svg

    Example: partsbay simulate --network --service-level 95
    """
    from assets.simulation.comparing import POLICIES, Replay
    from assets.simulation.series import network_demand, read_demand

    if policy not in POLICIES:
        raise SettingsError("NO_SUCH_POLICY", f"there is no policy '{policy}'", f"Use one of: {', '.join(POLICIES)}.")
    rates = [level / 100 for level in service_level or SERVICE_LEVELS]
    if not all(0 < rate < 1 for rate in rates):
        raise SettingsError("NO_SUCH_LEVEL", "a fill rate is between 0 and 100 percent", "Give it as 95.")
    if curve and not curve.absolute().parent.is_dir():
        words = f"{curve} cannot be written: there is no folder {curve.parent}"
        raise SettingsError("NO_FOLDER", words, "Make the folder, or name another file.")
    whole = None
    if network:
        with connected() as connection:
            whole = network_demand(connection)
    history = whole.demand if whole else read_demand(demand)
    end = last or history.shape[1]
    learn = (first or max(end - LIVED_MONTHS + 1, 13)) - 1
    if not learn < end <= history.shape[1]:
        words = f"months {learn + 1} to {end} are not within the {history.shape[1]} months of the history"
        raise SettingsError("NO_SUCH_MONTHS", words, "Choose --from and --to within it.")
    live = end - learn
    if whole:
        # Of what nobody had asked for before, no policy knows.
        replay = Replay(history, delay, whole.unit_costs, whole.squares, is_known_only=True)
    else:
        replay = Replay(history, delay)
    rows = replay.played_rows(learn)
    unknown_count, currency = len(history) - len(rows), whole.currency if whole else None
    curves = {}
    for name in POLICIES:
        curves[name] = replay.curve(name, learn, live)
        if not json:
            console.print(f"played {name}", style="dim")
    asked = replay.calibrated(policy, learn, live, rates)
    found = [_asked(curves, policy, rate, parameter) for rate, parameter in zip(rates, asked, strict=True)]
    if curve:
        from assets.simulation.drawing import draw

        curve.write_text(draw(curves), encoding="utf-8")
    if json:
        lived = float(history[rows, learn:end].sum())
        told = {"parts": len(rows), "parts_left_out": unknown_count, "units": lived}
        print_json({**told, "policy": policy, "currency": currency, "service_levels": found})
    else:
        _show(found, curves, policy, currency)
        if unknown_count:
            console.print(f"{unknown_count:,} garage-parts were first asked for in these months and are left out.")


def _asked(curves: dict[str, Curve], policy: str, rate: float, parameter: float) -> dict[str, Any]:
    """What each policy takes for a fill rate, and what one reaches when it is asked for it."""
    stock = {name: one.at(rate) for name, one in curves.items()}
    others = [value for name, value in stock.items() if name != policy and value is not None]
    best = min(others, default=None)
    mine = stock[policy]
    return {
        "fill_rate": rate,
        "average_stock": stock,
        "saving_pct": round(100 * (1 - mine / best), 2) if best and mine is not None else None,
        "order_lines": curves[policy].at(rate, "order_line_count"),
        "stock_out_months": curves[policy].at(rate, "stock_out_months"),
        "stock_out_days": curves[policy].at(rate, "stock_out_days"),
        "average_stock_value": {name: _value(one, rate) for name, one in curves.items()},
        "calibrated_parameter": round(parameter, 6),
        "reached_fill_rate": round(curves[policy].reached(parameter), 4),
    }


def _value(curve: Curve, rate: float) -> float | None:
    """The mean stock at cost for a fill rate; None where it is never reached, or nobody said what a unit costs."""
    return None if curve.played[0].average_value is None else curve.at(rate, "average_value")


def _show(found: list[dict[str, Any]], curves: dict[str, Curve], policy: str, currency: str | None) -> None:
    table = Table(title="Average stock in units that a fill rate takes", box=None, header_style="bold")
    table.add_column("fill rate", justify="right", no_wrap=True)
    for name in curves:
        table.add_column(_HEADINGS[name], justify="right", no_wrap=True)
    for heading in ("saving", "reached"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in found:
        stock = ["never" if value is None else f"{value:,.0f}" for value in one["average_stock"].values()]
        saving = "" if one["saving_pct"] is None else f"{one['saving_pct']:.1f} %"
        table.add_row(f"{one['fill_rate']:.1%}", *stock, saving, f"{one['reached_fill_rate']:.1%}")
    console.print(table)
    console.print(
        f"The saving is that of {policy} against the best of the others; reached is what it comes to when the months "
        "before say how to set it."
    )
    for one in found:
        if one["order_lines"] is None:
            continue
        console.print(
            f"{one['fill_rate']:.1%} of {policy}: {one['order_lines']:,.0f} order lines, "
            f"{one['stock_out_months']:,.0f} months in which a part ran out, "
            f"{one['stock_out_days']:,.0f} stock-out days."
        )
        worth = one["average_stock_value"]
        if worth[policy] is not None:
            shown = (f"{name} {'never' if value is None else f'{value:,.0f}'}" for name, value in worth.items())
            console.print(f"  Average stock at cost, {currency}: {', '.join(shown)}.")
