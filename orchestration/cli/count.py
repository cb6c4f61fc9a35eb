"""``partsbay count``: what garages are asked to count, how far that is, and who says that it is right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from ingest.errors import SettingsError
from ingest.garage_inventory import count_work, counting
from ingest.quantities import plain
from ingest.waiting_parts import part_named
from orchestration.cli.output import JsonFlag, console, counted, family, print_json
from orchestration.cli.stock_acts import GarageOption
from orchestration.cli.taking import ActorOption, ReasonOption, actor_of, connected

app = family(
    "Counts as work, from the request to the end.\n\n"
    "A count is REQUESTED, COUNTING once its sheet is written, and COUNTED when its lines are there. What is too far"
    " off is INVESTIGATING until it was counted again, then READY_TO_REVIEW, and REVIEWED by somebody who did not"
    " count. What is COUNTED or REVIEWED the next run makes COMPLETED. Stock follows the counted lines at once:\n\n"
    'partsbay count request G01, count sheet G01 FILE, ingest stock_count FILE, then count review COUNT --reason "…"'
)
Garage = Annotated[str, typer.Argument(help="The garage.")]
Count = Annotated[str, typer.Argument(metavar="COUNT", help="The count, as partsbay count list names it.")]
Parts = Annotated[
    list[str] | None, typer.Option("--part", metavar="BRAND:PART_NUMBER", help="Only this part; repeat it.")
]


@app.command("request", short_help="Ask a garage to count parts, or what the plan says is due.")
def request(
    garage: Garage,
    parts: Parts = None,
    limit: Annotated[int, typer.Option(min=1, help="Of what is due, so many parts at most.")] = 50,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; kept with the request.")] = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Ask a garage to count these parts; without any, what is due by class, as partsbay stock to-count lists it.

    Example: partsbay count request G01 --limit 20

    Example: partsbay count request G01 --part BOSC:0986424797 --reason "the shelf fell over"
    """
    with connected() as connection:
        part_ids = [part_named(connection, one) for one in parts] if parts else None
        number, asked = count_work.request(connection, garage, actor_of(actor), part_ids, reason, limit)
    if json:
        print_json({"count_number": number, "part_count": asked})
    elif asked:
        console.print(f"{counted(asked, 'part')} in count {number}. Next: partsbay count sheet {garage} FILE")
    else:
        console.print("Nothing is to be counted that is not asked for already.")


@app.command("sheet", short_help="Write what a garage has yet to count, for the counter to fill in.")
def sheet(
    garage: Garage,
    file: Annotated[Path, typer.Argument(help="The CSV file to write.")],
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Write all that a garage has yet to count, or to count again, and say that it is being counted.

    The sheet says nothing of what is expected; filled in, it goes back by partsbay ingest stock_count FILE.

    Example: partsbay count sheet G01 to_count.csv
    """
    with connected() as connection:
        content = counting.sheet(connection, garage)
        taken = count_work.take_up(connection, garage, actor_of(actor))
    file.write_bytes(content)
    if json:
        print_json({"sheet": str(file), "taken_up": taken})
        return
    console.print(f"{file} is written; {counted(taken, 'part')} taken up.", soft_wrap=True, markup=False)


@app.command("list", short_help="Counts that are not ended, and how far they are.")
def list_counts(
    garage: GarageOption = None,
    count: Annotated[str | None, typer.Option("--count", help="Only of this count.")] = None,
    state: Annotated[
        str | None, typer.Option(help=f"Only {', '.join([*count_work.OPEN, *count_work.CLOSED])}.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most parts to list.")] = 200,
    json: JsonFlag = False,
) -> None:
    """Counts that are not ended, part by part; what they are off by once nobody has to count again.

    Example: partsbay count list --garage G01 --state READY_TO_REVIEW
    """
    states = (*count_work.OPEN, *count_work.CLOSED)
    if state is not None and state not in states:
        raise SettingsError("UNKNOWN_STATE", f"'{state}' is no state of a count", f"Use one of {', '.join(states)}.")
    with connected() as connection:
        found = count_work.tasks(connection, garage, count, (state,) if state else count_work.OPEN, limit)
    if json:
        print_json({"counts": found})
        return
    for one in found:
        _show(one)
    if not found:
        console.print("No count is under way.")


@app.command("recount", short_help="Have parts of a count counted again.")
def recount(
    count: Count,
    reason: ReasonOption,
    garage: GarageOption = None,
    parts: Parts = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Have parts of a count counted again, though they are not too far off, or once more.

    Example: partsbay count recount COUNT --part BOSC:0986424797 --reason "two shelves look alike"
    """
    _decide(count_work.count_again, "to be counted again", count, reason, garage, parts, actor, json)


@app.command("review", short_help="Accept what a count came to; never by who counted.")
def review(
    count: Count,
    reason: ReasonOption,
    garage: GarageOption = None,
    parts: Parts = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Accept what a count came to, all of it or some parts. Who counted cannot.

    A line that comes later and changes what it is off by asks for another review.

    Example: partsbay count review COUNT --reason "delivery note LS4711 was never entered" --actor bob
    """
    _decide(count_work.review, "reviewed", count, reason, garage, parts, actor, json)


@app.command("cancel", short_help="Give up a count; what was counted stays a fact.")
def cancel(
    count: Count,
    reason: ReasonOption,
    garage: GarageOption = None,
    parts: Parts = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Give up a count, all of it or some parts; what was counted stays a fact.

    Example: partsbay count cancel COUNT --reason "the garage closes"
    """
    _decide(count_work.cancel, "given up", count, reason, garage, parts, actor, json)


@app.command("complete", short_help="End what was counted well enough and what was reviewed.")
def complete(actor: ActorOption = None, json: JsonFlag = False) -> None:
    """End what was counted well enough and what was reviewed, as every run does.

    Example: partsbay count complete
    """
    with connected() as connection:
        done = count_work.settle(connection, actor_of(actor))
    if json:
        print_json({"completed": done})
        return
    console.print(f"{counted(done, 'part')} completed.")


def _decide(
    act: Any,
    words: str,
    count: str,
    reason: str,
    garage: str | None,
    parts: list[str] | None,
    actor: str | None,
    json: bool,
) -> None:
    with connected() as connection:
        part_ids = [part_named(connection, one) for one in parts] if parts else None
        done = act(connection, count, reason, actor_of(actor), garage_code=garage, part_ids=part_ids)
    if json:
        print_json({"count_number": count, "part_count": done})
        return
    console.print(f"{counted(done, 'part')} {words}.")


def _show(one: dict[str, Any]) -> None:
    told = f"{one['count_number']}  {one['garage_code']}  {one['brand_code']}:{one['part_number']}"
    off = f", off by {plain(one['variance_quantity'])}" if one["variance_quantity"] else ""
    by = f"asked for {one['requested_at']:%Y-%m-%d} by {one['requested_by']} ({one['reason_code']})"
    rounds = f", counted {one['round_count']} times" if one["round_count"] > 1 else ""
    console.print(f"{escape(told)}  {one['state_code']}{off}{rounds}  [dim]{escape(by)}[/]", soft_wrap=True)
