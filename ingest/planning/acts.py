"""What planners decide about proposals: approve, override, firm, snooze, reject, and undo.

Decisions are judged one by one, in the database; what is refused says why and the rest is
entered, all in one transaction of the caller's connection. An approval puts a message into the
queue, from which the order line is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row, dict_row, tuple_row

from ingest.audit import attribute
from ingest.planning.own_lines import OWN_ACTS, proposal_id_of, propose_own
from ingest.refusals import refusals

ACTS = ("APPROVE", "OVERRIDE", "FIRM", "SNOOZE", "REJECT", "UNDO")
DONE, SAME, REFUSED = "DONE", "SAME", "REFUSED"


@dataclass(frozen=True)
class Decision:
    """One decision about the revision of a proposal that the planner saw.

    ``quantity`` in base units is the final one of APPROVE (the proposed one unless given),
    OVERRIDE and FIRM; ``until_on`` the first day on which SNOOZE, or the others but APPROVE, no
    longer counts. The same ``operation_number`` again answers as the first time. One that
    names a garage and a part is about a line of the planner's own, which no run proposes.
    """

    act_code: str
    proposal_id: UUID
    revision_number: int | None
    operation_number: str
    quantity: Decimal | None = None
    supplier_code: str | None = None
    until_on: date | None = None
    reason_code: str | None = None
    reason: str | None = None
    undoes_act_id: UUID | None = None
    garage_code: str | None = None
    part_id: UUID | None = None

    @classmethod
    def own(cls, act_code: str, garage_code: str, part_id: UUID, operation_number: str, **said: Any) -> Decision:
        """A decision about a line that no run proposes."""
        proposal_id = proposal_id_of(garage_code, part_id)
        return cls(act_code, proposal_id, None, operation_number, garage_code=garage_code, part_id=part_id, **said)

    @property
    def is_own(self) -> bool:
        return self.garage_code is not None and self.part_id is not None


@dataclass(frozen=True)
class Answer:
    """What became of a decision: DONE, SAME where such an act stands already, or REFUSED with the reason.

    ``field_code`` says which cell of a workbook is wrong: PROPOSAL, DECISION, QUANTITY, SUPPLIER, UNTIL or REASON.
    """

    place: int
    outcome_code: str
    refusal_code: str | None
    field_code: str | None
    problem: str | None
    act_id: UUID | None
    act_code: str | None
    proposal_id: UUID | None
    revision_number: int | None
    garage_code: str | None
    part_id: UUID | None
    line_type_code: str | None
    policy_code: str | None
    quantity: Decimal | None
    seen_quantity: Decimal | None
    current_quantity: Decimal | None
    supplier_code: str | None
    until_on: date | None
    reason_code: str | None
    reason: str | None
    undoes_act_id: UUID | None
    operation_number: str
    terms: dict[str, Any] | None = None


# What the models know of the offer that a decision is about, at the break that its quantity reaches.
_TERMS = """
select said.place, jsonb_build_object(
    'supplier_part_number', offers.supplier_part_number, 'minimum_order_quantity', offers.minimum_order_quantity,
    'pack_quantity', offers.pack_quantity, 'order_multiple_quantity', offers.order_multiple_quantity,
    'unit_price_amount', offers.unit_price_amount, 'currency_code', offers.currency_code,
    'lead_time_days', offers.lead_time_days
)::text
from unnest(
    %(place)s::integer[], %(proposal_id)s::uuid[], %(supplier_code)s::text[], %(quantity)s::numeric[]
) as said (place, proposal_id, supplier_code, quantity)
inner join lateral (
    select * from replenishment.proposals
    where proposals.proposal_id = said.proposal_id
    order by revision_number desc
    limit 1
) as latest on latest.line_type_code = 'BUY'
inner join lateral (
    select * from intermediate.int_offers_eligible as eligible
    where eligible.part_id = latest.part_id
        and eligible.supplier_code = coalesce(said.supplier_code, latest.supplier_code)
    order by
        eligible.break_quantity <= coalesce(said.quantity, latest.quantity) desc,
        abs(eligible.break_quantity - coalesce(said.quantity, latest.quantity))
    limit 1
) as offers on true
"""
_DECIDE = """
select answers.*
from replenishment.decide(
    (
        select array_agg(row(place, act_code, proposal_id, revision_number, quantity, supplier_code, until_on,
            reason_code, reason, undoes_act_id, operation_number, terms)::replenishment.decision order by place)
        from unnest(
            %(place)s::integer[], %(act_code)s::text[], %(proposal_id)s::uuid[], %(revision_number)s::integer[],
            %(quantity)s::numeric[], %(supplier_code)s::text[], %(until_on)s::date[], %(reason_code)s::text[],
            %(reason)s::text[], %(undoes_act_id)s::uuid[], %(operation_number)s::text[],
            %(terms)s::jsonb[]
        ) as said (place, act_code, proposal_id, revision_number, quantity, supplier_code, until_on, reason_code,
            reason, undoes_act_id, operation_number, terms)
    ),
    %(actor)s, coalesce(%(decided_at)s::timestamptz, clock_timestamp()), %(seen_at)s, %(document_sha256)s,
    %(is_preview)s
) as answers
order by answers.place
"""
_FIELDS = (
    "act_code", "proposal_id", "revision_number", "quantity", "supplier_code", "until_on", "reason_code", "reason",
    "undoes_act_id", "operation_number",
)  # fmt: skip


def decide(
    connection: psycopg.Connection,
    decisions: Sequence[Decision],
    actor: str,
    decided_at: datetime | None = None,
    seen_at: datetime | None = None,
    document_sha256: str | None = None,
    is_preview: bool = False,
) -> list[Answer]:
    """Enter decisions and say of each what became of it, in their order.

    Whatever others decided about a line after ``seen_at`` stands against it. A preview enters nothing.
    """
    if not decisions:
        return []
    said: dict[str, Any] = {
        "actor": actor, "decided_at": decided_at, "seen_at": seen_at, "document_sha256": document_sha256,
        "is_preview": is_preview,
    }  # fmt: skip
    reasons = {one.reason for one in decisions if one.reason}
    whole = connection.transaction(force_rollback=is_preview)
    with refusals(), whole, connection.cursor(row_factory=class_row(Answer)) as cursor:
        # Many reasons stand with their acts; the audit names one only where it is the same for all.
        attribute(cursor, actor, reasons.pop() if len(reasons) == 1 else None, action_code="DECIDE")
        own = [place for place, one in enumerate(decisions) if one.is_own]
        if not own:
            return _answers(cursor, decisions, said)
        with connection.transaction(force_rollback=True):
            asked = _with_own(cursor, decisions, own)
            before = _answers(cursor, asked, {**said, "is_preview": True})
        # Of a line that nobody proposes only what is taken leaves a proposal.
        taken = [place for place in own if before[place].outcome_code == DONE]
        left = _with_own(cursor, decisions, taken)
        for place in set(own).difference(taken):
            left[place] = before[place]
        return _answers(cursor, left, said)


def _answers(cursor: psycopg.Cursor, decisions: Sequence[Decision | Answer], said: dict[str, Any]) -> list[Answer]:
    """What becomes of decisions; of one that was refused before, that."""
    judged = [(place, one) for place, one in enumerate(decisions) if isinstance(one, Decision)]
    found: list[Any] = [*decisions]
    if judged:
        values = {name: [getattr(one, name) for _, one in judged] for name in _FIELDS}
        values |= {**said, "place": [place for place, _ in judged]}
        values["terms"] = _terms(cursor.connection, [one for _, one in judged])
        for answer in cursor.execute(_DECIDE, values).fetchall():
            found[answer.place] = answer
    return found


def _with_own(cursor: psycopg.Cursor, decisions: Sequence[Decision], places: Sequence[int]) -> list[Decision | Answer]:
    """The decisions, those about lines of the planner's own with a proposal that they are about, or refused."""
    found: list[Decision | Answer] = [*decisions]
    wanted = []
    for place in places:
        one = decisions[place]
        if one.act_code not in OWN_ACTS:
            words = f"no line is proposed there, and {one.act_code} needs one; say {' or '.join(OWN_ACTS)}"
            found[place] = _refused(place, one, "NO_LINE", "DECISION", words)
        elif not (one.reason or one.reason_code):
            found[place] = _refused(place, one, "REASON", "REASON", "a line that no run proposes needs a reason")
        else:
            wanted.append((one.proposal_id, one.garage_code, one.part_id))
    # What was carried out already is about the revision of then.
    known = _revisions(cursor, [one for one in found if isinstance(one, Decision) and one.is_own])
    wanted = [one for one in wanted if one[0] not in known]
    proposed = known | (propose_own(cursor, wanted) if wanted else {})
    for place in places:
        one = found[place]
        if isinstance(one, Decision):
            revision, problem = proposed[one.proposal_id]
            found[place] = (
                _refused(place, one, "NO_LINE", "PROPOSAL", problem)
                if problem
                else replace(one, revision_number=revision)
            )
    return found


