"""Releases: compare and set under the lock of a row, checks, and a line in the ledger for each.

The ledger knows the way back. Each release notes the release that a rollback from it goes back to:
for a deployment and a promotion, what served before; for a rollback, what lies behind the release
that it went back to. So a second rollback goes further back, and not to and fro.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.service import (
    hold_environment,
    require_prompt,
    require_release,
)
from promptops_server.access.types import Caller, EnvironmentRef
from promptops_server.core.db import mark_changed
from promptops_server.core.errors import FieldProblem, InvalidRequest
from promptops_server.deployments import repository
from promptops_server.deployments.errors import (
    DeploymentMoved,
    NothingToRollBackTo,
    ReleaseCheckMissing,
    ReleaseRefused,
    SubjectArchived,
    SubjectNotFound,
    SubjectVersionNotFound,
)
from promptops_server.deployments.models import Deployment, Release
from promptops_server.deployments.schemas import (
    DeploymentCreate,
    DeploymentRead,
    Promotion,
    Rollback,
)
from promptops_server.deployments.service.reading import get_deployment
from promptops_server.deployments.types import (
    ProposedRelease,
    ReleaseChecks,
    ReleaseKind,
    Subject,
    SubjectKind,
    Subjects,
    SubjectsByKind,
    SubjectVersion,
)
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class _Step:
    """A version on its way into an environment."""

    kind: ReleaseKind
    subject_kind: SubjectKind
    subject: Subject
    version: SubjectVersion
    environment: str
    reason: str | None


async def deploy(
    session: AsyncSession,
    caller: Caller,
    wanted: DeploymentCreate,
    subjects: SubjectsByKind,
    checks: ReleaseChecks = (),
) -> DeploymentRead:
    """The deployment with the wanted version in it, and a line in the release ledger.

    Deploying what serves already changes nothing and writes no line. Raises SubjectNotFound,
    SubjectArchived, SubjectVersionNotFound, EnvironmentNotFound, Forbidden where the caller's
    allow-lists lack the subject or the environment, or it is protected from the caller,
    DeploymentMoved where another version serves than the one that `replaces` names,
    ReleaseCheckMissing and ReleaseRefused.
    """
    lookup = subjects[wanted.kind]
    subject = await lookup.find(session, caller.project_id, wanted.subject)
    if subject is None:
        raise SubjectNotFound(f"There is no such {wanted.kind.value} in this project.")
    _check_subject(caller, subject)
    version = await lookup.find_version(session, caller.project_id, subject.id, wanted.version)
    if version is None:
        raise SubjectVersionNotFound(f"This {wanted.kind.value} has no version {wanted.version}.")
    environment = await hold_environment(session, caller.project_id, wanted.environment)
    require_release(caller, environment)
    step = _Step(ReleaseKind.DEPLOY, wanted.kind, subject, version, environment.name, wanted.reason)
    deployment = await _lock(session, caller, step)
    if deployment is not None and deployment.active_version_id == version.id:
        return DeploymentRead.of(deployment, subject, version)
    await _check_replaced(session, caller, lookup, deployment, wanted.replaces)
    return await _release(session, caller, step, deployment, environment, checks)


async def promote(
    session: AsyncSession,
    caller: Caller,
    ref: str,
    wanted: Promotion,
    subjects: SubjectsByKind,
    checks: ReleaseChecks,
) -> DeploymentRead:
    """The deployment of the other environment, with the version in it that serves this one.

    Promoting what serves there already, and is named as replaced, writes no line. Raises
    DeploymentNotFound, EnvironmentNotFound, InvalidRequest for the same environment,
    SubjectArchived, Forbidden where the caller's allow-lists lack the subject or the environment,
    DeploymentMoved where another version serves than `version` here or `replaces` there,
    ReleaseCheckMissing and ReleaseRefused.
    """
    source = await get_deployment(session, caller, ref)
    if wanted.to == source.environment:
        raise _at_fault("to", "This is the environment that the version serves already.")
    lookup, subject, version = await _look_up(session, caller, source, subjects)
    if wanted.version is not None and wanted.version != version.number:
        raise DeploymentMoved(
            f"At the moment version {version.number} serves the environment to promote from.",
            facts={"current_version": version.number},
        )
    environment = await hold_environment(session, caller.project_id, wanted.to)
    require_release(caller, environment)
    step = _Step(
        ReleaseKind.PROMOTE,
        SubjectKind(source.subject_kind),
        subject,
        version,
        environment.name,
        wanted.reason,
    )
    target = await _lock(session, caller, step)
    await _check_replaced(session, caller, lookup, target, wanted.replaces)
    if target is not None and target.active_version_id == version.id:
        return DeploymentRead.of(target, subject, version)
    return await _release(session, caller, step, target, environment, checks)


async def roll_back(
    session: AsyncSession, caller: Caller, ref: str, wanted: Rollback, subjects: SubjectsByKind
) -> DeploymentRead:
    """The deployment with the version in it that served before, or `to_version`.

    Raises DeploymentNotFound, SubjectArchived, Forbidden where the caller's allow-lists lack the
    subject or the environment, DeploymentMoved where another version serves than the one that
    `replaces` names, InvalidRequest where that is `to_version`, and NothingToRollBackTo.
    """
    found = await get_deployment(session, caller, ref)
    lookup, subject, _ = await _look_up(session, caller, found, subjects)
    environment = await hold_environment(session, caller.project_id, found.environment)
    require_release(caller, environment)
    if wanted.to_version == wanted.replaces:
        raise _at_fault("to_version", "This version serves already.")
    kind = SubjectKind(found.subject_kind)
    deployment = await repository.lock_deployment(
        session, caller.project_id, kind, subject.id, found.environment
    )
    await _check_replaced(session, caller, lookup, deployment, wanted.replaces)
    if deployment is None:
        raise AssertionError("a deployment is never deleted before its subject")
    current = await repository.get_release(session, caller.project_id, deployment.release_id)
    version_id = await _version_behind(session, caller, lookup, subject, wanted.to_version)
    target = await repository.find_release_behind(session, caller.project_id, current, version_id)
    if target is None:
        raise NothingToRollBackTo("Nothing that served before lies behind this release.")
    versions = await lookup.versions_by_id(session, caller.project_id, [target.to_version_id])
    version = versions[target.to_version_id]
    step = _Step(ReleaseKind.ROLLBACK, kind, subject, version, found.environment, wanted.reason)
    return _put(session, caller, step, deployment, returns_to=target.returns_to)


async def _look_up(
    session: AsyncSession, caller: Caller, deployment: Deployment, subjects: SubjectsByKind
) -> tuple[Subjects, Subject, SubjectVersion]:
    """The deployment's subject and its version; refuses where the subject cannot be released."""
    lookup = subjects[SubjectKind(deployment.subject_kind)]
    project_id = caller.project_id
    owners = await lookup.by_id(session, project_id, [deployment.subject_id])
    subject = owners[deployment.subject_id]
    _check_subject(caller, subject)
    versions = await lookup.versions_by_id(session, project_id, [deployment.active_version_id])
    return lookup, subject, versions[deployment.active_version_id]


