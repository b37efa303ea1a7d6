"""Alembic's entry: runs the scripts on the connection that ``forestall.store.migrate`` hands in."""

from alembic import context

from forestall.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_type=True, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
