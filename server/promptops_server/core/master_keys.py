"""Knows by the database whether the server's master key is the right one."""

import asyncpg

from promptops_server.core.secrets import MasterKey, MasterKeyRefused

_SELECT = "SELECT id, check_value FROM master_keys"


async def check_master_key(url: str, key: MasterKey, *, store_first: bool) -> None:
    """Passes where the key is the one that this database was sealed with, or the first.

    With `store_first`, which needs the owner's address, the first key's check value is stored.
    Raises MasterKeyRefused with a sentence otherwise, and what asyncpg raises without a database.
    """
    connection = await asyncpg.connect(url, timeout=5)
    try:
        if store_first:
            await connection.execute(
                "INSERT INTO master_keys (id, check_value) SELECT $1, $2 "
                "WHERE NOT EXISTS (SELECT FROM master_keys)",
                key.id,
                key.check_value(),
            )
        else:
            await connection.execute("SET ROLE promptops_system")
        rows = await connection.fetch(_SELECT)
        if not any(row["id"] == key.id and key.opens(row["check_value"]) for row in rows):
            raise MasterKeyRefused(
                "The master key is not the one that this database was sealed with. "
                "Give the right one with PROMPTOPS_MASTER_KEY or PROMPTOPS_MASTER_KEY_FILE."
            )
    finally:
        await connection.close()
