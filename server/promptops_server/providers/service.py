"""The rules of providers: what may be configured, and how a key is kept."""

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson
from pydantic import SecretStr
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from promptops_server.access.types import Caller
from promptops_server.core.addresses import AddressPolicy, AddressRefused, endpoint_of
from promptops_server.core.db import CONNECTION_ERRORS, Pool, mark_changed, retry_once
from promptops_server.core.errors import FieldProblem, InvalidRequest
from promptops_server.core.freshness import FreshCache, Freshness
from promptops_server.core.secrets import MasterKey
from promptops_server.core.sidecars import Sidecars, SidecarUnavailable
from promptops_server.kit.clock import utc_now
from promptops_server.kit.ids import from_public, new_id
from promptops_server.providers import repository
from promptops_server.providers.errors import (
    ProviderNameTaken,
    ProviderNotConfigured,
    ProviderNotFound,
)
from promptops_server.providers.kinds import (
    FieldRefused,
    base_url_of,
    check_base_url,
    check_credentials,
    shown_credentials,
)
from promptops_server.providers.models import Provider, ProviderCredential
from promptops_server.providers.prices import find_price
from promptops_server.providers.schemas import ProviderCreate, ProviderPatch
from promptops_server.providers.testing import SMALL_MODELS
from promptops_server.providers.types import (
    ModelTarget,
    ProviderKind,
    ProviderTarget,
    SealedCredential,
    lane_of,
)

_TARGETS_KEPT = 10_000
# What stands in the place of a provider's name in an address.
_RESERVED_NAMES = frozenset({"kinds"})
_log = logging.getLogger(__name__)


class ModelTargets:
    """Tells what a version's model name stands for; what was looked up is kept while fresh."""

    def __init__(self, pool: Pool, freshness: Freshness) -> None:
        """Takes a pool of the role `system`."""

        async def load(key: tuple[UUID, str]) -> ModelTarget | None:
            project_id, name = key
            provider_name, _, model = name.partition("/")
            target = await retry_once(
                lambda: repository.load_target(pool, project_id, provider_name)
            )
            if target is None:
                return None
            own = await retry_once(
                lambda: repository.load_prices(pool, project_id, provider_name, model)
            )
            listed = find_price(target.kind.value, model)
            return ModelTarget(target, model, listed, tuple(own))

        self._targets = FreshCache(freshness, load, capacity=_TARGETS_KEPT)

    async def get(self, project_id: UUID, name: str) -> ModelTarget:
        """The target of `provider/model` in the project. Raises ProviderNotConfigured."""
        target = await self._targets.get((project_id, name))
        if target is None:
            provider = name.partition("/")[0]
            raise ProviderNotConfigured(f"This project has no provider named {provider!r}.")
        return target


class AdaptorStarter:
    """Starts the model adaptor as soon as some provider needs it, so that no run waits for it.

    It looks at start and after every change, until there is such a provider.
    """

    def __init__(self, pool: Pool, freshness: Freshness, sidecars: Sidecars) -> None:
        """Takes a pool of the role `system`; begins with the first revision that is read."""
        self._pool = pool
        self._sidecars = sidecars
        self._task: asyncio.Task[None] | None = None
        self._is_started = False
        freshness.on_change(self._look)

    def _look(self) -> None:
        if not self._is_started and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._start_where_needed(), name="adaptor starter")

    async def _start_where_needed(self) -> None:
        kinds = [kind.value for kind in ProviderKind if lane_of(kind) == "adaptor"]
        try:
            if await repository.has_provider_of(self._pool, kinds):
                await self._sidecars.ensure("adaptor")
                self._is_started = True
        except (SidecarUnavailable, *CONNECTION_ERRORS) as error:
            # The first run that needs it asks again, and tells.
            _log.warning("the model adaptor was not started: %s", type(error).__name__)

    async def close(self) -> None:
        """Stops looking."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


def _check_address(url: str, policy: AddressPolicy) -> None:
    """Passes for an address that may be called, as far as that is known without resolving it.

    Raises InvalidRequest naming the field. A name is checked again whenever it is resolved.
    """
    try:
        endpoint = endpoint_of(url)
        try:
            ipaddress.ip_address(endpoint.host)
        except ValueError:
            return
        policy.check(endpoint.host, endpoint.port, endpoint.host)
    except AddressRefused as refused:
        raise _at("#/base_url", refused.detail) from None


def _at(pointer: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, errors=[FieldProblem("invalid_request", pointer, message)])


def _check_base_url(kind: ProviderKind, base_url: str | None, policy: AddressPolicy) -> None:
    try:
        check_base_url(kind, base_url)
    except FieldRefused as refused:
        raise _at(refused.pointer, refused.message) from None
    if base_url is not None:
        _check_address(base_url, policy)


def _plain(kind: ProviderKind, given: Mapping[str, SecretStr]) -> dict[str, str]:
    """The credentials as they will be sealed. Raises InvalidRequest naming the field."""
    plain = {name: value.get_secret_value() for name, value in given.items()}
    try:
        check_credentials(kind, plain)
    except FieldRefused as refused:
        raise _at(refused.pointer, refused.message) from None
    return plain


def _check_name(name: str) -> None:
    if name in _RESERVED_NAMES:
        raise _at("#/name", "This name is a part of this API's own addresses.")


async def create_provider(
    session: AsyncSession,
    caller: Caller,
    wanted: ProviderCreate,
    *,
    master_key: MasterKey,
    policy: AddressPolicy,
) -> tuple[Provider, ProviderCredential | None]:
    """A new provider, its credential sealed for its own host.

    Raises InvalidRequest and ProviderNameTaken.
    """
    _check_name(wanted.name)
    _check_base_url(wanted.kind, wanted.base_url, policy)
    plain = _plain(wanted.kind, wanted.credentials)
    moment = utc_now()
    provider = Provider(
        id=new_id(),
        project_id=caller.project_id,
        name=wanted.name,
        kind=wanted.kind.value,
        base_url=wanted.base_url,
        created_at=moment,
        updated_at=moment,
    )
    repository.add(session, provider)
    try:
        # Flushed here so that a taken name is told as such.
        await session.flush()
    except IntegrityError as error:
        raise ProviderNameTaken("Another provider of this project has this name.") from error
    credential = None
    if plain:
        credential = _seal(provider, plain, master_key)
        repository.add(session, credential)
    mark_changed(session)
    return provider, credential


def _origin(kind: ProviderKind, base_url: str | None, plain: Mapping[str, str]) -> str:
    """What a credential is bound to: its provider's host."""
    url = base_url_of(kind, base_url, plain)
    # A provider with one address, which LiteLLM knows, is bound to its name.
    return f"litellm:{kind.value}" if url is None else endpoint_of(url).origin


