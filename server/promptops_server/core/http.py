"""The one client for addresses that users give: resolve, check, connect to what was checked.

Redirects are never followed, proxies and cookies of the environment never used, answers never
decompressed (nothing is asked for compressed), so that what arrives is bounded by what is read.
"""

import asyncio
import io
import socket
from collections.abc import Mapping

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from promptops_server.core.addresses import AddressPolicy, endpoint_of

_LARGE_BODY_BYTES = 256 * 1024


class _CheckedResolver(AbstractResolver):
    """Resolves a name and lets an answer pass only if every address in it is allowed."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for result in found:
            self._policy.check(host.rstrip(".").lower(), port, result["host"])
        return found

    async def close(self) -> None:
        await self._inner.close()


class OutboundClient:
    """Sends HTTP requests to addresses that users give; one instance a process, on one loop."""

    def __init__(
        self, policy: AddressPolicy, *, connect_timeout_s: float = 3.0, connections: int = 1000
    ) -> None:
        """Opens nothing yet; the session is made by the first request."""
        self.policy = policy
        self._connect_timeout_s = connect_timeout_s
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_CheckedResolver(self.policy),
                limit=self._connections,
                ttl_dns_cache=10,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(
                    total=None, connect=None, sock_connect=self._connect_timeout_s
                ),
                headers={"Accept-Encoding": "identity", "User-Agent": "PromptOps"},
            )
        return self._session

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes
    ) -> aiohttp.ClientResponse:
        """The response to one request, its head read and its body not; the caller closes it.

        Raises AddressRefused before any connection to an address that is not allowed, and
        aiohttp.ClientError or asyncio.TimeoutError where the connection fails. A redirect is
        returned as what it is, a 3xx.
        """
        endpoint = endpoint_of(url)
        # Of a name the resolver checks what it stands for.
        if endpoint.is_address:
            self.policy.check(endpoint.host, endpoint.port, endpoint.host)
        # aiohttp writes a large body in pieces only where it is a file.
        data = io.BytesIO(body) if len(body) > _LARGE_BODY_BYTES else body
        return await self._open().request(
            method, url, headers=headers, data=data, allow_redirects=False
        )

    async def close(self) -> None:
        """Closes the session and its connections."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()
            # aiohttp closes TLS transports on the next turn of the loop.
            await asyncio.sleep(0)
