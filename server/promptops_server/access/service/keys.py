"""API keys: making, narrowing, changing, rotating and revoking them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access import keys, repository
from promptops_server.access.errors import ApiKeyNotFound, ApiKeyRevoked
from promptops_server.access.models import ApiKey
from promptops_server.access.schemas import ApiKeyCreate, ApiKeyUpdate
from promptops_server.access.service.authentication import require
from promptops_server.access.types import (
    NO_NAMES,
    AllowLists,
    Caller,
    NamesByKind,
    ResourceKind,
)
from promptops_server.core.db import mark_changed
from promptops_server.core.errors import FieldProblem, Forbidden, InvalidRequest
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id

_PLAIN_FIELDS = (
    "name",
    "requests_per_minute",
    "tokens_per_minute",
    "concurrent_runs",
    "expires_at",
)

_NO_LISTS = AllowLists()


async def create_api_key(
    session: AsyncSession,
    caller: Caller | None,
    project_id: UUID,
    wanted: ApiKeyCreate,
    names: NamesByKind = NO_NAMES,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is kept nowhere. `caller` is None for the command line.

    `names` looks up what the allow-lists name. Raises InvalidRequest where they name what the
    project has not, and Forbidden where the key could do what the caller cannot.
    """
    lists = await _resolve(session, project_id, wanted, names)
    if caller is not None:
        for scope in wanted.scopes:
            require(caller, scope)
        _require_covered(caller, lists)
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
        tokens_per_minute=wanted.tokens_per_minute,
        concurrent_runs=wanted.concurrent_runs,
        previous_sha256=None,
        previous_until=None,
        expires_at=wanted.expires_at,
        revoked_at=None,
        last_used_at=None,
        created_by_kind=caller.kind if caller else "system",
        created_by=caller.id if caller else None,
        created_at=utc_now(),
    )
    _put_lists(key, lists)
    repository.add(session, key)
    # A key that was asked for before it existed may be remembered as unknown.
    mark_changed(session)
    return key, text


async def get_api_key(
    session: AsyncSession, caller: Caller, public_id: str, *, lock: bool = False
) -> ApiKey:
    """The key of the caller's project. Raises ApiKeyNotFound."""
    key_id = from_public("key", public_id)
    found = key_id and await repository.find_api_key(session, caller.project_id, key_id, lock=lock)
    if not found:
        raise ApiKeyNotFound("There is no such API key in this project.")
    return found


async def update_api_key(
    session: AsyncSession,
    caller: Caller,
    public_id: str,
    wanted: ApiKeyUpdate,
    names: NamesByKind,
) -> ApiKey:
    """The key with what was named changed; every process follows within a second.

    Raises ApiKeyNotFound, ApiKeyRevoked, InvalidRequest where a list names what the project has
    not, and Forbidden where the key can do, or would then, what the caller cannot.
    """
    key = await _get_for_change(session, caller, public_id)
    fields = wanted.model_fields_set
    for name in _PLAIN_FIELDS:
        if name in fields:
            setattr(key, name, getattr(wanted, name))
    if fields & {"burst", "requests_per_minute"}:
        key.burst = _burst(key, wanted)
    lists = await _resolve(session, caller.project_id, wanted, names, before=_lists_of(key))
    _require_covered(caller, lists)
    _put_lists(key, lists)
    mark_changed(session)
    return key


async def rotate_api_key(
    session: AsyncSession, caller: Caller, public_id: str, overlap_s: int
) -> tuple[ApiKey, str]:
    """The key with a new text, and that text; the one before is valid for `overlap_s` more.

    A text from before that one ends at once, so that two are valid at most. Raises
    ApiKeyNotFound, ApiKeyRevoked, and Forbidden where the key can do what the caller cannot.
    """
    key = await _get_for_change(session, caller, public_id)
    text = keys.make_key()
    key.previous_sha256 = key.secret_sha256
    key.previous_until = utc_now() + timedelta(seconds=overlap_s)
    key.secret_sha256 = keys.digest(text)
    key.prefix = text[: keys.SHOWN_LENGTH]
    key.last4 = text[-4:]
    mark_changed(session)
    return key, text


