"""Migrations on servers where the owner is no superuser."""

from collections.abc import AsyncGenerator

import asyncpg
import pytest

from promptops_server.core.migrate import MigrationRefused, head_revision, migrate
from promptops_server.core.settings import Settings
from promptops_server.embedded.postgres import temporary_postgres


@pytest.fixture(scope="module")
async def server() -> AsyncGenerator[str]:
    async with temporary_postgres() as url:
        yield url


async def _owner_url(server: str, name: str, rights: str) -> str:
    """The address of a new database as its owner, a new role with these rights."""
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE ROLE {name} LOGIN {rights}")
    await connection.execute(f"CREATE DATABASE {name} OWNER {name}")
    await connection.close()
    return server.replace("promptops@/promptops", f"{name}@/{name}")


async def _run(server: str, sql: str) -> None:
    connection = await asyncpg.connect(server)
    await connection.execute(sql)
    await connection.close()


async def test_an_owner_who_may_not_make_roles_is_told_the_sql_and_then_succeeds(
    server: str,
) -> None:
    url = await _owner_url(server, "plain", "")
    settings = Settings(database_url=url)
    with pytest.raises(MigrationRefused) as refused:
        await migrate(settings)
    sentence, _, sql = str(refused.value).partition("\n")
    assert sentence.startswith("The role plain lacks rights.")
    assert sql.count("CREATE ROLE") == sql.count("GRANT") == 3
    assert "CREATE EXTENSION vector;" in sql
    await _run(server.replace("@/promptops", "@/plain"), sql)
    assert await migrate(settings) == (None, head_revision())
    assert await migrate(settings) == (head_revision(), head_revision())


async def test_an_owner_who_may_make_roles_needs_no_administrator(server: str) -> None:
    url = await _owner_url(server, "maker", "CREATEROLE")
    await _run(server.replace("@/promptops", "@/maker"), "CREATE EXTENSION vector")
    await _run(server, "DROP DATABASE IF EXISTS plain")
    for role in ("app", "ledger", "system"):
        await _run(server, f"DROP ROLE IF EXISTS promptops_{role}")
    assert await migrate(Settings(database_url=url)) == (None, head_revision())
    connection = await asyncpg.connect(url)
    for role in ("app", "ledger", "system"):
        await connection.execute(f"SET ROLE promptops_{role}")
        await connection.execute("RESET ROLE")
    await connection.close()


async def test_a_database_of_a_newer_release_is_left_alone(server: str) -> None:
    url = await _owner_url(server, "newer", "SUPERUSER")
    await migrate(Settings(database_url=url))
    await _run(url, "UPDATE alembic_version SET version_num = 'from the future'")
    with pytest.raises(MigrationRefused, match="which this release does not know"):
        await migrate(Settings(database_url=url))
