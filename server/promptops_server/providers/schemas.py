"""What providers take and give over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from promptops_server.core.fields import Slug
from promptops_server.kit.ids import to_public
from promptops_server.providers.kinds import rules_of
from promptops_server.providers.models import Provider, ProviderCredential
from promptops_server.providers.testing import TestOutcome
from promptops_server.providers.types import DEFAULT_BASE_URLS, Lane, ProviderKind, lane_of

CredentialName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,49}$")]


BaseUrl = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Credentials = Annotated[
    dict[CredentialName, Annotated[SecretStr, Field(min_length=1, max_length=8192)]],
    Field(max_length=16),
]


def _no_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


# A field that may be left out and may not be null: its default is never used, so never shown.
_LEFT_OUT = Field(json_schema_extra=_no_default)


class ProviderCreate(BaseModel):
    """A new provider; `GET /api/v1/providers/kinds` tells which `credentials` a kind has."""

    model_config = ConfigDict(extra="forbid")

    name: Slug
    kind: ProviderKind
    base_url: BaseUrl | None = None
    credentials: Credentials = {}


class ProviderPatch(BaseModel):
    """What changes of a provider; what is left out stays. `credentials` replaces all of them."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Slug, _LEFT_OUT] = ""
    base_url: BaseUrl | None = None
    credentials: Annotated[Credentials, _LEFT_OUT] = {}


class ProviderTest(BaseModel):
    """Which model a test asks; where none is named, a small one that the kind is known to have."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,256}$")] | None = None


class ProviderTestRead(BaseModel):
    """How a test went: where it failed, the code of the error and a sentence of this server's."""

    ok: bool
    model: str
    latency_ms: int
    code: str | None
    reason: str | None

    @classmethod
    def of(cls, outcome: TestOutcome) -> Self:
        """The public form of an outcome."""
        return cls(
            ok=outcome.code is None,
            model=outcome.model,
            latency_ms=outcome.latency_ms,
            code=outcome.code,
            reason=outcome.reason,
        )


class CredentialFieldRead(BaseModel):
    """One field of a kind's credentials; of a secret one only the last characters are shown."""

    name: str
    required: bool
    secret: bool


class ProviderKindRead(BaseModel):
    """What a provider of a kind is configured with."""

    kind: ProviderKind
    lane: Lane
    base_url: Literal["required", "optional", "never"]
    default_base_url: str | None
    fields: list[CredentialFieldRead]

    @classmethod
    def of(cls, kind: ProviderKind) -> Self:
        """The public form of a kind's rules."""
        rules = rules_of(kind)
        return cls(
            kind=kind,
            lane=lane_of(kind),
            base_url=rules.base_url,
            default_base_url=DEFAULT_BASE_URLS.get(kind),
            fields=[
                CredentialFieldRead(name=it.name, required=it.required, secret=it.secret)
                for it in rules.fields
            ],
        )


class ProviderKinds(BaseModel):
    """Every kind of provider."""

    data: list[ProviderKindRead]


class ProviderRead(BaseModel):
    """A provider; of its credentials only the last characters of each field."""

    id: str
    name: str
    kind: ProviderKind
    lane: Lane
    base_url: str | None
    credentials: dict[str, str]
    created_at: datetime

    @classmethod
    def of(cls, provider: Provider, credential: ProviderCredential | None) -> Self:
        """The public form of a row."""
        kind = ProviderKind(provider.kind)
        return cls(
            id=to_public("prv", provider.id),
            name=provider.name,
            kind=kind,
            lane=lane_of(kind),
            base_url=provider.base_url or DEFAULT_BASE_URLS.get(kind),
            credentials={} if credential is None else dict(credential.hints),
            created_at=provider.created_at,
        )
