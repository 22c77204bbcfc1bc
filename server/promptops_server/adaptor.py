"""The model adaptor: a process in which LiteLLM translates, so that no other has to import it.

    python -m promptops_server.adaptor --socket PATH                 # mode 0600
    PROMPTOPS_ADAPTOR_TOKEN=... python -m promptops_server.adaptor --host 127.0.0.1 --port N

GET /health answers 200; nothing listens before LiteLLM is imported. POST /v1/chat/completions takes
an envelope around an OpenAI request (providers/translation/envelope.py) and answers as an
OpenAI-compatible server does, or {"error": {"message", "type", "upstream_status", "kind",
"retry_after_s"}}. On a port, calls need `Authorization: Bearer` with the token. Keys come with each
call and are not kept; prompts, answers and keys are never logged.
"""

import argparse
import asyncio
import contextlib
import hmac
import logging
import os
import resource
import socket
import stat
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import orjson
import uvicorn

from promptops_server.core.addresses import AddressPolicy
from promptops_server.core.http import OutboundClient
from promptops_server.core.settings import Settings
from promptops_server.providers.translation.anthropic import AnthropicWire
from promptops_server.providers.translation.chunks import failure_event
from promptops_server.providers.translation.envelope import read_envelope
from promptops_server.providers.translation.failures import (
    CallFailed,
    invalid_request,
)
from promptops_server.providers.translation.gemini import GeminiWire
from promptops_server.providers.translation.lane import WireLane
from promptops_server.providers.translation.longtail import LongTailLane
from promptops_server.providers.translation.port import Answer, Lane
from promptops_server.providers.translation.vertex import VertexLane, VertexWire

Scope = MutableMapping[str, object]
Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BODY_BYTES = 16 * 1024 * 1024
# LiteLLM reads these while it is imported: no .env file, no price list from the network.
LITELLM_ENVIRONMENT = {
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
}
_JSON = (b"content-type", b"application/json")
_EVENTS = (b"content-type", b"text/event-stream; charset=utf-8")
_log = logging.getLogger("promptops.adaptor")


class _ClientLeft(Exception):
    """The client went away before its request had arrived whole."""