_REVISIONS = """
select proposal_id, revision_number
from replenishment.planner_acts
where (proposal_id, operation_number) in (select * from unnest(%s::uuid[], %s::text[]))
"""


def _revisions(cursor: psycopg.Cursor, decisions: list[Decision]) -> dict[UUID, tuple[int | None, str | None]]:
    with cursor.connection.cursor(row_factory=tuple_row) as reading:
        names = ([one.proposal_id for one in decisions], [one.operation_number for one in decisions])
        return {found: (revision, None) for found, revision in reading.execute(_REVISIONS, names)}


def _refused(place: int, one: Decision, code: str, field_code: str, problem: str) -> Answer:
    return Answer(
        place, REFUSED, code, field_code, problem, None, one.act_code, one.proposal_id, None, one.garage_code,
        one.part_id, "BUY", None, one.quantity, None, None, one.supplier_code, one.until_on, one.reason_code,
        one.reason, None, one.operation_number,
    )  # fmt: skip


def _terms(connection: psycopg.Connection, decisions: Sequence[Decision]) -> list[str | None]:
    """Of each decision that names a supplier or a quantity, the terms of the offer that it comes to, as JSON."""
    found: list[str | None] = [None] * len(decisions)
    named = [(place, one) for place, one in enumerate(decisions) if one.supplier_code or one.quantity is not None]
    if not named:
        return found
    with connection.cursor(row_factory=tuple_row) as cursor:
        # Before the first run nothing is known of any offer.
        (is_built,) = cursor.execute("select to_regclass('intermediate.int_offers_eligible') is not null").fetchone()
        if is_built:
            values = {
                "place": [place for place, _ in named],
                "proposal_id": [one.proposal_id for _, one in named],
                "supplier_code": [one.supplier_code for _, one in named],
                "quantity": [one.quantity for _, one in named],
            }
            for place, terms in cursor.execute(_TERMS, values):
                found[place] = terms
    return found