def _seal(
    provider: Provider, plain: Mapping[str, str], master_key: MasterKey
) -> ProviderCredential:
    kind = ProviderKind(provider.kind)
    origin = _origin(kind, provider.base_url, plain)
    credential_id = new_id()
    identity = repository.credential_identity(provider.project_id, credential_id, origin)
    return ProviderCredential(
        id=credential_id,
        project_id=provider.project_id,
        provider_id=provider.id,
        origin=origin,
        master_key_id=master_key.id,
        sealed=master_key.seal(orjson.dumps(plain), identity),
        hints=shown_credentials(kind, plain),
        created_at=utc_now(),
    )


async def update_provider(
    session: AsyncSession,
    caller: Caller,
    ref: str,
    wanted: ProviderPatch,
    *,
    master_key: MasterKey,
    policy: AddressPolicy,
) -> tuple[Provider, ProviderCredential | None]:
    """The provider as it is after the change.

    A credential is bound to its provider's host: one that moves elsewhere needs them again.
    Raises ProviderNotFound, ProviderNameTaken and InvalidRequest.
    """
    provider = await _lock_provider(session, caller, ref)
    held = (await repository.credentials_of(session, caller.project_id, [provider.id])).get(
        provider.id
    )
    kind = ProviderKind(provider.kind)
    given = wanted.model_fields_set
    if "name" in given:
        _check_name(wanted.name)
        provider.name = wanted.name
    if "base_url" in given:
        _check_base_url(kind, wanted.base_url, policy)
        provider.base_url = wanted.base_url
    if "credentials" in given:
        plain = _plain(kind, wanted.credentials)
        if held is not None:
            await repository.delete_credential(session, held)
        held = _seal(provider, plain, master_key) if plain else None
        if held is not None:
            repository.add(session, held)
    elif (
        held is not None
        and "base_url" in given
        and _origin(kind, provider.base_url, {}) != (held.origin)
    ):
        sentence = "The credentials belong to the host so far: give them again for the new one."
        raise _at("#/credentials", sentence)
    provider.updated_at = utc_now()
    try:
        # Flushed here so that a taken name is told as such.
        await session.flush()
    except IntegrityError as error:
        raise ProviderNameTaken("Another provider of this project has this name.") from error
    mark_changed(session)
    return provider, held


async def delete_provider(session: AsyncSession, caller: Caller, ref: str) -> None:
    """Deletes the provider and its credentials. Raises ProviderNotFound."""
    await repository.delete_provider(session, await _lock_provider(session, caller, ref))
    mark_changed(session)


async def _lock_provider(session: AsyncSession, caller: Caller, ref: str) -> Provider:
    provider = await repository.find_provider(
        session, caller.project_id, provider_id=from_public("prv", ref), name=ref, lock=True
    )
    if provider is None:
        raise ProviderNotFound("There is no such provider in this project.")
    return provider


async def get_provider(
    session: AsyncSession, caller: Caller, ref: str
) -> tuple[Provider, ProviderCredential | None]:
    """The provider of this public id or name, with its credential. Raises ProviderNotFound."""
    provider = await repository.find_provider(
        session, caller.project_id, provider_id=from_public("prv", ref), name=ref
    )
    if provider is None:
        raise ProviderNotFound("There is no such provider in this project.")
    found = await repository.credentials_of(session, caller.project_id, [provider.id])
    return provider, found.get(provider.id)


async def get_test_target(
    session: AsyncSession, caller: Caller, ref: str, model: str | None
) -> ModelTarget:
    """What a test of the provider calls: this model, or else a small one of its kind.

    Raises ProviderNotFound, and InvalidRequest where no model is named and none is known.
    """
    provider, credential = await get_provider(session, caller, ref)
    kind = ProviderKind(provider.kind)
    name = model or SMALL_MODELS.get(kind)
    if name is None:
        raise _at("#/model", "Name a model: none is known for this kind of provider.")
    sealed = None
    if credential is not None:
        identity = repository.credential_identity(
            provider.project_id, credential.id, credential.origin
        )
        sealed = SealedCredential(credential.sealed, identity)
    target = ProviderTarget(provider.id, provider.name, kind, provider.base_url, sealed)
    return ModelTarget(target, name, None)


async def list_providers(
    session: AsyncSession, caller: Caller, after: UUID | None, limit: int
) -> Sequence[tuple[Provider, ProviderCredential | None]]:
    """One page of providers with their credentials, newest first, and one more where there is."""
    providers = await repository.list_providers(session, caller.project_id, after, limit)
    found = await repository.credentials_of(
        session, caller.project_id, [provider.id for provider in providers]
    )
    return [(provider, found.get(provider.id)) for provider in providers]
