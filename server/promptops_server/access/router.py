"""Projects, environments and API keys over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from promptops_server.access import repository, service
from promptops_server.access.deps import (
    Admin,
    Db,
    Names,
    PageCursors,
    Reader,
)
from promptops_server.access.errors import (
    ApiKeyNotFound,
    ApiKeyRevoked,
    EnvironmentInUse,
    EnvironmentNotFound,
    EnvironmentTaken,
)
from promptops_server.access.schemas import (
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyRead,
    ApiKeyRotate,
    ApiKeyUpdate,
    EnvironmentCreate,
    EnvironmentList,
    EnvironmentRead,
    EnvironmentUpdate,
    ProjectList,
    ProjectRead,
)
from promptops_server.core.errors import NotFound
from promptops_server.core.fields import EnvironmentName, Limit
from promptops_server.core.pagination import DEFAULT_LIMIT, Page
from promptops_server.core.problems import errors

router = APIRouter(prefix="/api/v1")
InPath = Annotated[EnvironmentName, Path()]


@router.get("/projects", tags=["Projects"], responses=errors())
async def list_projects(caller: Reader, db: Db) -> ProjectList:
    """The projects that the caller may see: a key's own, or all that a person belongs to."""
    async with db.transaction(caller.project_id) as session:
        found = await service.list_projects(session, caller)
    return ProjectList(data=[ProjectRead.of(project) for project in found])


@router.get("/environments", tags=["Environments"], responses=errors())
async def list_environments(caller: Reader, db: Db) -> EnvironmentList:
    """The environments of this project, by name."""
    async with db.transaction(caller.project_id) as session:
        found = await repository.list_environments(session, caller.project_id)
    return EnvironmentList(data=[EnvironmentRead.of(environment) for environment in found])


@router.post(
    "/environments",
    tags=["Environments"],
    status_code=201,
    responses=errors(EnvironmentTaken, body=True),
)
async def create_environment(wanted: EnvironmentCreate, caller: Admin, db: Db) -> EnvironmentRead:
    """Makes an environment."""
    async with db.transaction(caller.project_id) as session:
        environment = await service.create_environment(session, caller, wanted)
    return EnvironmentRead.of(environment)


@router.patch(
    "/environments/{environment}",
    tags=["Environments"],
    responses=errors(EnvironmentNotFound, body=True),
)
async def update_environment(
    environment: InPath, wanted: EnvironmentUpdate, caller: Admin, db: Db
) -> EnvironmentRead:
    """Says without which checks nothing is released to an environment."""
    async with db.transaction(caller.project_id) as session:
        found = await service.update_environment(session, caller, environment, wanted)
    return EnvironmentRead.of(found)


@router.delete(
    "/environments/{environment}",
    tags=["Environments"],
    status_code=204,
    responses=errors(EnvironmentNotFound, EnvironmentInUse),
)
async def delete_environment(environment: InPath, caller: Admin, db: Db) -> Response:
    """Deletes an environment to which nothing is deployed; the last one stays."""
    async with db.transaction(caller.project_id) as session:
        await service.delete_environment(session, caller, environment)
    return Response(status_code=204)


@router.get("/keys", tags=["API keys"], responses=errors())
async def list_api_keys(
    caller: Admin,
    db: Db,
    cursors: PageCursors,
    limit: Limit = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[ApiKeyRead]:
    """The API keys of this project, newest first, revoked ones included."""
    question = f"keys|{caller.project_id}"
    after = cursors.after(cursor, question)
    async with db.transaction(caller.project_id) as session:
        found = await repository.list_api_keys(session, caller.project_id, after, limit)
    rows = [ApiKeyRead.of(key) for key in found]
    return cursors.page(rows, [key.id for key in found], limit, question)


@router.post("/keys", tags=["API keys"], status_code=201, responses=errors(body=True))
async def create_api_key(
    wanted: ApiKeyCreate, caller: Admin, db: Db, names: Names
) -> ApiKeyCreated:
    """Makes an API key. Its text is in this answer and nowhere else.

    A key that has an allow-list makes only keys that are narrowed at least as far.
    """
    async with db.transaction(caller.project_id) as session:
        key, text = await service.create_api_key(session, caller, caller.project_id, wanted, names)
    return ApiKeyCreated(key=text, api_key=ApiKeyRead.of(key))


@router.get("/keys/{key_id}", tags=["API keys"], responses=errors(ApiKeyNotFound))
async def get_api_key(key_id: str, caller: Admin, db: Db) -> ApiKeyRead:
    """One API key, without its text."""
    async with db.transaction(caller.project_id) as session:
        return ApiKeyRead.of(await service.get_api_key(session, caller, key_id))


@router.patch(
    "/keys/{key_id}",
    tags=["API keys"],
    responses=errors(ApiKeyNotFound, ApiKeyRevoked, body=True),
)
async def update_api_key(
    key_id: str, wanted: ApiKeyUpdate, caller: Admin, db: Db, names: Names
) -> ApiKeyRead:
    """Changes an API key: its name, limits, lists or expiry. In force within a second."""
    async with db.transaction(caller.project_id) as session:
        key = await service.update_api_key(session, caller, key_id, wanted, names)
    return ApiKeyRead.of(key)


@router.post(
    "/keys/{key_id}/rotate",
    tags=["API keys"],
    responses=errors(ApiKeyNotFound, ApiKeyRevoked, body=True),
)
async def rotate_api_key(key_id: str, wanted: ApiKeyRotate, caller: Admin, db: Db) -> ApiKeyCreated:
    """Gives an API key a new text; the one before stays valid for `overlap_s` seconds."""
    async with db.transaction(caller.project_id) as session:
        key, text = await service.rotate_api_key(session, caller, key_id, wanted.overlap_s)
    return ApiKeyCreated(key=text, api_key=ApiKeyRead.of(key))


@router.delete(
    "/keys/{key_id}", tags=["API keys"], status_code=204, responses=errors(ApiKeyNotFound, NotFound)
)
async def revoke_api_key(key_id: str, caller: Admin, db: Db) -> Response:
    """Revokes an API key: every process refuses it within a second."""
    async with db.transaction(caller.project_id) as session:
        await service.revoke_api_key(session, caller, key_id)
    return Response(status_code=204)
