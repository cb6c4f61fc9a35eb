"""``partsbay routes``: how long units are on their way between garages, and what that costs."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from ingest.quantities import plain
from ingest.transfer_routes import Route, list_routes, state_route
from orchestration.cli.output import JsonFlag, console, family, print_json
from orchestration.cli.stock_acts import amount
from orchestration.cli.taking import ActorOption, ReasonOption, actor_of, connected

app = family(
    "Routes between garages: how long units are on their way, and what a line costs; others take the usual.\n\n"
    "partsbay routes set G01 G02 --days 1 --cost 3.50 --reason 'daily shuttle'"
)


@app.command("set", short_help="Say how long units take from one garage to another, and what that costs.")
def set_route(
    from_garage: Annotated[str, typer.Argument(metavar="FROM", help="The garage that sends.")],
    to_garage: Annotated[str, typer.Argument(metavar="TO", help="The garage that gets.")],
    days: Annotated[int, typer.Option("--days", min=0, max=365, help="Days on the way.")],
    cost: Annotated[str, typer.Option("--cost", help="Cost of a line, in the currency of the garage that gets it.")],
    reason: ReasonOption,
    closed: Annotated[bool, typer.Option("--closed", help="Nothing goes this way.")] = False,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Say so for one direction; it counts from the next run on. The same again changes nothing.

    Example: partsbay routes set G01 G02 --days 1 --cost 3.50 --reason 'daily shuttle'
    """
    with connected() as connection:
        route = Route(from_garage, to_garage, days, amount(cost), closed)
        revision = state_route(connection, route, reason, actor_of(actor))
    if json:
        print_json({"revision_number": revision, "is_new": revision is not None})
    else:
        console.print("It counts from the next run on." if revision else "It was said before.")


@app.command("list", short_help="Routes of which something was said.")
def list_all(json: JsonFlag = False) -> None:
    """Every pair of which something was said, with its author and reason.

    Example: partsbay routes list
    """
    with connected() as connection:
        found = list_routes(connection)
    if json:
        print_json(found)
        return
    for one in found:
        said = f"{one['transit_days']} days, {plain(one['transfer_cost_amount'])} a line"
        terms = "closed" if one["is_closed"] else said
        told = f"{one['from_garage_code']} → {one['to_garage_code']}: {terms}, says {one['actor']}: {one['reason']}"
        console.print(escape(told), soft_wrap=True)
    if not found:
        console.print("Every pair of garages takes the usual days and cost.")
