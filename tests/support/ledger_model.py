"""What ledgers add up to, said again in plain Python: the model that the database is compared with.

It shares nothing with the database: facts are lists that are walked from end to end, and units go
to reservations in a loop over the queue and, for each, over the lots.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from tests.support.ledger_facts import Cell, Count, HoldEvent, Lot, Movement, Request, Statement, folded

SELLABLE = ("NEW", "REMAN", "USED", "DISPLAY")
DISTANT = date.max


@dataclass
class LedgerModel:
    """Facts as they came, and the pegs that were decided on the way: (reservation, cell) → units."""

    movements: list[Movement] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    hold_events: list[HoldEvent] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    pegs: dict[tuple[str, Cell], Decimal] = field(default_factory=dict)

    # Each of these takes one statement of the database.

    def move(self, *movements: Movement) -> None:
        self._take_in(self.movements, movements)

    def count(self, *counts: Count) -> None:
        self._take_in(self.counts, counts)

    def hold(self, *events: HoldEvent) -> None:
        self._take_in(self.hold_events, events)

    def state_lots(self, *lots: Lot) -> None:
        known = {(lot.part, lot.lot, lot.stated_at) for lot in self.lots}
        before = {cell: self.shelf(cell) for cell in self.cells()}
        self.lots += [lot for lot in lots if (lot.part, lot.lot, lot.stated_at) not in known]
        changed = {cell for cell, shelf in before.items() if self.shelf(cell) != shelf}
        requests = self.requests()
        for number, cell in list(self.pegs):
            if cell in changed and not requests[number].lasts(self.shelf(cell)[0]):
                del self.pegs[number, cell]
        happened_at = max(lot.stated_at for lot in lots)
        self._settle(self._waiting_or_over({(cell.garage, cell.part) for cell in changed}), happened_at)

    def state(self, *statements: Statement) -> None:
        new = _unseen(self.statements, statements)
        if not new:
            return
        moment = max(statement.at for statement in new)
        numbers = {statement.number for statement in new}
        touched = {(statement.cell.garage, statement.cell.part) for statement in new}
        touched |= {request.position for number, request in self.requests().items() if number in numbers}
        touched |= {(cell.garage, cell.part) for number, cell in self.pegs if number in numbers}
        from_anywhere = {said.cell.part for said in new if said.allows_other_garages and said.is_of_garage}
        touched |= {(cell.garage, cell.part) for cell in self.cells() if cell.part in from_anywhere}
        self._lapse_before(touched, moment)
        self.statements += new
        requests = self.requests()
        for number, cell in list(self.pegs):
            if number in numbers and not requests[number].fits(cell):
                del self.pegs[number, cell]
        self._settle(touched, moment)

    # What facts come to.

    def on_hand(self, cell: Cell) -> Decimal:
        """F1: the last count by event time, and what moved after it."""
        bins: dict[str, list[Count]] = defaultdict(list)
        for count in self.counts:
            if count.cell == cell:
                bins[count.number].append(count)
        quantity, since = Decimal(0), None
        if bins:
            _, _, last = max((max(count.at for count in given), number, given) for number, given in bins.items())
            quantity, since = sum(count.quantity for count in last), max(count.at for count in last)
        for movement in self.movements:
            if movement.cell == cell and (since is None or movement.at > since):
                quantity += movement.quantity
        return quantity

    def open_quantities(self) -> dict[tuple[str, Cell], Decimal]:
        """Hold and cell → what is still open of it."""
        placed: dict[tuple[str, Cell], Decimal] = defaultdict(Decimal)
        released = set()
        for event in self.hold_events:
            if event.event_type == "PLACED":
                placed[event.number, event.cell] += event.quantity
            elif event.event_type == "RELEASED":
                placed[event.number, event.cell] += 0
                released.add((event.number, event.cell))
            else:
                placed[event.number, event.cell] -= event.quantity if event.event_type != "EXTENDED" else 0
        return {key: Decimal(0) if key in released else max(left, Decimal(0)) for key, left in placed.items()}

    def held(self, cell: Cell) -> Decimal:
        """F2: never more than there is."""
        asked = sum(left for (_, held), left in self.open_quantities().items() if held == cell)
        return min(Decimal(asked), max(self.on_hand(cell), Decimal(0)))

    def sellable(self, cell: Cell) -> Decimal:
        return self.on_hand(cell) - self.held(cell) if cell.condition in SELLABLE else Decimal(0)

    def reserved(self, cell: Cell) -> Decimal:
        return sum((units for (_, pegged), units in self.pegs.items() if pegged == cell), Decimal(0))

    def pegged(self, number: str) -> Decimal:
        return sum((units for (owner, _), units in self.pegs.items() if owner == number), Decimal(0))

    def cells(self) -> set[Cell]:
        facts = (*self.movements, *self.counts, *self.hold_events)
        return {fact.cell for fact in facts}

    def requests(self) -> dict[str, Request]:
        said: dict[str, list[Statement]] = defaultdict(list)
        for statement in self.statements:
            said[statement.number].append(statement)
        return {number: folded(number, given) for number, given in said.items()}

    def available(self, garage: str, part: str) -> Decimal:
        """F4, raw."""
        cells = [cell for cell in self.cells() if (cell.garage, cell.part) == (garage, part)]
        return sum((self.sellable(cell) - self.reserved(cell) for cell in cells), Decimal(0))

    # Allocation.

    def capacities(self, positions: set[tuple[str, str]]) -> dict[Cell, Decimal]:
        """What each sellable cell can carry: one below nothing takes from its neighbours, unreserved units first."""
        groups: dict[tuple, list[Cell]] = defaultdict(list)
        for cell in self.cells():
            if (cell.garage, cell.part) in positions and cell.condition in SELLABLE:
                groups[cell[:3]].append(cell)
        carried = {}
        for cells in groups.values():
            sellable = {cell: self.sellable(cell) for cell in cells}
            debt = -sum(min(units, Decimal(0)) for units in sellable.values())
            cells.sort(key=lambda cell: (self.shelf(cell)[0] or DISTANT, cell.lot), reverse=True)
            carried |= {cell: max(units, Decimal(0)) for cell, units in sellable.items()}
            for wants_free in (True, False):
                for cell in cells:
                    free = max(max(sellable[cell], Decimal(0)) - self.reserved(cell), Decimal(0))
                    taken = min(free if wants_free else carried[cell], debt)
                    carried[cell] -= taken
                    debt -= taken
        return carried

    def _take_in(self, ledger: list, facts: tuple) -> None:
        new = _unseen(ledger, facts)
        if new:
            positions = {(fact.cell.garage, fact.cell.part) for fact in new}
            moment = max(fact.at for fact in new)
            self._lapse_before(positions, moment)
            ledger += new
            self._settle(self._waiting_or_over(positions), moment)

    def _waiting_or_over(self, positions: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those where somebody waits, or a cell carries more than it can."""
        waiting = [request for request in self.requests().values() if request.due > self.pegged(request.number)]
        reserved = {(cell.garage, cell.part) for _, cell in self.pegs}
        over = reserved & {
            (cell.garage, cell.part)
            for cell in self.cells()
            if self.sellable(cell) < 0 or self.sellable(cell) < self.reserved(cell)
        }
        return {
            (garage, part)
            for garage, part in positions
            if (garage, part) in over
            or any(
                request.cell.part == part and (request.cell.garage == garage or request.allows_other_garages)
                for request in waiting
            )
        }

    def _settle(self, positions: set[tuple[str, str]], happened_at: datetime) -> None:
        positions = self._reach(positions)
        for request in self.requests().values():
            if request.position in positions:
                self._shed_surplus(request)
        self._lapse(positions, happened_at)
        requests = self.requests()
        here = [request for request in requests.values() if request.position in positions]
        for cell, units in self.capacities(positions).items():
            self._shed_excess(cell, self.reserved(cell) - units, requests)

        free = {cell: units - self.reserved(cell) for cell, units in self.capacities(positions).items()}
        waiting = sorted(
            (
                request
                for request in here
                if request.due > self.pegged(request.number)
                and (request.expires_at is None or request.expires_at > happened_at)
            ),
            key=lambda request: request.turn,
        )
        without_lot = [request for request in waiting if not request.cell.lot]
        for queue, is_near in (
            ([request for request in waiting if request.cell.lot], True),
            ([request for request in without_lot if request.is_promised], True),
            ([request for request in without_lot if not request.is_promised], True),
            ([request for request in without_lot if request.allows_other_garages], False),
        ):
            for request in queue:
                self._serve(request, free, is_near)

    def _reach(self, positions: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """These, and all of a part that somebody may have from any garage."""
        requests = self.requests().values()
        shared = {
            request.cell.part
            for request in requests
            if request.allows_other_garages and (request.due or self.pegged(request.number))
        } & {part for _, part in positions}
        everywhere = {(cell.garage, cell.part) for cell in self.cells()} | {request.position for request in requests}
        return positions | {(garage, part) for garage, part in everywhere if part in shared}

    def _lapse_before(self, positions: set[tuple[str, str]], moment: datetime) -> None:
        """What lapsed before some news goes by what was known before it."""
        requests = self.requests().values()
        sharing = {request.cell.part for request in requests if request.allows_other_garages and request.due}
        overdue = [
            request for request in requests if request.due and request.expires_at and request.expires_at <= moment
        ]
        if any(
            request.position in positions or (request.cell.part in sharing and request.cell.part == part)
            for request in overdue
            for _, part in positions
        ):
            self._lapse(self._reach(positions), moment)

    def _lapse(self, positions: set[tuple[str, str]], until: datetime) -> None:
        """End what lapsed by then, moment after moment where somebody waits for the part."""
        while True:
            requests = self.requests()
            waiting = {
                (request.cell.part, request.number)
                for request in requests.values()
                if request.due > self.pegged(request.number)
            }
            lapsing = [
                request
                for request in requests.values()
                if request.position in positions and request.due and request.expires_at and request.expires_at <= until
            ]
            if not lapsing:
                return
            wanted = [
                request
                for request in lapsing
                if any(part == request.cell.part and number != request.number for part, number in waiting)
            ]
            moment = min((request.expires_at for request in wanted), default=until)
            now = [request for request in lapsing if request not in wanted or request.expires_at == moment]
            for request in now:
                self.statements.append(
                    Statement(f"lapse {request.number}", request.number, 10**6, "EXPIRED", request.cell, request.due,
                              request.expires_at, is_of_garage=False)
                )  # fmt: skip
                self.pegs = {key: units for key, units in self.pegs.items() if key[0] != request.number}
            if freed := {request.position for request in now if request in wanted}:
                self._settle(freed, moment)

    def _serve(self, request: Request, free: dict[Cell, Decimal], is_near: bool) -> None:
        for cell in sorted(free, key=self._picking):
            if not request.fits(cell) or (is_near and cell.garage != request.cell.garage):
                continue
            got = min(free[cell], request.due - self.pegged(request.number))
            if got > 0 and request.lasts(self.shelf(cell)[0]):
                free[cell] -= got
                self.pegs[request.number, cell] = self.pegs.get((request.number, cell), Decimal(0)) + got

    def _shed_surplus(self, request: Request) -> None:
        surplus = self.pegged(request.number) - request.due
        for cell in sorted((cell for number, cell in self.pegs if number == request.number), key=self._picking):
            surplus -= self._take(request.number, cell, surplus)

    def _shed_excess(self, cell: Cell, excess: Decimal, requests: dict[str, Request]) -> None:
        owners = [number for number, pegged in self.pegs if pegged == cell]
        for number in sorted(owners, key=lambda number: requests[number].turn, reverse=True):
            excess -= self._take(number, cell, excess)

    def _take(self, number: str, cell: Cell, units: Decimal) -> Decimal:
        taken = min(self.pegs[number, cell], max(units, Decimal(0)))
        self.pegs[number, cell] -= taken
        if not self.pegs[number, cell]:
            del self.pegs[number, cell]
        return taken

    def shelf(self, cell: Cell) -> tuple[date | None, datetime | None]:
        """Expiry and receipt of the cell's lot, as last stated."""
        said = [lot for lot in self.lots if (lot.part, lot.lot) == (cell.part, cell.lot)]
        newest = max(said, key=lambda lot: lot.stated_at, default=None)
        return (newest.expires_on, newest.received_at) if newest else (None, None)

    def _picking(self, cell: Cell) -> tuple:
        """F17: the order of picking."""
        expires_on, received_at = self.shelf(cell)
        return (
            expires_on or DISTANT,
            received_at or datetime.max.replace(tzinfo=UTC),
            cell.lot,
            cell.garage,
            cell.condition,
        )


def _unseen(ledger: list, facts: tuple) -> list:
    """What is not there yet; the same key again changes nothing (F19)."""
    known = {fact.key for fact in ledger}
    new = []
    for fact in facts:
        if fact.key not in known:
            known.add(fact.key)
            new.append(fact)
    return new
