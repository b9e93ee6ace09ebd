"""Alembic runs this file; the connection, in an open transaction, comes from `schema.migrate`."""

from alembic import context

from monitor.store.columns import metadata
from monitor.store.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
