"""The rules of deployments: compare and set, and a line in the ledger for every release."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.service import list_environment_names
from promptops_server.access.types import Caller
from promptops_server.core.db import Pool, mark_changed, retry_once
from promptops_server.core.freshness import FreshCache, Freshness
from promptops_server.deployments import repository
from promptops_server.deployments.errors import (
    DeploymentMoved,
    DeploymentNotFound,
    EnvironmentNotFound,
    SubjectNotFound,
    SubjectVersionNotFound,
)
from promptops_server.deployments.models import Deployment, Release
from promptops_server.deployments.schemas import DeploymentCreate, DeploymentRead, ReleaseRead
from promptops_server.deployments.types import (
    ActiveVersion,
    SubjectKind,
    Subjects,
    SubjectsByKind,
)
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id

_ACTIVE_KEPT = 50_000
_Key = tuple[UUID, SubjectKind, UUID, str]


class ActiveVersions:
    """Which version serves an environment, kept while it is true."""

    def __init__(self, pool: Pool, freshness: Freshness) -> None:
        """Takes a pool of the role `system`."""

        async def load(key: _Key) -> ActiveVersion | None:
            return await retry_once(lambda: repository.load_active(pool, *key))

        self._active = FreshCache(freshness, load, capacity=_ACTIVE_KEPT)

    async def find(
        self, project_id: UUID, kind: SubjectKind, subject_id: UUID, environment: str
    ) -> ActiveVersion | None:
        """The version that serves the environment, or None where none does."""
        return await self._active.get((project_id, kind, subject_id, environment))


async def deploy(
    session: AsyncSession, caller: Caller, wanted: DeploymentCreate, subjects: SubjectsByKind
) -> DeploymentRead:
    """The deployment with the wanted version in it, and a line in the release ledger.

    Deploying what serves already changes nothing and writes no line. Raises SubjectNotFound,
    SubjectVersionNotFound, EnvironmentNotFound, and DeploymentMoved where another version serves
    than the one that `replaces` names.
    """
    lookup = subjects[wanted.kind]
    project_id = caller.project_id
    subject = await lookup.find(session, project_id, wanted.subject)
    if subject is None:
        raise SubjectNotFound(f"There is no such {wanted.kind.value} in this project.")
    version = await lookup.find_version(session, project_id, subject.id, wanted.version)
    if version is None:
        raise SubjectVersionNotFound(f"This {wanted.kind.value} has no version {wanted.version}.")
    if wanted.environment not in await list_environment_names(session, project_id):
        raise EnvironmentNotFound(f"There is no environment {wanted.environment!r}.")
    deployment = await repository.lock_deployment(
        session, project_id, wanted.kind, subject.id, wanted.environment
    )
    active = None if deployment is None else deployment.active_version_id
    if active != version.id:
        await _check_replaced(session, project_id, lookup, active, wanted.replaces)
        deployment = _put(session, caller, deployment, subject.id, version.id, wanted)
        mark_changed(session)
    if deployment is None:
        raise AssertionError("a version that serves already has its deployment")
    return DeploymentRead.of(deployment, subject.alias, version.number)


async def _check_replaced(
    session: AsyncSession,
    project_id: UUID,
    lookup: Subjects,
    active: UUID | None,
    replaces: str | None,
) -> None:
    numbers = {} if active is None else await lookup.numbers(session, project_id, [active])
    current = None if active is None else numbers[active]
    if current != replaces:
        serving = f"version {current}" if current else "no version"
        raise DeploymentMoved(
            f"At the moment {serving} serves this environment. Send it as `replaces`.",
            facts={"current_version": current},
        )


def _put(
    session: AsyncSession,
    caller: Caller,
    deployment: Deployment | None,
    subject_id: UUID,
    version_id: UUID,
    wanted: DeploymentCreate,
) -> Deployment:
    moment = utc_now()
    previous = None if deployment is None else deployment.active_version_id
    if deployment is None:
        deployment = Deployment(
            id=new_id(),
            project_id=caller.project_id,
            subject_kind=wanted.kind.value,
            subject_id=subject_id,
            environment=wanted.environment,
            active_version_id=version_id,
            created_at=moment,
            updated_at=moment,
        )
    else:
        deployment.active_version_id = version_id
        deployment.updated_at = moment
    release = Release(
        id=new_id(),
        project_id=caller.project_id,
        deployment_id=deployment.id,
        from_version_id=previous,
        to_version_id=version_id,
        actor_kind=caller.kind,
        actor_id=caller.id,
        actor_name=caller.name,
        reason=wanted.reason,
        created_at=moment,
    )
    repository.add(session, deployment, release)
    return deployment


async def describe(
    session: AsyncSession,
    project_id: UUID,
    deployments: Sequence[Deployment],
    subjects: SubjectsByKind,
) -> list[DeploymentRead]:
    """The deployments with the alias of each subject and the number of its version, in order."""
    found: dict[UUID, DeploymentRead] = {}
    for kind, lookup in subjects.items():
        of_kind = [item for item in deployments if item.subject_kind == kind.value]
        numbers = await lookup.numbers(
            session, project_id, [item.active_version_id for item in of_kind]
        )
        aliases = await lookup.aliases(session, project_id, [item.subject_id for item in of_kind])
        for item in of_kind:
            found[item.id] = DeploymentRead.of(
                item, aliases[item.subject_id], numbers[item.active_version_id]
            )
    return [found[item.id] for item in deployments]


async def get_deployment(session: AsyncSession, caller: Caller, ref: str) -> Deployment:
    """The deployment of this public id. Raises DeploymentNotFound."""
    deployment_id = from_public("dep", ref)
    found = deployment_id and await repository.find_deployment(
        session, caller.project_id, deployment_id
    )
    if not found:
        raise DeploymentNotFound("There is no such deployment in this project.")
    return found


async def describe_releases(
    session: AsyncSession,
    deployment: Deployment,
    releases: Sequence[Release],
    subjects: SubjectsByKind,
) -> list[ReleaseRead]:
    """The lines of a deployment's ledger with version numbers, in the order given."""
    lookup = subjects[SubjectKind(deployment.subject_kind)]
    ids = {release.to_version_id for release in releases}
    ids |= {release.from_version_id for release in releases if release.from_version_id}
    numbers = await lookup.numbers(session, deployment.project_id, sorted(ids))
    return [
        ReleaseRead.of(
            release,
            numbers[release.from_version_id] if release.from_version_id else None,
            numbers[release.to_version_id],
        )
        for release in releases
    ]
