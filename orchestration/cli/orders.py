"""``partsbay orders``: what planners approved goes to suppliers, and what became of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from ingest.orders import building, differing, following, returning, sending
from ingest.profiles.folder import Profiles
from ingest.quantities import plain
from orchestration.cli.output import JsonFlag, console, counted, family, print_json
from orchestration.cli.taking import ActorOption, ReasonOption, actor_of, connected
from orchestration.environments import get_settings

app = family(
    "Purchase orders: made of what planners approved, sent as files, followed until the parts are there.\n\n"
    "partsbay orders make\n\n"
    "partsbay orders send\n\n"
    "The files lie in outbox/<supplier> of the home, in the format that the profile of the supplier's answers says."
    " Answers, ship notices and receipts come back through partsbay ingest."
)
Number = Annotated[str, typer.Argument(metavar="ORDER", help="The order, as orders list names it.")]
Supplier = Annotated[str | None, typer.Option("--supplier", help="Only of this supplier.")]
LineOption = Annotated[int | None, typer.Option("--line", min=1, help="Only this line of the order.")]


def _now() -> datetime:
    """The clock of the platform, fixed in a demonstration."""
    return get_settings().as_of or datetime.now(UTC)


@app.command("make", short_help="Turn approved lines into orders and transfers.")
def make(actor: ActorOption = None, json: JsonFlag = False) -> None:
    """Turn approved lines into lines of orders, and approved transfers into requests; each exactly once.

    Ends with 1 where an approval could not be carried out: partsbay queue list says why.

    Example: partsbay orders make
    """
    with connected() as connection:
        made = building.build(connection, actor_of(actor))
    if json:
        print_json(vars(made))
    else:
        console.print(f"{counted(made.done, 'approval')} carried out, {made.failed + made.dead} failed")
    if made.failed + made.dead:
        raise typer.Exit(1)


@app.command("send", short_help="Write waiting orders into files for their suppliers.")
def send(
    supplier: Supplier = None,
    due: Annotated[bool, typer.Option("--due", help="Only what is rushed, or within an hour of its cut-off.")] = False,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Write every order that waits into a numbered file for its supplier.

    A file that was made once keeps its bytes and its number; called again, nothing is sent twice. Ends with 1 where
    the orders of a supplier could not be written; those of the others went out all the same.

    Example: partsbay orders send --supplier S1
    """
    settings = get_settings()
    with connected() as connection:
        profiles = Profiles(settings.profiles_folder)
        sent = sending.send(connection, profiles, settings.outbox_folder, actor_of(actor), _now(), supplier, due)
    if json:
        print_json({"files": [_file(one) for one in sent.files], "unsent": [vars(one) for one in sent.unsent]})
    else:
        _show_sent(sent, settings.outbox_folder)
    if sent.unsent:
        raise typer.Exit(1)


def _show_sent(sent: sending.Sent, outbox: Path) -> None:
    for one in sent.files:
        told = f"{one.supplier_code} file {one.control_number}: {counted(len(one.numbers), 'order')}, {one.format_code}"
        console.print(f"{escape(told)}  {escape(str(outbox / one.file_name))}", soft_wrap=True)
    for one in sent.unsent:
        console.print(f"{escape(f'{one.supplier_code} not sent: {one.message}. {one.mend}')}", soft_wrap=True)
    if not sent.files and not sent.unsent:
        console.print("No order waits to be sent.")


@app.command("files", short_help="Files that were made, with their checksum.")
def files(supplier: Supplier = None, json: JsonFlag = False) -> None:
    """Files of orders that were made, with number, checksum, and whether they went out.

    Example: partsbay orders files
    """
    with connected() as connection:
        found = sending.files_of(connection, supplier)
    if json:
        print_json({"files": [_file(one) for one in found]})
        return
    for one in found:
        state = "sent" if one.is_sent else "not sent"
        told = f"{one.supplier_code} {one.control_number} {one.file_name} {state} sha256 {one.sha256}"
        console.print(escape(told), soft_wrap=True)


