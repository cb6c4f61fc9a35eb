"""Tables of the models, made again for some of their rows by the queries that dbt compiled for all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from ingest.replanning import steps

_RELATION = re.compile(r'"[^"]+"\."([^"]+)"\."([^"]+)"')
_MODEL_SCHEMAS = ("staging", "intermediate", "marts")
_GARAGES = ("garage_code", "from_garage_code", "to_garage_code")
_COLUMNS = """
    select relname::text, relkind = 'r', array_agg(attname::text order by attnum)
    from pg_class
    inner join pg_attribute on attrelid = pg_class.oid
    where relnamespace = any(%s::regnamespace[]) and relkind in ('r', 'v') and attnum > 0 and not attisdropped
    group by relname, relkind
"""


class Tables:
    """The models of one transaction.

    ``queries``: model → its schema and its query, which states the moment ``was``; asked for is the moment ``as_of``.
    A query reads what was made again for the same rows, else of its other inputs those rows that are asked for.
    """

    def __init__(
        self, connection: psycopg.Connection, queries: dict[str, dict[str, str]], was: datetime, as_of: datetime
    ):
        self._connection = connection
        self._queries = queries
        self._moments = (_iso(was), _iso(as_of))
        found = connection.execute(_COLUMNS, [list(_MODEL_SCHEMAS)]).fetchall()
        self._columns = {name: columns for name, _, columns in found}
        self._tables = {name for name, is_table, _ in found if is_table}
        # Relation of a model → the temporary table that stands for it.
        self._stand_ins: dict[str, str] = {}
        self._scope: str | None = None
        self._scope_number = 0

    def make(self, models: Sequence[str], scope: str, key: Sequence[str], differing: str | None = None) -> None:
        """Make models again, in this order, for the rows whose ``key`` is in the table ``scope``.

        The garages and parts of the last model whose rows differ are added to the table ``differing``.
        """
        self._begin_scope(scope)
        for name in models:
            made = self._query(name, scope, key)
            if differing and name == models[-1]:
                self._add_cells(name, made, differing, ("garage_code",), (scope, key))
            if name in self._tables:
                self._replace(name, made, scope, key)

    def make_whole(self, models: Sequence[str], cells: str) -> None:
        """Make models again as a whole, and add to ``cells`` the garages and parts whose rows differ."""
        self._begin_scope(None)
        for name in models:
            made = self._query(name)
            self._add_cells(name, made, cells, _GARAGES)
            relation = self._relation(name)
            self._connection.execute(sql.SQL("delete from {}").format(relation))
            self._insert(name, made)

    def _begin_scope(self, scope: str | None) -> None:
        """Where other rows are asked for than before, what was made so far is read where it is kept."""
        if scope != self._scope:
            self._scope = scope
            self._stand_ins = {}
            self._scope_number += 1

    def _query(self, name: str, scope: str | None = None, key: Sequence[str] = ()) -> str:
        """Make the temporary table of a model; returns its name."""
        query = self._queries[name]["query"].replace(*self._moments)
        query = _RELATION.sub(lambda found: self._input(found, scope, key), query)
        return self._temporary(name, query)

    def _input(self, found: re.Match, scope: str | None, key: Sequence[str]) -> str:
        # Whatever the database is called now.
        schema, name = found.groups()
        relation = f'"{schema}"."{name}"'
        if schema not in _MODEL_SCHEMAS:
            return relation
        is_by_key = scope and set(key) <= set(self._columns[name]) and name not in steps.READ_WHOLE
        if is_by_key and name not in self._stand_ins:
            matches = " and ".join(f"input.{column} = scope.{column}" for column in key)
            query = f"select input.* from {relation} as input inner join {scope} as scope on {matches}"
            # Of a view much is worked out once, and of a table only what is asked for.
            self._temporary(name, query, "view" if name in self._tables else "table")
        return self._stand_ins.get(name, relation)

    def _temporary(self, name: str, query: str, kind: str = "table") -> str:
        made = f"scope_{self._scope_number}_{name}"
        # A view goes with the table of what is asked for.
        form = "create temporary table {} on commit drop as {}" if kind == "table" else "create temporary view {} as {}"
        self._connection.execute(form.format(made, query), prepare=False)
        # What is told is read as it stands, by statements that have no choice of plans.
        if kind == "table" and name not in steps.TOLD_MODELS:
            self._connection.execute(f"analyze {made}")
        self._stand_ins[name] = made
        return made

    def _replace(self, name: str, made: str, scope: str, key: Sequence[str]) -> None:
        statement = "delete from {relation} using {scope} where {matches}"
        matches = sql.SQL(" and ").join(
            sql.SQL("{relation}.{column} = {scope}.{column}").format(
                relation=sql.Identifier(name), scope=sql.Identifier(scope), column=sql.Identifier(column)
            )
            for column in key
        )
        self._connection.execute(
            sql.SQL(statement).format(relation=self._relation(name), scope=sql.Identifier(scope), matches=matches)
        )
        self._insert(name, made)

    def _insert(self, name: str, made: str) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, self._columns[name]))
        self._connection.execute(
            sql.SQL("insert into {relation} ({names}) select {names} from {made}").format(
                relation=self._relation(name), names=names, made=sql.SQL(made)
            )
        )

    def _add_cells(
        self,
        name: str,
        made: str,
        cells: str,
        garages: Sequence[str],
        within: tuple[str, Sequence[str]] | None = None,
    ) -> None:
        """Add to ``cells`` what the rows differ of; ``within``: only those whose key is in a table were made again."""
        columns = self._columns[name]
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        kept = sql.SQL("select {names} from {relation}").format(names=names, relation=self._relation(name))
        if within:
            scope, key = within
            kept += sql.SQL(" where ({key}) in (select {key} from {scope})").format(
                key=sql.SQL(", ").join(map(sql.Identifier, key)), scope=sql.Identifier(scope)
            )
        fresh = sql.SQL("select {names} from {made}").format(names=names, made=sql.SQL(made))
        differ = sql.SQL("(({kept} except {fresh}) union all ({fresh} except {kept}))").format(kept=kept, fresh=fresh)
        for garage in [column for column in columns if column in garages]:
            self._connection.execute(
                sql.SQL(
                    "insert into {cells} select {garage}, part_id from {differ} as differ where {garage} is not null"
                    " except select garage_code, part_id from {cells}"
                ).format(cells=sql.Identifier(cells), garage=sql.Identifier(garage), differ=differ)
            )

    def _relation(self, name: str) -> sql.Identifier:
        return sql.Identifier(self._queries[name]["schema"], name)


def _iso(moment: datetime) -> str:
    """A moment as dbt writes it into a query."""
    return moment.astimezone(UTC).isoformat()
