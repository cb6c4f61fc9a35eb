"""Small good files of the catalogue's own kinds, and drafts of them; a test names only what it spoils."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg

from ingest.catalogue import drafts, reviewing
from tests.support.ingest_files import PART, Ingest, accept_all, lines

SUPPLIER_TERMS = {
    "supplier_code": "S1", "currency_code": "EUR", "minimum_order_amount": "100", "free_freight_amount": "250",
    "freight_amount": "4.90", "hazmat_fee_amount": "6", "discount_pct": "2.5", "core_return_pct": "85",
    "order_weekdays": "1 3 5", "cut_off_at": "16:00", "return_days": "30", "valid_from_at": "2024-01-01",
}  # fmt: skip
PART_TYPE = {"part_type_code": "1684", "part_type_name": "Brake pad", "valid_from_at": "2024-01-01"}
PACK = {
    "brand_code": "BOSC", "part_number": "007", "uom_code": "CA", "factor_quantity": "12",
    "valid_from_at": "2024-01-01",
}  # fmt: skip
REFERENCE = {
    "brand_code": "BOSC", "part_number": "007", "other_brand_code": "MANN", "other_part_number": "W 712",
    "reference_type_code": "ALIAS", "valid_from_at": "2024-01-01",
}  # fmt: skip
SUPERSESSION = {
    "brand_code": "BOSC", "part_number": "007", "successor_part_number": "0 986-AB",
    "effective_from_on": "2024-01-01", "valid_from_at": "2024-01-01",
}  # fmt: skip
POLICY = {
    "policy_name": "winter", "garage_code": "G1", "category_code": "FILTER", "service_level_pct": "99",
    "valid_from_at": "2024-01-01",
}  # fmt: skip


def parts(ingest: Ingest, *numbers: str, **values: Any) -> None:
    """Parts of one brand that hold since 2024."""
    ingest(lines(PART, *({"part_number": number, **values} for number in numbers)), kind="parts")


def edges(ingest: Ingest, *pairs: tuple[str, str], **values: Any):
    """Supersessions of a file, approved by somebody else: part number → part number."""
    rows = [{"part_number": before, "successor_part_number": after, **values} for before, after in pairs]
    outcome = ingest(lines(SUPERSESSION, *rows), kind="supersessions")
    approve_stated(ingest)
    return outcome


def approve_stated(ingest: Ingest) -> None:
    """Whatever files said of successors holds."""
    for one in reviewing.waiting_batches(ingest.connection):
        reviewing.decide(ingest.connection, one["batch_id"], reviewing.APPROVED, "checked", "bob")


def enter_edge(connection: psycopg.Connection, **values: Any) -> None:
    """A supersession of a file that somebody approved, without a file."""
    said = {"is_of_part": False, "actor": "pipeline", "kit_group_code": None, **values}
    names, places = ", ".join(said), ", ".join(f"%({name})s" for name in said)
    kept = ", ".join(name for name in said if name != "is_of_part")
    line = {"batch_id": values["batch_id"], "line_number": values["line_number"]}
    connection.execute(f"insert into catalogue.stated_supersessions ({names}) values ({places})", said)
    connection.execute(
        "insert into catalogue.stated_decisions (batch_id, line_number, decision_code, reason, actor)"
        " values (%(batch_id)s, %(line_number)s, 'APPROVED', 'checked', 'bob')",
        line,
    )
    connection.execute(
        f"insert into catalogue.supersessions ({kept}) select {kept} from catalogue.stated_supersessions"
        " where batch_id = %(batch_id)s and line_number = %(line_number)s",
        line,
    )


def approved(ingest: Ingest, entity: str, author: str = "ann", reviewer: str = "bob", **values: str) -> UUID:
    """A draft that may be published."""
    draft = drafts.write(ingest.connection, entity, values, author)
    drafts.submit(ingest.connection, draft.draft_id, author, accept_all)
    drafts.approve(ingest.connection, draft.draft_id, "checked", reviewer)
    return draft.draft_id


def published(ingest: Ingest, entity: str, **values: str) -> UUID:
    """A draft that was published."""
    draft_id = approved(ingest, entity, **values)
    drafts.publish(ingest.connection, draft_id, "bob", accept_all)
    return draft_id
