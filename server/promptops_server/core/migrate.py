"""Brings a database to the current schema: the roles, the migrations, the months of the ledger."""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from promptops_server.core.db import Connection as PgConnection
from promptops_server.core.settings import Settings

ROLES = ("promptops_app", "promptops_ledger", "promptops_system")
MONTHS_AHEAD = 3
# One migration at a time, whoever starts first (an arbitrary constant, the same everywhere).
_LOCK = 7_276_043_112


class MigrationRefused(Exception):
    """The database cannot be migrated; the sentence says what an operator has to do."""


def migrations_folder() -> Path:
    """Where the migrations lie: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parents[1]
    inside = package / "_migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


def _config() -> Config:
    config = Config()
    # A percent sign is special to the parser behind Alembic's configuration.
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def head_revision() -> str:
    """The newest revision that this code knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise MigrationRefused("The migrations are missing from this installation.")
    return head


async def migrate(settings: Settings) -> tuple[str | None, str]:
    """Migrates to the newest schema and returns (revision before, revision after).

    Requires PROMPTOPS_DATABASE_URL to be the owner of the database. Raises MigrationRefused with
    a sentence where it lacks the rights to make the three roles, or the database is newer.
    """
    url = settings.database_url
    if url is None:
        raise MigrationRefused("PROMPTOPS_DATABASE_URL is not set: no database to migrate.")

    async def open_connection() -> PgConnection:
        return await asyncpg.connect(url, timeout=5)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=open_connection)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SET lock_timeout = '10s'"))
            await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            await connection.commit()
            try:
                await _make_roles(connection)
                before = await connection.run_sync(_upgrade)
                await connection.execute(
                    text("SELECT promptops_ensure_run_partitions(now(), :ahead)"),
                    {"ahead": MONTHS_AHEAD},
                )
                await connection.commit()
            finally:
                await connection.rollback()
                await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
    finally:
        await engine.dispose()
    return before, head_revision()


def _upgrade(connection: Connection) -> str | None:
    before = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    known = {revision.revision for revision in script.walk_revisions()}
    if before is not None and before not in known:
        raise MigrationRefused(
            f"The database is at revision {before}, which this release does not know. "
            "It was migrated by a newer release: start that one."
        )
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()
    return before


async def _make_roles(connection: AsyncConnection) -> None:
    """Makes the roles that are missing and lets the owner become each of them."""
    rows = await connection.execute(
        text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)"), {"names": list(ROLES)}
    )
    present = set(rows.scalars())
    rights = await connection.execute(
        text("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")
    )
    may_create = bool(rights.scalar_one())
    missing = [role for role in ROLES if role not in present]
    if missing and not may_create:
        owner = (await connection.execute(text("SELECT current_user"))).scalar_one()
        statements = "\n".join(
            f"  CREATE ROLE {role} NOLOGIN; GRANT {role} TO {owner};" for role in missing
        )
        raise MigrationRefused(
            f"The role {owner} may not create roles. Ask an administrator to run:\n{statements}"
        )
    for role in missing:
        # Roles belong to the whole server: another database may be making them at this moment.
        await connection.execute(
            text(
                f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; "
                "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
        )
    if may_create:
        for role in ROLES:
            await connection.execute(
                text(
                    f"DO $$ BEGIN IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN "
                    f"EXECUTE format('GRANT {role} TO %I', current_user); END IF; END $$"
                )
            )
    await connection.commit()
