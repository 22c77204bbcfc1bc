"""What other slices see of a provider and of a call to its model."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple
from uuid import UUID

from promptops_server.providers.prices import Price
from promptops_server.usage.types import TokenUsage


class ProviderKind(StrEnum):
    """How a provider is spoken to."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    OPENAI_COMPATIBLE = "openai_compatible"
    LOCAL = "local"


# Direct: the upstream speaks OpenAI chat completions. Adaptor: LiteLLM translates.
Lane = Literal["direct", "adaptor"]
LANES: dict[ProviderKind, Lane] = {
    ProviderKind.OPENAI: "direct",
    ProviderKind.OPENAI_COMPATIBLE: "direct",
    ProviderKind.LOCAL: "direct",
    ProviderKind.ANTHROPIC: "adaptor",
    ProviderKind.GEMINI: "adaptor",
}
DEFAULT_BASE_URLS: dict[ProviderKind, str] = {
    ProviderKind.OPENAI: "https://api.openai.com/v1",
    ProviderKind.ANTHROPIC: "https://api.anthropic.com",
    ProviderKind.GEMINI: "https://generativelanguage.googleapis.com",
}


@dataclass(frozen=True, slots=True)
class SealedCredential:
    """A credential as it is stored; `identity` is what it was sealed for."""

    sealed: bytes
    identity: str


@dataclass(frozen=True, slots=True)
class ProviderTarget:
    """A provider as a process keeps it: where it is, and its credential, still sealed."""

    id: UUID
    name: str
    kind: ProviderKind
    base_url: str | None
    credential: SealedCredential | None


@dataclass(frozen=True, slots=True)
class ModelTarget:
    """A model of a provider, with its price where that is known."""

    provider: ProviderTarget
    model: str
    price: Price | None


class ChatDelta(NamedTuple):
    """One piece of an answer. `tool_calls` are OpenAI's deltas, passed on as they came."""

    text: str
    tool_calls: list[object] | None = None
    finish_reason: str | None = None
    usage: TokenUsage | None = None
