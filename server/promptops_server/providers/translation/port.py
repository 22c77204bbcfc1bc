"""What the lanes need from a translator, so that LiteLLM stays behind one file."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Protocol

from promptops_server.providers.translation.envelope import Envelope

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of one choice, as OpenAI names its fields; `content` lacks the role."""

    content: JsonObject
    finish_reason: str | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer: OpenAI's choices, and its usage where the provider told one."""

    choices: list[JsonObject]
    model: str | None
    usage: JsonObject | None


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """A request in the provider's own format. `notes` is the translator's own, for the answer."""

    headers: dict[str, str] = field(repr=False)
    body: JsonObject = field(repr=False)
    dropped: tuple[str, ...]
    notes: JsonObject = field(repr=False)


class StreamTranslator(Protocol):
    """Translates the events of one stream, in order."""

    def deltas(self, event: JsonObject) -> list[Delta]:
        """The pieces that an event carries; often none. Raises CallFailed."""
        ...


class Translator(Protocol):
    """Translates for one provider; holds nothing of a call."""

    def request(self, envelope: Envelope) -> ProviderRequest:
        """The provider's own request. Raises CallFailed (400) for what it cannot express."""
        ...

    def completion(self, request: ProviderRequest, body: JsonObject) -> Completion:
        """A whole answer, from the provider's body. Raises CallFailed (502)."""
        ...

    def stream(self, request: ProviderRequest) -> StreamTranslator:
        """A translator for the events of the answer to this request."""
        ...

    def usage(self, told: JsonObject) -> JsonObject:
        """OpenAI's usage object, from what the provider told. Raises CallFailed (502)."""
        ...


class StreamReader(Protocol):
    """Reads one provider's stream: knows its end, its errors and its usage."""

    # Whether the provider said that the answer is complete.
    ended: bool
    # The model that the provider says it is, and the usage that it told, as far as it has.
    model: str | None
    usage: JsonObject | None

    def read(self, event: JsonObject) -> list[Delta]:
        """The pieces that an event carries. Raises CallFailed for an error inside the stream."""
        ...


class Wire(Protocol):
    """What sets one provider's HTTP apart from another's."""

    @property
    def default_base_url(self) -> str:
        """Where the provider is, when the envelope does not say."""
        ...

    def url(self, base_url: str, envelope: Envelope) -> str:
        """The address of a call."""
        ...

    def reader(self, translator: Translator, request: ProviderRequest) -> StreamReader:
        """A reader for one stream."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that has begun: a JSON body, or the events of a stream as the bytes to write."""

    dropped: tuple[str, ...]
    body: bytes | None = None
    events: AsyncGenerator[bytes] | None = None


class Lane(Protocol):
    """A way to a provider."""

    async def answer(self, envelope: Envelope) -> Answer:
        """The answer, once the provider's first piece of it has come.

        Raises CallFailed before that; a stream that fails later ends with an error event. A stream
        that is left must be closed (`aclose`), which closes the connection to the provider.
        """
        ...
