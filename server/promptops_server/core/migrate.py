"""Brings a database to the current schema: the roles, the migrations, the months of the ledger."""

from pathlib import Path

import asyncpg
from alembic import command, op
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


def run_scripts(folder: Path, *names: str) -> None:
    """Runs these SQL files of the folder, in this order, in the migration that is under way.

    The driver takes one statement at a time; a line of two dashes and a percent sign parts them.
    """
    for name in names:
        script = (folder / name).read_text(encoding="utf-8")
        for statement in script.split("\n--%\n"):
            if statement.strip():
                op.get_bind().exec_driver_sql(statement)


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
    """Makes the roles that are missing and lets the owner become each of them.

    Raises MigrationRefused with the SQL for an administrator where the owner may not.
    """
    rows = await connection.execute(
        text(
            "SELECT wanted.name, r.rolname IS NOT NULL AS present, "
            "r.rolname IS NOT NULL AND pg_has_role(current_user, wanted.name, 'SET') AS usable "
            "FROM unnest(CAST(:names AS text[])) AS wanted (name) "
            "LEFT JOIN pg_roles r ON r.rolname = wanted.name"
        ),
        {"names": list(ROLES)},
    )
    lacking = [(str(name), bool(present)) for name, present, usable in rows if not usable]
    rights = await connection.execute(
        text(
            "SELECT current_user, rolcreaterole OR rolsuper FROM pg_roles "
            "WHERE rolname = current_user"
        )
    )
    owner, may_create = rights.one()
    statements = [] if await _may_have_vector(connection) else ["CREATE EXTENSION vector;"]
    if not may_create:
        statements += [
            f"{'' if present else f'CREATE ROLE {role} NOLOGIN; '}GRANT {role} TO {owner};"
            for role, present in lacking
        ]
    if statements:
        sql = "\n".join(f"  {statement}" for statement in statements)
        raise MigrationRefused(
            f"The role {owner} lacks rights. Ask an administrator to run in this database:\n{sql}"
        )
    for role, present in lacking:
        if not present:
            # Roles belong to the whole server: another database may be making them just now.
            await connection.execute(
                text(
                    f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; "
                    "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
                )
            )
        await connection.execute(
            text(f"DO $$ BEGIN EXECUTE format('GRANT {role} TO %I', current_user); END $$")
        )
    await connection.commit()


async def _may_have_vector(connection: AsyncConnection) -> bool:
    """Whether pgvector is there, or this role may add it.

    Raises MigrationRefused where the server does not have it at all.
    """
    found = await connection.execute(
        text(
            "SELECT a.installed_version IS NOT NULL OR v.trusted OR r.rolsuper "
            "FROM pg_available_extensions a JOIN pg_available_extension_versions v "
            "ON v.name = a.name AND v.version = a.default_version, pg_roles r "
            "WHERE a.name = 'vector' AND r.rolname = current_user"
        )
    )
    may = found.scalar_one_or_none()
    if may is None:
        raise MigrationRefused("This PostgreSQL has no pgvector. Install it, then migrate.")
    return bool(may)
