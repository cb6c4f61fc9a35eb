"""``partsbay sql``: ask a database as the read-only analyst."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import psycopg
import typer
from rich.table import Table
from rich.text import Text

from ingest.errors import PartsbayError
from orchestration.cli.output import JsonFlag, console, print_error, print_json
from orchestration.environments import Databases

# More than this is for a program, which asks for --json.
SHOWN_ROWS = 1000
LIST_RELATIONS = """
    select schemaname as schema, tablename as relation
    from pg_tables
    where has_schema_privilege(schemaname, 'usage') and has_table_privilege(
        quote_ident(schemaname) || '.' || quote_ident(tablename), 'select'
    ) and schemaname not in ('pg_catalog', 'information_schema')
    order by 1, 2
"""


class Target(StrEnum):
    """The databases an analyst may ask."""

    primary = "primary"
    standby = "standby"
    warehouse = "warehouse"


def sql(
    database: Annotated[Target, typer.Argument(help="Which database.")] = Target.warehouse,
    command: Annotated[str | None, typer.Option("--command", "-c", help="One statement; without it, a prompt.")] = None,
    json: JsonFlag = False,
) -> None:
    url = getattr(Databases(), database.value)("analyst")
    with psycopg.connect(url, autocommit=True) as connection:
        if command is None:
            _prompt(connection, database.value)
            return
        columns, rows = ask(connection, command)
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        _show(columns, rows)


def ask(connection: psycopg.Connection, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of a statement, of the last one when several are given; no columns when it yields none."""
    try:
        cursor = connection.execute(statement)
        while cursor.nextset():
            continue
        if cursor.description is None:
            return [], []
        return _told_apart([column.name for column in cursor.description]), cursor.fetchall()
    except psycopg.Error as error:
        message = error.diag.message_primary or " ".join(str(error).split())
        raise PartsbayError("sql_failed", message, error.diag.message_hint or _advice(error)) from None


def _advice(error: psycopg.Error) -> str:
    if isinstance(error, psycopg.errors.InsufficientPrivilege | psycopg.errors.ReadOnlySqlTransaction):
        return "The analyst only reads, in the schemas marts and serving."
    if isinstance(error, psycopg.errors.QueryCanceled):
        return "The analyst's statements end after 60 s; ask for less."
    return "Correct the statement; without -c, \\d lists what can be read."


def _told_apart(names: list[str]) -> list[str]:
    """Column names, the second of two equal ones numbered, so that no value is lost."""
    told: list[str] = []
    for name in names:
        number, candidate = 2, name
        while candidate in told:
            number, candidate = number + 1, f"{name}_{number}"
        told.append(candidate)
    return told


def _show(columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    if not columns:
        console.print("Done.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, name in enumerate(columns):
        is_number = all(isinstance(row[position], int | float) or hasattr(row[position], "as_tuple") for row in rows)
        table.add_column(Text(name), justify="right" if rows and is_number else "left", overflow="fold")
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    console.print(table)
    shown = f"first {SHOWN_ROWS:,} of " if len(rows) > SHOWN_ROWS else ""
    console.print(f"({shown}{len(rows):,} {'row' if len(rows) == 1 else 'rows'})", style="dim")


def _prompt(connection: psycopg.Connection, database: str) -> None:
    """Read statements up to a semicolon until the input ends; an error is said and the prompt goes on."""
    import readline  # noqa: F401  Line editing for input() comes with the import.

    console.print(f"{database}, as the read-only analyst. End a statement with ;  \\d lists relations, \\q quits.")
    pending = ""
    while True:
        try:
            line = input(f"{database}{'…' if pending else '>'} ")
        except EOFError:
            return
        except KeyboardInterrupt:
            pending = ""
            console.print()
            continue
        if not pending and line.strip() in ("\\q", "exit", "quit"):
            return
        pending += LIST_RELATIONS + ";" if line.strip() == "\\d" else line + "\n"
        if pending.rstrip().endswith(";"):
            _answer(connection, pending)
            pending = ""


def _answer(connection: psycopg.Connection, statement: str) -> None:
    try:
        _show(*ask(connection, statement))
    except PartsbayError as error:
        print_error(error.code, error.message, error.mend, as_json=False)
