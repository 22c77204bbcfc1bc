"""What deployments take and give over HTTP."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from promptops_server.core.fields import EnvironmentName, Text
from promptops_server.core.pagination import DEFAULT_LIMIT
from promptops_server.deployments.models import Deployment, Release
from promptops_server.deployments.types import ReleaseKind, Subject, SubjectKind, SubjectVersion
from promptops_server.kit.ids import to_public
from promptops_server.versioned.semver import PATTERN

MAX_PROMPTS = 100
# Enough for a page of prompts, each in several environments.
MAX_DEPLOYMENTS = 500

VersionNumber = Annotated[str, StringConstraints(pattern=PATTERN)]
_Reason = Annotated[Text, StringConstraints(max_length=2000)]
_PREFIXES = {SubjectKind.PROMPT: "prm"}


class DeploymentCreate(BaseModel):
    """Puts a version into an environment. `replaces` names the version that serves it now."""

    model_config = ConfigDict(extra="forbid")

    kind: SubjectKind = SubjectKind.PROMPT
    subject: Annotated[Text, StringConstraints(min_length=1, max_length=100)]
    environment: EnvironmentName
    version: VersionNumber
    replaces: VersionNumber | None = None
    reason: _Reason | None = None


class Promotion(BaseModel):
    """Takes the version that serves here to the environment `to`.

    `replaces` names the version that serves there now; left out, none may. `version` names the
    version that is to be promoted, where it should be refused that another serves here meanwhile.
    """

    model_config = ConfigDict(extra="forbid")

    to: EnvironmentName
    version: VersionNumber | None = None
    replaces: VersionNumber | None = None
    reason: _Reason | None = None


class Rollback(BaseModel):
    """Goes back to the version before, or to `to_version`. `replaces` names what serves now."""

    model_config = ConfigDict(extra="forbid")

    replaces: VersionNumber
    to_version: VersionNumber | None = None
    reason: _Reason | None = None


class DeploymentQuery(BaseModel):
    """Which deployments a list shows; of prompts, those of any that is named."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[
        list[Text], Field(max_length=MAX_PROMPTS, description="Aliases or ids of prompts.")
    ] = []
    environment: EnvironmentName | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_DEPLOYMENTS)] = DEFAULT_LIMIT
    cursor: str | None = None

    def question(self) -> str:
        """What a cursor is bound to: the filters, without the page."""
        return repr(self.model_dump(exclude={"limit", "cursor"}))


class DeploymentRead(BaseModel):
    """Which version serves an environment, and whether its authors advise against it."""

    id: str
    kind: SubjectKind
    subject_id: str
    subject_alias: str
    environment: str
    version: str
    version_deprecated: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, deployment: Deployment, subject: Subject, version: SubjectVersion) -> Self:
        """The public form of a row."""
        kind = SubjectKind(deployment.subject_kind)
        return cls(
            id=to_public("dep", deployment.id),
            kind=kind,
            subject_id=to_public(_PREFIXES[kind], deployment.subject_id),
            subject_alias=subject.alias,
            environment=deployment.environment,
            version=version.number,
            version_deprecated=version.is_deprecated,
            created_at=deployment.created_at,
            updated_at=deployment.updated_at,
        )


class ReleaseRead(BaseModel):
    """One line of the ledger; `from_version` is null for the first."""

    id: str
    kind: ReleaseKind
    from_version: str | None
    to_version: str
    actor_kind: str
    actor_name: str
    reason: str | None
    created_at: datetime

    @classmethod
    def of(cls, release: Release, from_version: str | None, to_version: str) -> Self:
        """The public form of a row."""
        return cls(
            id=to_public("rel", release.id),
            kind=ReleaseKind(release.kind),
            from_version=from_version,
            to_version=to_version,
            actor_kind=release.actor_kind,
            actor_name=release.actor_name,
            reason=release.reason,
            created_at=release.created_at,
        )
