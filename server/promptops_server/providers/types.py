"""What other slices see of a provider and of a call to its model."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple
from uuid import UUID

from promptops_server.providers.prices import DatedPrice, KnownModel, Price
from promptops_server.usage.types import TokenUsage


class ProviderKind(StrEnum):
    """How a provider is spoken to. The last group bears LiteLLM's own names."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    OPENAI_COMPATIBLE = "openai_compatible"
    LOCAL = "local"
    LITELLM_PROXY = "litellm_proxy"
    AZURE = "azure"
    BEDROCK = "bedrock"
    VERTEX_AI = "vertex_ai"

    AI21_CHAT = "ai21_chat"
    AIML = "aiml"
    CEREBRAS = "cerebras"
    CODESTRAL = "codestral"
    COHERE = "cohere"
    COHERE_CHAT = "cohere_chat"
    DASHSCOPE = "dashscope"
    DEEPINFRA = "deepinfra"
    DEEPSEEK = "deepseek"
    FEATHERLESS_AI = "featherless_ai"
    FIREWORKS_AI = "fireworks_ai"
    FRIENDLIAI = "friendliai"
    GITHUB = "github"
    GROQ = "groq"
    HYPERBOLIC = "hyperbolic"
    INCEPTION = "inception"
    LAMBDA_AI = "lambda_ai"
    META_LLAMA = "meta_llama"
    MINIMAX = "minimax"
    MISTRAL = "mistral"
    MOONSHOT = "moonshot"
    MORPH = "morph"
    NEBIUS = "nebius"
    NOVITA = "novita"
    NSCALE = "nscale"
    NVIDIA_NIM = "nvidia_nim"
    OPENROUTER = "openrouter"
    OVHCLOUD = "ovhcloud"
    PERPLEXITY = "perplexity"
    SAMBANOVA = "sambanova"
    SCALEWAY = "scaleway"
    TOGETHER_AI = "together_ai"
    V0 = "v0"
    VERCEL_AI_GATEWAY = "vercel_ai_gateway"
    VOLCENGINE = "volcengine"
    WANDB = "wandb"
    XAI = "xai"
    ZAI = "zai"


# Those of LiteLLM's providers that need an API key only and have one public host, which nothing in
# a request can change. Left out is whatever calls this machine (ollama, lm_studio, lemonade, ...),
# takes its host or account from a request or from this process's environment (cloudflare,
# huggingface, ...), or signs in by itself (github_copilot). Where a host follows from fields, as a
# region, kinds.py computes it.
_FIRST_GROUP = frozenset(
    {
        ProviderKind.OPENAI,
        ProviderKind.ANTHROPIC,
        ProviderKind.GEMINI,
        ProviderKind.OPENAI_COMPATIBLE,
        ProviderKind.LOCAL,
        ProviderKind.LITELLM_PROXY,
        ProviderKind.AZURE,
        ProviderKind.BEDROCK,
        ProviderKind.VERTEX_AI,
    }
)
LONG_TAIL = frozenset(ProviderKind) - _FIRST_GROUP

# Direct: the upstream speaks OpenAI chat completions. Adaptor: LiteLLM translates.
Lane = Literal["direct", "adaptor"]
_DIRECT = frozenset(
    {
        ProviderKind.OPENAI,
        ProviderKind.OPENAI_COMPATIBLE,
        ProviderKind.LOCAL,
        ProviderKind.LITELLM_PROXY,
    }
)


def lane_of(kind: ProviderKind) -> Lane:
    """The way by which providers of this kind are called."""
    return "direct" if kind in _DIRECT else "adaptor"


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
    """A model of a provider, with what LiteLLM's table and the project say that it costs.

    The project's own prices stand newest first, and some may begin only later.
    """

    provider: ProviderTarget
    model: str
    listed_price: Price | None
    own_prices: tuple[DatedPrice, ...] = ()

    def price_at(self, moment: datetime) -> Price | None:
        """The price of a call that starts at this moment, or None where it is not known."""
        for dated in self.own_prices:
            if dated.starts_at <= moment:
                return dated.price
        return self.listed_price


PriceSource = Literal["project", "litellm"]
EncodingName = Literal["cl100k_base", "o200k_base"]


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """How a model's input is counted.

    `encoding` is None where it is not known, and then a count is an estimate by o200k_base. `exact`
    says whether the provider counts a text the same.
    """

    encoding: EncodingName | None
    exact: bool


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model in the list of models; `known` is None where LiteLLM's table does not have it."""

    provider: str
    name: str
    known: KnownModel | None
    price: Price | None
    price_source: PriceSource | None
    tokenizer: Tokenizer
    # Whether the project has the provider; else `provider` is the name of a kind.
    configured: bool = True

    @property
    def full_name(self) -> str:
        """The model as versions name it, `provider/model`."""
        return f"{self.provider}/{self.name}"


class ChatDelta(NamedTuple):
    """One piece of an answer. `tool_calls` are OpenAI's deltas, passed on as they came."""

    text: str
    tool_calls: list[object] | None = None
    finish_reason: str | None = None
    usage: TokenUsage | None = None
