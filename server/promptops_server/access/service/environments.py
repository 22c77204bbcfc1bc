"""The environments of a project."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access import repository
from promptops_server.access.errors import (
    EnvironmentInUse,
    EnvironmentNotFound,
    EnvironmentTaken,
)
from promptops_server.access.models import Environment
from promptops_server.access.schemas import EnvironmentCreate, EnvironmentUpdate
from promptops_server.access.service.authentication import require_environment
from promptops_server.access.types import (
    MAX_ENVIRONMENTS,
    PROTECTED_ENVIRONMENT,
    Caller,
    EnvironmentRef,
)
from promptops_server.core.errors import Conflict
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import new_id


async def list_environment_names(session: AsyncSession, project_id: UUID) -> list[str]:
    """The names of the project's environments, in alphabetical order."""
    return [item.name for item in await repository.list_environments(session, project_id)]


async def hold_environment(session: AsyncSession, project_id: UUID, name: str) -> EnvironmentRef:
    """The environment, which neither goes nor changes until the transaction ends.

    Raises EnvironmentNotFound.
    """
    found = await repository.find_environment(session, project_id, name, lock="share")
    if found is None:
        raise EnvironmentNotFound("There is no such environment in this project.")
    return EnvironmentRef(found.name, tuple(found.required_checks), found.protected)


async def create_environment(
    session: AsyncSession, caller: Caller, wanted: EnvironmentCreate
) -> Environment:
    """A new environment.

    Raises EnvironmentTaken, Conflict where the project has too many, and Forbidden where the
    caller's allow-list lacks the name.
    """
    require_environment(caller, wanted.name)
    await repository.lock_project(session, caller.project_id)
    names = await list_environment_names(session, caller.project_id)
    if wanted.name in names:
        raise EnvironmentTaken("This project has an environment of this name already.")
    if len(names) >= MAX_ENVIRONMENTS:
        raise Conflict(f"A project has at most {MAX_ENVIRONMENTS} environments.")
    environment = Environment(
        id=new_id(),
        project_id=caller.project_id,
        name=wanted.name,
        required_checks=sorted(set(wanted.required_checks)),
        protected=(
            wanted.name == PROTECTED_ENVIRONMENT if wanted.protected is None else wanted.protected
        ),
        created_at=utc_now(),
    )
    repository.add(session, environment)
    return environment


async def update_environment(
    session: AsyncSession, caller: Caller, name: str, wanted: EnvironmentUpdate
) -> Environment:
    """The environment with other required checks, protected or not.

    Waits for releases to it that are under way. Raises EnvironmentNotFound, and Forbidden where
    the caller's allow-list lacks it.
    """
    environment = await _get_for_change(session, caller, name)
    if "required_checks" in wanted.model_fields_set:
        environment.required_checks = sorted(set(wanted.required_checks))
    if "protected" in wanted.model_fields_set:
        environment.protected = wanted.protected
    return environment


async def delete_environment(session: AsyncSession, caller: Caller, name: str) -> None:
    """Deletes an environment to which nothing is deployed.

    Raises EnvironmentNotFound, EnvironmentInUse where something is deployed there or no other
    environment would be left, and Forbidden where the caller's allow-list lacks it.
    """
    await repository.lock_project(session, caller.project_id)
    environment = await _get_for_change(session, caller, name)
    if len(await list_environment_names(session, caller.project_id)) == 1:
        raise EnvironmentInUse("This is the project's last environment, which stays.")
    await repository.delete_environment(session, environment)
    try:
        # Flushed here so that what hangs on it is told as such.
        await session.flush()
    except IntegrityError as error:
        raise EnvironmentInUse("Something is deployed to this environment, so it stays.") from error


async def _get_for_change(session: AsyncSession, caller: Caller, name: str) -> Environment:
    found = await repository.find_environment(session, caller.project_id, name, lock="update")
    if found is None:
        raise EnvironmentNotFound("There is no such environment in this project.")
    require_environment(caller, name)
    return found
