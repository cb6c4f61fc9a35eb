"""``partsbay simulate``: what a policy would have done over past demand, beside three others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ingest.errors import SettingsError
from orchestration.cli.output import JsonFlag, console, print_json

CARPARTS = Path(__file__).parents[2] / "deploy" / "demo" / "source" / "carparts_long.csv.gz"

Demand = Annotated[
    Path, typer.Option("--demand", help="History: part, month, quantity a row, or a row of months per part; CSV, gzip.")
]
Levels = Annotated[list[float] | None, typer.Option("--service-level", help="Fill rate asked for, in percent.")]
Policy = Annotated[str, typer.Option("--policy", help="The method that is asked for its fill rate.")]
First = Annotated[int, typer.Option("--from", min=13, help="The first month that is lived through, counted from 1.")]
Last = Annotated[int | None, typer.Option("--to", help="The last one; the end of the history unless given.")]
Delay = Annotated[
    int, typer.Option("--delay", min=0, max=1, help="0: orders are there when the next month opens; 1: a month later.")
]
CurveFile = Annotated[Path | None, typer.Option("--curve", help="Draw the curves into this SVG file.")]


def simulate(
    demand: Demand = CARPARTS,
    service_level: Levels = None,
    policy: Policy = "shrunk_quantile",
    first: First = 40,
    last: Last = None,
    delay: Delay = 0,
    curve: CurveFile = None,
    json: JsonFlag = False,
) -> None:
    """Play policies over past demand: lost sales, a review at each month's end, order up to a level, whole units.

    Every month before --from is learned from; the months of the game are known only as they pass. Each
    method's one parameter is swept, and its curve says how much stock a fill rate takes.

    Example: partsbay simulate --service-level 93 --service-level 95 --service-level 97

    Example: partsbay simulate --demand history.csv --from 73 --to 84 --curve curve.svg
    """
    from assets.simulation.comparing import METHODS, OURS, calibrated, compare
    from assets.simulation.series import read_demand

    if policy not in METHODS:
        raise SettingsError("NO_SUCH_POLICY", f"there is no policy '{policy}'", f"Use one of: {', '.join(METHODS)}.")
    history = read_demand(demand)
    learn, end = first - 1, last or history.shape[1]
    if not learn < end <= history.shape[1]:
        words = f"months {first} to {end} are not within the {history.shape[1]} months of the history"
        raise SettingsError("NO_SUCH_MONTHS", words, "Choose --from and --to within it.")
    rates = [level / 100 for level in service_level or (93, 95, 97)]
    with console.status("Playing", spinner="dots") if not json else _Quiet() as status:
        told = status.update if not json else lambda _: None
        curves = dict(compare(history, learn, end - learn, delay, lambda name: told(f"Played {name}")))
        levels = calibrated(history, learn, end - learn, rates, delay) if policy == OURS else []
    found = [_asked(curves, policy, rate, levels[place] if levels else None) for place, rate in enumerate(rates)]
    if curve:
        from assets.simulation.drawing import draw

        curve.write_text(draw(curves), encoding="utf-8")
    if json:
        print_json({"parts": len(history), "units": float(history[:, learn:end].sum()), "service_levels": found})
    else:
        _show(found, curves, policy)


class _Quiet:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: Any) -> None:
        return None


def _asked(curves: dict, policy: str, rate: float, level: float | None) -> dict[str, Any]:
    """What each method takes for a fill rate, and what the policy reaches when it is asked for it."""
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
        "calibrated_level": level,
        "reached_fill_rate": round(curves[policy].reached(level), 4) if level is not None else None,
    }


def _show(found: list[dict[str, Any]], curves: dict, policy: str) -> None:
    table = Table(title="Average stock in units that a fill rate takes")
    table.add_column("fill rate", justify="right")
    for name in curves:
        table.add_column(name.replace("_", " "), justify="right")
    for heading in ("saving", "order lines", "stock-out months", "reached when asked"):
        table.add_column(heading, justify="right")
    for one in found:
        stock = ["never" if value is None else f"{value:,.0f}" for value in one["average_stock"].values()]
        more = [
            "" if one["saving_pct"] is None else f"{one['saving_pct']:.1f} %",
            *("" if one[name] is None else f"{one[name]:,.0f}" for name in ("order_lines", "stock_out_months")),
            "" if one["reached_fill_rate"] is None else f"{one['reached_fill_rate']:.1%}",
        ]
        table.add_row(f"{one['fill_rate']:.0%}", *stock, *more)
    console.print(table)
    console.print(f"The saving is that of {policy.replace('_', ' ')} against the best of the others.")
