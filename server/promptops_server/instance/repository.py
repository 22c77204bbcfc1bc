"""Every SQL statement of instance."""

import asyncpg

from promptops_server.core.db import Connection
from promptops_server.instance.types import DatabaseFacts, LedgerFacts

_MONTHS_LOOKED_AT = 12
# The months from this one on, until the first whose partition is missing.
_LEDGER = f"""
SELECT swept_at, until, (
  SELECT coalesce(min(n), {_MONTHS_LOOKED_AT}) FROM generate_series(0, {_MONTHS_LOOKED_AT - 1}) AS n
  WHERE to_regclass('runs_' || to_char(
    date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n), 'YYYY_MM')) IS NULL
) AS months_ready FROM usage_watermark
"""  # noqa: S608 # a number of ours


async def read_database(connection: Connection) -> DatabaseFacts:
    """Versions of the server, of pgvector and of the schema. Raises what asyncpg raises."""
    row = await connection.fetchrow(
        "SELECT current_setting('server_version') AS version, "
        "(SELECT extversion FROM pg_extension WHERE extname = 'vector') AS pgvector, "
        "to_regclass('alembic_version') IS NOT NULL AS is_migrated"
    )
    if row is None:
        raise asyncpg.InterfaceError("the database answers nothing")
    revision = None
    if row["is_migrated"]:
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    return DatabaseFacts(row["version"].split(" ")[0], row["pgvector"], revision)


async def read_ledger(connection: Connection) -> LedgerFacts:
    """How the ledger is kept. Raises what asyncpg raises."""
    row = await connection.fetchrow(_LEDGER)
    if row is None:
        raise asyncpg.InterfaceError("the ledger has no watermark")
    return LedgerFacts(row["swept_at"], row["until"], row["months_ready"])
