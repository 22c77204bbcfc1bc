"""Runs the API process: the checks before it listens, then uvicorn until a signal."""

import asyncio
import logging
import socket

import asyncpg
import uvicorn
from starlette.types import ASGIApp

from promptops_server.core.db import CONNECTION_ERRORS, url_of
from promptops_server.core.draining import Draining
from promptops_server.core.master_keys import check_master_key
from promptops_server.core.migrate import MigrationRefused, head_revision
from promptops_server.core.protocol import OneWriteProtocol
from promptops_server.core.secrets import load_master_key
from promptops_server.core.settings import Settings

_log = logging.getLogger(__name__)
# How long a request that was cancelled may take to tell its client and the ledger.
_ENDING_S = 8


async def check_before_serving(settings: Settings) -> None:
    """Passes where master key and schema fit the database.

    A database that is away is waited for later, by each request. Raises MasterKeyRefused,
    MigrationRefused and ValueError, each with one sentence.
    """
    key = load_master_key(settings, create=False)
    settings.private_hosts()
    url = url_of(settings, "system")
    try:
        await _check_schema(url)
        await check_master_key(url, key, store_first=False)
    except CONNECTION_ERRORS as error:
        _log.warning("the database is away at start: %s", type(error).__name__)


async def _check_schema(url: str) -> None:
    wanted = head_revision()
    connection = await asyncpg.connect(url, timeout=5)
    try:
        found = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        found = None
    finally:
        await connection.close()
    if found != wanted:
        raise MigrationRefused(
            f"The database is at revision {found}, this release needs {wanted}. "
            "Run: promptops-server migrate"
        )


class _Server(uvicorn.Server):
    """uvicorn's server, which when it stops ends what does not end by itself, in order."""

    def __init__(self, config: uvicorn.Config, drain_timeout_s: float, draining: Draining) -> None:
        super().__init__(config)
        self._drain_timeout_s = drain_timeout_s
        self._draining = draining

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops listening, waits for running requests, and cancels the stragglers in time."""
        self._draining.begin()
        stragglers = asyncio.create_task(self._end_stragglers())
        await super().shutdown(sockets)
        stragglers.cancel()

    async def _end_stragglers(self) -> None:
        await asyncio.sleep(self._drain_timeout_s)
        for task in self.server_state.tasks:
            task.cancel()


def serve(app: ASGIApp, settings: Settings, draining: Draining) -> None:
    """Serves until SIGTERM or SIGINT, then lets running requests end for a while.

    `draining` begins with that, for what would go on without an end.

    Raises OSError where the address cannot be listened on.
    """
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=OneWriteProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=int(settings.drain_timeout_s) + _ENDING_S,
    )
    server = _Server(config, settings.drain_timeout_s, draining)
    if settings.listen_fd is not None:
        # The supervisor listens, so that a restart of this process refuses nobody.
        server.run(sockets=[socket.socket(fileno=settings.listen_fd)])
    else:
        server.run()
