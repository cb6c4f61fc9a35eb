"""The numbering of migrations, which we read from file names and Alembic from revision files."""

import pytest
from alembic.script import ScriptDirectory

from deploy.database.migrate import KINDS, alembic_config, known_revisions
from deploy.replication.subscriptions import STORES


@pytest.mark.parametrize("kind", KINDS)
def test_alembic_and_the_quick_look_know_the_same_revisions(kind):
    script = ScriptDirectory.from_config(alembic_config(kind))
    assert [revision.revision for revision in script.walk_revisions()][::-1] == known_revisions(kind)


def test_every_store_of_the_migrations_has_a_publication_that_is_subscribed():
    from deploy.database.migrate import HERE

    statements = "".join(path.read_text() for path in sorted((HERE / "stores" / "sql").glob("*.sql")))
    laid = {line.split()[2] for line in statements.splitlines() if line.startswith("create publication ")}
    assert laid == {f"pub_{store}" for store in STORES}