@app.command("resend", short_help="Write a file once more, byte for byte.")
def resend(
    supplier: Annotated[str, typer.Argument(help="The supplier.")],
    control_number: Annotated[int, typer.Argument(min=1, help="The number of the file.")],
    reason: ReasonOption,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Write a file once more: the same bytes under the same name.

    Example: partsbay orders resend S1 12 --reason "their server was down"
    """
    outbox = get_settings().outbox_folder
    with connected() as connection:
        file = sending.resend(connection, outbox, supplier, control_number, reason, actor_of(actor), _now())
    if json:
        print_json(_file(file))
    else:
        console.print(escape(str(outbox / file.file_name)), soft_wrap=True)


@app.command("list", short_help="Lines of orders that are still to come.")
def list_lines(
    supplier: Supplier = None,
    ended: Annotated[bool, typer.Option("--ended", help="Also those that are received, refused or closed.")] = False,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Only those that a supplier should have answered by now.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="The most lines to list.")] = 200,
    json: JsonFlag = False,
) -> None:
    """Lines of orders that are still to come, approved ones that no order has yet first.

    Example: partsbay orders list --supplier S1
    """
    with connected() as connection:
        profiles = Profiles(get_settings().profiles_folder)
        hours = following.answer_hours(connection, profiles) if unanswered else None
        found = following.lines_of(connection, _now(), None, supplier, ended, limit, hours)
    _show(found, json)


@app.command("show", short_help="One order, line by line.")
def show(number: Number, json: JsonFlag = False) -> None:
    """One order, line by line: ordered, confirmed, shipped, received, still to come.

    Example: partsbay orders show PO00000012
    """
    with connected() as connection:
        found = following.lines_of(connection, _now(), number, None, with_ended=True)
    _show(found, json)


@app.command("differences", short_help="Answers, notices and receipts that do not fit what was ordered.")
def differences(
    supplier: Supplier = None,
    days: Annotated[int, typer.Option(min=1, help="Of how many days.")] = 30,
    json: JsonFlag = False,
) -> None:
    """Answers, ship notices and receipts that do not fit what was ordered: what they say, what was ordered, what to do.

    Another price or unit, more than was ordered, a line that was given up, an order or line that nobody knows.

    Example: partsbay orders differences --supplier S1 --days 7
    """
    with connected() as connection:
        found = differing.differences(connection, _now(), timedelta(days=days), supplier)
    if json:
        print_json({"differences": [asdict(one) | {"words": one.words, "mend": one.mend} for one in found]})
        return
    for one in found:
        line = one.line_number or one.purchase_order_line or ""
        name = " ".join(str(part) for part in (one.purchase_order_number, line) if part)
        who = f"{one.supplier_code or 'no supplier'}, {one.part_number or 'no part'}, {one.stated_at:%Y-%m-%d}"
        told = f"{name}  {one.source_code.lower()} of {who}: {one.words}. {one.mend}"
        console.print(escape(told), soft_wrap=True)
    if not found:
        console.print("Whatever was answered and received fits what was ordered.")


@app.command("returns", short_help="What goes back to suppliers, and the notes that go with it.")
def returns(
    supplier: Supplier = None,
    ended: Annotated[bool, typer.Option("--ended", help="Also those that have left, or are over.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the note of each into the outbox.")] = False,
    json: JsonFlag = False,
) -> None:
    """Returns that were approved and have not left yet: how much of what, by when.

    The garage books the units out under the number of the return, and they are gone from stock and from this list:
    partsbay stock adjust G01 BRAND:PART OUT 3 --reason-code COMMERCIAL --number RT-0123456789AB. What does not go after
    all is undone like any decision, with partsbay undo.

    Example: partsbay orders returns --supplier S1 --write
    """
    settings = get_settings()
    with connected() as connection:
        found = returning.returns_of(connection, _now(), supplier, ended)
    open_ones = [one for one in found if one["open_quantity"] > 0]
    paths = (
        returning.write_notes(open_ones, Profiles(settings.profiles_folder), settings.outbox_folder) if write else []
    )
    if json:
        print_json({"returns": found, "notes": [str(path) for path in paths]})
        return
    for one in found:
        console.print(escape(_return_told(one)), soft_wrap=True)
    for path in paths:
        console.print(escape(f"written: {path}"), soft_wrap=True)
    if not found:
        console.print("Nothing is to go back.")


def _return_told(one: dict[str, Any]) -> str:
    part = f"{one['brand_code']}:{one['part_number']}"
    units = f"{plain(one['open_quantity'])} {one['uom_code'] or 'units'}"
    told = f"{one['return_number']} {one['garage_code']} {part}: {units} to go"
    left = f", {plain(one['sent_quantity'])} have left" if one["sent_quantity"] else ""
    return f"{told} to {one['supplier_code']} until {one['return_until_on']}{left}"


@app.command("cancel", short_help="Take an order, or a line of it, back.")
def cancel(
    number: Number, reason: ReasonOption, line: LineOption = None, actor: ActorOption = None, json: JsonFlag = False
) -> None:
    """Take an order, or a line of it, back: what was not sent is not sent, and nothing of it is expected.

    A supplier that has it already is not told by this; tell it, or it delivers.

    Example: partsbay orders cancel PO00000012 --line 2 --reason "wrong part"
    """
    _end("CANCELLED", number, line, reason, actor, json)


@app.command("close", short_help="Expect nothing more of an order, or of a line of it.")
def close(
    number: Number, reason: ReasonOption, line: LineOption = None, actor: ActorOption = None, json: JsonFlag = False
) -> None:
    """Expect nothing more of an order, or of a line of it; the next run proposes what is still needed.

    Example: partsbay orders close PO00000012 --reason "supplier will not deliver the rest"
    """
    _end("CLOSED", number, line, reason, actor, json)


def _end(code: str, number: str, line: int | None, reason: str, actor: str | None, json: bool) -> None:
    with connected() as connection:
        following.end(connection, code, number, line, reason, actor_of(actor), _now())
        found = following.lines_of(connection, _now(), number, None, with_ended=True)
    _show(found, json)
    if not json and (known := [one for one in found if one["sent_at"] and line in (None, one["line_number"])]):
        since = f"{known[0]['sent_at']:%Y-%m-%d %H:%M}"
        told = f"{known[0]['supplier_code']} has it since {since}: tell it, or it delivers."
        console.print(escape(told), soft_wrap=True)


def _show(found: list[dict[str, Any]], json: bool) -> None:
    if json:
        print_json({"lines": found})
        return
    for one in found:
        name = f"{one['purchase_order_number'] or 'no order yet'} {one['line_number'] or ''}".strip()
        part = f"{one['brand_code']} {one['part_number']}" if one["part_number"] else str(one["part_id"])
        answered = "not answered" if one["acknowledged_quantity"] is None else plain(one["acknowledged_quantity"])
        ordered, received, to_come = (plain(one[f"{word}_quantity"]) for word in ("ordered", "received", "open"))
        told = (
            f"{name}  {one['status_code']}  {one['supplier_code'] or 'as proposed'} for {one['garage_code']}: {part}, "
            f"{ordered} ordered, {answered} confirmed, {received} received, {to_come} to come"
        )
        when = f", expected {one['expected_on']}" if one["expected_on"] else ""
        console.print(escape(told + when), soft_wrap=True)
    if not found:
        console.print("There is no such line.")


def _file(one: sending.OrderFile) -> dict[str, Any]:
    return {
        "supplier_code": one.supplier_code, "control_number": one.control_number, "file_name": one.file_name,
        "format": one.format_code, "sha256": one.sha256, "orders": one.numbers, "is_sent": one.is_sent,
    }  # fmt: skip
