"""``partsbay bench``: measure beside a yardstick, in one run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ingest.errors import SettingsError
from orchestration.cli.output import JsonFlag, console, print_json, say_nothing, tick
from orchestration.cli.simulate import CARPARTS
from orchestration.environments import Databases

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def bench() -> None:
    """Measure, side by side with a yardstick, in one run."""


@app.command("ingest")
def bench_ingest(
    quick: Annotated[bool, typer.Option("--quick", help="Few lines, once, without dlt: does it run at all?")] = False,
    rows: Annotated[int | None, typer.Option(min=1000, help="Supplier price lines; one in a hundred is bad.")] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="How often; medians are shown.")] = None,
    large_rows: Annotated[int | None, typer.Option(min=0, help="Lines of the large file; 0 leaves it out.")] = None,
    small_files: Annotated[int | None, typer.Option(min=0, help="Files of 100 lines; 0 leaves them out.")] = None,
    dlt: Annotated[bool, typer.Option(help="Measure dlt too; it is installed below the home folder.")] = True,
    json: JsonFlag = False,
) -> None:
    """Supplier price lines through land, read, judge and store, beside raw COPY and dlt; on a server of its own."""
    from dataclasses import replace

    from orchestration.benchmarks.ingest import QUICK, Sizes, run
    from orchestration.benchmarks.server import own_server, workspace
    from orchestration.benchmarks.yardsticks import Dlt

    given = {"row_count": rows, "repeat_count": repeats, "large_row_count": large_rows, "small_file_count": small_files}
    asked = {name: value for name, value in given.items() if value is not None}
    sizes = replace(QUICK if quick else Sizes(), **asked)
    databases = Databases()
    folder = workspace(databases.settings.home)
    yardstick = Dlt(folder) if dlt and not quick else None
    with own_server(databases.stack, databases.settings.postgres_bin) as server:
        document = run(server, folder, sizes, yardstick, say_nothing if json else tick).as_dict()
    if json:
        print_json(document)
    else:
        show(document)
    if "missing" in document:
        raise typer.Exit(1)


@app.command("ledgers")
def bench_ledgers(
    quick: Annotated[bool, typer.Option("--quick", help="Few rows, once: does it run at all?")] = False,
    rows: Annotated[
        int | None,
        typer.Option(min=0, help="Movements of the large ledger, best hundreds of thousands; 0 leaves it out."),
    ] = None,
    repeats: Annotated[int | None, typer.Option(min=1, help="How often; medians are shown.")] = None,
    json: JsonFlag = False,
) -> None:
    """Reservations, folding and audit, beside one by one, pgbench, a rebuild and no audit; on a server of its own."""
    from dataclasses import replace

    from orchestration.benchmarks.ledgers import QUICK, Sizes, run
    from orchestration.benchmarks.server import own_server

    given = {"movement_count": rows, "repeat_count": repeats}
    sizes = replace(QUICK if quick else Sizes(), **{name: value for name, value in given.items() if value is not None})
    databases = Databases()
    with own_server(databases.stack, databases.settings.postgres_bin) as server:
        document = run(server, databases.settings.postgres_bin, sizes, say_nothing if json else tick).as_dict()
    if json:
        print_json(document)
    else:
        show_ledgers(document)


@app.command("forecast")
def bench_forecast(
    demand: Annotated[
        Path, typer.Option("--demand", help="History: part, month, quantity a row, or a row of months per part.")
    ] = CARPARTS,
    months: Annotated[int, typer.Option(min=1, max=24, help="The last months, forecast one by one.")] = 12,
    parts: Annotated[int | None, typer.Option(min=1, help="Only the first so many parts.")] = None,
    json: JsonFlag = False,
) -> None:
    """Errors of the forecasts that runs make beside plain methods of statsforecast, on months that neither has seen.

    Example: partsbay bench forecast --demand history.csv
    """
    from assets.simulation.series import read_demand
    from orchestration.benchmarks.forecast import LEAST_MONTHS, run

    history = read_demand(demand)[:parts]
    if history.shape[1] < months + LEAST_MONTHS:
        words = f"{history.shape[1]} months are too few to forecast {months} of them from {LEAST_MONTHS} before"
        raise SettingsError("NO_SUCH_MONTHS", words, "Choose a longer history, or fewer --months.")
    document = run(history, months, say_nothing if json else tick).as_dict()
    if json:
        print_json(document)
    else:
        show_forecast(document)


@app.command("distributions")
def bench_distributions(
    demand: Annotated[
        Path, typer.Option("--demand", help="History: part, month, quantity a row, or a row of months per part.")
    ] = CARPARTS,
    fill_rate: Annotated[list[float] | None, typer.Option("--fill-rate", help="In percent.")] = None,
    months: Annotated[int, typer.Option(min=2, max=24, help="The last months, which are lived through.")] = 12,
    parts: Annotated[int | None, typer.Option(min=1, help="Only the first so many parts.")] = None,
    search: Annotated[
        bool, typer.Option("--search", help="Constants of the chosen one instead, over the months before those.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """What stock each distribution of the demand of two months takes for a fill rate, class by class.

    Example: partsbay bench distributions --demand history.csv --fill-rate 80
    """
    from assets.simulation.series import read_demand
    from orchestration.benchmarks import distributions

    history = read_demand(demand)[:parts]
    if history.shape[1] < 2 * months + 13:
        words = f"{history.shape[1]} months are too few to live through {months} of them"
        raise SettingsError("NO_SUCH_MONTHS", words, "Choose a longer history, or fewer --months.")
    rates = [rate / 100 for rate in fill_rate or (93.0, 95.0, 97.0)]
    if not all(0 < rate < 1 for rate in rates):
        raise SettingsError("NO_SUCH_LEVEL", "a fill rate is between 0 and 100 percent", "Give it as 95.")
    if search:
        found = distributions.search(history, rates, months)
    else:
        found = distributions.compare(history, rates, months, say_nothing if json else tick)
    if json:
        print_json(distributions.as_document(found, rates))
    else:
        show_distributions(found, rates)


@app.command("replenishment")
def bench_replenishment(
    quick: Annotated[bool, typer.Option("--quick", help="A hundredth of it: does it run at all?")] = False,
    cells: Annotated[int | None, typer.Option(min=200, help="Garage-parts; with two years of demand each.")] = None,
    json: JsonFlag = False,
) -> None:
    """Forecast, needs and proposals of a whole network, beside bare statsforecast and bare SQL; on a server of its own.

    Then one garage-part in a hundred changes, and the plan is brought up to date. Last a report of 50,000 lines is
    written and opened in Chromium.

    Example: partsbay bench replenishment --cells 20000
    """
    from dataclasses import replace

    from orchestration.benchmarks.replenishment import QUICK, Sizes, run
    from orchestration.benchmarks.server import own_server

    sizes = QUICK if quick else Sizes()
    sizes = replace(sizes, cell_count=cells) if cells else sizes
    databases = Databases()
    with own_server(databases.stack, databases.settings.postgres_bin) as server:
        document = run(server, sizes, say_nothing if json else tick).as_dict()
    if json:
        print_json(document)
    else:
        show_replenishment(document)


_STAGES = {
    "land": "land: keep the bytes, hash them",
    "read": "read and type",
    "judge": "judge",
    "copy": "copy",
    "merge": "merge",
    "audit": "quarantine, checks, audit",
}
_YARDSTICKS = {
    "raw_copy_seconds": "raw COPY, no key",
    "raw_copy_with_key_seconds": "raw COPY, with the key",
    "dlt_seconds": "dlt",
    "second_delivery_seconds": "second delivery, 1 % of its lines changed",
    "small_files_seconds": "the small files",
}
_RATIOS = {
    "ingest_to_raw_copy": "to raw COPY, no key",
    "ingest_to_raw_copy_with_key": "to raw COPY, with the key",
    "ingest_to_dlt": "to dlt",
    "second_delivery_to_first": "second delivery to first",
    "ten_million_to_one_million": "large file to first delivery",
}


def show(document: dict[str, Any]) -> None:
    """What was measured, for people."""
    measures, ratios = document["measures"], document["ratios"]
    console.print(
        f"{measures['rows']:,} supplier price lines, {measures['bytes'] / 1e6:.0f} MB: "
        f"{measures['rows_accepted']:,} stored, {measures['rows_quarantined']:,} in quarantine. "
        f"Medians of {measures['repeats']}. The server takes one block while the next is read: stages overlap.",
        soft_wrap=True,
    )
    console.print(_seconds(measures))
    table = Table("ratio", box=None, header_style="bold")
    table.add_column("times", justify="right")
    for name, words in _RATIOS.items():
        if name in ratios:
            table.add_row(words, f"{ratios[name]:.2f}")
    console.print(table)
    console.print(f"Peak memory of the process: {measures['peak_mib']:.0f} MiB.")
    if "missing" in document:
        console.print(f"Not measured: {document['missing']}", soft_wrap=True)


def _seconds(measures: dict[str, Any]) -> Table:
    table = Table("stage", box=None, header_style="bold")
    table.add_column("seconds", justify="right")
    has_large = "large_seconds" in measures
    if has_large:
        table.add_column("the large file", justify="right")
    for stage, words in _STAGES.items():
        table.add_row(words, *(f"{measures[f'{of}{stage}_seconds']:.2f}" for of in ("", "large_")[: 1 + has_large]))
    large = [f"{measures['large_seconds']:.2f}"] if has_large else []
    table.add_row("in all", f"{measures['total_seconds']:.2f}", *large)
    for name, words in _YARDSTICKS.items():
        if name in measures:
            table.add_row(words, f"{measures[name]:.2f}")
    return table


_LEDGER_RATIOS = {
    "batch_to_one_by_one": ("batch allocation to one by one", "{:.1f} times as fast"),
    "batch_to_bare_one_by_one": ("the same to one by one without history and audit", "{:.1f} times as fast"),
    "reservations_to_simple_updates": ("single reservations to pgbench's simple updates", "{:.2f} of the rate"),
    "reservations_to_simple_updates_of_one_client": ("the same by one client", "{:.2f} of the rate"),
    "fold_to_rebuild": ("fold of 1 % more movements to a rebuild", "{:.3f} of the time"),
    "folded_insert_to_rebuild": ("the same with its insert and commit", "{:.3f} of the time"),
    "audit_of_load": ("a load with audit to without", "{:.2f} times as long"),
    "audit_of_reservations": ("single reservations with audit to without", "{:.2f} times as long"),
}


def show_ledgers(document: dict[str, Any]) -> None:
    """What was measured of the ledgers, for people."""
    measures, ratios = document["measures"], document["ratios"]
    settings = ", ".join(f"{name} {value or 'none'}" for name, value in measures["settings"].items())
    console.print(f"Medians of {measures['repeats']}. Server: {settings}.", soft_wrap=True)
    table = Table("measured", box=None, header_style="bold")
    table.add_column("result", justify="right")
    for words, result in _ledger_lines(measures):
        table.add_row(words, result)
    for name, (words, form) in _LEDGER_RATIOS.items():
        if name in ratios:
            table.add_row(words, form.format(ratios[name]))
    console.print(table)
    for words, unit, spent in (
        ("the batch", "s", document["where"]["batch_seconds"]),
        ("a reservation", "ms", document["where"]["reservation_ms"]),
    ):
        most = " · ".join(f"{name} {value:.3g}" for name, value in list(spent.items())[:6])
        console.print(
            f"Where {words} spends its time, each function without those it calls, {unit}: {most}", soft_wrap=True
        )


def _ledger_lines(measures: dict[str, Any]) -> list[tuple[str, str]]:
    lines = [
        (
            f"{measures['requests']:,} requests over {measures['cells']:,} cells in one batch, of that allocation",
            f"{measures['batch_seconds']:.2f} s, {measures['batch_allocation_seconds']:.2f} s",
        ),
        (
            f"requests a second, {measures['requests_waiting']:,} of them left waiting"
            " · one by one · the same without history and audit",
            f"{measures['batch_requests_per_second']:,} · {measures['one_by_one_requests_per_second']:,}"
            f" · {measures['bare_one_by_one_requests_per_second']:,}",
        ),
        (
            f"reservations a second by {measures['clients']} clients · without audit · simple updates",
            f"{measures['reservations_per_second']:,} · {measures['reservations_without_audit_per_second']:,}"
            f" · {measures['simple_updates_per_second']:,}",
        ),
        (
            "the same by one client, with audit · simple updates",
            f"{measures['one_client_reservations_per_second']:,}"
            f" · {measures['one_client_simple_updates_per_second']:,}",
        ),
        (
            f"load of {measures['load_movements']:,} movements · without audit",
            f"{measures['load_seconds']:.2f} s · {measures['load_without_audit_seconds']:.2f} s",
        ),
        *(
            (f"one reservation where there are: {name.replace('_', ' ')}", f"{milliseconds:.2f} ms")
            for name, milliseconds in measures["reservation_growth_ms"].items()
        ),
    ]
    if "movements" in measures:
        lines += [
            (
                f"rebuild of {measures['movement_cells']:,} cells from {measures['movements']:,} movements",
                f"{measures['rebuild_seconds']:.2f} s",
            ),
            (
                f"fold of {measures['movements_added']:,} more · with insert and commit",
                f"{measures['fold_seconds']:.2f} s · {measures['folded_and_committed_seconds']:.2f} s",
            ),
            ("one position read, in the server", f"{measures['read_position_ms']:.3f} ms"),
        ]
    return lines


_REPLENISHMENT_RATIOS = {
    "overhead": "a full run to bare statsforecast, bare SQL and the proposals",
    "forecast_overhead": "forecasts read, made and stored to bare statsforecast",
    "sql_overhead": "models and data tests by dbt and Dagster to bare SQL",
    "changed_to_full": "a run after a change of 1 % to a full run",
}


def show_forecast(document: dict[str, Any]) -> None:
    """What was measured of the forecasts, for people."""
    measures = document["measures"]
    level = f"{measures['service_level_pct']:.0f} %"
    console.print(
        f"{measures['series_measured']:,} of {measures['series']:,} series have enough history before their last "
        f"{measures['months']} months; means over them.",
        soft_wrap=True,
    )
    table = Table("forecasts of", box=None, header_style="bold")
    for heading in ("MASE", "RMSSE", f"pinball {level}", "covered", "bias"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, found in document["errors"].items():
        errors = (f"{found[kind]:.3f}" for kind in ("mase", "rmsse", "pinball"))
        table.add_row(name, *errors, f"{found['covered']:.1%}", f"{found['bias']:+.1%}")
    console.print(table)
    console.print(
        f"Covered: months whose demand is within the quantile of {level}. Bias: forecast above demand, in all."
    )


def show_replenishment(document: dict[str, Any]) -> None:
    """What was measured of replenishment, for people."""
    measures = document["measures"]
    console.print(
        f"{measures['garage_parts']:,} garage-parts, {measures['usage_lines']:,} lines of usage in two years: "
        f"{measures['series_forecast']:,} series forecast, {measures['proposals']:,} lines below their point.",
        soft_wrap=True,
    )
    table = Table("seconds", box=None, header_style="bold")
    table.add_column("full", justify="right")
    for step in ("demand_models", "forecasts", "needs_models", "proposals"):
        table.add_row(step.replace("_", " "), f"{measures[f'{step}_seconds']:.1f}")
    table.add_row("in all", f"{measures['full_seconds']:.1f}")
    table.add_row("planned again after 1 % changed", f"{measures['changed_seconds']:.1f}")
    table.add_row("bare statsforecast, median of three", f"{measures['bare_statsforecast_seconds']:.1f}")
    table.add_row("bare SQL, median of three", f"{measures['bare_sql_seconds']:.1f}")
    console.print(table)
    for name, words in _REPLENISHMENT_RATIOS.items():
        console.print(f"{document['ratios'][name]:.2f}  {words}", soft_wrap=True)
    slowest = " · ".join(f"{name} {seconds:.1f}" for name, seconds in document["where"].items())
    console.print(f"The slowest models, bare, in seconds: {slowest}", soft_wrap=True)
    opened = measures.get("report_opened_seconds")
    console.print(
        f"A report of {measures['report_lines']:,} lines: written in {measures['report_written_seconds']:.1f} s, "
        + (f"open in Chromium in {opened:.1f} s." if opened else "not opened, for Chromium is missing."),
        soft_wrap=True,
    )


def show_distributions(found: list[Any], rates: list[float]) -> None:
    """Average stock by class and distribution, or by the constants of one; the best first where they were searched."""
    table = Table(box=None, title="average stock in units for a fill rate")
    names = [name for name in found[0].__dataclass_fields__ if name not in ("stock", "is_chosen", "series_count")]
    for name in (*names[:2], *(f"{rate:.1%}" for rate in rates), *names[2:]):
        table.add_column(name.removesuffix("_code").replace("_", " "), justify="right")
    for one in found[:20]:
        stock = ["never" if units is None else f"{units:,.0f}" for units in one.stock]
        first, second, *others = (getattr(one, name) for name in names)
        said = f"{second} *" if getattr(one, "is_chosen", False) else str(second)
        table.add_row(str(first), said, *stock, *(f"{value:.4g}" for value in others))
    console.print(table)
    if hasattr(found[0], "is_chosen"):
        console.print("* is what runs plan the class by; pinball and covered are those of two months at 95 %.")
