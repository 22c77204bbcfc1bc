"""What providers take and give over HTTP."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from promptops_server.core.fields import Slug
from promptops_server.kit.ids import to_public
from promptops_server.providers.models import Provider, ProviderCredential
from promptops_server.providers.types import DEFAULT_BASE_URLS, Lane, ProviderKind, lane_of

CredentialName = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,49}$")]


class ProviderCreate(BaseModel):
    """A new provider. `credentials` is a map of fields; most kinds take `api_key` alone."""

    model_config = ConfigDict(extra="forbid")

    name: Slug
    kind: ProviderKind
    base_url: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = None
    credentials: Annotated[
        dict[CredentialName, Annotated[SecretStr, Field(min_length=1, max_length=8192)]],
        Field(max_length=16),
    ] = {}


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
