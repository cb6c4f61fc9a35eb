"""Proposals in the store without a run that makes them, and decisions about them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from ingest.planning.acts import Answer, Decision, decide

PART = UUID("00000000-0000-0000-0000-0000000000aa")
TODAY = datetime.now(UTC).date()
_NUMBERS = count(1)

_PROPOSE = """
insert into replenishment.proposals (proposal_id, revision_number, as_of_at, line_type_code, garage_code, part_id,
    supplier_code, quantity, unit_price_amount, currency_code, status_code, change_code, explanation, payload_hash)
values (%(proposal_id)s, %(revision_number)s, now(), %(line_type_code)s, %(garage_code)s, %(part_id)s,
    %(supplier_code)s, %(quantity)s, %(unit_price_amount)s, 'EUR', %(status_code)s, %(change_code)s, %(explanation)s,
    'x')
"""


def later(days: int) -> date:
    """So many days after today, in UTC."""
    return TODAY + timedelta(days=days)


def proposal(number: int) -> UUID:
    """The id of a proposal by a small number."""
    return UUID(int=number)


class Planner:
    """A connection of somebody who decides, in a store whose proposals tests make up."""

    def __init__(self, url: str, actor: str = "ann"):
        self.connection = psycopg.connect(url, autocommit=True)
        self.actor = actor

    def propose(self, number: int = 1, quantity: Any = 4, revision: int = 1, **more: Any) -> UUID:
        """Store a revision of a proposal: four pieces of S1 at 9.99 in packs of two, unless told otherwise."""
        numbers = {
            "brand_code": "BOSC", "part_number": f"P{number}", "policy_code": "MIN_MAX", "pack_quantity": 2,
            "order_multiple_quantity": 1, "line_amount": "39.96", **more.pop("numbers", {}),
        }  # fmt: skip
        values = {
            "line_type_code": "BUY", "garage_code": "G1", "part_id": PART, "supplier_code": "S1",
            "unit_price_amount": Decimal("9.99"), "status_code": "PROPOSED", "change_code": "NEW", **more,
        }  # fmt: skip
        known = {"proposal_id": proposal(number), "revision_number": revision, "quantity": quantity}
        self.connection.execute(_PROPOSE, {**values, **known, "explanation": Jsonb(numbers)})
        return proposal(number)

    def decision(self, act_code: str, number: int = 1, revision: int | None = 1, **more: Any) -> Decision:
        operation = more.pop("operation", f"test-{next(_NUMBERS)}")
        quantity = more.pop("quantity", None)
        quantity = None if quantity is None else Decimal(str(quantity))
        return Decision(act_code, proposal(number), revision, operation, quantity, **more)

    def decide(self, act_code: str, number: int = 1, revision: int | None = 1, **more: Any) -> Answer:
        """One decision; ``seen_at`` and ``decided_at`` go with it."""
        whole = {name: more.pop(name) for name in ("seen_at", "decided_at", "is_preview") if name in more}
        made = self.decision(act_code, number, revision, **more)
        (answer,) = decide(self.connection, [made], self.actor, **whole)
        return answer

    def rows(self, query: str, values=None) -> list[tuple]:
        return self.connection.execute(query, values).fetchall()

    def orders(self) -> list[tuple]:
        """The messages that approvals have made, by quantity and state."""
        query = (
            "select (payload ->> 'quantity')::numeric, payload ->> 'supplier_code', status_code"
            " from replenishment.messages where topic_code = 'replenishment.order' order by recorded_at, message_id"
        )
        return self.rows(query)

    def act_count(self) -> int:
        return self.rows("select count(*) from replenishment.planner_acts")[0][0]
