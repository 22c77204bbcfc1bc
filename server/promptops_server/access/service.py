"""The rules of access: making projects and keys, revoking keys, telling who is asking."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access import keys, repository
from promptops_server.access.errors import ApiKeyNotFound, ProjectSlugTaken, not_signed_in
from promptops_server.access.models import ApiKey, Environment, Project
from promptops_server.access.schemas import ApiKeyCreate, ProjectCreate
from promptops_server.access.types import DEFAULT_ENVIRONMENTS, Caller, KnownKey, Scope
from promptops_server.core.db import Pool, mark_changed, retry_once
from promptops_server.core.errors import Forbidden
from promptops_server.core.freshness import FreshCache, Freshness
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id

_KEYS_KEPT = 50_000


class Authenticator:
    """Tells by an API key who is asking; what was looked up once is kept while it is fresh."""

    def __init__(self, pool: Pool, freshness: Freshness) -> None:
        """Takes a pool of the role `system`."""

        async def load(digest: bytes) -> KnownKey | None:
            return await retry_once(lambda: repository.load_known_key(pool, digest))

        self._known = FreshCache(freshness, load, capacity=_KEYS_KEPT)

    async def authenticate(self, text: str | None) -> Caller:
        """The caller that the key's text stands for.

        Raises Unauthorized for every text that is not a key in force, and StorageUnavailable
        where neither memory nor the database can tell. A malformed text costs no I/O.
        """
        if text is None or not keys.is_well_formed(text):
            raise not_signed_in()
        known = await self._known.get(keys.digest(text))
        if known is None or (known.expires_at is not None and known.expires_at <= utc_now()):
            raise not_signed_in()
        return known.caller


def require(caller: Caller, scope: Scope) -> None:
    """Passes where the caller has the scope. Raises Forbidden naming it otherwise."""
    if not caller.may(scope):
        raise Forbidden(f"This API key lacks the scope {scope.value!r}.")


async def create_project(
    session: AsyncSession, caller: Caller | None, wanted: ProjectCreate
) -> tuple[Project, str]:
    """A new project with its default environments, and the text of its first key (scope admin).

    Raises ProjectSlugTaken.
    """
    moment = utc_now()
    project = Project(id=new_id(), name=wanted.name, slug=wanted.slug, created_at=moment)
    repository.add(session, project)
    try:
        # Flushed here so that a taken slug is told as such.
        await session.flush()
    except IntegrityError as error:
        raise ProjectSlugTaken("Another project has this slug.") from error
    for name in DEFAULT_ENVIRONMENTS:
        environment = Environment(id=new_id(), project_id=project.id, name=name, created_at=moment)
        repository.add(session, environment)
    first_key = ApiKeyCreate(name="First key", scopes=[Scope.ADMIN])
    _, text = await create_api_key(session, caller, project.id, first_key)
    return project, text


async def create_api_key(
    session: AsyncSession, caller: Caller | None, project_id: UUID, wanted: ApiKeyCreate
) -> tuple[ApiKey, str]:
    """A new key and its text, which is kept nowhere. `caller` is None for the command line.

    Raises Forbidden where the key would have a scope that the caller has not.
    """
    if caller is not None:
        for scope in wanted.scopes:
            require(caller, scope)
    text = keys.make_key()
    key = ApiKey(
        id=new_id(),
        project_id=project_id,
        name=wanted.name,
        prefix=text[: keys.SHOWN_LENGTH],
        last4=text[-4:],
        secret_sha256=keys.digest(text),
        scopes=sorted({scope.value for scope in wanted.scopes}),
        requests_per_minute=wanted.requests_per_minute,
        burst=wanted.burst or wanted.requests_per_minute,
        expires_at=wanted.expires_at,
        revoked_at=None,
        created_by_kind=caller.kind if caller else "system",
        created_by=caller.id if caller else None,
        created_at=utc_now(),
    )
    repository.add(session, key)
    # A key that was asked for before it existed may be remembered as unknown.
    mark_changed(session)
    return key, text


async def find_project_id(session: AsyncSession, slug: str) -> UUID | None:
    """The id of the project with this slug, or None."""
    project = await repository.find_project_by_slug(session, slug)
    return None if project is None else project.id


async def get_api_key(session: AsyncSession, caller: Caller, public_id: str) -> ApiKey:
    """The key of the caller's project. Raises ApiKeyNotFound."""
    key_id = from_public("key", public_id)
    found = key_id and await repository.find_api_key(session, caller.project_id, key_id)
    if not found:
        raise ApiKeyNotFound("There is no such API key in this project.")
    return found


async def revoke_api_key(
    session: AsyncSession, caller: Caller, public_id: str, moment: datetime | None = None
) -> None:
    """Revokes the key; once this commits, every process refuses it within a second.

    Revoking twice changes nothing. Raises ApiKeyNotFound.
    """
    key = await get_api_key(session, caller, public_id)
    await repository.revoke_api_key(session, caller.project_id, key.id, moment or utc_now())
    mark_changed(session)


async def list_environment_names(session: AsyncSession, project_id: UUID) -> list[str]:
    """The names of the project's environments, in alphabetical order."""
    return [item.name for item in await repository.list_environments(session, project_id)]
