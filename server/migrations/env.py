"""Runs the migrations on the connection that core.migrate opened; it is never run by itself."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