async def revoke_api_key(
    session: AsyncSession, caller: Caller, public_id: str, moment: datetime | None = None
) -> None:
    """Revokes the key; once this commits, every process refuses it within a second.

    Revoking twice changes nothing. Raises ApiKeyNotFound.
    """
    key = await get_api_key(session, caller, public_id)
    await repository.revoke_api_key(session, caller.project_id, key.id, moment or utc_now())
    mark_changed(session)


async def key_names(
    session: AsyncSession, project_id: UUID, key_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """The name of each of these keys, revoked ones included; of no others."""
    return await repository.api_key_names(session, project_id, key_ids) if key_ids else {}


async def _get_for_change(session: AsyncSession, caller: Caller, public_id: str) -> ApiKey:
    key = await get_api_key(session, caller, public_id, lock=True)
    _require_covered(caller, _lists_of(key))
    if key.revoked_at is not None:
        raise ApiKeyRevoked("This API key is revoked. Make a new one.")
    return key


def _burst(key: ApiKey, wanted: ApiKeyUpdate) -> int:
    if "burst" in wanted.model_fields_set:
        return wanted.burst or key.requests_per_minute
    return min(key.burst, key.requests_per_minute)


def _require_covered(caller: Caller, lists: AllowLists) -> None:
    if not caller.covers(lists):
        raise Forbidden("This API key may only make and change keys that are narrowed as it is.")


def _lists_of(key: ApiKey) -> AllowLists:
    return AllowLists(
        prompts=None if key.allowed_prompts is None else frozenset(key.allowed_prompts),
        flows=None if key.allowed_flows is None else frozenset(key.allowed_flows),
        environments=(
            None if key.allowed_environments is None else frozenset(key.allowed_environments)
        ),
    )


def _put_lists(key: ApiKey, lists: AllowLists) -> None:
    key.allowed_prompts = None if lists.prompts is None else sorted(lists.prompts)
    key.allowed_flows = None if lists.flows is None else sorted(lists.flows)
    key.allowed_environments = None if lists.environments is None else sorted(lists.environments)


async def _resolve(
    session: AsyncSession,
    project_id: UUID,
    wanted: ApiKeyCreate | ApiKeyUpdate,
    names: NamesByKind,
    *,
    before: AllowLists = _NO_LISTS,
) -> AllowLists:
    """The lists that are wanted, by id; a list that is not given stays as before.

    Raises InvalidRequest that points to every entry which the project does not have.
    """
    given = wanted.model_fields_set
    problems: list[FieldProblem] = []

    async def ids_of(kind: ResourceKind, refs: Sequence[str] | None) -> frozenset[UUID] | None:
        if refs is None:
            return None
        lookup = names.get(kind)
        found: set[UUID] = set()
        for position, ref in enumerate(refs):
            identifier = None
            if lookup is not None:
                identifier = await lookup.find_id(session, project_id, ref)
            if identifier is None:
                problems.append(_unknown(kind, position))
            else:
                found.add(identifier)
        return frozenset(found)

    environments = before.environments
    if "environments" in given:
        environments = None if wanted.environments is None else frozenset(wanted.environments)
        rows = await repository.list_environments(session, project_id)
        known = {environment.name for environment in rows}
        problems += [
            _unknown("environments", position)
            for position, name in enumerate(wanted.environments or ())
            if name not in known
        ]
    lists = AllowLists(
        prompts=await ids_of("prompts", wanted.prompts) if "prompts" in given else before.prompts,
        flows=await ids_of("flows", wanted.flows) if "flows" in given else before.flows,
        environments=environments,
    )
    if problems:
        raise InvalidRequest(f"{problems[0].pointer}: {problems[0].message}", errors=problems)
    return lists


def _unknown(kind: str, position: int) -> FieldProblem:
    what = kind.removesuffix("s")
    pointer = f"#/{kind}/{position}"
    return FieldProblem("invalid_request", pointer, f"There is no such {what} in this project.")
