"""Whether what is served of stock, holds and reservations is what the ledgers come to, and mending it where not.

Both sides of every comparison are computed in the database, in one pass over the ledgers and one join.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from ingest.audit import append, attribute


@dataclass(frozen=True)
class Fold:
    """A derived relation, the view that says the same from nothing but the ledgers, and the columns to compare."""

    relation: str
    expected: str
    key: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """What no row may be: a query for key, expected and found of each that is."""

    check: str
    relation: str
    words: str
    query: str


_CELL = ("part_id", "garage_code", "condition_code", "lot_number")
FOLDS = (
    Fold(
        "garage_inventory.cells",
        "garage_inventory.expected_cells",
        _CELL,
        (
            "on_hand_quantity", "counted_at", "moved_at", "hold_quantity", "reserved_quantity", "expires_on",
            "received_at",
        ),
    ),
    Fold(
        "quality_hold.holds",
        "quality_hold.hold_folds",
        ("hold_number", *_CELL),
        (
            "scope_code", "hold_reason_code", "severity_code", "placed_at", "due_at", "placed_quantity",
            "open_quantity", "is_released",
        ),
    ),
    Fold(
        "reservation.states",
        "reservation.expected_states",
        ("reservation_number",),
        (
            "garage_code", "part_id", "condition_code", "lot_number", "work_order_number", "work_order_line",
            "priority", "need_by_at", "expires_at", "requested_at", "allows_other_garages", "minimum_remaining_days",
            "requested_quantity", "reserved_quantity", "consumed_quantity", "ended_quantity", "is_ended",
            "is_promised", "is_tried", "last_sequence_number", "last_event_type_code", "last_event_at", "due_quantity",
            "backordered_quantity", "surplus_quantity",
        ),
    ),
    Fold("reservation.pegs", "reservation.peg_folds", ("reservation_number", *_CELL), ("quantity",)),
)  # fmt: skip
RULES = (
    Rule(
        "orphan",
        "garage_inventory.positions",
        "is missing, so that writers cannot lock it",
        """
        select jsonb_build_object('garage_code', garage_code, 'part_id', part_id) as key,
            jsonb_build_object('position', true) as expected, jsonb_build_object('position', false) as found
        from garage_inventory.expected_positions
        left join garage_inventory.positions using (garage_code, part_id)
        where positions.part_id is null
        """,
    ),
    Rule(
        "held",
        "garage_inventory.cells",
        "holds more than there is",
        """
        select jsonb_build_object('part_id', part_id, 'garage_code', garage_code, 'condition_code', condition_code,
                'lot_number', lot_number) as key,
            jsonb_build_object('at_most', greatest(on_hand_quantity, 0)) as expected,
            jsonb_build_object('held_quantity', held_quantity) as found
        from garage_inventory.cells
        where held_quantity < 0 or held_quantity > greatest(on_hand_quantity, 0)
        """,
    ),
    Rule(
        "reserved",
        "garage_inventory.cells",
        "has promised more than it can carry",
        """
        select jsonb_build_object('part_id', cells.part_id, 'garage_code', cells.garage_code,
                'condition_code', cells.condition_code, 'lot_number', cells.lot_number) as key,
            jsonb_build_object('at_most', coalesce(capacities.capacity_quantity, 0)) as expected,
            jsonb_build_object('reserved_quantity', cells.reserved_quantity) as found
        from garage_inventory.cells
        left join (
            select capacities.* from (
                select array_agg(garage_code) as garage_codes, array_agg(part_id) as part_ids
                from (
                    select distinct garage_code, part_id from garage_inventory.cells where reserved_quantity > 0
                ) as positions
            ) as promised
            cross join lateral garage_inventory.capacities(promised.garage_codes, promised.part_ids) as capacities
        ) as capacities using (part_id, garage_code, condition_code, lot_number)
        where cells.reserved_quantity > coalesce(capacities.capacity_quantity, 0)
        """,
    ),
    Rule(
        "due",
        "reservation.states",
        "has more units than are due to it",
        """
        select jsonb_build_object('reservation_number', states.reservation_number) as key,
            jsonb_build_object('at_most', states.due_quantity) as expected,
            jsonb_build_object('pegged_quantity', sum(pegs.quantity)) as found
        from reservation.states
        inner join reservation.pegs using (reservation_number)
        group by states.reservation_number, states.due_quantity
        having sum(pegs.quantity) > states.due_quantity
        """,
    ),
    Rule(
        "orphan",
        "reservation.pegs",
        "belongs to no reservation or to no cell",
        """
        select jsonb_build_object('reservation_number', pegs.reservation_number, 'part_id', pegs.part_id,
                'garage_code', pegs.garage_code, 'condition_code', pegs.condition_code,
                'lot_number', pegs.lot_number) as key,
            jsonb_build_object('reservation', true, 'cell', true) as expected,
            jsonb_build_object('reservation', states.reservation_number is not null,
                'cell', cells.part_id is not null) as found
        from reservation.pegs
        left join reservation.states using (reservation_number)
        left join garage_inventory.cells on cells.part_id = pegs.part_id and cells.garage_code = pegs.garage_code
            and cells.condition_code = pegs.condition_code and cells.lot_number = pegs.lot_number
        where pegs.quantity > 0 and (states.reservation_number is null or cells.part_id is null)
        """,
    ),
)


def breaches(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Every row that is not what the ledgers come to, or breaks F2 or F3, as of one moment; none when all is well.

    Each says ``check``, ``relation``, ``key``, ``expected``, ``found`` and ``message``. The connection must be in
    autocommit mode. Cost: one pass over the ledgers and their derived tables.
    """
    found = []
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        for fold in FOLDS:
            rows = cursor.execute(_comparison(fold)).fetchall()
            found += [_fold_breach(fold, row) for row in rows]
        for rule in RULES:
            rows = cursor.execute(rule.query).fetchall()
            found += [_rule_breach(rule, row) for row in rows]
    return found


