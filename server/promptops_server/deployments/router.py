"""Deployments and the release ledger over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from promptops_server.access.deps import Author, Db, PageCursors, Reader
from promptops_server.access.errors import EnvironmentNotFound
from promptops_server.core.fields import Limit
from promptops_server.core.pagination import DEFAULT_LIMIT, Page
from promptops_server.core.problems import errors
from promptops_server.deployments import repository, service
from promptops_server.deployments.deps import Checks, Deployable
from promptops_server.deployments.errors import (
    DeploymentMoved,
    DeploymentNotFound,
    NothingToRollBackTo,
    ReleaseCheckMissing,
    ReleaseRefused,
    SubjectArchived,
    SubjectNotFound,
    SubjectVersionNotFound,
)
from promptops_server.deployments.schemas import (
    DeploymentCreate,
    DeploymentQuery,
    DeploymentRead,
    Promotion,
    ReleaseRead,
    Rollback,
)

router = APIRouter(prefix="/api/v1/deployments", tags=["Deployments"])
_REFUSALS = (DeploymentMoved, SubjectArchived, ReleaseRefused, ReleaseCheckMissing)


@router.post(
    "",
    responses=errors(
        SubjectNotFound, SubjectVersionNotFound, EnvironmentNotFound, *_REFUSALS, body=True
    ),
)
async def deploy(
    wanted: DeploymentCreate, caller: Author, db: Db, subjects: Deployable, checks: Checks
) -> DeploymentRead:
    """Puts a version into an environment. `replaces` names the version that serves there now.

    A deprecated version may be deployed; `version_deprecated` says so.
    """
    async with db.transaction(caller.project_id) as session:
        return await service.deploy(session, caller, wanted, subjects, checks)


@router.post(
    "/{deployment}/promote",
    responses=errors(DeploymentNotFound, EnvironmentNotFound, *_REFUSALS, body=True),
)
async def promote(
    deployment: str,
    wanted: Promotion,
    caller: Author,
    db: Db,
    subjects: Deployable,
    checks: Checks,
) -> DeploymentRead:
    """Takes the version that serves this environment to another one: the deployment there.

    Of promotions at once that name the same replaced version, one wins.
    """
    async with db.transaction(caller.project_id) as session:
        return await service.promote(session, caller, deployment, wanted, subjects, checks)


@router.post(
    "/{deployment}/rollback",
    responses=errors(
        DeploymentNotFound, DeploymentMoved, NothingToRollBackTo, SubjectArchived, body=True
    ),
)
async def roll_back(
    deployment: str, wanted: Rollback, caller: Author, db: Db, subjects: Deployable
) -> DeploymentRead:
    """Goes back to the version that served before this one; a second rollback goes further back.

    No check is asked: the version has served here already.
    """
    async with db.transaction(caller.project_id) as session:
        return await service.roll_back(session, caller, deployment, wanted, subjects)


@router.get("", responses=errors(SubjectNotFound))
async def list_deployments(
    caller: Reader,
    db: Db,
    cursors: PageCursors,
    subjects: Deployable,
    wanted: Annotated[DeploymentQuery, Query()],
) -> Page[DeploymentRead]:
    """What serves where in this project, newest deployment first; `updated_at` says since when."""
    question = f"deployments|{caller.project_id}|{wanted.question()}"
    after = cursors.after(wanted.cursor, question)
    async with db.transaction(caller.project_id) as session:
        found = await service.list_deployments(session, caller, wanted, subjects, after)
        rows = await service.describe(session, caller.project_id, found, subjects)
    return cursors.page(rows, [deployment.id for deployment in found], wanted.limit, question)


@router.get("/{deployment}", responses=errors(DeploymentNotFound))
async def get_deployment(
    deployment: str, caller: Reader, db: Db, subjects: Deployable
) -> DeploymentRead:
    """One deployment."""
    async with db.transaction(caller.project_id) as session:
        found = await service.get_deployment(session, caller, deployment)
        return (await service.describe(session, caller.project_id, [found], subjects))[0]


@router.get("/{deployment}/releases", responses=errors(DeploymentNotFound))
async def list_releases(
    deployment: str,
    caller: Reader,
    db: Db,
    cursors: PageCursors,
    subjects: Deployable,
    limit: Limit = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[ReleaseRead]:
    """The release ledger of a deployment, newest first: who, from, to, why."""
    async with db.transaction(caller.project_id) as session:
        owner = await service.get_deployment(session, caller, deployment)
        question = f"releases|{caller.project_id}|{owner.id}"
        after = cursors.after(cursor, question)
        found = await repository.list_releases(session, caller.project_id, owner.id, after, limit)
        rows = await service.describe_releases(session, owner, found, subjects)
    return cursors.page(rows, [release.id for release in found], limit, question)
