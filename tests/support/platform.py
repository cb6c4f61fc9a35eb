"""A whole Partsbay in a folder of its own, driven through its command line as a person would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
import psycopg.sql

PARTSBAY = Path(sys.executable).with_name("partsbay")
ROOT = Path(__file__).resolve().parents[2]

# What tells two installations apart without telling them different: ids that are handed out, and clocks.
HANDED_OUT = {
    "batch_id", "movement_id", "usage_line_id", "adjustment_line_id", "count_line_id", "event_id", "recorded_at",
    "finished_at", "received_at", "message_id", "visible_at", "attempt_count", "served_at", "generation_id", "read_at",
    "known_from_at", "known_to_at",
    # The batch, where it was a batch that moved a reservation.
    "caused_by_number",
}  # fmt: skip
HANDED_OUT_BY_TABLE = {
    # The document names its generation and when it was published.
    "replenishment.report_editions": {"edition_id", "published_at", "made_at", "document", "document_sha256"},
    "replenishment.workbook_secrets": {"secret"},
    # When the file that states it was taken.
    "marts.fct_stated_supersessions": {"stated_at"},
}
STORES = ("catalogue", "supplier_feed", "garage_inventory", "reservation", "quality_hold", "replenishment", "serving")
MARTS = ("marts",)


@dataclass
class Platform:
    """One home folder and the commands that run on it."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PARTSBAY_HOME": str(self.home), "NO_COLOR": "1", "COLUMNS": "120"}

    def start(self, *arguments: str) -> subprocess.Popen:
        """A command that goes on in the background, in a process group of its own."""
        return subprocess.Popen(
            [str(PARTSBAY), *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, timeout: float = 1200) -> subprocess.CompletedProcess:
        """A command to its end, whatever its exit code."""
        return subprocess.run(
            [str(PARTSBAY), *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=timeout
        )

    def json(self, *arguments: str, exit_code: int = 0) -> dict | list:
        """The one document a command prints with ``--json``."""
        result = self.run(*arguments, "--json")
        assert result.returncode == exit_code, f"{arguments}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return json.loads(result.stdout)

    def url(self, database: str, role: str = "pipeline") -> str:
        """The libpq URL of a running database of this home."""
        from deploy.stack.stack import Stack

        return Stack(self.home).url(database, role)

    def rows(self, query: str, database: str = "primary", role: str = "pipeline") -> list[tuple]:
        with psycopg.connect(self.url(database, role)) as connection:
            return connection.execute(query).fetchall()

    def value(self, query: str, database: str = "primary", role: str = "pipeline"):
        return self.rows(query, database, role)[0][0]

    def contents(self, schemas: tuple[str, ...] = STORES + MARTS, database: str = "primary") -> dict[str, tuple]:
        """Rows and an order-independent hash of what every table says, without what is handed out or a clock.

        The audit is about who wrote and when, so its marts are left out.
        """
        found = {}
        with psycopg.connect(self.url(database)) as connection:
            columns = connection.execute(
                "select table_schema, table_name, array_agg(column_name::text order by ordinal_position)"
                " from information_schema.columns join information_schema.tables using (table_schema, table_name)"
                " where table_schema = any(%s) and table_type = 'BASE TABLE'"
                " and not starts_with(table_name, 'fct_audit_') group by 1, 2 order by 1, 2",
                [list(schemas)],
            ).fetchall()
            for schema, table, names in columns:
                handed_out = HANDED_OUT | HANDED_OUT_BY_TABLE.get(f"{schema}.{table}", set())
                said = psycopg.sql.SQL(", ").join(_said(name) for name in names if name not in handed_out)
                query = psycopg.sql.SQL(
                    "select count(*), coalesce(sum(hashtextextended(row({})::text, 0)::numeric), 0) from {}"
                ).format(said, psycopg.sql.Identifier(schema, table))
                found[f"{schema}.{table}"] = connection.execute(query).fetchone()
        return found

    def remove(self) -> None:
        """Stop what runs and remove the databases, which may lie outside the home."""
        self.run("down", "--delete")


def _said(column: str) -> psycopg.sql.Composable:
    """A column as it is compared: a message names the run that queued it, which is handed out too."""
    return psycopg.sql.SQL("payload - 'run_id'") if column == "payload" else psycopg.sql.Identifier(column)
