"""Deployments and their ledger as the API shows them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.types import Caller
from promptops_server.deployments import repository
from promptops_server.deployments.errors import DeploymentNotFound, SubjectNotFound
from promptops_server.deployments.models import Deployment, Release
from promptops_server.deployments.schemas import DeploymentQuery, DeploymentRead, ReleaseRead
from promptops_server.deployments.types import SubjectKind, SubjectsByKind
from promptops_server.kit.ids import from_public


async def list_deployments(
    session: AsyncSession,
    caller: Caller,
    wanted: DeploymentQuery,
    subjects: SubjectsByKind,
    after: UUID | None,
) -> Sequence[Deployment]:
    """One page of deployments, newest first, and one more where there is a next page.

    Raises SubjectNotFound for a prompt that there is none of.
    """
    subject_ids: list[UUID] | None = None
    if wanted.prompt:
        lookup = subjects[SubjectKind.PROMPT]
        found = await lookup.ids_of(session, caller.project_id, wanted.prompt)
        if not found.keys() >= set(wanted.prompt):
            raise SubjectNotFound("There is no such prompt in this project.")
        subject_ids = list(found.values())
    return await repository.list_deployments(
        session,
        caller.project_id,
        kind=SubjectKind.PROMPT,
        subject_ids=subject_ids,
        environment=wanted.environment,
        after=after,
        limit=wanted.limit,
    )


async def describe(
    session: AsyncSession,
    project_id: UUID,
    deployments: Sequence[Deployment],
    subjects: SubjectsByKind,
) -> list[DeploymentRead]:
    """The deployments with the alias of each subject and its version, in order."""
    found: dict[UUID, DeploymentRead] = {}
    for kind, lookup in subjects.items():
        of_kind = [item for item in deployments if item.subject_kind == kind.value]
        versions = await lookup.versions_by_id(
            session, project_id, [item.active_version_id for item in of_kind]
        )
        owners = await lookup.by_id(session, project_id, [item.subject_id for item in of_kind])
        for item in of_kind:
            found[item.id] = DeploymentRead.of(
                item, owners[item.subject_id], versions[item.active_version_id]
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
    versions = await lookup.versions_by_id(session, deployment.project_id, sorted(ids))
    return [
        ReleaseRead.of(
            release,
            versions[release.from_version_id].number if release.from_version_id else None,
            versions[release.to_version_id].number,
        )
        for release in releases
    ]
