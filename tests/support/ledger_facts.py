"""The facts that ledgers take, and what was asked for by those of a reservation, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple


class Cell(NamedTuple):
    """Garage, part, condition and lot, '' for none (F1)."""

    garage: str
    part: str
    condition: str = "NEW"
    lot: str = ""


class Movement(NamedTuple):
    key: str
    cell: Cell
    quantity: Decimal
    at: datetime


class Count(NamedTuple):
    key: str
    number: str
    cell: Cell
    quantity: Decimal
    at: datetime


class Lot(NamedTuple):
    """A statement on a lot; one a moment."""

    part: str
    lot: str
    stated_at: datetime
    expires_on: date | None
    received_at: datetime | None


class HoldEvent(NamedTuple):
    key: str
    number: str
    sequence: int
    event_type: str
    cell: Cell
    quantity: Decimal
    at: datetime


class Statement(NamedTuple):
    """What somebody says of a reservation: a request, or what a garage did. Never what allocation decides."""

    key: str
    number: str
    sequence: int
    event_type: str
    cell: Cell
    quantity: Decimal
    at: datetime
    priority: int = 5
    need_by: datetime | None = None
    expires_at: datetime | None = None
    allows_other_garages: bool = False
    minimum_remaining_days: int = 0
    is_of_garage: bool = True


@dataclass
class Request:
    """A reservation without its pegs: the fold of what was said of it."""

    number: str
    cell: Cell
    requested: Decimal
    consumed: Decimal
    ended: Decimal
    is_ended: bool
    is_promised: bool
    requested_at: datetime
    priority: int
    need_by: datetime | None
    expires_at: datetime | None
    allows_other_garages: bool
    minimum_remaining_days: int

    @property
    def due(self) -> Decimal:
        return Decimal(0) if self.is_ended else max(self.requested - self.consumed - self.ended, Decimal(0))

    @property
    def position(self) -> tuple[str, str]:
        return self.cell.garage, self.cell.part

    @property
    def need_at(self) -> datetime:
        return self.need_by or self.requested_at

    @property
    def turn(self) -> tuple:
        """Its place in the queue."""
        return self.need_at, self.priority, self.requested_at, self.number

    def fits(self, cell: Cell) -> bool:
        """Whether units of the cell are what is asked for."""
        return (
            (cell.part, cell.condition) == (self.cell.part, self.cell.condition)
            and (cell.garage == self.cell.garage or self.allows_other_garages)
            and self.cell.lot in ("", cell.lot)
        )

    def lasts(self, expires_on: date | None) -> bool:
        """Whether a lot keeps long enough (F17)."""
        earliest = self.need_at.astimezone(UTC).date() + timedelta(days=self.minimum_remaining_days)
        return expires_on is None or expires_on > earliest


def folded(number: str, given: list[Statement]) -> Request:
    """What the statements on a reservation come to, in whatever order they came."""
    given = sorted(given, key=lambda said: (said.sequence, said.at, sha256(said.key.encode()).digest()))
    of_garage = [said for said in given if said.is_of_garage]
    asked = [said for said in given if said.is_of_garage or said.event_type == "REQUESTED"]
    first, last = asked[0], asked[-1]
    lots = [said.cell.lot for said in asked if said.event_type == "REQUESTED" and said.cell.lot]

    def total(*event_types: str) -> Decimal:
        return sum((said.quantity for said in given if said.event_type in event_types), Decimal(0))

    promised = [said for said in of_garage if said.event_type in ("RESERVED", "PARTIALLY_RESERVED")]
    short = [said for said in of_garage if said.event_type == "BACKORDERED"]
    stated = sum((said.quantity for said in promised), Decimal(0))
    with_rest = Decimal(0)
    if short:
        place = short[0].sequence
        before = sum((said.quantity for said in promised if said.sequence < place), Decimal(0))
        with_rest = before + max(said.quantity for said in short if said.sequence == place)
    need_by = [said.need_by for said in asked if said.need_by]
    expires_at = [said.expires_at for said in asked if said.expires_at]
    return Request(
        number=number,
        cell=Cell(last.cell.garage, last.cell.part, first.cell.condition, lots[-1] if lots else first.cell.lot),
        requested=max(total("REQUESTED"), stated, with_rest),
        consumed=total("CONSUMED"),
        ended=total("RELEASED", "EXPIRED"),
        is_ended=any(said.event_type in ("CANCELLED", "EXPIRED") for said in given),
        is_promised=bool(promised),
        requested_at=min(said.at for said in asked),
        priority=last.priority,
        need_by=need_by[-1] if need_by else None,
        expires_at=expires_at[-1] if expires_at else None,
        allows_other_garages=any(said.allows_other_garages for said in given),
        minimum_remaining_days=max(said.minimum_remaining_days for said in given),
    )
