"""What access takes and gives over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from promptops_server.access.models import ApiKey, Environment, Project
from promptops_server.access.types import Scope
from promptops_server.core.fields import EnvironmentName, Name, Slug, Text
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import to_public


def _in_the_future(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("Give the time with its zone, as 2027-01-31T00:00:00Z.")
    if moment <= utc_now():
        raise ValueError("This time has passed.")
    return moment


def _no_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


# A field that may be left out and may not be null: its default is never used, so never shown.
_LEFT_OUT = Field(json_schema_extra=_no_default)


class ProjectCreate(BaseModel):
    """A new project. `owner` is the e-mail address of its first owner, where a person makes it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    slug: Slug
    owner: (
        Annotated[Text, StringConstraints(strip_whitespace=True, to_lower=True, max_length=254)]
        | None
    ) = None


class ProjectRead(BaseModel):
    """A project."""

    id: str
    name: str
    slug: str
    created_at: datetime

    @classmethod
    def of(cls, project: Project) -> Self:
        """The public form of a row."""
        return cls(
            id=to_public("prj", project.id),
            name=project.name,
            slug=project.slug,
            created_at=project.created_at,
        )


class ProjectList(BaseModel):
    """The projects that the caller may see."""

    data: list[ProjectRead]


class ProjectCreated(BaseModel):
    """A new project with its first key, whose text is shown this once; null for another owner."""

    project: ProjectRead
    api_key: str | None


_Checks = Annotated[list[Slug], Field(max_length=20)]


class EnvironmentCreate(BaseModel):
    """A new environment. Nothing is released to it that lacks one of `required_checks`.

    To a protected one only owners release; null protects what is named `prod`.
    """

    model_config = ConfigDict(extra="forbid")

    name: EnvironmentName
    required_checks: _Checks = []
    protected: bool | None = None


class EnvironmentUpdate(BaseModel):
    """What changes of an environment; a field that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    required_checks: Annotated[_Checks, _LEFT_OUT] = []
    protected: Annotated[bool, _LEFT_OUT] = False


class EnvironmentRead(BaseModel):
    """A place that a version can be deployed to."""

    name: str
    required_checks: list[str]
    protected: bool
    created_at: datetime

    @classmethod
    def of(cls, environment: Environment) -> Self:
        """The public form of a row."""
        return cls(
            name=environment.name,
            required_checks=environment.required_checks,
            protected=environment.protected,
            created_at=environment.created_at,
        )


class EnvironmentList(BaseModel):
    """The environments of the caller's project."""

    data: list[EnvironmentRead]


_Limit = Annotated[int, Field(ge=1, le=1_000_000)]
_Tokens = Annotated[int, Field(ge=1, le=1_000_000_000)]
_Concurrent = Annotated[int, Field(ge=1, le=10_000)]
_Expiry = Annotated[datetime, AfterValidator(_in_the_future)]
_Refs = Annotated[
    list[Annotated[Text, StringConstraints(min_length=1, max_length=100)]], Field(max_length=100)
]
_Environments = Annotated[list[EnvironmentName], Field(max_length=100)]


class ApiKeyCreate(BaseModel):
    """A new API key. `burst` (default: requests_per_minute) is how many may come at once.

    `prompts` (aliases or ids), `flows` and `environments` narrow what it may run and release;
    null is everything in the project, an empty list nothing.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)]
    requests_per_minute: _Limit = 600
    burst: _Limit | None = None
    tokens_per_minute: _Tokens | None = None
    concurrent_runs: _Concurrent | None = None
    prompts: _Refs | None = None
    flows: _Refs | None = None
    environments: _Environments | None = None
    expires_at: _Expiry | None = None


class ApiKeyUpdate(BaseModel):
    """What changes of an API key; a field that is left out stays as it is.

    Null takes a limit, a list or the expiry away; `burst` becomes requests_per_minute.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, _LEFT_OUT] = ""
    requests_per_minute: Annotated[_Limit, _LEFT_OUT] = 600
    burst: _Limit | None = None
    tokens_per_minute: _Tokens | None = None
    concurrent_runs: _Concurrent | None = None
    prompts: _Refs | None = None
    flows: _Refs | None = None
    environments: _Environments | None = None
    expires_at: _Expiry | None = None


class ApiKeyRotate(BaseModel):
    """How long the text before stays valid beside the new one, in seconds."""

    model_config = ConfigDict(extra="forbid")

    overlap_s: Annotated[int, Field(ge=0, le=30 * 86_400)] = 86_400


class ApiKeyRead(BaseModel):
    """An API key without its text.

    `previous_until` is until when the text before the last rotation is valid. `last_used_at` is
    true to a minute.
    """

    id: str
    name: str
    prefix: str
    last4: str
    scopes: list[Scope]
    requests_per_minute: int
    burst: int
    tokens_per_minute: int | None
    concurrent_runs: int | None
    prompts: list[str] | None
    flows: list[str] | None
    environments: list[str] | None
    expires_at: datetime | None
    revoked_at: datetime | None
    previous_until: datetime | None
    last_used_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """The public form of a row."""
        return cls(
            id=to_public("key", key.id),
            name=key.name,
            prefix=key.prefix,
            last4=key.last4,
            scopes=[Scope(scope) for scope in key.scopes],
            requests_per_minute=key.requests_per_minute,
            burst=key.burst,
            tokens_per_minute=key.tokens_per_minute,
            concurrent_runs=key.concurrent_runs,
            prompts=_public("prm", key.allowed_prompts),
            flows=_public("flw", key.allowed_flows),
            environments=key.allowed_environments,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            previous_until=key.previous_until,
            last_used_at=key.last_used_at,
            created_at=key.created_at,
        )


def _public(prefix: str, ids: list[UUID] | None) -> list[str] | None:
    return None if ids is None else [to_public(prefix, identifier) for identifier in ids]


class ApiKeyCreated(BaseModel):
    """A new text of an API key; `key` is shown this once."""

    key: str
    api_key: ApiKeyRead