class AdaptorApp:
    """The ASGI application; `token` is asked for on every connection that is not a unix socket."""

    def __init__(
        self, lanes: Mapping[str, Lane], other: Lane, client: OutboundClient, token: str | None
    ) -> None:
        """Takes a lane for each provider that has its own, and the one for all others."""
        self._lanes = lanes
        self._other = other
        self._client = client
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection scope, as ASGI 3 asks."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._client.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = scope["method"], scope["path"]
        if route == ("GET", "/health"):
            await _send_json(send, 200, b'{"status":"ok"}')
        elif route != ("POST", "/v1/chat/completions"):
            await _send_failure(send, _refusal("There is nothing at this address.", 404))
        elif not self._is_allowed(scope):
            await _send_failure(send, _refusal("The adaptor's token is missing or wrong.", 401))
        else:
            await self._chat(receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        server = cast("tuple[str, int | None] | None", scope.get("server"))
        if self._token is None or (server is not None and server[1] is None):
            # A unix socket: who may open it is decided by its mode.
            return True
        expected = f"Bearer {self._token}".encode()
        given = [value for name, value in _headers(scope) if name == b"authorization"]
        return len(given) == 1 and hmac.compare_digest(given[0], expected)

    async def _chat(self, receive: Receive, send: Send) -> None:
        """Answers one call, and drops it with all that it holds as soon as its client leaves."""
        try:
            body = await _read_body(receive)
        except _ClientLeft:
            return
        except CallFailed as failure:
            await _send_failure(send, failure)
            return
        work = asyncio.create_task(self._answer(body, send))
        leaving = asyncio.create_task(_until_left(receive))
        try:
            await asyncio.wait((work, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, leaving):
                task.cancel()
            # The cancelled work closes its connection to the provider before this returns.
            await asyncio.gather(work, leaving, return_exceptions=True)

    async def _answer(self, body: bytes, send: Send) -> None:
        try:
            envelope = read_envelope(body)
            lane = self._lanes.get(envelope.provider, self._other)
            answer = await lane.answer(envelope)
        except CallFailed as failure:
            await _send_failure(send, failure)
        except Exception as error:  # noqa: BLE001 - The edge of the process.
            await _send_failure(send, _bug(error))
        else:
            await _send_answer(send, answer)


async def _send_answer(send: Send, answer: Answer) -> None:
    headers = []
    if answer.dropped:
        names = ",".join(dict.fromkeys(answer.dropped))
        headers = [(b"x-promptops-dropped-params", names.encode("ascii"))]
    if answer.events is None:
        await _send_json(send, 200, answer.body or b"", headers)
        return
    async with contextlib.aclosing(answer.events) as events:
        start = [_EVENTS, (b"cache-control", b"no-store"), *headers]
        await send({"type": "http.response.start", "status": 200, "headers": start})
        try:
            async for event in events:
                # One event, one write: a caller sees a token when the provider sent it.
                await send({"type": "http.response.body", "body": event, "more_body": True})
        except Exception as error:  # noqa: BLE001 - The edge of the process.
            event = failure_event(_bug(error))
            await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_json(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    size = (b"content-length", str(len(body)).encode())
    start = [_JSON, size, *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _send_failure(send: Send, failure: CallFailed) -> None:
    after = failure.retry_after_s
    headers = [] if after is None else [(b"retry-after", str(after).encode())]
    await _send_json(send, failure.status, orjson.dumps(failure.as_json()), headers)


def _refusal(message: str, status: int) -> CallFailed:
    kind = "server_error" if status >= 500 else "auth" if status == 401 else "invalid_request"
    return CallFailed(message, status=status, kind=kind, source="adaptor_error")


def _headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    return cast("list[tuple[bytes, bytes]]", scope["headers"])


async def _read_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientLeft
        chunk = cast("bytes", message.get("body", b""))
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise invalid_request("The request is too large.")
        chunks.append(chunk)
        more = message.get("more_body", False) is True
    return b"".join(chunks)


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _bug(error: Exception) -> CallFailed:
    """The failure that an unexpected exception becomes.

    Its words may quote the prompt, so the log has its type and its place, enough to find the bug.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = "?" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    _log.error("A bug: %s at %s", type(error).__name__, place)
    return _refusal("The adaptor failed.", 500)


def bind_unix(path: Path) -> socket.socket:
    """A unix socket with mode 0600 from its first moment, bound and not yet listening.

    A socket left by a process that died is replaced. Raises OSError where anything else is there.
    """
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(f"{path} exists and is not a socket.")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    return listener


def bind_port(host: str, port: int) -> socket.socket:
    """A TCP socket, bound and not yet listening. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def address_policy(settings: Settings, *listening: tuple[str, int]) -> AddressPolicy:
    """What providers' base URLs may name: never the product's own ports. Raises ValueError."""
    own = {(settings.host, settings.port), *listening}
    for url in (settings.database_url, settings.redis_url):
        parts = urlsplit(url or "")
        if parts.hostname:
            own.add((parts.hostname, parts.port or (5432 if parts.scheme[:1] == "p" else 6379)))
    return AddressPolicy(private_hosts=settings.private_hosts(), own=frozenset(own))


def create_app(client: OutboundClient, token: str | None) -> AdaptorApp:
    """The application; imports LiteLLM, which takes some 7 s of CPU."""
    os.environ.update(LITELLM_ENVIRONMENT)
    # Only here, when the address is known to be good and the environment is set.
    from promptops_server.providers.translation import litellm_bridge as bridge  # noqa: PLC0415
    from promptops_server.providers.translation.litellm_calls import LongTail  # noqa: PLC0415

    bridge.configure()
    lanes: dict[str, Lane] = {
        "anthropic": WireLane(client, AnthropicWire(), bridge.AnthropicTranslator()),
        "gemini": WireLane(client, GeminiWire(), bridge.GeminiTranslator()),
        "vertex_ai": VertexLane(client, WireLane(client, VertexWire(), bridge.VertexTranslator())),
    }
    return AdaptorApp(lanes, LongTailLane(LongTail()), client, token)


def main() -> None:
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser(prog="promptops-adaptor", description="The model adaptor.")
    parser.add_argument("--socket", type=Path, help="a unix socket to listen on, mode 0600")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, help="a port to listen on, with a token")
    arguments = parser.parse_args()
    settings = Settings()
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    _log.setLevel(logging.INFO)
    token = settings.adaptor_token.get_secret_value() if settings.adaptor_token else None
    if (arguments.socket is None) == (arguments.port is None):
        parser.error("give either --socket or --port")
    if arguments.socket is not None:
        listener = bind_unix(arguments.socket)
        listening: list[tuple[str, int]] = []
    elif not token:
        parser.error("--port needs PROMPTOPS_ADAPTOR_TOKEN")
    else:
        listener = bind_port(arguments.host, arguments.port)
        listening = [listener.getsockname()[:2]]
    try:
        policy = address_policy(settings, *listening)
    except ValueError as error:
        sys.exit(str(error))
    client = OutboundClient(policy, connect_timeout_s=settings.connect_timeout_s)
    began = time.perf_counter()
    app = create_app(client, token)
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _log.info("LiteLLM imported in %.1f s, %.0f MB", time.perf_counter() - began, rss_mb)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="on",
        ws="none",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