_PROPOSALS = """
select distinct on (proposals.proposal_id)
    proposals.proposal_id, proposals.revision_number, proposals.line_type_code, proposals.garage_code,
    proposals.part_id, proposals.explanation ->> 'brand_code' as brand_code,
    proposals.explanation ->> 'part_number' as part_number, proposals.supplier_code, proposals.quantity,
    proposals.unit_price_amount, proposals.currency_code, proposals.status_code, proposals.change_code,
    proposals.as_of_at, (proposals.explanation ->> 'line_amount')::numeric as line_amount,
    proposals.explanation ->> 'review_reason_code' as review_reason_code
from replenishment.proposals
where proposals.proposal_id = coalesce(%(proposal_id)s, proposals.proposal_id)
    and proposals.garage_code = coalesce(%(garage)s, proposals.garage_code)
    and proposals.part_id = coalesce(%(part_id)s, proposals.part_id)
order by proposals.proposal_id, proposals.revision_number desc
"""


def open_proposals(
    connection: psycopg.Connection,
    proposal_id: UUID | None = None,
    garage: str | None = None,
    part_id: UUID | None = None,
    supplier: str | None = None,
    line_type: str | None = None,
    review_reason: str | None = None,
    status: str | None = None,
) -> list[dict[str, Any]]:
    """The latest revision of each proposal that is there, of a garage, a part, a supplier and so on."""
    query = (
        f"select * from ({_PROPOSALS}) as latest where change_code <> 'GONE'"
        " and (%(supplier)s::text is null or supplier_code = %(supplier)s)"
        " and (%(line_type)s::text is null or line_type_code = %(line_type)s)"
        " and (%(review_reason)s::text is null or coalesce(review_reason_code, 'ROUTINE') = %(review_reason)s)"
        " and (%(status)s::text is null or status_code = %(status)s)"
        " order by garage_code, brand_code, part_number, line_type_code, proposal_id"
    )
    values = {
        "proposal_id": proposal_id, "garage": garage, "part_id": part_id, "supplier": supplier,
        "line_type": line_type, "review_reason": review_reason, "status": status,
    }  # fmt: skip
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()


