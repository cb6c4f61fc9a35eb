"""The demonstration: real files in, a report out, then everything is stopped again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.output import JsonFlag, console, print_json, say_nothing, tick
from orchestration.environments import Databases, get_settings
from orchestration.running import running_stack


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the databases running.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Build the demonstration network, run everything that is due, check the standby, print what came out."""
    from deploy.demo.build import AS_OF, build

    began = time.monotonic()
    settings = get_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    _set_clock(settings.home, AS_OF)
    databases = Databases(get_settings())
    tell = say_nothing if as_json else tick
    with running_stack(databases, tell, keep) as stays:
        since = time.monotonic()
        manifest = build(databases.settings.drop_folder)
        tell(f"demonstration files: {len(manifest.files)} with {manifest.line_count:,} lines", time.monotonic() - since)
        summary = _run_and_look(databases, as_json)
    summary["seconds"] = round(time.monotonic() - began, 1)
    summary["databases"] = "running" if stays else "stopped"
    if as_json:
        print_json(summary)
    else:
        _say(summary)


def _set_clock(home: Path, as_of: str) -> None:
    """The demonstration ends with its data: its home keeps that moment as its clock."""
    path = home / "partsbay.env"
    line = f"PARTSBAY_AS_OF={as_of}\n"
    if not path.exists() or line not in path.read_text():
        path.write_text(f"# The clock of the demonstration stands at the end of its data.\n{line}")


def _run_and_look(databases: Databases, as_json: bool) -> dict:
    import psycopg

    from deploy.replication.lag import lag
    from deploy.replication.verify import verify
    from ingest.summary import summarise
    from orchestration.cli.run import refresh

    outcome = refresh(databases, quiet=as_json)
    standby = databases.standby("pipeline")
    breaches = verify(databases.primary("pipeline"), standby)
    behind = lag(databases.primary("replication"), standby)
    with psycopg.connect(databases.primary("pipeline"), autocommit=True) as connection:
        facts = summarise(connection)
    reports = databases.settings.home / "reports"
    return {
        "run": outcome,
        **facts,
        "lag_seconds": {store: row["seconds"] for store, row in behind.items()},
        "standby_breaches": [breach["message"] for breach in breaches],
        "reports": {kind: str(reports / f"replenishment-latest.{kind}") for kind in ("html", "xlsx")},
        "data_docs": str(databases.settings.home / "data_docs" / "index.html"),
        "parquet": str(databases.settings.home / "exports" / "parquet" / "current"),
    }


def _say(summary: dict) -> None:
    run, batches, needs = summary["run"], summary["batches"], summary["needs"]
    checks = summary["checks"]
    lines = [
        ("Run", run["reason"] if not run["run_id"] else f"{run['run_id'][:8]}, {run['seconds']:.0f} s"),
        ("Rows in", f"{batches['rows_read']:,} in {batches['batch_count']:,} files"),
        ("Rows accepted", f"{batches['rows_accepted']:,}, and {batches['rows_duplicate']:,} seen before"),
        ("Rows quarantined", f"{batches['rows_quarantined']:,}, each with its reasons: partsbay quarantine list"),
        ("Rows held", f"{batches['rows_held']:,}, for a person to decide: partsbay held lines"),
        (
            "Successors stated",
            f"{summary['supersessions_waiting']:,}, for somebody to approve: partsbay catalogue waiting",
        ),
        ("Checks passed", f"{checks['passed']:,} of {checks['passed'] + checks['failed']:,} of files and models"),
        (
            "Needs found",
            f"{needs['line_count']:,} parts of garages down to their reorder point, of which"
            f" {needs['proposed_count']:,} to order or to move",
        ),
        *(("Order value", f"{amount:,.2f} {currency}") for currency, amount in needs["order_amounts"].items()),
        ("Standby", _standby_words(summary["standby_breaches"], summary["lag_seconds"])),
        ("", ""),
        ("Report", summary["reports"]["html"]),
        ("Workbook", summary["reports"]["xlsx"]),
        ("Data Docs", summary["data_docs"]),
        ("Parquet", summary["parquet"]),
        ("SQL", 'partsbay up, then partsbay sql warehouse -c "select count(*) from marts.fct_demand"'),
        ("Dagster UI", "make ui, then http://127.0.0.1:3000"),
    ]
    console.print()
    for name, words in lines:
        # A path that is broken over two lines cannot be copied.
        console.print(f"  {name:<18}{words}", soft_wrap=True, markup=False)
    console.print(f"\nDone in {summary['seconds']:.0f} s; the databases are {summary['databases']}.")


def _standby_words(breaches: list[str], lags: dict) -> str:
    if breaches:
        return f"differs in {len(breaches)} places, first {breaches[0]}"
    return f"equal in every table, at most {max(lags.values(), default=0):.1f} s behind"
