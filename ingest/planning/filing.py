"""Decisions out of a file: each line checked, judged against what is there now, and entered; twice changes nothing.

Lines that cannot be taken say why, with the cell; the others are entered in one transaction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from ingest.audit import attribute
from ingest.exports import restored
from ingest.planning.acts import DONE, REFUSED, SAME, Answer, Decision, decide
from ingest.planning.documents import Document, Line
from ingest.planning.signing import is_signed, row_hash, workbook_secret
from ingest.planning.values import CellFault, as_code, as_day, as_quantity, as_words
from ingest.readers.limits import FileFault
from ingest.replenishment import LOCK_PROPOSALS

WRONG = "WRONG"
# What an answer is about → the column of a file.
HEADERS = {
    "PROPOSAL": "proposal_id", "DECISION": "Decision", "QUANTITY": "Final quantity", "SUPPLIER": "Supplier",
    "UNTIL": "Snooze until", "REASON": "Reason",
}  # fmt: skip
REASON_CODES = (
    "NOT_NEEDED", "TOO_MUCH", "TOO_LITTLE", "TOO_EXPENSIVE", "BUDGET", "NO_SPACE", "SEASON", "CAMPAIGN",
    "CUSTOMER_ORDER", "OTHER_SUPPLIER", "SUPERSEDED", "DATA_PROBLEM", "OTHER",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What became of one line: DONE, SAME, REFUSED, or WRONG where a cell cannot be taken."""

    row: int
    outcome_code: str
    code: str | None
    cell: str | None
    problem: str | None
    ignored: tuple[str, ...] = ()
    answer: Answer | None = None

    @property
    def words(self) -> str:
        """The problem with its cell in front: H17: -3 is not a whole number >= 0."""
        return f"{self.cell}: {self.problem}" if self.problem else ""


@dataclass(frozen=True)
class Filed:
    """What became of a file and its lines; ``applied_at`` and the counts of then where the same bytes came before."""

    sha256: str
    counts: dict[str, int]
    results: list[Result] = field(default_factory=list)
    applied_at: datetime | None = None
    applied_by: str | None = None


def file_decisions(connection: psycopg.Connection, document: Document, actor: str, **options: Any) -> Filed:
    """Enter the decisions of a file; ``is_preview`` enters nothing, ``decided_at`` is when it was decided.

    The same bytes again enter nothing, and say of each line whether it was taken.
    """
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(LOCK_PROPOSALS)
        if known := cursor.execute(_KNOWN, (document.sha256,)).fetchone():
            options["is_preview"] = True
        is_preview = options.get("is_preview", False)
        secret = _trusted(connection, document)
        parts = _parts(cursor, document.lines)
        checked = [_checked(line, document, parts) for line in document.lines]
        stored = _stored(cursor, [one for one in checked if isinstance(one, Decision)])
        if secret is not None:
            checked = [_signed(*both, document, secret, stored) for both in zip(document.lines, checked, strict=True)]
        checked = [_of_its_row(*both, stored) for both in zip(document.lines, checked, strict=True)]
        decisions = [one for one in checked if isinstance(one, Decision)]
        answers = iter(
            decide(connection, decisions, actor, seen_at=_seen_at(document), document_sha256=document.sha256, **options)
        )
        results = [
            one if isinstance(one, Result) else _result(line, next(answers), stored)
            for line, one in zip(document.lines, checked, strict=True)
        ]
        if known:
            return _filed_before(document, known, results)
        counts = {code: sum(r.outcome_code == code for r in results) for code in (DONE, SAME, REFUSED, WRONG)}
        if not is_preview:
            _enter(cursor, document, actor, counts)
    return Filed(document.sha256, counts, results)


_KNOWN = "select * from replenishment.decision_documents where document_sha256 = %s"
_ENTER = """
insert into replenishment.decision_documents
    (document_sha256, file_name, edition_id, line_count, done_count, same_count, refused_count, actor)
values (%s, %s, %s, %s, %s, %s, %s, %s)
"""


def _filed_before(document: Document, known: dict[str, Any], results: list[Result]) -> Filed:
    """What was counted then, and each line as it stands."""
    counts = {DONE: known["done_count"], SAME: known["same_count"], REFUSED: known["refused_count"], WRONG: 0}
    stand = [_as_it_stands(one) for one in results]
    return Filed(document.sha256, counts, stand, known["recorded_at"], known["actor"])


