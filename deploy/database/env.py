"""Alembic's environment for both lines of migrations; run by ``deploy.database.migrate`` only.

One transaction for everything that is due, so that a failure half-way leaves the schema as it was.
"""

from alembic import context

from deploy.database.migrate import VERSION_SCHEMA

# Any number will do; whoever migrates the same database waits for us.
LOCK = 4241

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table_schema=VERSION_SCHEMA)
with context.begin_transaction():
    connection.exec_driver_sql(f"select pg_advisory_xact_lock({LOCK})")
    connection.exec_driver_sql(f"create schema if not exists {VERSION_SCHEMA}")
    context.run_migrations()
    readers = "partsbay_pipeline, partsbay_replication"
    connection.exec_driver_sql(f"grant usage on schema {VERSION_SCHEMA} to {readers}")
    connection.exec_driver_sql(f"grant select on {VERSION_SCHEMA}.alembic_version to {readers}")
