"""Every SQL statement of deployments."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.core.db import Pool
from promptops_server.core.scoping import of_project, page_of
from promptops_server.deployments.models import Deployment, Release
from promptops_server.deployments.types import ActiveVersion, SubjectKind


def add(session: AsyncSession, *rows: Deployment | Release) -> None:
    session.add_all(rows)


async def lock_deployment(
    session: AsyncSession,
    project_id: UUID,
    kind: SubjectKind,
    subject_id: UUID,
    environment: str,
) -> Deployment | None:
    # The first deployment has no row to lock yet: this lock holds two of them apart.
    name = f"deployment|{subject_id}|{environment}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    statement = (
        of_project(Deployment, project_id)
        .where(
            Deployment.subject_kind == kind.value,
            Deployment.subject_id == subject_id,
            Deployment.environment == environment,
        )
        .with_for_update()
        # What was read before the lock may be old.
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def find_deployment(
    session: AsyncSession, project_id: UUID, deployment_id: UUID
) -> Deployment | None:
    statement = of_project(Deployment, project_id).where(Deployment.id == deployment_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def list_deployments(
    session: AsyncSession,
    project_id: UUID,
    *,
    kind: SubjectKind,
    subject_ids: Sequence[UUID] | None,
    environment: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Deployment]:
    """One page of deployments; those of the subjects alone, of this kind, where some are named."""
    statement = of_project(Deployment, project_id)
    if subject_ids is not None:
        statement = statement.where(
            Deployment.subject_kind == kind.value, Deployment.subject_id.in_(subject_ids)
        )
    if environment is not None:
        statement = statement.where(Deployment.environment == environment)
    page = page_of(statement, Deployment, after, limit)
    return (await session.execute(page)).scalars().all()


async def list_releases(
    session: AsyncSession, project_id: UUID, deployment_id: UUID, after: UUID | None, limit: int
) -> Sequence[Release]:
    statement = of_project(Release, project_id).where(Release.deployment_id == deployment_id)
    page = page_of(statement, Release, after, limit)
    return (await session.execute(page)).scalars().all()


async def get_release(session: AsyncSession, project_id: UUID, release_id: UUID) -> Release:
    statement = of_project(Release, project_id).where(Release.id == release_id)
    return (await session.execute(statement)).scalar_one()


async def find_release_behind(
    session: AsyncSession, project_id: UUID, release: Release, version_id: UUID | None
) -> Release | None:
    """The nearest release that rollbacks from this one come to, of this version where one is named.

    Follows `returns_to`, so that what was rolled back already is not come to again.
    """
    behind = (
        select(Release.id, Release.returns_to, Release.to_version_id, literal(1).label("steps"))
        .where(Release.project_id == project_id, Release.id == release.returns_to)
        .cte("behind", recursive=True)
    )
    step = select(Release.id, Release.returns_to, Release.to_version_id, behind.c.steps + 1).where(
        Release.project_id == project_id, Release.id == behind.c.returns_to
    )
    if version_id is not None:
        # Nothing beyond the first match is looked at.
        step = step.where(behind.c.to_version_id != version_id)
    else:
        step = step.where(behind.c.steps < 0)
    behind = behind.union_all(step)
    statement = of_project(Release, project_id).join(behind, behind.c.id == Release.id)
    if version_id is not None:
        statement = statement.where(behind.c.to_version_id == version_id)
    found = await session.execute(statement.order_by(behind.c.steps).limit(1))
    return found.scalar_one_or_none()


async def load_active(
    pool: Pool, project_id: UUID, kind: SubjectKind, subject_id: UUID, environment: str
) -> ActiveVersion | None:
    """What serves the environment; read with the role `system`."""
    row = await pool.fetchrow(
        "SELECT id, active_version_id FROM deployments WHERE project_id = $1 "
        "AND subject_kind = $2 AND subject_id = $3 AND environment = $4",
        project_id,
        kind.value,
        subject_id,
        environment,
    )
    return None if row is None else ActiveVersion(row["id"], row["active_version_id"])
