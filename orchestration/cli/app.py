"""The entry point of ``partsbay``.

Command modules are imported only when their command is called, so that
``partsbay --help`` answers at once.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys

import typer
from typer.core import TyperGroup

from ingest.errors import PartsbayError
from orchestration.cli.output import print_error

# Command → (module below orchestration.cli, one line of help). A module offers
# either a function of the command's name or a typer app called ``app``.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("stack", "Start the local databases and the standby's subscriptions."),
    "down": ("stack", "Stop the local databases; the data stays."),
    "status": ("stack", "What runs, and how far the standby is behind, per store."),
    "doctor": ("stack", "What is wrong with this installation, and how to mend it."),
    "demo": ("demo", "Build the demonstration network from real files and run it once."),
    "ingest": ("ingest", "Land, read, judge and store files."),
    "feeds": ("feeds", "Which partner sent what, who is late, and which inbox does not answer."),
    "profile": ("profile", "How a partner writes its files: suggest a profile, check one."),
    "outcome": ("outcome", "Write what became of a batch, as the files that its sender gets."),
    "quarantine": ("quarantine", "Refused rows: list, show, export to be mended, discard, take again."),
    "held": ("held", "Batches and offers that wait for a decision: show, release, discard."),
    "match": ("match", "What a sender means by a part that the catalogue does not have: decide once."),
    "catalogue": ("catalogue", "What the catalogue says of a part at any moment; drafts, reviews, policies."),
    "reservation": ("reservation", "Units for a work order: reserve, consume, release, and why something waits."),
    "hold": ("hold", "Quality holds: place, decide, recall; what is held, how long, and for whom to call back."),
    "drift": ("drift", "Columns that came, went or changed their type: list, accept."),
    "replay": ("replay", "Take batches again from their raw bytes, by today's rules."),
    "stock": ("stock", "Stock of garages: show it and its exceptions, receive, adjust, approve, reverse, transfer."),
    "count": ("count", "Counts as work: request, write the sheet, list, have counted again, review, end."),
    "run": ("run", "Materialize everything that is due, with progress."),
    "replan": ("replan", "Plan again what changed today, in seconds."),
    "forecast": ("forecast", "Why a part is forecast as it is, and what planners expect beyond it."),
    "explain": ("explain", "Why a garage is to order a part, or why not, in words and numbers."),
    "report": ("report", "Write the replenishment report as HTML and XLSX."),
    "decide": ("decide", "Carry out the decisions of the report's workbook."),
    "approve": ("deciding", "Order proposed lines: one, or all that a filter finds."),
    "override": ("deciding", "Propose another quantity until a day."),
    "firm": ("deciding", "Keep a line with its quantity, whatever the next runs find."),
    "snooze": ("deciding", "Put lines off until a day."),
    "reject": ("deciding", "Refuse lines until a day."),
    "undo": ("deciding", "Take back the last decision about lines."),
    "decisions": ("deciding", "What planners decided, and what of it counts today."),
    "routes": ("routes", "How long units are on their way between garages, and what that costs."),
    "orders": ("orders", "What was approved goes to suppliers: make orders, send files, follow, cancel."),
    "queue": ("queue", "Messages that wait, are worked on or failed: look, retry, replay, discard."),
    "sql": ("sql", "Ask a database as the read-only analyst."),
    "verify": ("verify", "Check that stock is what its ledgers say, the standby is equal, and the audit whole."),
    "audit": ("audit", "Who changed what, when and why: show it, prove it, anchor it."),
    "simulate": ("simulate", "Play stocking policies over past demand: service, stock, orders, side by side."),
    "bench": ("bench", "Measure, side by side with a yardstick, in one run."),
    "ui": ("ui", "Open the Dagster webserver and daemon."),
}


class LazyGroup(TyperGroup):
    """A command group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx, formatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])

    def get_command(self, ctx, cmd_name: str):
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"orchestration.cli.{COMMANDS[cmd_name][0]}")
        return typer.main.get_command(_typer_app(module, cmd_name))


def _typer_app(module, name: str) -> typer.Typer:
    """A family of commands offers ``app``; a single command is a function of its name."""
    if hasattr(module, "app"):
        return module.app
    single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    function = getattr(module, name)
    # A docstring with an example is the better help.
    words = None if "Example:" in (function.__doc__ or "") else COMMANDS[name][1]
    single.command(name, help=words)(function)
    return single


app = typer.Typer(
    cls=LazyGroup, add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def partsbay() -> None:
    """The inventory data platform of a network of car workshops."""


def main() -> None:
    """Run the command line; every foreseen failure ends in one clear line and its exit code."""
    as_json = "--json" in sys.argv
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    # Ended from outside, a command still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app(prog_name="partsbay")
    except PartsbayError as error:
        print_error(error.code, error.message, error.mend, as_json)
        sys.exit(error.exit_code)
