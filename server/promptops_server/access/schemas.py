"""What access takes and gives over HTTP."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from promptops_server.access.models import ApiKey, Environment, Project
from promptops_server.access.types import Scope
from promptops_server.core.fields import Name, Slug
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import to_public


def _in_the_future(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("Give the time with its zone, as 2027-01-31T00:00:00Z.")
    if moment <= utc_now():
        raise ValueError("This time has passed.")
    return moment


class ProjectCreate(BaseModel):
    """A new project."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    slug: Slug


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
    """A new project with its first key, whose text is shown this once."""

    project: ProjectRead
    api_key: str


class EnvironmentRead(BaseModel):
    """A place that a version can be deployed to."""

    name: str
    created_at: datetime

    @classmethod
    def of(cls, environment: Environment) -> Self:
        """The public form of a row."""
        return cls(name=environment.name, created_at=environment.created_at)


class EnvironmentList(BaseModel):
    """The environments of the caller's project."""

    data: list[EnvironmentRead]


class ApiKeyCreate(BaseModel):
    """A new API key. `burst` (default: requests_per_minute) is how many may come at once."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)]
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    burst: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    expires_at: Annotated[datetime, AfterValidator(_in_the_future)] | None = None


class ApiKeyRead(BaseModel):
    """An API key without its text."""

    id: str
    name: str
    prefix: str
    last4: str
    scopes: list[Scope]
    requests_per_minute: int
    burst: int
    expires_at: datetime | None
    revoked_at: datetime | None
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
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            created_at=key.created_at,
        )


class ApiKeyCreated(BaseModel):
    """A new API key; `key` is its text, shown this once."""

    key: str
    api_key: ApiKeyRead
