"""Bring a database to the schema of this code, or refuse one that is ahead of it."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import sql

from ingest.errors import ProtectedError, SettingsError

HERE = Path(__file__).parent
KINDS = ("stores", "warehouse")
VERSION_SCHEMA = "control"
ROLES = ("partsbay_owner", "partsbay_pipeline", "partsbay_analyst", "partsbay_replication", "partsbay_ledger")


def known_revisions(kind: str) -> list[str]:
    """Every revision of a line of migrations, oldest first: the numbers that its SQL files begin with."""
    return sorted(path.name.split("_", 1)[0] for path in (HERE / kind / "sql").glob("*.sql"))


def revision_of(url: str) -> str | None:
    """The revision a database is at; None when it was never migrated."""
    with psycopg.connect(url) as connection:
        table = sql.SQL("{}.alembic_version").format(sql.Identifier(VERSION_SCHEMA))
        if connection.execute("select to_regclass(%s)", [f"{VERSION_SCHEMA}.alembic_version"]).fetchone()[0] is None:
            return None
        row = connection.execute(sql.SQL("select version_num from {}").format(table)).fetchone()
        return row[0] if row else None


def check_not_newer(url: str, kind: str) -> str | None:
    """Refuse a database whose revision this code does not know; return the revision."""
    revision = revision_of(url)
    if revision is not None and revision not in known_revisions(kind):
        raise ProtectedError(
            "schema_newer",
            f"The {kind} database is at revision {revision}; this version of partsbay knows up to "
            f"{known_revisions(kind)[-1]}.",
            "Update partsbay to the version that migrated the database; an older one could damage it.",
        )
    return revision


def migrate(url: str, kind: str) -> list[str]:
    """Run the migrations that are due, as the owner whose URL this is, and return their revisions.

    Cheap when nothing is due. All in one transaction; a second caller waits for the first.
    """
    check_roles(url)
    revision = check_not_newer(url, kind)
    known = known_revisions(kind)
    if revision == known[-1]:
        return []
    _upgrade(url, kind)
    return known[known.index(revision) + 1 :] if revision else known


def check_roles(url: str) -> None:
    """Refuse a server on which an administrator has not applied ``roles.sql`` yet."""
    with psycopg.connect(url) as connection:
        there = {
            row[0] for row in connection.execute("select rolname from pg_roles where rolname = any(%s)", [[*ROLES]])
        }
    if missing := [role for role in ROLES if role not in there]:
        raise SettingsError(
            "roles_missing",
            f"The server has no role {', '.join(missing)}.",
            f"Let an administrator run {HERE / 'roles.sql'} on it once, then run partsbay up.",
        )


def _upgrade(url: str, kind: str, revision: str = "head") -> None:
    # SQLAlchemy and Alembic take most of a second to import, and mostly nothing is due.
    import sqlalchemy
    from alembic import command

    # Our URLs hold what libpq understands and SQLAlchemy may not, so libpq reads them itself.
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=sqlalchemy.NullPool
    )
    with engine.connect() as connection:
        config = alembic_config(kind)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    engine.dispose()


def alembic_config(kind: str):
    """Alembic's settings for one line of migrations; the environment file is shared."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("path_separator", "newline")
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("version_locations", str(HERE / kind / "sql").replace("%", "%%"))
    return config


def run_sql_beside(revision_file: str) -> None:
    """Run the SQL file of the same name beside a revision file, statement by statement as written."""
    from alembic import op

    statements = Path(revision_file).with_suffix(".sql").read_text(encoding="utf-8")
    # The driver's own cursor: no placeholder is looked for, so colons and percent signs stay what they are.
    op.get_bind().connection.driver_connection.execute(statements)
