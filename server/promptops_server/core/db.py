"""PostgreSQL: one engine for the application's own work, and bare pools for the hot path.

Four roles share one database (see migrations): the owner migrates; `app` does what a request
asks for, with its project set for the transaction; `ledger` appends; `system` reads what every
process keeps in memory. Each pool does SET ROLE once, when it connects.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal, TypeVar
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from promptops_server.core.errors import StorageUnavailable
from promptops_server.core.settings import Settings

Role = Literal["app", "ledger", "system"]

if TYPE_CHECKING:
    # asyncpg's classes are generic in its stubs only.
    Connection = asyncpg.Connection[asyncpg.Record]
    PooledConnection = PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection, PooledConnection, Pool = asyncpg.Connection, PoolConnectionProxy, asyncpg.Pool

# What asyncpg raises when the server is away, starting, stopping, or the connection broke.
CONNECTION_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.exceptions.CannotConnectNowError,
    asyncpg.exceptions.AdminShutdownError,
    asyncpg.exceptions.CrashShutdownError,
    asyncpg.exceptions.TooManyConnectionsError,
    # The driver lost its place on a connection that broke in the middle of a command.
    asyncpg.InternalClientError,
)
_T = TypeVar("_T")
_CHANGED = "promptops_changed"
_CONNECT_TIMEOUT_S = 3
_COMMAND_TIMEOUT_S = 5.0


class Base(DeclarativeBase):
    """The base of every table class; a slice's classes stay in its models.py."""


def storage_unavailable() -> StorageUnavailable:
    """The error for a database that does not answer."""
    return StorageUnavailable(
        "The database does not answer at the moment. Try again shortly.",
        headers={"Retry-After": "2"},
    )


def url_of(settings: Settings, role: Role) -> str:
    """The address for a role: its own login where one is set, else the owner's.

    Raises ValueError with a sentence where no database is configured.
    """
    own = {
        "app": settings.database_url_app,
        "ledger": settings.database_url_ledger,
        "system": settings.database_url_system,
    }[role]
    url = own or settings.database_url
    if url is None:
        raise ValueError("PROMPTOPS_DATABASE_URL is not set: no database to work with.")
    return url


async def connect(url: str, role: Role) -> Connection:
    """A connection that acts as the role. Raises what CONNECTION_ERRORS lists."""
    connection = await asyncpg.connect(
        url, timeout=_CONNECT_TIMEOUT_S, command_timeout=_COMMAND_TIMEOUT_S
    )
    await connection.execute(f"SET ROLE promptops_{role}")
    return connection


async def open_pool(url: str, role: Role, *, size: int) -> Pool:
    """A pool of bare connections for one role, opened lazily; the caller closes it."""

    async def become(connection: Connection) -> None:
        await connection.execute(f"SET ROLE promptops_{role}")

    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        init=become,
        # The pool's own reset is RESET ALL and more round trips; this code leaves no state.
        reset=_keep,
        timeout=_CONNECT_TIMEOUT_S,
        command_timeout=_COMMAND_TIMEOUT_S,
    )


async def _keep(_connection: Connection) -> None:
    """Leaves a returned connection as it is."""


class Database:
    """The application's engine: sessions that are one transaction each."""

    def __init__(self, settings: Settings) -> None:
        """Opens nothing yet."""
        url = url_of(settings, "app")

        async def open_connection() -> Connection:
            return await connect(url, "app")

        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=open_connection,
            pool_size=settings.app_pool_size,
            max_overflow=0,
            pool_timeout=_CONNECT_TIMEOUT_S,
            pool_pre_ping=True,
        )

    @asynccontextmanager
    async def transaction(self, project_id: UUID | None) -> AsyncGenerator[AsyncSession]:
        """A session whose transaction commits when the block ends, and rolls back when it raises.

        `project_id` is set for the transaction, so that row-level security can lean on it; None
        is for what belongs to no project. Where the block called `mark_changed`, every process
        is told on commit. Raises StorageUnavailable when the database is away.
        """
        try:
            async with AsyncSession(self._engine, expire_on_commit=False) as session:
                if project_id is not None:
                    await session.execute(
                        text("SELECT set_config('promptops.project_id', :id, true)"),
                        {"id": str(project_id)},
                    )
                yield session
                if session.info.get(_CHANGED):
                    await session.flush()
                    await session.execute(text("SELECT promptops_bump_revision()"))
                await session.commit()
        except (InterfaceError, OperationalError, PoolTimeout, *CONNECTION_ERRORS) as error:
            raise storage_unavailable() from error
        except DBAPIError as error:
            if error.connection_invalidated or _is_away(error):
                raise storage_unavailable() from error
            raise

    async def close(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()


def _is_away(error: DBAPIError) -> bool:
    """Whether the driver's own error, which SQLAlchemy wraps twice, says that the server is away.

    While a server recovers from a crash it takes connections and refuses them, with an error that
    SQLAlchemy does not count as a lost connection.
    """
    cause: BaseException | None = error.orig
    while cause is not None:
        if isinstance(cause, CONNECTION_ERRORS):
            return True
        cause = cause.__cause__
    return False


def mark_changed(session: AsyncSession) -> None:
    """Says that this transaction changes what processes keep in memory (keys, deployments, ...)."""
    session.info[_CHANGED] = True


async def retry_once(work: Callable[[], Awaitable[_T]]) -> _T:
    """What `work` returns, tried a second time where a pooled connection turned out to be dead.

    Only for reads. Raises StorageUnavailable when the database is away.
    """
    try:
        return await work()
    except CONNECTION_ERRORS:
        try:
            return await work()
        except CONNECTION_ERRORS as error:
            raise storage_unavailable() from error