_DECIDED_AND_GONE = """
    select latest.*
    from ({proposals}) as latest
    inner join replenishment.acts_in_force(clock_timestamp()) as force using (proposal_id)
    where latest.change_code = 'GONE'
        and not (force.act_code = 'APPROVE' and exists (
            select from replenishment.messages
            where messages.topic_code = 'replenishment.order' and messages.deduplication_key = force.act_id::text
                and messages.status_code in ('LEASED', 'DONE')
        ))
    order by latest.garage_code, latest.line_type_code, latest.proposal_id
"""


def decided_and_gone(
    connection: psycopg.Connection, proposal_id: UUID | None, garage: str | None, part_id: UUID | None
) -> list[dict[str, Any]]:
    """What no run proposes any more because of what was decided about it, which is not ordered and can be undone."""
    values = {"proposal_id": proposal_id, "garage": garage, "part_id": part_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_DECIDED_AND_GONE.format(proposals=_PROPOSALS), values).fetchall()


_ACTS = """
select acts.act_id, acts.act_code, acts.garage_code, parts.brand_code, parts.part_number, acts.line_type_code,
    acts.part_id, acts.proposal_id, acts.revision_number, acts.quantity, acts.supplier_code, acts.until_on,
    acts.reason_code,
    acts.reason, acts.undoes_act_id, acts.document_sha256, acts.actor, acts.event_at, acts.recorded_at,
    counting.act_id is not null as counts, undoing.act_id is not null as is_undone,
    messages.status_code as order_status_code
from replenishment.planner_acts as acts
left join lateral (
    select brand_code, part_number from catalogue.parts
    where parts.part_id = acts.part_id
    order by valid_from_at desc, revision_number desc
    limit 1
) as parts on true
left join replenishment.acts_in_force(clock_timestamp()) as counting on counting.act_id = acts.act_id
left join replenishment.planner_acts as undoing on undoing.undoes_act_id = acts.act_id
left join replenishment.messages
    on messages.topic_code = 'replenishment.order' and messages.deduplication_key = acts.act_id::text
where acts.garage_code = coalesce(%(garage)s, acts.garage_code) and acts.part_id = coalesce(%(part_id)s, acts.part_id)
    and acts.proposal_id = coalesce(%(proposal_id)s, acts.proposal_id)
    and acts.act_code = coalesce(%(act_code)s, acts.act_code) and acts.actor = coalesce(%(actor)s, acts.actor)
    and (counting.act_id is not null or not %(in_force)s)
order by acts.recorded_at desc, acts.act_id desc
limit %(limit)s
"""


def planner_acts(
    connection: psycopg.Connection,
    garage: str | None = None,
    part_id: UUID | None = None,
    proposal_id: UUID | None = None,
    act_code: str | None = None,
    actor: str | None = None,
    in_force: bool = False,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Decisions, newest first: which count today, which were undone, and how far the order of an approval is."""
    values = {
        "garage": garage, "part_id": part_id, "proposal_id": proposal_id, "act_code": act_code, "actor": actor,
        "in_force": in_force, "limit": limit,
    }  # fmt: skip
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_ACTS, values).fetchall()
