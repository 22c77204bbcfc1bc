"""A test of a provider: the smallest real call, and what came of it."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter

from promptops_server.core.errors import AppError
from promptops_server.providers.client import ModelClient
from promptops_server.providers.errors import ProviderError, timed_out
from promptops_server.providers.types import ModelTarget, ProviderKind

# Cheap and common models, for a test that names none.
SMALL_MODELS: dict[ProviderKind, str] = {
    ProviderKind.OPENAI: "gpt-4o-mini",
    ProviderKind.ANTHROPIC: "claude-haiku-4-5",
    ProviderKind.GEMINI: "gemini-2.5-flash-lite",
    ProviderKind.VERTEX_AI: "gemini-2.5-flash-lite",
    ProviderKind.LOCAL: "local",
}
_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """How a test went: `code` and `reason` are None where the provider answered."""

    model: str
    latency_ms: int
    code: str | None = None
    reason: str | None = None


async def call_once(client: ModelClient, target: ModelTarget) -> TestOutcome:
    """The outcome of asking the model for one token; a failure is an outcome, never raised."""
    # OpenAI's newer models refuse the older name, and other servers do not know the newer one.
    limit = "max_completion_tokens" if target.provider.kind is ProviderKind.OPENAI else "max_tokens"
    body: dict[str, object] = {"messages": [{"role": "user", "content": "Hi"}], limit: 1}
    began = perf_counter()
    code = reason = None
    try:
        async with asyncio.timeout(_LIMIT_S):
            await _read(client, target, body)
    except AppError as error:
        code, reason = error.code, _reason(error, target)
    except TimeoutError:
        late = timed_out(target.provider.name, "no answer", _LIMIT_S)
        code, reason = late.code, late.detail
    latency_ms = round((perf_counter() - began) * 1000)
    return TestOutcome(target.model, latency_ms, code, reason)


async def _read(client: ModelClient, target: ModelTarget, body: dict[str, object]) -> None:
    call = await client.start_call(target, body)
    try:
        async with aclosing(call.deltas()) as deltas:
            async for _ in deltas:
                pass
    finally:
        await call.close()


def _reason(error: AppError, target: ModelTarget) -> str:
    if isinstance(error, ProviderError) and error.facts.get("upstream_status") == 404:
        return (
            f"{target.provider.name} has no model {target.model!r}, or its address is wrong "
            "(status 404)."
        )
    return error.detail
