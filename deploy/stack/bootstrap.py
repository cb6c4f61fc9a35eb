"""What a fresh cluster needs before anybody but its superuser can use it: roles, passwords, databases."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.stack.cluster import SUPERUSER, Cluster
from deploy.stack.passwords import Passwords
from deploy.stack.urls import libpq_url
from ingest.errors import UnreachableError

ROLES_FILE = Path(__file__).parents[1] / "database" / "roles.sql"
ROLES = ("owner", "pipeline", "analyst", "replication")


def fingerprint(databases: dict[str, str]) -> str:
    """Changes when the roles file or the list of databases does, and so says whether ``prepare`` is due."""
    return sha256(ROLES_FILE.read_bytes() + repr(sorted(databases.items())).encode()).hexdigest()


def prepare(cluster: Cluster, passwords: Passwords, databases: dict[str, str]) -> None:
    """Create or renew the roles with their passwords, and the databases (name → owner) that are missing."""
    url = libpq_url("127.0.0.1", cluster.port, "postgres", SUPERUSER, passwords.get(cluster.name, SUPERUSER))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(ROLES_FILE.read_text(encoding="utf-8"))
        for role in ROLES:
            _set_password(connection, f"partsbay_{role}", passwords.make(cluster.name, role))
        there = {row[0] for row in connection.execute("select datname from pg_database")}
        for name, owner in databases.items():
            if name not in there:
                connection.execute(
                    sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(owner))
                )
            connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    # Hashed on our side: neither the server's log nor its statistics ever see the password itself.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier)))


def reset_superuser(cluster: Cluster, password: str) -> None:
    """Give a stopped cluster a new superuser password; the way back when the secrets were lost."""
    done = subprocess.run(
        [str(cluster.binaries / "postgres"), "--single", "-D", str(cluster.folder), "postgres"],
        # Passwords of ours hold no quote, and single-user mode takes no bound values.
        input=f"alter role {SUPERUSER} password '{password}'\n",
        capture_output=True,
        text=True,
        **cluster.account.child,
    )
    if done.returncode != 0 or "ERROR" in done.stderr:
        raise UnreachableError(
            "password_reset",
            f"A new superuser password for {cluster.name} could not be set: {done.stderr.strip()[-300:]}",
            "Run partsbay doctor.",
        )