def mend(connection: psycopg.Connection, actor: str, reason: str) -> dict[str, int]:
    """Write anew what is derived and differs, with its audit record, in one transaction; rows changed per relation.

    Writers of stock, holds and reservations wait until it is done. The ledgers themselves are not touched; where
    more was promised than there is, allocation takes it back by events.
    """
    with connection.transaction(), connection.cursor() as cursor:
        attribute(cursor, actor, reason=reason, action_code="REBUILD")
        changed: dict[str, int] = cursor.execute("select garage_inventory.rebuild()").fetchone()[0]
        if any(changed.values()):
            details = {"reason": reason, "rows": changed}
            append(cursor, actor, "REBUILD", "garage_inventory.cells", None, sum(changed.values()), details)
    return changed


def _comparison(fold: Fold) -> sql.Composed:
    def row(side: str, names: tuple[str, ...]) -> sql.Composed:
        pairs = [sql.SQL("{}, {}.{}").format(name, sql.Identifier(side), sql.Identifier(name)) for name in names]
        return sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs))

    def values(side: str) -> sql.Composed:
        names = [sql.SQL("{}.{}").format(sql.Identifier(side), sql.Identifier(name)) for name in fold.columns]
        return sql.SQL("row({})").format(sql.SQL(", ").join(names))

    key = fold.key
    return sql.SQL(
        "select case when expected.{first} is null then {found_key} else {expected_key} end as key,"
        " case when expected.{first} is not null then {expected_row} end as expected,"
        " case when found.{first} is not null then {found_row} end as found"
        " from {expected} as expected full join {found} as found on {same}"
        " where {missing} or {values_expected} is distinct from {values_found}"
    ).format(
        first=sql.Identifier(key[0]),
        found_key=row("found", key),
        expected_key=row("expected", key),
        expected_row=row("expected", fold.columns),
        found_row=row("found", fold.columns),
        expected=sql.Identifier(*fold.expected.split(".")),
        found=sql.Identifier(*fold.relation.split(".")),
        same=sql.SQL(" and ").join(sql.SQL("expected.{0} = found.{0}").format(sql.Identifier(name)) for name in key),
        missing=sql.SQL("(expected.{0} is null) <> (found.{0} is null)").format(sql.Identifier(key[0])),
        values_expected=values("expected"),
        values_found=values("found"),
    )


def _fold_breach(fold: Fold, row: dict[str, Any]) -> dict[str, Any]:
    named = _words(row["key"])
    if row["found"] is None:
        message = f"{fold.relation} lacks the row of {named} that the ledgers come to."
    elif row["expected"] is None:
        message = f"{fold.relation} has a row of {named} that the ledgers do not come to."
    else:
        differing = [name for name, value in row["expected"].items() if row["found"][name] != value]
        says = "; ".join(f"{name} {row['found'][name]}, by the ledgers {row['expected'][name]}" for name in differing)
        message = f"{fold.relation} says of {named}: {says}."
    return {"check": "fold", "relation": fold.relation, **row, "message": message}


def _rule_breach(rule: Rule, row: dict[str, Any]) -> dict[str, Any]:
    message = f"{rule.relation}: {_words(row['key'])} {rule.words}"
    if rule.check != "orphan":
        message += f": {_words(row['found'])}, not {_words(row['expected'])}"
    return {"check": rule.check, "relation": rule.relation, **row, "message": f"{message}."}


def _words(values: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {'none' if value == '' else value}" for name, value in values.items())
