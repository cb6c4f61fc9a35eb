"""``partsbay catalogue``: what it says at any moment, and how people write it, from a draft to what holds."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape

from ingest.catalogue import drafts as authoring
from ingest.catalogue import reviewing, showing
from ingest.catalogue.content import KINDS
from ingest.catalogue.drafts import Draft
from ingest.errors import SettingsError
from ingest.profiles.yaml_text import read_yaml
from ingest.readers.typed import as_moment
from ingest.waiting_parts import part_named
from orchestration.cli.output import JsonFlag, console, counted, family, print_json
from orchestration.cli.taking import ActorOption, ReasonOption, actor_of, connected

app = family(
    "Parts, packs, references, supersessions, policies: what holds at any moment, and how people write it.\n\n"
    "Nothing that is published changes. A draft is written, submitted, approved and published:\n\n"
    "partsbay catalogue draft pack --set brand_code=BOSC --set part_number=0986424797 --set uom_code=CA"
    " --set factor_quantity=12\n\n"
    "partsbay catalogue submit DRAFT, then approve DRAFT --reason WHY, then publish DRAFT."
)
Part = Annotated[str, typer.Argument(metavar="BRAND:PART_NUMBER", help="A part; spelling does not matter.")]
DraftId = Annotated[UUID, typer.Argument(metavar="DRAFT", help="The draft, as partsbay catalogue drafts names it.")]
OneDraft = Annotated[UUID | None, typer.Argument(metavar="DRAFT", help="The draft, as partsbay catalogue drafts says.")]
BatchOption = Annotated[
    UUID | None, typer.Option("--batch", help="The batch, as partsbay catalogue waiting says, instead of a draft.")
]
LinesOption = Annotated[list[int] | None, typer.Option("--line", help="Only this line of the batch; repeat it.")]
AtOption = Annotated[str | None, typer.Option("--at", help="As it was at this moment, in ISO 8601; now unless given.")]
KnownAtOption = Annotated[
    str | None, typer.Option("--known-at", help="By what was known at this moment; all that is known unless given.")
]
GarageOption = Annotated[str | None, typer.Option("--garage", help="The policy in this garage; the network's without.")]
Because = Annotated[str | None, typer.Option("--reason", help="Why; kept with the draft.")]


@app.command("show", short_help="Everything that the catalogue says of a part.")
def show(
    part: Part, garage: GarageOption = None, at: AtOption = None, known_at: KnownAtOption = None, json: JsonFlag = False
) -> None:
    """Everything that the catalogue says of a part: as it was at a moment, and as it was known at another.

    Example: partsbay catalogue show BOSC:0986424797 --garage G01 --at 2024-06-01 --known-at 2024-05-01T12:00:00Z
    """
    with connected() as connection:
        found = showing.show_part(connection, part_named(connection, part), _moment(at, known_at), garage)
    if json:
        print_json(found)
        return
    _show_part(found)


@app.command("policy", short_help="How a part is stocked, and who says so.")
def policy(
    part: Part, garage: GarageOption = None, at: AtOption = None, known_at: KnownAtOption = None, json: JsonFlag = False
) -> None:
    """Each value of the stocking policy of a part, and the rule that it comes from.

    A rule of a garage goes before one of the network, then the one that selects more, then the class default. A rule
    that names a part which this one is ordered in place of counts until one of the same garage names this part.

    Example: partsbay catalogue policy BOSC:0986424797 --garage G01
    """
    with connected() as connection:
        found = showing.policy_of(connection, part_named(connection, part), garage, _moment(at, known_at))
    if json:
        print_json({"policy": found})
        return
    _show_policy(found)


@app.command("collisions", short_help="Part numbers that may be taken for each other.")
def collisions(
    limit: Annotated[int, typer.Option(min=1, help="The most sets to list.")] = 200, json: JsonFlag = False
) -> None:
    """Part numbers that may be taken for each other.

    PRINTED_DIFFERENTLY is one number of a brand in several spellings, SEVERAL_BRANDS one number of several brands,
    LOOK_ALIKE differ in O and 0, in I, L and 1, or in leading zeros.

    Example: partsbay catalogue collisions
    """
    with connected() as connection:
        found = showing.collisions(connection, limit)
    if json:
        print_json({"collisions": found})
        return
    for one in found:
        console.print(f"{one['collision_code']}  {escape(', '.join(one['part_numbers']))}", soft_wrap=True)
    if not found:
        console.print("No part number looks like another.")


@app.command("drafts", short_help="Drafts and their state.")
def list_drafts(
    state: Annotated[str | None, typer.Option(help="Only DRAFT, REVIEW, PUBLISHED or RETIRED.")] = None,
    entity: Annotated[str | None, typer.Option(help=f"Only of one entity: {', '.join(KINDS)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most drafts to list.")] = 200,
    json: JsonFlag = False,
) -> None:
    """Drafts, the last changed first, with the last word on each.

    Example: partsbay catalogue drafts --state REVIEW
    """
    with connected() as connection:
        found = authoring.drafts(connection, state, entity, limit)
    if json:
        print_json({"drafts": [asdict(one) for one in found]})
        return
    for one in found:
        _show_draft(one)
    if not found:
        console.print("No draft.")


@app.command("draft", short_help="Write a draft, or change one.")
def draft(
    entity: Annotated[str | None, typer.Argument(help=f"What it is of: {', '.join(KINDS)}.")] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A value; empty takes it away. Repeat it.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A YAML or JSON file with names and values.")] = None,
    draft_id: Annotated[UUID | None, typer.Option("--id", help="Change this draft instead of writing one.")] = None,
    reason: Because = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Write a draft of a part, garage, supplier, part type, pack, reference, supersession or policy.

    Names are the columns of such a file. What is not given stays as it is in force, and a draft holds from now on
    unless valid_from_at is given; the moment of a version that is there makes a correction of it. is_retired=true
    ends what is there.

    Example: partsbay catalogue draft supersession --set brand_code=BOSC --set part_number=0986424797
    --set successor_part_number=0986424800 --set effective_from_on=2025-01-01 --reason "supplier bulletin 12"
    """
    given = _given(values or [], file)
    with connected() as connection:
        if draft_id:
            written = authoring.rewrite(connection, draft_id, given, actor_of(actor), reason)
        elif entity:
            written = authoring.write(connection, entity, given, actor_of(actor), reason)
        else:
            raise SettingsError("NO_ENTITY", "it is not said what the draft is of", f"Name one of {', '.join(KINDS)}.")
    _done(written, f"Next: partsbay catalogue submit {written.draft_id}", json)


