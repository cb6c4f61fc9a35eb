"""``partsbay report``: the replenishment report of the newest generation, or an edition as it was seen then."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from orchestration.cli.output import JsonFlag, console, print_json
from orchestration.cli.stock_acts import day, moment
from orchestration.environments import Databases, get_settings

Out = Annotated[
    Path | None, typer.Option("--out", help="The folder to write to; reports in PARTSBAY_HOME unless given.")
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="The report as it was seen then: a day (its end, in UTC) or a moment in ISO form."),
]
ListFlag = Annotated[bool, typer.Option("--list", help="List the editions that are kept, the newest first.")]


class Format(StrEnum):
    """What is printed: words for people, or the document of the report."""

    WORDS = "words"
    JSON = "json"


Form = Annotated[
    Format, typer.Option("--format", help="json prints the document itself: every line with every number.")
]


def report(
    out: Out = None, as_of: AsOf = None, format: Form = Format.WORDS, list: ListFlag = False, json: JsonFlag = False
) -> None:
    """Write the replenishment report as page, workbook and document, and keep it as an edition.

    Example: partsbay report --as-of 2026-11-22 --out /tmp/then
    """
    import psycopg

    from assets.report.files import keep_report, write_edition
    from ingest.profiles.folder import Profiles
    from ingest.report_editions import edition_at, editions
    from ingest.reporting import read_report

    settings = get_settings()
    folder = out or settings.home / "reports"
    with psycopg.connect(Databases(settings).primary("pipeline")) as connection:
        if list:
            _show_editions(editions(connection), json)
            return
        if as_of is None:
            data = read_report(connection, Profiles(settings.profiles_folder))
            paths, document = keep_report(connection, data, folder)
            about: dict[str, Any] = {}
        else:
            edition, was_seen = edition_at(connection, then(as_of))
            paths, document = write_edition(connection, edition.edition_id, folder)
            about = {"edition_id": edition.edition_id, "made_at": edition.made_at, "was_seen_then": was_seen}
    if format is Format.JSON:
        typer.echo(paths.json.read_text(encoding="utf-8"))
    elif json:
        print_json(_summary(paths, document) | about)
    else:
        _show(paths, document, about)


def then(text: str) -> datetime:
    """The end of a day in UTC, or a moment."""
    if len(text) > len("2026-11-22"):
        return moment(text, "--as-of")
    return datetime.combine(day(text, "--as-of") + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)


def _summary(paths: Any, document: dict[str, Any]) -> dict[str, Any]:
    facts = document["facts"]
    files = {"html": str(paths.html), "xlsx": str(paths.xlsx), "document": str(paths.json)}
    return {**files, "generation_id": facts["generation_id"], "as_of_at": facts["as_of_at"], **document["figures"]}


def _show(paths: Any, document: dict[str, Any], about: dict[str, Any]) -> None:
    figures = document["figures"]
    if about:
        then = "made" if about["was_seen_then"] else "of data as of then, computed later:"
        console.print(
            f"Edition {about['edition_id']}, {then} {about['made_at']:%Y-%m-%d %H:%M} UTC", markup=False, soft_wrap=True
        )
    console.print(
        f"{figures['needs_you']:,} need you today{_moneys(', at risk ', figures['at_risk'])}; "
        f"{figures['to_order']:,} of {figures['lines']:,} lines to order{_moneys(', ', figures['order_value'])}",
        markup=False,
        soft_wrap=True,
    )
    console.print(
        f"{figures['stocked_out']:,} stocked out, {figures['runs_out_first']:,} will run out before a delivery, "
        f"{figures['no_offer']:,} without an offer",
        soft_wrap=True,
    )
    for path in (paths.html, paths.xlsx, paths.json):
        console.print(str(path), markup=False, soft_wrap=True)


def _moneys(before: str, values: dict[str, float]) -> str:
    """Sums by currency side by side: they are never added up."""
    return before + " + ".join(f"{value:,.2f} {code}" for code, value in values.items()) if values else ""


def _show_editions(found: list[Any], json: bool) -> None:
    if json:
        print_json({"editions": [vars(edition) for edition in found]})
        return
    if not found:
        console.print("No edition is kept yet; `partsbay run` and `partsbay report` make one.")
        return
    table = Table("made (UTC)", "data as of (UTC)", "edition", box=None, header_style="bold")
    table.add_column("lines", justify="right")
    table.add_column("kB", justify="right")
    for edition in found:
        moments = (f"{at:%Y-%m-%d %H:%M}" for at in (edition.made_at, edition.as_of_at))
        table.add_row(*moments, edition.edition_id, f"{edition.line_count:,}", f"{edition.byte_count / 1000:,.0f}")
    console.print(table)