def _as_it_stands(one: Result) -> Result:
    """What the same bytes say again: what was not taken then is not taken now."""
    if one.outcome_code == DONE:
        late = "it was refused then, and nothing speaks against it any more; decide in a new report"
        return replace(one, outcome_code=REFUSED, code="NOT_TAKEN", problem=late)
    # The line was taken; what was left to be worked out, as its quantity, has changed since.
    return replace(one, outcome_code=SAME, code=None, cell=None, problem=None) if one.code == "OPERATION" else one


def _enter(cursor: psycopg.Cursor, document: Document, actor: str, counts: dict[str, int]) -> None:
    attribute(cursor, actor, f"decisions of {document.path.name}", action_code="DECIDE")
    edition = document.meta["edition_id"] if document.meta else None
    refused = counts[REFUSED] + counts[WRONG]
    values = (document.path.name, edition, len(document.lines), counts[DONE], counts[SAME], refused, actor)
    cursor.execute(_ENTER, (document.sha256, *values))


def _trusted(connection: psycopg.Connection, document: Document) -> bytes | None:
    """The secret that lines are signed with; None for delimited text. Refuses a workbook that is not one of ours."""
    if document.meta is None:
        return None
    secret = workbook_secret(connection)
    if not is_signed(secret, document.meta) or not {"edition_id", "exported_at"} <= document.meta.keys():
        words = (
            f"{document.path.name} was not written by this network's partsbay report, or its sheet _meta was changed"
        )
        raise FileFault("NOT_OURS", words, "Write the report anew, and decide in that workbook.")
    return secret


def _seen_at(document: Document) -> datetime | None:
    """Up to when whoever decided had seen what others decided, as far as the file says so."""
    if document.meta:
        return datetime.fromisoformat(document.meta["exported_at"])
    said = [as_words(line.get("exported_at")) for line in document.lines]
    try:
        return min((datetime.fromisoformat(one) for one in said if one), default=None)
    except (ValueError, TypeError):
        words = f"{document.path.name} does not say when it was exported, in its column exported_at"
        raise FileFault("NO_DECISIONS", words, "Download the decisions anew, or take the column out.") from None


# What a line has that stands in the report; a line that a person adds has none of it.
_KEYS = ("proposal_id", "revision_number", "row_hash")
_NAMES = ("Garage", "Brand", "Part number")
_PARTS = """
select said.brand_code, said.part_number, parts.part_id
from unnest(%s::text[], %s::text[]) as said (brand_code, part_number)
inner join lateral (
    select part_id from catalogue.parts
    where parts.part_id = catalogue.part_id(said.brand_code, said.part_number)
    limit 1
) as parts on true
"""


def _name(line: Line, header: str) -> str | None:
    """What a cell names, without the mark that keeps text from being a formula."""
    return restored(as_words(line.get(header)))


def _is_added(line: Line) -> bool:
    """Whether a person wrote the line below those of the report, about a part that has none there."""
    return not any(as_words(line.get(name)) for name in _KEYS) and all(_name(line, name) for name in _NAMES)


def _parts(cursor: psycopg.Cursor, lines: list[Line]) -> dict[tuple[str, str], UUID]:
    """The parts of the catalogue that added lines name, by brand and part number."""
    named = {tuple(_name(line, name) for name in _NAMES[1:]) for line in lines if _is_added(line)}
    if not named:
        return {}
    brands, numbers = (list(column) for column in zip(*sorted(named), strict=True))
    rows = cursor.execute(_PARTS, (brands, numbers)).fetchall()
    return {(row["brand_code"], row["part_number"]): row["part_id"] for row in rows}


def _own(line: Line, document: Document, parts: dict, act_code: str | None, values: dict[str, Any]) -> Decision:
    garage, *names = (_name(line, name) for name in _NAMES)
    part_id = parts.get(tuple(names))
    if part_id is None:
        raise CellFault(f"the catalogue has no part {' '.join(names)}")
    operation = f"{document.sha256}:{garage}:{part_id}:{line.row}"
    return Decision.own(act_code, garage, part_id, operation, supplier_code=_name(line, "Supplier"), **values)


def _checked(line: Line, document: Document, parts: dict[tuple[str, str], UUID]) -> Decision | Result:
    """A line as a decision, or the first of its cells that cannot be taken."""
    header = "proposal_id"
    try:
        proposal_id, revision = (None, None) if _is_added(line) else _identity(line)
        values = {}
        for header, read in (
            ("Decision", as_code), ("Final quantity", as_quantity), ("Snooze until", as_day), ("Reason", as_words),
        ):  # fmt: skip
            if fault := line.faults.get(header.lower()):
                raise CellFault(fault)
            values[header] = read(line.get(header))
        act_code, reason = values["Decision"], restored(values["Reason"])
        code = (reason or "").upper().replace(" ", "_")
        said = {
            "quantity": values["Final quantity"], "until_on": values["Snooze until"],
            "reason_code": code if code in REASON_CODES else None, "reason": reason,
        }  # fmt: skip
        if proposal_id is None:
            header = "Part number"
            return _own(line, document, parts, act_code, said)
    except CellFault as fault:
        return Result(line.row, WRONG, "CELL", line.address(header), str(fault))
    return Decision(act_code, proposal_id, revision, f"{document.sha256}:{proposal_id}:{line.row}", **said)


