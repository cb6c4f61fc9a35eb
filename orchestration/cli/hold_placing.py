"""``partsbay hold place``: what a hold covers, said in options."""

from __future__ import annotations

from dataclasses import asdict, replace
from hashlib import sha256
from typing import Annotated
from uuid import uuid4

import typer

from ingest.quality_hold import acts
from ingest.quality_hold.acts import Rule
from ingest.vocabularies import HOLD_REASONS, SEVERITIES
from ingest.waiting_parts import part_named
from orchestration.cli.hold_acts import (
    At,
    Because,
    ConditionOption,
    Evidence,
    GarageOption,
    LotOption,
    known,
    show_answer,
)  # fmt: skip
from orchestration.cli.output import JsonFlag, print_json
from orchestration.cli.stock_acts import amount, day, moment
from orchestration.cli.taking import ActorOption, actor_of, connected


def place(
    reason_code: Annotated[str, typer.Option("--reason-code", help=f"Why, one of {', '.join(HOLD_REASONS)}.")],
    part: Annotated[
        list[str] | None, typer.Option("--part", metavar="BRAND:PART_NUMBER", help="A part; again for more parts.")
    ] = None,
    garage: GarageOption = None,
    lot: LotOption = None,
    condition: ConditionOption = None,
    quantity: Annotated[
        str | None, typer.Option("--quantity", help="Only so many base units of what is there.")
    ] = None,
    supplier: Annotated[str | None, typer.Option("--supplier", help="Only lots of this supplier.")] = None,
    lot_from: Annotated[str | None, typer.Option("--lot-from", help="First lot of a range; L9 is before L10.")] = None,
    lot_to: Annotated[str | None, typer.Option("--lot-to", help="Last lot of a range.")] = None,
    made_from: Annotated[str | None, typer.Option("--made-from", help="Made on this day or later: 2025-02-01.")] = None,
    made_to: Annotated[str | None, typer.Option("--made-to", help="Made on this day or earlier.")] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Also stock whose lot, supplier or date nobody knows.")
    ] = False,
    once: Annotated[bool, typer.Option("--only-now", help="Not what arrives later.")] = False,
    campaign: Annotated[str | None, typer.Option("--campaign", help="The recall campaign that it belongs to.")] = None,
    number: Annotated[str | None, typer.Option("--number", help="Number of the hold; a new one unless given.")] = None,
    severity: Annotated[str, typer.Option("--severity", help=f"How grave: {', '.join(SEVERITIES)}.")] = "MEDIUM",
    due: Annotated[
        str | None, typer.Option("--due", help="When it must be decided; by the limit of its reason without.")
    ] = None,
    reason: Because = None,
    evidence: Evidence = None,
    at: At = None,
    actor: ActorOption = None,
    json: JsonFlag = False,
) -> None:
    """Place a hold: nobody gets these units until somebody decides. Reservations move to other stock, or wait.

    A part, a lot, a range of lots or a campaign also holds what arrives later, unless --only-now is said. A quantity
    takes stock without a lot first, then the lot that expires first. The same number again changes nothing.

    Example: partsbay hold place --part BOSC:0986424797 --lot L9 --reason-code CUSTOMER_COMPLAINT

    Example: partsbay hold place --part BOSC:0986424797 --garage G01 --quantity 2 --reason-code PACKAGING

    Example: partsbay hold place --campaign RC-7 --part BOSC:0986424797 --part BOSC:0986424798 --supplier S0001
    --lot-from L100 --lot-to L180 --reason-code SUPPLIER_RECALL --severity HIGH
    """
    known(reason_code, HOLD_REASONS, "--reason-code")
    rule = Rule(
        "", _scope(campaign, lot, supplier, quantity), reason_code, None, garage, condition, lot,
        amount(quantity) if quantity else None, supplier, lot_from, lot_to, day(made_from, "--made-from"),
        day(made_to, "--made-to"), unknown, False if once or quantity else None, campaign,
        known(severity, SEVERITIES, "--severity"), moment(due, "--due") if due else None, reason, evidence,
    )  # fmt: skip
    with connected() as connection:
        parts = [part_named(connection, one) for one in part or ()]
        rules = _numbered([replace(rule, part_id=one) for one in parts or [None]], number)
        answers = [acts.place(connection, one, actor_of(actor), moment(at, "--at") if at else None) for one in rules]
    if json:
        print_json({"holds": [asdict(answer) for answer in answers]})
        return
    for answer in answers:
        show_answer(answer, "Held" if answer.events else "Nothing of it is there;", f"by {answer.hold_number}")


def _scope(campaign: str | None, lot: str | None, supplier: str | None, quantity: str | None) -> str:
    if quantity:
        return "CELL"
    if campaign:
        return "CAMPAIGN"
    if lot:
        return "LOT"
    return "SUPPLIER_LOT_RANGE" if supplier else "PART"


def _numbered(rules: list[Rule], number: str | None) -> list[Rule]:
    """Each with a number of its own; in a campaign the same coverage has the same number whenever it is said."""
    if number:
        several = len(rules) > 1
        return [replace(rule, hold_number=f"{number}-{n}" if several else number) for n, rule in enumerate(rules, 1)]
    return [replace(rule, hold_number=_new_number(rule)) for rule in rules]


def _new_number(rule: Rule) -> str:
    if rule.campaign_number is None:
        return f"H-{uuid4().hex[:8].upper()}"
    covered = {k: v for k, v in asdict(rule).items() if k not in ("reason", "evidence_ref", "due_at")}
    return f"{rule.campaign_number}-{sha256(str(sorted(covered.items())).encode()).hexdigest()[:6].upper()}"