@app.command("submit", short_help="Put a draft up for review.")
def submit(draft_id: DraftId, actor: ActorOption = None, json: JsonFlag = False) -> None:
    """Put a draft up for review; refused, with every reason, where a file that says the same would be.

    Example: partsbay catalogue submit 6f1c2b1e-8a54-4f0e-9d53-0d5a5b6c7d8e
    """
    with connected() as connection:
        written = authoring.submit(connection, draft_id, actor_of(actor), _judge())
    _done(written, f'Next, by somebody else: partsbay catalogue approve {draft_id} --reason "…"', json)


@app.command("waiting", short_help="Supersessions of files that wait for somebody else.")
def waiting(
    batch_id: Annotated[UUID | None, typer.Option("--batch", help="The lines of this batch.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most lines to list.")] = 200,
    json: JsonFlag = False,
) -> None:
    """What files say of successors and nobody has decided yet: batch by batch, or line by line of one.

    Example: partsbay catalogue waiting
    """
    with connected() as connection:
        batches = reviewing.waiting_batches(connection) if batch_id is None else []
        found = reviewing.waiting_lines(connection, batch_id, limit) if batch_id else []
    if json:
        print_json({"batches": batches} if batch_id is None else {"lines": found})
        return
    for one in batches:
        who = f"of {one['source_code']}, handed in by {one['actor']} {one['recorded_at']:%Y-%m-%d %H:%M}"
        words = f"{one['batch_id']}  {counted(one['line_count'], 'supersession')}  {one['file_name']} {who}"
        console.print(words, soft_wrap=True, markup=False)
    for one in found:
        replaced = f"{one['part']} → {one['conversion_quantity'].normalize():f} × {one['successor']}"
        how = f"{one['direction_code']}, {one['disposition_code']}, from {one['effective_from_on']}"
        console.print(f"line {one['line_number']}  {replaced}  {how}", soft_wrap=True, markup=False)
    if batches:
        console.print('Next, by somebody else: partsbay catalogue approve --batch BATCH --reason "…"', markup=False)
    elif not found:
        console.print("No supersession waits.")


