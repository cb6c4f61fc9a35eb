"""``partsbay simulate``: what a policy would have done over past demand, beside three others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ingest.errors import SettingsError
from orchestration.cli.output import JsonFlag, console, print_json

if TYPE_CHECKING:
    from assets.simulation.comparing import Curve

CARPARTS = Path(__file__).parents[2] / "deploy" / "demo" / "source" / "carparts_long.csv.gz"
SERVICE_LEVELS = (93.0, 95.0, 97.0)
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
First = Annotated[int, typer.Option("--from", min=13, help="The first month that is lived through, counted from 1.")]
Last = Annotated[int | None, typer.Option("--to", help="The last one; the end of the history unless given.")]
Delay = Annotated[
    int, typer.Option("--delay", min=0, max=1, help="0: orders are there when the next month opens; 1: a month later.")
]
CurveFile = Annotated[Path | None, typer.Option("--curve", help="Draw the curves into this SVG file.")]


def simulate(
    demand: Demand = CARPARTS,
    service_level: Levels = None,
    policy: Policy = "production",
    first: First = 40,
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

    Example: partsbay simulate --service-level 93 --service-level 95 --service-level 97

    Example: partsbay simulate --demand history.csv --from 73 --to 84 --curve curve.svg
    """
    from assets.simulation.comparing import POLICIES, Replay
    from assets.simulation.series import read_demand

    if policy not in POLICIES:
        raise SettingsError("NO_SUCH_POLICY", f"there is no policy '{policy}'", f"Use one of: {', '.join(POLICIES)}.")
    rates = [level / 100 for level in service_level or SERVICE_LEVELS]
    if not all(0 < rate < 1 for rate in rates):
        raise SettingsError("NO_SUCH_LEVEL", "a fill rate is between 0 and 100 percent", "Give it as 95.")
    history = read_demand(demand)
    learn, end = first - 1, last or history.shape[1]
    if not learn < end <= history.shape[1]:
        words = f"months {first} to {end} are not within the {history.shape[1]} months of the history"
        raise SettingsError("NO_SUCH_MONTHS", words, "Choose --from and --to within it.")
    replay, live = Replay(history, delay), end - learn
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
        lived = float(history[:, learn:end].sum())
        print_json({"parts": len(history), "units": lived, "policy": policy, "service_levels": found})
    else:
        _show(found, curves, policy)


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
        "calibrated_parameter": round(parameter, 6),
        "reached_fill_rate": round(curves[policy].reached(parameter), 4),
    }


def _show(found: list[dict[str, Any]], curves: dict[str, Curve], policy: str) -> None:
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
        if one["order_lines"] is not None:
            console.print(
                f"{one['fill_rate']:.1%} of {policy}: {one['order_lines']:,.0f} order lines, "
                f"{one['stock_out_months']:,.0f} months in which a part ran out."
            )
