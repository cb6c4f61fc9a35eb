"""Migrations: once each, in order, by the owner, and never over a schema that is ahead of us."""

import psycopg
import pytest

from deploy.database.migrate import check_not_newer, known_revisions, migrate, revision_of
from ingest.errors import ProtectedError


def test_a_migrated_database_is_at_the_newest_revision_and_a_second_run_does_nothing(stores):
    assert revision_of(stores.owner) == known_revisions("stores")[-1]
    assert migrate(stores.owner, "stores") == []


def test_a_schema_newer_than_this_code_is_refused(stores):
    with psycopg.connect(stores.owner) as connection:
        connection.execute("update control.alembic_version set version_num = '9999'")
    with pytest.raises(ProtectedError, match="9999") as refusal:
        check_not_newer(stores.pipeline, "stores")
    assert refusal.value.code == "schema_newer"
    assert refusal.value.exit_code == 4


def test_the_warehouse_has_its_own_line_of_migrations(warehouse):
    assert revision_of(warehouse.pipeline) == known_revisions("warehouse")[-1]