async def _version_behind(
    session: AsyncSession, caller: Caller, lookup: Subjects, subject: Subject, number: str | None
) -> UUID | None:
    if number is None:
        return None
    version = await lookup.find_version(session, caller.project_id, subject.id, number)
    if version is None:
        raise NothingToRollBackTo(f"Version {number} never served here.")
    return version.id


def _check_subject(caller: Caller, subject: Subject) -> None:
    require_prompt(caller, subject.id)
    if subject.is_archived:
        raise SubjectArchived("It is archived. Take it out of the archive first.")


def _at_fault(field: str, sentence: str) -> InvalidRequest:
    return InvalidRequest(
        sentence, errors=[FieldProblem("invalid_request", f"#/{field}", sentence)]
    )


async def _lock(session: AsyncSession, caller: Caller, step: _Step) -> Deployment | None:
    return await repository.lock_deployment(
        session, caller.project_id, step.subject_kind, step.subject.id, step.environment
    )


async def _check_replaced(
    session: AsyncSession,
    caller: Caller,
    lookup: Subjects,
    deployment: Deployment | None,
    replaces: str | None,
) -> None:
    current = None
    if deployment is not None:
        active = deployment.active_version_id
        versions = await lookup.versions_by_id(session, caller.project_id, [active])
        current = versions[active].number
    if current != replaces:
        serving = f"version {current}" if current else "no version"
        raise DeploymentMoved(
            f"At the moment {serving} serves this environment. Send it as `replaces`.",
            facts={"current_version": current},
        )


async def _release(
    session: AsyncSession,
    caller: Caller,
    step: _Step,
    deployment: Deployment | None,
    environment: EnvironmentRef,
    checks: ReleaseChecks,
) -> DeploymentRead:
    """The deployment after the release, which every check has let pass."""
    missing = set(environment.required_checks) - {check.name for check in checks}
    if missing:
        raise ReleaseCheckMissing(
            f"This environment requires the check {min(missing)!r}, which is not there."
        )
    for check in checks:
        proposed = ProposedRelease(
            project_id=caller.project_id,
            kind=step.kind,
            subject_kind=step.subject_kind,
            subject_id=step.subject.id,
            environment=step.environment,
            from_version_id=None if deployment is None else deployment.active_version_id,
            to_version_id=step.version.id,
            is_required=check.name in environment.required_checks,
        )
        refusal = await check.find_refusal(session, proposed)
        if refusal is not None:
            raise ReleaseRefused(refusal, facts={"check": check.name})
    returns_to = None if deployment is None else deployment.release_id
    return _put(session, caller, step, deployment, returns_to=returns_to)


def _put(
    session: AsyncSession,
    caller: Caller,
    step: _Step,
    deployment: Deployment | None,
    *,
    returns_to: UUID | None,
) -> DeploymentRead:
    moment = utc_now()
    release_id = new_id()
    previous = None if deployment is None else deployment.active_version_id
    if deployment is None:
        deployment = Deployment(
            id=new_id(),
            project_id=caller.project_id,
            subject_kind=step.subject_kind.value,
            subject_id=step.subject.id,
            environment=step.environment,
            created_at=moment,
        )
    deployment.active_version_id = step.version.id
    deployment.release_id = release_id
    deployment.updated_at = moment
    release = Release(
        id=release_id,
        project_id=caller.project_id,
        deployment_id=deployment.id,
        kind=step.kind.value,
        returns_to=returns_to,
        from_version_id=previous,
        to_version_id=step.version.id,
        actor_kind=caller.kind,
        actor_id=caller.id,
        actor_name=caller.name,
        reason=step.reason,
        created_at=moment,
    )
    repository.add(session, deployment, release)
    mark_changed(session)
    return DeploymentRead.of(deployment, step.subject, step.version)