@app.command("approve", short_help="Say that a draft may be published, or that a file's supersessions hold.")
def approve(
    reason: ReasonOption,
    draft_id: OneDraft = None,
    batch_id: BatchOption = None,
    line_numbers: LinesOption = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Say that a draft under review may be published; who wrote a
    supersession, or another successor of a part, cannot.

    With --batch: the supersessions of a file hold from now on; its sender, and who handed it in, cannot say so.

    Example: partsbay catalogue approve DRAFT --reason "checked with the supplier" --actor bob
    """
    if _decided_by_batch(reviewing.APPROVED, draft_id, batch_id, line_numbers, reason, actor, json):
        return
    with connected() as connection:
        written = authoring.approve(connection, draft_id, reason, actor_of(actor))
    _done(written, f"Next: partsbay catalogue publish {draft_id}", json)


@app.command("reject", short_help="Send a draft back to its author, or refuse a file's supersessions.")
def reject(
    reason: ReasonOption,
    draft_id: OneDraft = None,
    batch_id: BatchOption = None,
    line_numbers: LinesOption = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Send a draft under review back to its author, who may change and submit it again.

    With --batch: the supersessions of a file never hold; what its sender says otherwise later is asked anew.

    Example: partsbay catalogue reject DRAFT --reason "the successor is the left-hand part"
    """
    if _decided_by_batch(reviewing.REJECTED, draft_id, batch_id, line_numbers, reason, actor, json):
        return
    with connected() as connection:
        written = authoring.reject(connection, draft_id, reason, actor_of(actor))
    _done(written, f"Next: partsbay catalogue draft --id {draft_id} --set NAME=VALUE", json)


def _decided_by_batch(
    decision_code: str,
    draft_id: UUID | None,
    batch_id: UUID | None,
    line_numbers: list[int] | None,
    reason: str,
    actor: str | None,
    json: bool,
) -> bool:
    """Decide about a batch, if it is one that is named; exactly one of the two must be."""
    if (draft_id is None) == (batch_id is None) or (line_numbers and not batch_id):
        words = "it is not said what is decided: one draft, or a batch and perhaps lines of it"
        raise SettingsError("NO_SUBJECT", words, "Name a draft, or --batch BATCH and perhaps --line NUMBER.")
    if batch_id is None:
        return False
    with connected() as connection:
        decided = reviewing.decide(connection, batch_id, decision_code, reason, actor_of(actor), line_numbers)
    if json:
        print_json({"batch_id": batch_id, "decision_code": decision_code, **asdict(decided)})
        return True
    words = f"{counted(decided.line_count, 'supersession')} {decision_code.lower()}"
    if decision_code == reviewing.APPROVED:
        words += f", {decided.entered_count:,} of them new to the catalogue"
    console.print(f"{words}.", soft_wrap=True)
    return True


@app.command("publish", short_help="Make an approved draft hold.")
def publish(draft_id: DraftId, actor: ActorOption = None, json: JsonFlag = False) -> None:
    """Make an approved draft a version of the catalogue, judged once more by what is there now.

    Example: partsbay catalogue publish DRAFT
    """
    with connected() as connection:
        written, revision = authoring.publish(connection, draft_id, actor_of(actor), _judge())
    _done(written, f"Revision {revision} of {written.content['valid_from_at']}.", json, revision)


@app.command("retire", short_help="End what a published draft brought.")
def retire(
    draft_id: DraftId,
    reason: ReasonOption,
    since: Annotated[
        str | None, typer.Option("--from", help="From this moment on, in ISO 8601; now unless given.")
    ] = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """End what a published draft brought, from a moment on; who wrote a supersession, or a part with a
    successor, cannot.

    What a file brought is ended by a draft that says is_retired=true.

    Example: partsbay catalogue retire DRAFT --from 2026-01-01 --reason "rule of the winter is over"
    """
    moment = (_at(since, "--from") or datetime.now(UTC)).isoformat()
    with connected() as connection:
        written, revision = authoring.retire(connection, draft_id, moment, reason, actor_of(actor))
    _done(written, f"Nothing of it holds from {moment} on.", json, revision)


def _judge() -> Any:
    # Great Expectations takes seconds to import: not before it is needed.
    from expectations.judge import judge

    return judge


def _at(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    moment = as_moment(text)
    if moment is None:
        raise SettingsError("NO_MOMENT", f"{option} is '{text}', no moment", "Write it as 2024-05-31T08:15:00Z.")
    return moment


def _moment(at: str | None, known_at: str | None) -> showing.Moment:
    return showing.Moment(_at(at, "--at"), _at(known_at, "--known-at"))


def _given(values: list[str], file: Path | None) -> dict[str, str]:
    """What the file says, and what the options say in its place."""
    given = {}
    if file:
        if not file.is_file():
            raise SettingsError("NO_SUCH_FILE", f"{file} is not a file", "Name a YAML or JSON file.")
        content, lines = read_yaml(file)
        if nested := [name for name, value in content.items() if isinstance(value, dict | list)]:
            words = f"{file}, line {lines.get((nested[0],), 1)}: {nested[0]} is no single value"
            raise SettingsError("NO_VALUE", words, "Write one name and one value a line.")
        given |= {name: "" if value is None else str(value) for name, value in content.items()}
    for one in values:
        name, sign, value = one.partition("=")
        if not sign:
            raise SettingsError("NO_VALUE", f"'{one}' is not NAME=VALUE", "Write a name, = and the value.")
        given[name.strip()] = value
    return given


def _done(written: Draft, words: str, json: bool, revision: int | None = None) -> None:
    if json:
        print_json({"draft": asdict(written), "revision_number": revision})
        return
    _show_draft(written)
    console.print(words, soft_wrap=True, markup=False)


def _show_draft(one: Draft) -> None:
    said = ", ".join(f"{name}={value}" for name, value in one.content.items())
    state = "REVIEW, approved" if one.state_code == "REVIEW" and one.is_approved else one.state_code
    console.print(f"[bold]{one.draft_id}[/]  {one.entity_code}  {state}", soft_wrap=True)
    console.print(f"  {escape(said)}", soft_wrap=True)
    word = f": {one.reason}" if one.reason else ""
    console.print(f"  [dim]{escape(f'{one.changed_at:%Y-%m-%d %H:%M} {one.actor}{word}')}[/]", soft_wrap=True)


def _show_part(found: dict[str, Any]) -> None:
    part = found["part"]
    console.print(f"[bold]{escape(part['brand_code'])} {escape(part['part_number'])}[/]  {escape(part['description'])}")
    hidden = ("brand_code", "part_number", "description", "part_key", "part_id", "batch_id", "line_number", "draft_id")
    said = [f"{name} {value}" for name, value in part.items() if value is not None and name not in hidden]
    console.print(f"  [dim]{escape(', '.join(said))}[/]", soft_wrap=True)
    for one in found["history"]:
        state = "retired" if one["is_retired"] else f"life cycle {one['lifecycle_code']}, {one['lifecycle_name']}"
        who = f"{one['source_code']} ({one['actor']}), recorded {one['recorded_at']:%Y-%m-%d %H:%M}"
        console.print(f"since {one['valid_from_at']:%Y-%m-%d %H:%M}  {state}  [dim]{escape(who)}[/]", soft_wrap=True)
    for one in found["packs"]:
        words = f"1 {one['uom_code']} is {one['factor_quantity'].normalize():f} {part['base_uom_code']}"
        console.print(words + (f", GTIN {escape(one['gtin'])}" if one["gtin"] else ""), soft_wrap=True)
    for one in found["references"]:
        grade = f", grade {one['quality_grade_code']}" if one["quality_grade_code"] else ""
        is_used = (
            "" if one["reference_type_code"] == "ALIAS" else ", approved" if one["is_approved"] else ", not approved"
        )
        words = f"{one['reference_type_code']}  {one['other_brand_code']} {one['other_part_number']}{grade}{is_used}"
        console.print(f"{escape(words)}  [dim]{escape(one['source_code'])}[/]", soft_wrap=True)
    for one in found["ordered_instead"]:
        if one["dispositions"]:
            factor = f"{one['conversion_quantity'].normalize():f}"
            words = f"order {factor} × {one['orderable_part']} ({', '.join(one['dispositions'])}): {one['path']}"
            console.print(escape(words), soft_wrap=True)
    if found["stands_for"]:
        console.print(f"stands for {counted(len(found['stands_for']), 'part')}:")
    for one in found["stands_for"]:
        console.print(f"  {escape(one['path'])}  × {one['conversion_quantity'].normalize():f}", soft_wrap=True)
    _show_policy(found["policy"])


def _show_policy(found: list[dict[str, Any]]) -> None:
    for one in found:
        words = f"{one['level_code']} {one['source_words']}" + (f", by {one['actor']}" if one["actor"] else "")
        console.print(f"{one['value_name']} {escape(one['value'])}  [dim]{escape(words)}[/]", soft_wrap=True)
    if not found:
        console.print("No policy: the catalogue has no such part then.")