def _identity(line: Line) -> tuple[UUID, int]:
    try:
        revision = int(float(str(line.get("revision_number"))))
        if not 0 < revision < 2**31:
            raise ValueError(revision)
        return UUID(str(line.get("proposal_id"))), revision
    except (ValueError, OverflowError):
        raise CellFault("the hidden cells of the line are empty or damaged; decide in a new report") from None


def _signed(line: Line, one: Decision | Result, document: Document, secret: bytes, stored: dict) -> Decision | Result:
    """The decision, where its line is one of the report that the workbook says it is."""
    if isinstance(one, Result) or (found := stored.get((one.proposal_id, one.revision_number))) is None:
        return one
    known = row_hash(secret, document.meta["edition_id"], one.proposal_id, one.revision_number, found["suggested"])
    if as_words(line.get("row_hash")) == known:
        return one
    words = "the line is not one of the report that this workbook is; decide in a new report"
    return Result(line.row, WRONG, "NOT_OURS", line.address("row_hash"), words)


def _of_its_row(line: Line, one: Decision | Result, stored: dict) -> Decision | Result:
    """The decision, where what the row shows is what its hidden cells are of: nobody approves a part unseen."""
    if isinstance(one, Result) or (found := stored.get((one.proposal_id, one.revision_number))) is None:
        return one
    for header in _NAMES:
        said, ours = as_words(line.get(header)), found[_GUARDED[header]]
        if said and ours and _key(said) != _key(ours):
            words = (
                f"the row says {said}, and its hidden cells are of {found['part_number']} for {found['garage_code']};"
                " it was sorted or copied without them, so decide in a new report"
            )
            return Result(line.row, WRONG, "OTHER_LINE", line.address(header), words)
    return one


def _key(text: str) -> str:
    """What is left of a code that went through a spreadsheet program: no signs, no case, no zeros in front."""
    return re.sub(r"[^0-9a-z]", "", text.casefold()).lstrip("0")


_STORED = """
select proposal_id, revision_number, quantity as suggested, supplier_code, garage_code, unit_price_amount,
    explanation ->> 'brand_code' as brand_code, explanation ->> 'part_number' as part_number
from replenishment.proposals
where (proposal_id, revision_number) in (select * from unnest(%s::uuid[], %s::integer[]))
"""
_GUARDED = {
    "Garage": "garage_code", "Brand": "brand_code", "Part number": "part_number", "Supplier": "supplier_code",
    "Suggested": "suggested", "Unit price": "unit_price_amount",
}  # fmt: skip


def _stored(cursor: psycopg.Cursor, decisions: list[Decision]) -> dict[tuple[UUID, int], dict[str, Any]]:
    """What was proposed, by proposal and revision."""
    keys = [one.proposal_id for one in decisions], [one.revision_number for one in decisions]
    rows = cursor.execute(_STORED, keys).fetchall()
    return {(row["proposal_id"], row["revision_number"]): row for row in rows}


def _result(line: Line, answer: Answer, stored: dict) -> Result:
    cell = line.address(HEADERS[answer.field_code]) if answer.field_code else None
    found = stored.get((answer.proposal_id, answer.revision_number))
    ignored = tuple(_ignored(line, found)) if found else ()
    return Result(line.row, answer.outcome_code, answer.refusal_code, cell, answer.problem, ignored, answer)


def _ignored(line: Line, found: dict[str, Any]) -> list[str]:
    """Cells that nobody may change and somebody did: they are reported and not taken."""
    words = []
    for header, name in _GUARDED.items():
        if header.lower() in line.cells and not _is_equal(line.get(header), found[name]):
            said = as_words(line.get(header)) or "nothing"
            words.append(f"{line.address(header)}: {header} says {said} and is {_shown(found[name])}; ignored")
    return words


def _is_equal(cell: Any, value: Any) -> bool:
    if isinstance(value, Decimal):
        try:
            return as_quantity(cell) == round(value, 3) or float(cell) == float(value)
        except (CellFault, TypeError, ValueError):
            return False
    return (as_words(cell) or "") == (value or "")


def _shown(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value or "nothing"
